package trace

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// SelfCheck is what a search that is reduced and one that is not say of the same cluster.
type SelfCheck struct {
	Full, Reduced *Report
	Differences   []string // in what must be equal; none is how it should be
}

// Compared tells whether both searches came to the same end, so that their differences mean something.
func (s *SelfCheck) Compared() bool {
	ends := func(r *Report) bool { return r.Complete || r.Stopped == "depth" }
	return ends(s.Full) && ends(s.Reduced)
}

// CheckReductions searches a cluster twice, with and without reductions, and compares what they promise to leave as it is:
// which properties speak, which situations occur, which are violated and in how few steps, and what limits cut off. Reductions that are unsound for the properties show in a small cluster, or in one with broken rules.
func CheckReductions(ctx context.Context, c cluster.Config, list []props.Property, o explore.Options) (*SelfCheck, error) {
	o.All, o.MaxViolations = true, 1
	s := &SelfCheck{}
	var shortest [2]map[string]int
	for i, r := range []**Report{&s.Full, &s.Reduced} {
		o.Reduce = i == 1
		report, traces, err := Search(ctx, c, list, o)
		if err != nil {
			return nil, err
		}
		*r, shortest[i] = report, map[string]int{}
		for _, t := range traces {
			shortest[i][t.Property] = len(t.Steps)
		}
	}
	if !s.Compared() {
		return s, nil
	}
	s.same("limits hit", fmt.Sprint(cluster.CutNames(s.Full.Cut)), fmt.Sprint(cluster.CutNames(s.Reduced.Cut)))
	for i, p := range list {
		full, reduced := s.Full.Tallies[i], s.Reduced.Tallies[i]
		s.same(p.Name+" is checked", full.Checked > 0, reduced.Checked > 0)
		s.same(p.Name+" is witnessed", full.Witnessed > 0, reduced.Witnessed > 0)
		s.same("steps to a violation of "+p.Name, shortest[0][p.Name], shortest[1][p.Name])
	}
	if s.Reduced.Distinct > s.Full.Distinct || s.Reduced.Generated > s.Full.Generated || s.Reduced.Depth > s.Full.Depth ||
		s.Full.Complete && !s.Reduced.Complete { // the deepest states may be like others that are not so deep
		s.Differences = append(s.Differences, fmt.Sprintf("more is searched: %d states and %d steps to depth %d, in full %d and %d to %d",
			s.Reduced.Distinct, s.Reduced.Generated, s.Reduced.Depth, s.Full.Distinct, s.Full.Generated, s.Full.Depth))
	}
	return s, nil
}

// same notes a difference.
func (s *SelfCheck) same(what string, full, reduced any) {
	if full != reduced {
		s.Differences = append(s.Differences, fmt.Sprintf("%s: %v in full, %v reduced", what, full, reduced))
	}
}
