package trace

import (
	"context"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// GraphReport is what a search for what must happen in the end found out.
type GraphReport = explore.GraphReport[cluster.Action]

// Lasso is a fair run that misses a goal for ever.
type Lasso = explore.Lasso[cluster.Action]

// Eventually decides on the complete graph of the cluster, in which the run may become calm at any moment,
// whether every fair calm run comes to each goal. The budgets of faults and of growth before the calm say
// how much is looked at; none of them counts in the calm, so a limit that is met there is none of theirs.
func Eventually(ctx context.Context, c cluster.Config, goals []props.Goal, o explore.Options) (*GraphReport, error) {
	y, options, leads, err := liveSystem(c, goals, o)
	if err != nil {
		return nil, err
	}
	return explore.Eventually(ctx, y, leads, options)
}

// Lassos are the counterexamples of a report as traces, by goal; nil where there is none.
func Lassos(c cluster.Config, goals []props.Goal, r *GraphReport) []*Trace {
	c.Limits.Calm = 1
	traces := make([]*Trace, len(goals))
	for i := range r.Goals {
		if l := r.Goals[i].Lasso; l != nil {
			traces[i] = NewLasso(goals[i].Name, c, l.Stem, l.Loop)
		}
	}
	return traces
}

// missed says why a lasso is not a fair run that misses a goal; nil if it is.
func missed(y *cluster.System, t *Trace, g props.Goal) error {
	l := &Lasso{}
	for i, s := range t.Steps {
		if i < t.Loop {
			l.Stem = append(l.Stem, s.Action)
		} else {
			l.Loop = append(l.Loop, s.Action)
		}
	}
	o := liveOptions{Class: y.FairnessClass, Harmless: ^uint64(0)}
	return explore.CheckLasso(y, leadsTo(y, g), l, o)
}

func leadsTo(y *cluster.System, g props.Goal) explore.LeadsTo[cluster.State] {
	return explore.LeadsTo[cluster.State]{Name: g.Name,
		From: func(s *cluster.State) bool { return g.From(y, s) },
		Goal: func(s *cluster.State) bool { return g.Goal(y, s) }}
}

type liveOptions = explore.LivenessOptions[cluster.State, cluster.Action]

func liveSystem(c cluster.Config, goals []props.Goal, o explore.Options) (*cluster.System, liveOptions, []explore.LeadsTo[cluster.State], error) {
	c.Limits.Calm = 1
	y, err := cluster.New(c)
	if err != nil {
		return nil, liveOptions{}, nil, err
	}
	leads := make([]explore.LeadsTo[cluster.State], len(goals))
	for i, g := range goals {
		leads[i] = leadsTo(y, g)
	}
	return y, liveOptions{Options: o, Class: y.FairnessClass, Harmless: ^uint64(0)}, leads, nil
}
