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

type liveOptions = explore.LivenessOptions[cluster.State, cluster.Action]

func liveSystem(c cluster.Config, goals []props.Goal, o explore.Options) (*cluster.System, liveOptions, []explore.LeadsTo[cluster.State], error) {
	c.Limits.Calm = 1
	y, err := cluster.New(c)
	if err != nil {
		return nil, liveOptions{}, nil, err
	}
	leads := make([]explore.LeadsTo[cluster.State], len(goals))
	for i, g := range goals {
		leads[i] = explore.LeadsTo[cluster.State]{Name: g.Name,
			From: func(s *cluster.State) bool { return g.From(y, s) },
			Goal: func(s *cluster.State) bool { return g.Goal(y, s) }}
	}
	return y, liveOptions{Options: o, Class: y.FairnessClass, Harmless: ^uint64(0)}, leads, nil
}
