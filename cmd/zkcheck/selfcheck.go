package main

import (
	"context"
	"fmt"
	"io"

	"github.com/zkcheck/zkcheck/trace"
)

// runSelfCheck searches each cluster of a plan with and without reductions, and tells what they save and what differs.
func (f *checkFlags) runSelfCheck(ctx context.Context, p *plan, stdout, stderr io.Writer) error {
	out, s := &printer{out: stdout}, newStatus(stderr)
	verdict, differences := verdictHolds, 0
	const row = "  %-12s %15s %15s %15s %8s"
	for _, part := range p.parts {
		if part.kind != partExhaustive {
			continue
		}
		o := p.options
		o.Progress, o.Every = s.progress(part.kind), s.every
		c, err := trace.CheckReductions(ctx, part.config, p.list, o)
		s.clear()
		if err != nil {
			return err
		}
		out.labelled(fmt.Sprintf("%-12s ", "self-check"), describeCluster(&part.config), "")
		if !c.Compared() {
			verdict = verdictUnknown
			out.line("  stopped by %s: nothing to compare", c.Full.Stopped)
			continue
		}
		full, steps, all := c.Full, c.Steps, c.Reduced
		out.line(row, "", "none", "sleep", "all", "")
		for _, x := range []struct {
			what       string
			none, s, a uint64
		}{{"states", full.Distinct, steps.Distinct, all.Distinct}, {"transitions", full.Generated, steps.Generated, all.Generated}} {
			out.line(row, x.what, grouped(x.none), grouped(x.s), grouped(x.a), fmt.Sprintf("%.1f x", float64(x.none)/float64(x.a)))
		}
		for _, difference := range c.Differences {
			out.wrapped("  differs: "+difference, "    ")
		}
		differences += len(c.Differences)
	}
	out.line("")
	switch {
	case differences > 0:
		verdict = verdictViolated
		out.line("violated: reductions change %s", count(differences, "thing"))
	case verdict == verdictUnknown:
		out.line("unknown: not all searches came to their end")
	default:
		out.line("holds: reductions change nothing that counts")
	}
	if out.err != nil {
		return out.err
	}
	if code := (&result{verdict: verdict}).exitCode(); code != exitHolds {
		return verdictCode(code)
	}
	return nil
}
