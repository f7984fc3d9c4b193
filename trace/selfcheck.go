package trace

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// SelfCheck is what searches of the same cluster say: one in full, one that leaves out steps, and one that is reduced in all
// that can be.
type SelfCheck struct {
	Full, Steps, Reduced *Report
	Differences          []string // in what must be equal; none is how it should be
}

// Compared tells whether the searches came to the same end, so that their differences mean something.
func (s *SelfCheck) Compared() bool {
	for _, r := range []*Report{s.Full, s.Steps, s.Reduced} {
		if !r.Complete && r.Stopped != "depth" {
			return false
		}
	}
	return true
}

// CheckReductions searches a cluster with and without reductions, and compares what they promise to leave as it is:
// which properties speak, which situations occur, which are violated and in how few steps, and what limits cut off.
// Reductions that are unsound for the properties show in a small cluster, or in one with broken rules.
func CheckReductions(ctx context.Context, c cluster.Config, list []props.Property, o explore.Options) (*SelfCheck, error) {
	o.All, o.MaxViolations = true, 1
	s := &SelfCheck{}
	shortest := map[explore.Reduction]map[string]int{}
	for _, x := range []struct {
		report **Report
		reduce explore.Reduction
	}{{&s.Full, explore.ReduceNone}, {&s.Steps, explore.ReduceSteps}, {&s.Reduced, explore.ReduceAll}} {
		o.Reduce = x.reduce
		report, traces, err := Search(ctx, c, list, o)
		if err != nil {
			return nil, err
		}
		*x.report, shortest[x.reduce] = report, map[string]int{}
		for _, t := range traces {
			shortest[x.reduce][t.Property] = len(t.Steps)
		}
	}
	if !s.Compared() {
		return s, nil
	}
	for _, x := range []struct {
		how    explore.Reduction
		report *Report
	}{{explore.ReduceSteps, s.Steps}, {explore.ReduceAll, s.Reduced}} {
		differs := func(what string, full, reduced any) {
			if full != reduced {
				s.Differences = append(s.Differences, fmt.Sprintf("%s: %v in full, %v with %v", what, full, reduced, x.how))
			}
		}
		full := s.Full.Cut
		if x.how == explore.ReduceAll { // what a limit cuts off may be covered by what is within it
			full &= x.report.Cut
		}
		differs("limits hit", fmt.Sprint(cluster.CutNames(full)), fmt.Sprint(cluster.CutNames(x.report.Cut)))
		for i, p := range list {
			full, reduced := s.Full.Tallies[i], x.report.Tallies[i]
			differs(p.Name+" is checked", full.Checked > 0, reduced.Checked > 0)
			differs(p.Name+" is witnessed", full.Witnessed > 0, reduced.Witnessed > 0)
			differs("steps to a violation of "+p.Name, shortest[explore.ReduceNone][p.Name], shortest[x.how][p.Name])
		}
	}
	s.amounts()
	return s, nil
}

// amounts compares how much was searched: with fewer steps the same states, and in all no more. The deepest states may be like
// others that are not so deep.
func (s *SelfCheck) amounts() {
	full, steps, all := s.Full, s.Steps, s.Reduced
	if fmt.Sprint(full.Levels) != fmt.Sprint(steps.Levels) || full.Distinct != steps.Distinct || steps.Generated > full.Generated {
		s.Differences = append(s.Differences, fmt.Sprintf("without some steps: %d states in levels %v, in full %d in %v",
			steps.Distinct, steps.Levels, full.Distinct, full.Levels))
	}
	if all.Distinct > full.Distinct || all.Generated > steps.Generated || all.Depth > full.Depth || full.Complete && !all.Complete {
		s.Differences = append(s.Differences, fmt.Sprintf("more is searched: %d states and %d steps to depth %d, in full %d and %d to %d",
			all.Distinct, all.Generated, all.Depth, full.Distinct, full.Generated, full.Depth))
	}
}
