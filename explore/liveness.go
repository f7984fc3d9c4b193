package explore

import (
	"context"
	"fmt"
	"time"
)

// LeadsTo says that a run which is in a trigger state reaches a goal state, then or later, if it is fair. The predicates see
// nothing of a state but what is encoded: how it was reached must not matter.
type LeadsTo[S any] struct {
	Name string
	From func(s *S) bool // the trigger states; nil: every state, so that a fair run reaches the goal again and again
	Goal func(s *S) bool
}

// LivenessOptions say what a fair run is, and what the limits of the system mean. All is not heeded: each goal is decided.
type LivenessOptions[S, A any] struct {
	Options
	// Class puts an action that is enabled in s into a fairness class, from 0 to 63. If from some point on a class always
	// has an enabled action, a fair run takes actions of it again and again; also one that changes nothing is taken. A
	// negative class promises nothing: a fair run may ignore the action for ever. nil: no action has a class.
	// It is pure, and safe for concurrent use, as are the predicates of a goal, and sees what they see.
	Class func(s *S, a A) int
	// Harmless are the bits of the Bounder that make neither a run stop nor a verdict doubtful: budgets of faults.
	Harmless uint64
}

// Verdict is what a search knows of a goal.
type Verdict uint8

const (
	VerdictUnknown  Verdict = iota // no counterexample, but something was left out
	VerdictHolds                   // no fair run of the system, within harmless limits, misses the goal
	VerdictViolated                // there is a lasso
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case VerdictHolds:
		return "holds"
	case VerdictViolated:
		return "violated"
	}
	return "unknown"
}

// Lasso is a fair run that misses a goal: from Init()[Init] the Stem, which passes a trigger state and no goal state from
// there on, and then the Loop for ever, which leads back to where it begins. Without a Loop the run stops where the stem
// ends, because no action there has a fairness class.
type Lasso[A any] struct {
	Init       int
	Stem, Loop []A
	// StemCut are the Bounder's bits for the steps of the stem. Where they are not harmless, a system with wider limits may
	// not come to the loop by this stem.
	StemCut uint64
}

// GoalReport is what a search found out about one goal.
type GoalReport[A any] struct {
	Verdict    Verdict
	From       uint64    // trigger states: a verdict without any says nothing
	Goal       uint64    // goal states
	Pending    uint64    // states that wait for the goal: reachable from a trigger without passing a goal state
	Components uint64    // strongly connected components of those, where no limit left anything out
	Cycles     uint64    // of them with a cycle; if the goal holds it is fairness that leads out of these
	Largest    uint64    // states of the largest component
	Lasso      *Lasso[A] // nil unless violated
}

// GraphReport is what a search of the whole graph found out. All fields but Elapsed depend only on the system, the goals and
// the limits, unless the search was stopped by its context.
type GraphReport[A any] struct {
	Complete    bool   // every reachable state, within the system's own bounds, was expanded, and every goal looked at
	Stopped     string // "", "interrupted", "time", "states", "depth", "memory"
	Distinct    uint64
	Edges       uint64 // steps of all expanded states
	Depth       int
	Cut         uint64 // OR of the Bounder's bits
	Goals       []GoalReport[A]
	Collision   float64
	Elapsed     time.Duration
	MemoryBytes uint64 // of the search and the graph; deciding a goal takes less than the visited set, which is gone by then
}

// Eventually decides on the complete graph whether every fair run that comes to a trigger state comes to a goal state. A
// lasso that needs no state or step where a limit left something out is a violation, whatever else was left out, also by
// the limits of the search; without one the goal holds only if nothing was left out but what is harmless.
// It is an error if a class is too large, or if a lasso can't be replayed because the system breaks a promise.
func Eventually[S any, A comparable](ctx context.Context, sys System[S, A], goals []LeadsTo[S], o LivenessOptions[S, A]) (*GraphReport[A], error) {
	start := time.Now()
	if len(goals) > maxGoals {
		return nil, fmt.Errorf("explore: %d goals, and there is room for %d", len(goals), maxGoals)
	}
	e := newEventually(sys, goals, &o)
	b := e.search
	stop := b.meter.watch(&b.options, start, func(p *Progress) uint64 { return p.Distinct })
	defer stop()
	b.roots()
	b.stopped = b.levels(ctx)
	if err := e.refused(); err != nil {
		return nil, err
	}
	found := b.report()
	e.report = &GraphReport[A]{
		Distinct: found.Distinct, Edges: b.graph.edges, Depth: found.Depth, Cut: found.Cut,
		Goals: make([]GoalReport[A], len(goals)), Collision: found.Collision, MemoryBytes: found.MemoryBytes,
	}
	b.workers, b.visited = nil, nil // make room
	b.current, b.next = frontier{}, frontier{}
	err := e.decideAll(ctx)
	e.report.Stopped = b.stopped
	e.report.Complete = b.stopped == ""
	e.report.Elapsed = time.Since(start)
	return e.report, err
}

// maxGoals is how many bits a state has for what the goals say of it.
const maxGoals = 64

// eventually is a search of the whole graph, and the decision on each goal.
type eventually[S any, A comparable] struct {
	sys     System[S, A]
	goals   []LeadsTo[S]
	options *LivenessOptions[S, A]
	search  *breadthFirst[S, A]
	report  *GraphReport[A]
}

func newEventually[S any, A comparable](sys System[S, A], goals []LeadsTo[S], o *LivenessOptions[S, A]) *eventually[S, A] {
	limits := o.Options
	limits.Reduce = ReduceNone // a step that is left out may be what fairness asks for
	if limits.MaxStates == 0 || limits.MaxStates > maxGraphStates {
		limits.MaxStates = maxGraphStates
	}
	b := newBreadthFirst(sys, nil, limits, newStateGraph(len(goals)))
	for i := range goals {
		b.graph.everywhere[i] = goals[i].From == nil
	}
	for _, w := range b.workers {
		w.scribe = &scribe[S, A]{goals: goals, class: o.Class, harmless: o.Harmless}
	}
	return &eventually[S, A]{sys: sys, goals: goals, options: o, search: b}
}

// refused returns the error for the first class that has no room.
func (e *eventually[S, A]) refused() error {
	var first *scribe[S, A]
	for _, w := range e.search.workers {
		if c := w.scribe; c.refused != nil && (first == nil || c.claim < first.claim) {
			first = c
		}
	}
	if first == nil {
		return nil
	}
	return first.refused
}
