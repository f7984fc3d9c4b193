package explore

import (
	"context"
	"fmt"
)

// decideAll decides one goal after the other, in the same arrays.
func (e *eventually[S, A]) decideAll(ctx context.Context) error {
	b := e.search
	for i := range e.goals {
		goal := &e.report.Goals[i]
		goal.From, goal.Goal = b.graph.triggered[i], b.graph.ended[i]
		if b.graph.everywhere[i] {
			goal.From = uint64(b.graph.expanded)
		}
	}
	n := b.parents.count
	mark, stack, next := make([]uint32, n), make([]uint32, n), make([]uint16, n)
	for i := range e.goals {
		b.meter.goal.Store(uint64(i + 1))
		parts := newComponents(b.graph, mark, stack, next)
		if ctx.Err() != nil || !e.decide(ctx, i, parts) {
			if b.stopped == "" {
				b.stopped = stopReason(ctx)
			}
			return nil
		}
		if parts.fair > 0 {
			if err := e.violated(i, parts); err != nil {
				return err
			}
		}
	}
	return nil
}

// decide looks for components that a fair run can stay in, and reports whether it was done before ctx ended.
func (e *eventually[S, A]) decide(ctx context.Context, i int, parts *components) bool {
	b, goal := e.search, &e.report.Goals[i]
	goal.Pending = b.graph.wait(i, parts.mark, parts.stack)
	finished := parts.find(ctx, func(states uint64) { b.meter.queue.Store(goal.Pending - states) })
	goal.Components, goal.Cycles, goal.Largest = uint64(parts.count), uint64(parts.cycles), uint64(parts.largest)
	if finished && parts.fair == 0 && b.stopped == "" && !b.graph.anyCut {
		goal.Verdict = VerdictHolds
	}
	return finished
}

// wait marks with 0 the states that wait for the goal and where no limit left anything out, all others as outside, and
// counts the waiting ones. room is for a number per state.
func (g *stateGraph) wait(goal int, mark, room []uint32) (waiting uint64) {
	for v := range mark {
		mark[v] = outside
	}
	stack := room[:0]
	reach := func(v uint32) {
		if v < g.expanded && mark[v] == outside && !g.goals[goal].has(v) {
			mark[v] = 0
			stack = append(stack, v)
			waiting++
		}
	}
	for v := range g.expanded {
		if !g.trigger(goal, v) {
			continue
		}
		for reach(v); len(stack) > 0 && !g.everywhere[goal]; {
			last := len(stack) - 1
			targets, _ := g.steps(stack[last])
			stack = stack[:last]
			for _, w := range targets {
				reach(w)
			}
		}
		stack = stack[:0]
	}
	for v := range g.expanded {
		if g.cut.has(v) {
			mark[v] = outside
		}
	}
	return waiting
}

// violated writes down the lasso, after a look at it that does not depend on the graph.
func (e *eventually[S, A]) violated(goal int, parts *components) error {
	found := newFinder(parts, goal).find()
	init, indices := e.search.parents.path(uint64(found.trigger))
	indices = append(indices, found.stem...)
	stem := len(indices)
	actions := actionsAlong(e.sys, init, append(indices, found.loop...))
	lasso := &Lasso[A]{Init: init, Stem: actions[:stem:stem], Loop: actions[stem:]}
	cut, err := certify(e.sys, &e.goals[goal], lasso, e.options)
	if err != nil {
		return fmt.Errorf("%w: the system is not deterministic, or two of its states have the same fingerprint", err)
	}
	lasso.StemCut = cut
	e.report.Goals[goal].Verdict, e.report.Goals[goal].Lasso = VerdictViolated, lasso
	return nil
}
