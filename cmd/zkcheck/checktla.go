package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/model/tla"
)

// Values of --system.
const (
	systemCluster = "cluster"
	systemTLA     = "tla"
)

// Flags that are for --system tla only, and those that also are for it.
var (
	tlaFlags    = []string{"servers", "max-clock", "max-sum", "max-recv", "max-chan"}
	sharedFlags = []string{"system", "depth", "states", "memory", "time", "workers", "property", "lesson", "all", "json",
		"dir", "profile"}
)

func (f *checkFlags) registerTLA(s *pflag.FlagSet) {
	s.StringVar(&f.system, "system", systemCluster, "`SYSTEM` to search: cluster, or tla, the TLA+ module")
	s.IntVar(&f.module.Servers, "servers", 3, "tla: `N` servers, s1 with the greatest id")
	s.IntVar(&f.module.MaxClock, "max-clock", 0, "tla: every logicalClock is at most `N`")
	s.IntVar(&f.module.MaxSum, "max-sum", 0, "tla: all logicalClocks together are at most `N`; default: no bound")
	s.IntVar(&f.module.MaxRecv, "max-recv", 1, "tla: a recvQueue has at most `N` messages")
	s.IntVar(&f.module.MaxChan, "max-chan", 1, "tla: a channel has at most `N` messages")
}

// suitsSystem refuses flags that say nothing about the system that is searched.
func (f *checkFlags) suitsSystem(flags *pflag.FlagSet, servers []string) (err error) {
	switch f.system {
	case systemCluster, systemTLA:
	default:
		return fmt.Errorf("--system %q: want cluster or tla", f.system)
	}
	flags.Visit(func(flag *pflag.Flag) {
		own, shared := slices.Contains(tlaFlags, flag.Name), slices.Contains(sharedFlags, flag.Name)
		switch {
		case err != nil:
		case f.system == systemCluster && own:
			err = fmt.Errorf("--%s is for --system tla", flag.Name)
		case f.system == systemTLA && !own && !shared:
			err = fmt.Errorf("--%s is for --system cluster", flag.Name)
		}
	})
	if err == nil && f.system == systemTLA && len(servers) > 0 {
		return fmt.Errorf("--system tla: its servers are a number, --servers, and not %q", servers[0])
	}
	return err
}

// tlaResult is what a search of the module found out, as JSON. Depth is 1 for the initial state, as TLC counts.
type tlaResult struct {
	Verdict           string        `json:"verdict"`
	Why               string        `json:"why"`
	System            string        `json:"system"`
	Lesson            string        `json:"lesson,omitempty"`
	Configuration     string        `json:"configuration"`
	Complete          bool          `json:"complete"`
	Stopped           string        `json:"stopped"`
	Distinct          uint64        `json:"distinct"`
	Generated         uint64        `json:"generated"`
	Depth             int           `json:"depth"`
	Seconds           float64       `json:"seconds"`
	DistinctPerSecond float64       `json:"distinct_per_second"`
	Collision         float64       `json:"collision_probability"`
	MemoryBytes       uint64        `json:"memory_bytes"`
	Properties        []tlaProperty `json:"properties"`
}

type tlaProperty struct {
	Name      string   `json:"name"`
	Doc       string   `json:"doc"`
	Verdict   string   `json:"verdict"`
	Checked   uint64   `json:"checked"`
	Witnessed uint64   `json:"witnessed"`
	Steps     []string `json:"steps,omitempty"` // of a shortest counterexample
	Ends      []string `json:"ends,omitempty"`  // the servers after it
}

