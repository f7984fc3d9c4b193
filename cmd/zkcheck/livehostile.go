package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zkcheck/zkcheck/live/hostile"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/trace"
)

// runHostile sends hostile input to a real server. A server that does not survive is a finding.
func (f *liveConformFlags) runHostile(ctx context.Context, stdout, stderr io.Writer, install server.Install) error {
	if f.file != "" {
		return f.runCase(ctx, stdout, install)
	}
	status := newStatus(stderr)
	report, err := hostile.Run(ctx, hostile.Options{Install: install, Seed: f.seed, Cases: f.cases,
		Progress: func(r hostile.Report) { status.hostile(&r) }})
	status.clear()
	if err != nil {
		return err
	}
	if len(report.Findings) > 0 {
		if err := os.MkdirAll(f.out, 0o755); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	name := func(x hostile.Finding) string { return filepath.Join(f.out, x.FileName(f.seed)) }
	for _, x := range report.Findings {
		if err := trace.WriteFile(name(x), x.Case.Format()); err != nil {
			return err
		}
	}
	if f.json {
		err = writeJSON(stdout, hostileJSONOf(&report, name))
	} else {
		err = report.Write(stdout, name)
	}
	switch {
	case err != nil:
		return err
	case !report.OK():
		return verdictCode(exitViolated)
	case report.Done < report.Cases:
		return verdictCode(exitUnknown)
	}
	return nil
}

// hostileJSON is what --json prints.
type hostileJSON struct {
	Seed     uint64               `json:"seed"`
	Cases    int                  `json:"cases"`
	Done     int                  `json:"done"`
	Classes  map[string]int       `json:"classes"`
	Findings []hostileFindingJSON `json:"findings"`
}

type hostileFindingJSON struct {
	Class string `json:"class"`
	Times int    `json:"times"`
	Cause string `json:"cause"`
	File  string `json:"file"`
}

func hostileJSONOf(r *hostile.Report, name func(hostile.Finding) string) hostileJSON {
	j := hostileJSON{Seed: r.Seed, Cases: r.Cases, Done: r.Done, Classes: map[string]int{}, Findings: []hostileFindingJSON{}}
	for class, n := range r.Counts {
		j.Classes[hostile.Class(class).String()] = n
	}
	for _, x := range r.Findings {
		j.Findings = append(j.Findings, hostileFindingJSON{x.Class.String(), x.Times, x.Cause, name(x)})
	}
	return j
}

// runCase sends one case to a fresh server.
func (f *liveConformFlags) runCase(ctx context.Context, out io.Writer, install server.Install) error {
	data, err := os.ReadFile(f.file)
	if err != nil {
		return fmt.Errorf("--case: %w", err)
	}
	c, err := hostile.ParseCase(f.file, data)
	if err != nil {
		return err
	}
	class, log, err := hostile.RunCase(ctx, install, c)
	if err != nil {
		return err
	}
	p := &printer{out: out}
	p.line("%v: %s", class, class.Explain())
	if log != "" {
		p.wrapped(oneLine(log), "  ")
	}
	if p.err == nil && class != hostile.Survived && class != hostile.Closed {
		return verdictCode(exitViolated)
	}
	return p.err
}

// hostile shows a look at a run.
func (s *status) hostile(r *hostile.Report) {
	line := fmt.Sprintf("%d of %d hostile connections, %s", r.Done, r.Cases, count(len(r.Findings), "finding"))
	if s.width == 0 {
		if time.Since(s.last) >= statusPlain {
			fmt.Fprintln(s.out, line)
			s.last = time.Now()
		}
		return
	}
	fmt.Fprint(s.out, "\r\x1b[K"+line[:min(len(line), s.width)])
	s.shown = true
}
