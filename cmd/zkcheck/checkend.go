package main

import (
	"context"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/trace"
)

// Values of --fairness.
const (
	weak = "weak"
	none = "none"
)

// end decides on the complete graph what must happen in the end. Of a goal that has not been decided
// because the search was stopped nothing is known.
func (r *result) end(ctx context.Context, part part, s *status) error {
	o := r.plan.options
	o.Progress, o.Every = s.progress(part.kind), s.every
	report, err := trace.Eventually(ctx, part.config, r.plan.goals, o)
	if err != nil {
		return err
	}
	seconds := report.Elapsed.Seconds()
	x := partResult{Kind: part.kind, Cluster: describeCluster(&part.config), Complete: report.Complete, Stopped: report.Stopped,
		Distinct: report.Distinct, Generated: report.Edges, Depth: report.Depth, Seconds: seconds,
		Collision: report.Collision, MemoryBytes: report.MemoryBytes, LimitsHit: []string{}}
	if seconds > 0 {
		x.DistinctPerSecond = float64(report.Distinct) / seconds
	}
	x.reduced(explore.ReduceNone, r.plan.options.Reduce, "which steps a fair run takes is what it is about")
	x.LimitsHit = append(x.LimitsHit, cluster.CutNames(report.Cut)...)
	r.parts = append(r.parts, x)
	for i, t := range trace.Lassos(part.config, r.plan.goals, report) {
		g, p := &report.Goals[i], &r.properties[len(r.plan.list)+i]
		p.Checked, p.Witnessed = p.Checked+g.From, p.Witnessed+g.Pending
		p.judged = p.judged || g.Verdict != explore.VerdictUnknown || report.Stopped != ""
		if t != nil {
			if err := r.violation(t); err != nil {
				return err
			}
		}
	}
	return nil
}