// runTLA searches the module.
func (f *checkFlags) runTLA(ctx context.Context, stdout, stderr io.Writer) error {
	if !f.changed("max-sum") {
		f.module.MaxSum = f.module.Servers * f.module.MaxClock
	}
	p := &plan{}
	if err := f.numbers(p); err != nil {
		return err
	}
	y, err := tla.New(f.module)
	if err != nil {
		return fmt.Errorf("--system tla: %w", err)
	}
	list, err := f.chosenTLA()
	if err != nil {
		return err
	}
	if err := f.vetDir(); err != nil {
		return err
	}
	end, err := f.prepare(p)
	if err != nil {
		return err
	}
	if p.options.Disk, err = p.work.disk([]string{"tla " + f.module.String(), "properties " + tlaNames(list),
		fmt.Sprintf("depth %d states %d all %v", f.depth, f.states, f.all)}); err != nil {
		return errors.Join(err, end())
	}
	s := newStatus(stderr)
	show := s.progress(partExhaustive)
	p.options.Every = s.every
	p.options.Progress = func(look explore.Progress) {
		look.Depth++
		show(look)
	}
	var judged []explore.Property[tla.State, tla.Action]
	for _, x := range list {
		judged = append(judged, x.Of(y))
	}
	report := explore.BreadthFirst(ctx, y, judged, p.options)
	s.clear()
	if err := errors.Join(report.Err, end()); err != nil {
		return err
	}
	r, err := f.concludeTLA(y, list, report)
	if err != nil {
		return err
	}
	if p.work.keep {
		r.MemoryBytes = 0 // a resumed search takes less
	}
	if f.json {
		err = writeJSON(stdout, r)
	} else {
		err = r.print(stdout)
	}
	if code := (&result{verdict: r.Verdict}).exitCode(); err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// chosenTLA finds the properties.
func (f *checkFlags) chosenTLA() ([]tla.Property, error) {
	named := func(list []tla.Property, name string) int {
		return slices.IndexFunc(list, func(x tla.Property) bool { return x.Name == name })
	}
	all, lessons := tla.Properties(), tla.Lessons()
	if f.lesson != "" {
		if len(f.properties) > 0 {
			return nil, fmt.Errorf("--lesson and --property exclude each other")
		}
		i := named(lessons, f.lesson)
		if i < 0 {
			return nil, fmt.Errorf("unknown lesson %q; of the module there are %s", f.lesson, tlaNames(lessons))
		}
		return lessons[i : i+1], nil
	}
	if len(f.properties) == 0 {
		return all, nil
	}
	var list []tla.Property
	for _, name := range f.properties {
		i := named(all, name)
		switch {
		case i < 0 && named(lessons, name) >= 0:
			return nil, fmt.Errorf("%s is a lesson: --lesson %s", name, name)
		case i < 0:
			return nil, fmt.Errorf("unknown property %q; of the module there are %s", name, tlaNames(all))
		case named(list, name) < 0:
			list = append(list, all[i])
		}
	}
	return list, nil
}

func tlaNames(list []tla.Property) string {
	var names []string
	for _, x := range list {
		names = append(names, x.Name)
	}
	return strings.Join(names, ", ")
}

// concludeTLA makes the verdicts.
func (f *checkFlags) concludeTLA(y *tla.System, list []tla.Property, report *explore.Report[tla.Action]) (*tlaResult, error) {
	r := &tlaResult{System: systemTLA, Lesson: f.lesson, Configuration: f.module.String(), Complete: report.Complete,
		Stopped: report.Stopped, Distinct: report.Distinct, Generated: report.Generated, Depth: report.Depth + 1,
		Seconds: report.Elapsed.Seconds(), Collision: report.Collision, MemoryBytes: report.MemoryBytes}
	if r.Seconds > 0 {
		r.DistinctPerSecond = float64(r.Distinct) / r.Seconds
	}
	cut := report.Stopped
	if cut == "violation" {
		cut = ""
	}
	for i, x := range list {
		tally := report.Tallies[i]
		p := tlaProperty{Name: x.Name, Doc: x.Doc, Verdict: verdictHolds, Checked: tally.Checked, Witnessed: tally.Witnessed}
		switch {
		case report.Stopped != "":
			p.Verdict = verdictUnknown
		case p.Witnessed == 0:
			p.Verdict = verdictNotWitnessed
		}
		r.Properties = append(r.Properties, p)
	}
	for _, v := range report.Violations {
		if err := r.Properties[v.Property].violated(y, &v); err != nil {
			return nil, err
		}
	}
	r.verdict(cut)
	return r, nil
}

// violated tells a counterexample.
func (p *tlaProperty) violated(y *tla.System, v *explore.Violation[tla.Action]) error {
	p.Verdict = verdictViolated
	return explore.Replay(y, v.Init, v.Trace, func(_ *tla.State, by tla.Action, after *tla.State) {
		p.Steps = append(p.Steps, by.String())
		p.Ends = strings.Split(strings.TrimSpace(y.Describe(after)), "\n")
	})
}

// verdict is that of all properties. A lesson is there to be found.
func (r *tlaResult) verdict(cut string) {
	var violated []string
	for _, p := range r.Properties {
		if p.Verdict == verdictViolated {
			violated = append(violated, p.Name)
		}
	}
	switch found := len(violated) > 0; {
	case r.Lesson != "" && found:
		steps := count(len(r.Properties[0].Steps), "step")
		r.Verdict, r.Why = verdictHolds, fmt.Sprintf("lesson %s was found, as expected, in %s", r.Lesson, steps)
	case r.Lesson != "" && cut != "":
		r.Verdict, r.Why = verdictUnknown, fmt.Sprintf("lesson %s was not found before the run ended: %s", r.Lesson, cut)
	case r.Lesson != "":
		r.Verdict = verdictViolated
		r.Why = fmt.Sprintf("lesson %s was not found: the module can't teach it within these bounds", r.Lesson)
	case found:
		r.Verdict, r.Why = verdictViolated, strings.Join(violated, ", ")
	case cut == "interrupted":
		r.Verdict, r.Why = verdictUnknown, "interrupted; what was seen until then holds"
	case cut != "":
		r.Verdict, r.Why = verdictUnknown, fmt.Sprintf("the limit on %s ended the run; what was seen until then holds", cut)
	default:
		r.Verdict, r.Why = verdictHolds, fmt.Sprintf("no violation in all %s states within the bounds", grouped(r.Distinct))
	}
}

// print writes the result for people.
func (r *tlaResult) print(out io.Writer) error {
	p := &printer{out: out}
	part := partResult{Kind: partExhaustive, Cluster: "tla " + r.Configuration, Stopped: r.Stopped,
		Distinct: r.Distinct, Generated: r.Generated, Depth: r.Depth, Seconds: r.Seconds,
		DistinctPerSecond: r.DistinctPerSecond, MemoryBytes: r.MemoryBytes, Collision: r.Collision}
	part.print(p)
	p.line("")
	const row = "%-26s %-13s %14s %14s"
	p.line(row, "PROPERTY", "VERDICT", "CHECKED", "WITNESSED")
	for _, x := range r.Properties {
		p.line(row, x.Name, x.Verdict, grouped(x.Checked), grouped(x.Witnessed))
	}
	p.line("")
	for _, x := range r.Properties {
		if x.Verdict != verdictViolated {
			continue
		}
		p.wrapped("violated: "+x.Name+": "+x.Doc, "  ")
		number := len(fmt.Sprint(len(x.Steps)))
		for i, step := range x.Steps {
			p.line("%*d  %s", number, i+1, step)
		}
		for _, line := range x.Ends {
			p.labelled(strings.Repeat(" ", number+2), line, "  ")
		}
	}
	if r.Verdict != verdictViolated || r.Lesson != "" {
		p.wrapped(r.Verdict+": "+r.Why, "  ")
	}
	return p.err
}
