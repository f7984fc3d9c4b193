package main

import (
	"fmt"
	"io"
	"strings"
)

// print writes the report for people. The last line of a violation is how to see it again.
func (r *result) print(out io.Writer) error {
	p := &printer{out: out}
	if m := r.plan.mutant; m != nil {
		p.describeMutant(m)
	}
	for i := range r.parts {
		r.parts[i].print(p)
	}
	p.line("")
	const row = "%-26s %-4s %-10s %-13s %14s %14s"
	p.line(row, "PROPERTY", "ID", "KIND", "VERDICT", "CHECKED", "WITNESSED")
	for _, x := range r.properties {
		p.line(row, x.Name, x.ID, x.Kind, x.Verdict, grouped(x.Checked), grouped(x.Witnessed))
	}
	p.line("")
	r.warn(p)
	if r.verdict != verdictViolated || r.plan.lesson != nil { // a violation is told with its evidence
		p.wrapped(r.verdict+": "+r.why, "  ")
	}
	var commands []string
	for i := range r.properties {
		if x := &r.properties[i]; x.found != nil {
			r.counterexample(p, x)
			if x.Trace != "" {
				commands = append(commands, again(x.Trace))
				for _, path := range x.More {
					commands = append(commands, again(path))
				}
			}
		}
	}
	for _, line := range commands {
		p.line("%s", line)
	}
	return p.err
}

// warn says which passes say little.
func (r *result) warn(p *printer) {
	var weak, absent []string
	for _, x := range r.properties {
		switch x.Verdict {
		case verdictNotWitnessed:
			weak = append(weak, x.Name)
		case verdictNotJudged:
			absent = append(absent, x.Name)
		}
	}
	if len(weak) > 0 && r.verdict == verdictHolds {
		p.wrapped("not witnessed, so the pass says nothing about: "+strings.Join(weak, ", "), "  ")
	}
	if len(absent) > 0 {
		p.wrapped("not judged here, because only whole runs show it (--strategy walk): "+strings.Join(absent, ", "), "  ")
	}
}

// counterexample tells of a violation; that of a lesson in full.
func (r *result) counterexample(p *printer, x *propertyResult) {
	p.wrapped("violated: "+x.Name+": "+x.Evidence, "  ")
	if r.plan.lesson != nil {
		if steps, _, err := narrated(x.found); err == nil {
			p.wrapped(x.Name+": "+r.plan.lesson.Doc, "  ")
			p.steps(steps, x.found.Loop)
		}
	}
	if x.Trace == "" {
		p.line("%s, which could not be written:\n%s", count(len(x.found.Steps), "step"), x.found.Format())
		return
	}
	p.line("%s in %s", count(len(x.found.Steps), "step"), x.Trace)
	for i, path := range x.More {
		p.line("%s in %s", count(len(x.more[i].Steps), "step"), path)
	}
	if x.picture != "" {
		p.wrapped(x.picture, "  ")
	}
}

func (x *partResult) print(p *printer) {
	label := fmt.Sprintf("%-12s ", x.Kind)
	if x.Kind == partScenarios {
		p.line("%s%s, %s", label, count(int(x.Walks), "story"), count(int(x.Generated), "step"))
		return
	}
	p.labelled(label, x.Cluster, "")
	if x.Kind == partWay {
		p.labelled(strings.Repeat(" ", len(label)), count(x.Depth, "step"), "")
		return
	}
	var facts []string
	fact := func(format string, args ...any) { facts = append(facts, fmt.Sprintf(format, args...)) }
	if x.Kind == partExhaustive || x.Kind == partEnd {
		fact("%s distinct", grouped(x.Distinct))
		fact("%s generated", grouped(x.Generated))
		fact("depth %d", x.Depth)
		fact("%.1f s", x.Seconds)
		fact("%s distinct/s", grouped(uint64(x.DistinctPerSecond)))
		if x.MemoryBytes > 0 {
			fact("%d MiB", x.MemoryBytes>>20)
		}
		fact("collision probability %.1g", x.Collision)
	} else {
		fact("%s walks", grouped(x.Walks))
		fact("%s steps", grouped(x.Generated-x.Walks))
		if *x.Rejected > 1 {
			fact("%s of them with a violation", grouped(*x.Rejected))
		}
		fact("longest %d", x.Depth)
		fact("%.1f s", x.Seconds)
	}
	how := "complete"
	switch {
	case x.Stopped != "":
		how = "stopped by " + x.Stopped
	case x.Kind == partWalks:
		how = "all taken"
	}
	line := how + ": " + strings.Join(facts, ", ")
	if len(x.LimitsHit) > 0 {
		line += "; limits hit: " + strings.Join(x.LimitsHit, ", ")
	}
	p.labelled(strings.Repeat(" ", len(label)), line, "")
	if x.Unreduced != "" {
		p.labelled(strings.Repeat(" ", len(label)), "every step was taken: "+x.Unreduced, "")
	}
	if line := x.coverage(); line != "" {
		p.labelled(strings.Repeat(" ", len(label)), line, "")
	}
}

// coverage says how much the walks have seen, and what that says about one more; of none at all it is
// the rule of three.
func (x *partResult) coverage() string {
	switch {
	case x.Features == 0:
		return ""
	case x.Unseen == nil:
		return fmt.Sprintf("%s protocol states seen", grouped(x.Features))
	case *x.Unseen == 0:
		return fmt.Sprintf("%s protocol states seen; the next walk meets a new one with probability hardly above %s",
			grouped(x.Features), percent(min(1, 3/float64(x.Walks))))
	}
	return fmt.Sprintf("%s protocol states seen; the next walk meets a new one with probability about %s",
		grouped(x.Features), percent(*x.Unseen))
}

// percent writes a probability with two digits that mean something.
func percent(p float64) string { return fmt.Sprintf("%.2g %%", 100*p) }

// again is how to see a trace again, if it could be written.
func again(path string) string {
	if path == "" {
		return ""
	}
	return "zkcheck replay " + quoted(path)
}

// quoted writes a path as a shell reads it.
func quoted(path string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/._-+", c)
	}
	if strings.IndexFunc(path, func(c rune) bool { return !plain(c) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
