package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// Verdicts, of a run and of its properties.
const (
	verdictHolds    = "holds"
	verdictViolated = "violated"
	verdictUnknown  = "unknown"

	// Of a property only.
	verdictNotWitnessed = "not witnessed" // it holds, but what it speaks of never occurred
	verdictNotJudged    = "not judged"    // no part of the run can judge it
)

// run takes the parts in order. After a violation the rest is left out, unless all are wanted.
func (p *plan) run(ctx context.Context, s *status) (*result, error) {
	r := newResult(p)
	for _, part := range p.parts {
		if r.found() && !p.all {
			break
		}
		var err error
		switch part.kind {
		case partScenarios:
			err = r.scenarios()
		case partExhaustive:
			err = r.exhaustive(ctx, part, s)
		case partWalks:
			err = r.walk(ctx, part, s)
		case partEnd:
			err = r.end(ctx, part, s)
		case partWay:
			err = r.way(part)
		}
		s.clear()
		if err != nil {
			return nil, err
		}
	}
	r.conclude()
	return r, nil
}

// exhaustive searches what a cluster can do.
func (r *result) exhaustive(ctx context.Context, part part, s *status) error {
	if !slices.ContainsFunc(r.plan.list, func(p props.Property) bool { return p.Check != nil }) {
		return nil // nothing that it could judge
	}
	o := r.plan.options
	o.Progress, o.Every = s.progress(part.kind), s.every
	var err error
	if o.Disk, err = r.plan.work.disk(identity(r.plan, &part.config)); err != nil {
		return err
	}
	report, traces, err := trace.SearchShapes(ctx, part.config, r.plan.list, r.plan.traces, o)
	return r.add(part, report, traces, err)
}

// walk takes random walks.
func (r *result) walk(ctx context.Context, part part, s *status) error {
	o := r.plan.walks
	o.Progress, o.Every = s.progress(part.kind), s.every
	report, traces, err := trace.Walks(ctx, part.config, r.plan.list, o)
	return r.add(part, report, traces, err)
}

// way takes the known way to a lesson.
func (r *result) way(part part) error {
	t := trace.New(r.plan.lesson.Name, part.config, r.plan.lesson.Actions())
	v, err := trace.Replay(t, nil)
	if err != nil {
		return err
	}
	r.parts = append(r.parts, partResult{Kind: part.kind, Cluster: describeCluster(&part.config), Walks: 1,
		Generated: uint64(v.Steps), Depth: v.Steps, LimitsHit: []string{}})
	r.properties[0].Checked, r.properties[0].Witnessed = v.Tallies[0].Checked, v.Tallies[0].Witnessed
	r.properties[0].judged = true
	if !v.Violated {
		return nil
	}
	t.Keep(v.Step)
	return r.violation(t)
}

// add takes over what a part found out.
func (r *result) add(part part, report *trace.Report, traces []*trace.Trace, err error) error {
	if err != nil {
		return err
	}
	seconds := report.Elapsed.Seconds()
	x := partResult{Kind: part.kind, Cluster: describeCluster(&part.config), Complete: report.Complete, Stopped: report.Stopped,
		Distinct: report.Distinct, Generated: report.Generated, Walks: report.Walks, Depth: report.Depth,
		Seconds: seconds, Collision: report.Collision, LimitsHit: []string{}}
	if part.kind == partExhaustive {
		why := "lessons may look at what reductions leave out"
		if r.plan.traces > 1 {
			why = "counterexamples of other shapes may be among what reductions leave out"
		}
		x.reduced(report.Reduce, r.plan.options.Reduce, why)
	}
	if part.kind == partExhaustive && (r.plan.work == nil || !r.plan.work.keep) { // a resumed search takes less
		x.MemoryBytes = report.MemoryBytes
	}
	if seconds > 0 {
		x.DistinctPerSecond = float64(report.Distinct) / seconds
	}
	if part.kind == partWalks {
		x.walked(r.plan.walks.Strategy, report)
	}
	x.LimitsHit = append(x.LimitsHit, cluster.CutNames(report.Cut)...)
	switch report.Stopped {
	case "disk":
		x.Why = report.Err.Error()
	case "time", "states", "depth", "memory":
		x.LimitsHit = append(x.LimitsHit, report.Stopped)
	}
	r.parts = append(r.parts, x)
	for i, t := range report.Tallies {
		r.properties[i].Checked += t.Checked
		r.properties[i].Witnessed += t.Witnessed
		if r.plan.list[i].Check != nil || part.kind == partWalks {
			r.properties[i].judged = true
		}
	}
	var first *trace.Trace
	for _, t := range traces {
		if first != nil && first.Property == t.Property {
			r.another(first, t)
			continue
		}
		first = t
		if err := r.violation(t); err != nil {
			return err
		}
	}
	return nil
}

// another keeps a violation of another shape than the first, if that one was kept.
func (r *result) another(first, t *trace.Trace) {
	for i := range r.properties {
		if p := &r.properties[i]; p.found == first {
			p.more = append(p.more, t)
		}
	}
}

// violation keeps the first violation of a property.
func (r *result) violation(t *trace.Trace) error {
	i := slices.IndexFunc(r.properties, func(p propertyResult) bool { return p.Name == t.Property })
	if i < 0 || r.properties[i].found != nil {
		return nil
	}
	v, err := trace.Replay(t, nil)
	if err != nil {
		return err
	}
	r.properties[i].found, r.properties[i].Evidence = t, v.Evidence.Error()
	return nil
}

// scenarios replays the stories: each must hold, and end as its last comment says.
func (r *result) scenarios() error {
	files, err := fs.Glob(scenarios, "scenarios/*.zkt")
	if err != nil {
		return err
	}
	x := partResult{Kind: partScenarios, Complete: true, LimitsHit: []string{}}
	for _, file := range files {
		steps, err := r.scenario(file)
		if err != nil {
			return err
		}
		x.Walks++
		x.Generated += uint64(steps)
		x.Depth = max(x.Depth, steps)
	}
	r.parts = append(r.parts, x)
	return nil
}

// scenario replays one story and returns its length.
func (r *result) scenario(file string) (int, error) {
	data, err := scenarios.ReadFile(file)
	if err != nil {
		return 0, err
	}
	t, err := trace.Parse(file, data)
	if err != nil {
		return 0, err
	}
	var last []string
	v, err := trace.Replay(t, func(_ int, _ *cluster.State, _ cluster.Action, after *cluster.State) {
		last = trace.Describe(after)
	})
	if err != nil {
		return 0, err
	}
	for i := range r.properties {
		k := slices.IndexFunc(v.Judged, func(p props.Property) bool { return p.Name == r.properties[i].Name })
		if k < 0 {
			continue
		}
		r.properties[i].Checked += v.Tallies[k].Checked
		r.properties[i].Witnessed += v.Tallies[k].Witnessed
		r.properties[i].judged = true
	}
	if v.Violated {
		t.Property = v.Property
		t.Keep(v.Step)
		return v.Step, r.violation(t)
	}
	ends := strings.Join(last, "; ")
	if n := len(t.Comments); n == 0 || strings.TrimSpace(t.Comments[n-1].Text) != "ends: "+ends {
		return 0, fmt.Errorf("%s: the story does not end as its last line says, but: %s", file, ends)
	}
	return v.Steps, nil
}
