package gauntlet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// Strategy is a way of looking for bugs.
type Strategy struct {
	Name, Doc string

	try func(ctx context.Context, j *job) (Cell, error)
}

// Strategies are all there are.
func Strategies() []Strategy {
	return []Strategy{
		{"exhaustive", "every state of the mutant's own case, or what must happen in the end there", exhaustive},
		{"walk", "random schedules of the case's servers, with faults of all kinds", drawn(trace.Walk)},
		{"pct", "such schedules by priorities of threads, which change a few times", drawn(trace.PCT)},
		{"swarm", "such schedules, each of some kinds of actions and faults only", drawn(trace.Swarm)},
		{"guided", "such schedules, on from where another came to what none had seen before", drawn(trace.Guided)},
		{"rapid", "the suite of props/proptest: rapid draws clusters and schedules", rapidSuite},
		{"fuzz", "byte strings, mutated, and kept where they reach what none before did", fuzz},
		{"porcupine", "the schedules of walk, judged by the two registers alone", porcupine},
	}
}

// Find finds a strategy by its name.
func Find(name string) (Strategy, error) {
	list := Strategies()
	i := slices.IndexFunc(list, func(s Strategy) bool { return s.Name == name })
	if i < 0 {
		return Strategy{}, fmt.Errorf("unknown strategy %q; there are %s", name, strings.Join(names(list), ", "))
	}
	return list[i], nil
}

func names(list []Strategy) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

// job is a mutant that a strategy is to look at, and how far.
type job struct {
	*Options
	mutant *mutant.Mutant
}

// cell tries the mutant within the limits. The time that a counterexample is made short in is not that of
// finding it.
func (s Strategy) cell(ctx context.Context, m *mutant.Mutant, o *Options) (Cell, error) {
	within, cancel := o.within(ctx)
	defer cancel()
	start, j := time.Now(), &job{o, m}
	c, err := s.try(within, j)
	c.Strategy, c.Seconds = s.Name, time.Since(start).Seconds()
	if err == nil && c.Verdict == Killed && c.Trace != nil {
		if violatedAnyway(c.Trace) {
			c.Verdict = FalseAlarm
			c.Reason = "ZooKeeper's own rules violate " + c.Property + " in the same run"
		}
		within, cancel := o.within(ctx)
		defer cancel()
		err = j.minimise(within, &c)
	}
	var internal *trace.InternalError
	if errors.As(err, &internal) {
		c.Verdict, c.Reason, err = FalseAlarm, oneLine(err.Error()), nil
	}
	return c, err
}

// within bounds what a cell may take.
func (o *Options) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.Time > 0 {
		return context.WithTimeout(ctx, o.Time)
	}
	return context.WithCancel(ctx)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// violatedAnyway tells whether ZooKeeper's rules violate the property in the very run that a mutant is said
// to be seen in. Mostly they can't even take its steps.
func violatedAnyway(t *trace.Trace) bool {
	if t.Config.Ensemble.Rules.Name == "" { // of a lesson that is no longer taught
		return false
	}
	e := *t.Config.Ensemble
	e.Rules = election.Standard()
	sound := *t
	sound.Config.Ensemble = &e
	v, err := trace.Replay(&sound, nil)
	return err == nil && v.Violated
}

// confirm replays a counterexample: one that does not show what was found is an error of zkcheck.
func confirm(t *trace.Trace) error {
	v, err := trace.Replay(t, nil)
	if err != nil {
		return &trace.InternalError{Err: fmt.Errorf("the trace of a violation of %s can't be replayed: %w", t.Property, err)}
	}
	if !v.Violated || v.Step != len(t.Steps) && t.Loop == trace.NoLoop {
		return &trace.InternalError{Err: fmt.Errorf("a violation of %s was seen at step %d, its replay says %v", t.Property, len(t.Steps), v)}
	}
	return nil
}

// panicked is the cell of a run in which the broken engine panics. There is nothing to replay.
func (c Cell) panicked(steps int, with string) Cell {
	c.Verdict, c.Property, c.Steps, c.Minimised, c.Reason = Killed, Panicked, steps, steps, with
	return c
}

// goal finds the goal that must notice the mutant.
func (j *job) goal() (props.Goal, bool) {
	for _, g := range props.Goals() {
		if g.Name == j.mutant.Property {
			return g, true
		}
	}
	return props.Goal{}, false
}

// lesson finds the lesson that the mutant unteaches.
func (j *job) lesson() (props.Property, bool) {
	for _, l := range props.Lessons() {
		if l.Name == j.mutant.Property {
			return l.Property, true
		}
	}
	return props.Property{}, false
}

// stopped is the reason of a cell that the context ended.
func (j *job) stopped(ctx context.Context) string {
	if context.Cause(ctx) == context.DeadlineExceeded {
		return fmt.Sprintf("bounds: time, after %v", j.Time)
	}
	return "interrupted"
}
