package proptest

import (
	"context"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// How far an attempt goes.
const (
	attemptStates = 30_000
	attemptRuns   = 150 // half of them in the mutant's case, half in generated clusters
	attemptSteps  = 200
	attemptSeed   = 1
)

// attempt is a try to make properties notice something in the case of a mutant.
type attempt struct {
	mutant *mutant.Mutant
	rules  func(*election.Rules) // the mutant's, or nil for ZooKeeper's
	list   []props.Property
}

// run searches the case, and then takes random schedules.
func (a attempt) run() (Noticed, error) {
	n := Noticed{Mutant: *a.mutant}
	c, err := a.mutant.Case.Config()
	if err != nil || len(a.list) == 0 {
		return n, err
	}
	if err := a.search(c, &n); err != nil || n.Property != "" {
		return n, err
	}
	for i := range uint64(attemptRuns) {
		o := Options{Rules: a.rules, Cluster: func(props.Choices) cluster.Config { return c }}
		if i%2 == 1 {
			o.Cluster = a.generated
		}
		f, err := a.schedule(props.NewSeeded(attemptSeed, i), &o)
		if err != nil {
			return n, err
		}
		if f != nil {
			n.Property, n.Steps = Panicked, len(f.Actions)
			if f.Violation != nil {
				n.Property = f.Violation.Property
			}
			break
		}
	}
	return n, nil
}

// generated draws a cluster. Where the case needs a counter that is soon used up, it has it too.
func (a attempt) generated(c props.Choices) cluster.Config {
	cfg := props.Setup(c)
	if n := a.mutant.Case.Counter; n != 0 {
		cfg.Ensemble.LastCounter = n
	}
	return cfg
}

// search looks at the states of the case, breadth first.
func (a attempt) search(c cluster.Config, n *Noticed) error {
	y, err := (&Options{Rules: a.rules, Cluster: func(props.Choices) cluster.Config { return c }}).system(nil, a.list)
	if err != nil {
		return err
	}
	var steps []explore.Property[cluster.State, cluster.Action]
	for _, p := range a.list {
		if p.Check != nil {
			steps = append(steps, stepwise(y, p))
		}
	}
	if len(steps) == 0 {
		return nil
	}
	r := explore.BreadthFirst(context.Background(), y, steps, explore.Options{MaxStates: attemptStates})
	n.Whole = r.Complete
	if len(r.Violations) > 0 {
		v := r.Violations[0]
		n.Property, n.Steps = steps[v.Property].Name, len(v.Trace)
	}
	return nil
}

// stepwise makes a property of the search. The outcomes are the same numbers. An initial state is no step.
func stepwise(y *cluster.System, p props.Property) explore.Property[cluster.State, cluster.Action] {
	return explore.Property[cluster.State, cluster.Action]{Name: p.Name,
		Check: func(before *cluster.State, by cluster.Action, after *cluster.State) explore.Outcome {
			if by.Kind == 0 {
				return explore.Silent
			}
			outcome, _ := p.Check(props.Step{System: y, Before: before, After: after, Action: by})
			return explore.Outcome(outcome)
		}}
}

// schedule takes one random schedule; nil is one in which all holds.
func (a attempt) schedule(c props.Choices, o *Options) (failure *Failure, err error) {
	r, err := newRun(c, o, a.list)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r.interrupted {
			recover() // the report names no more than that
			failure = r.panicked("")
		}
	}()
	for len(r.actions) < attemptSteps {
		x, ok := r.choose(c)
		if !ok {
			break
		}
		if v := r.take(x); v != nil {
			return r.failure(v), nil
		}
	}
	if v := r.end(); v != nil {
		return r.failure(v), nil
	}
	return nil, nil
}
