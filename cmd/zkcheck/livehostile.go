package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zkcheck/zkcheck/live/hostile"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/trace"
)

// runHostile sends hostile input to a real server. A server that does not survive is a finding.
func (f *liveConformFlags) runHostile(ctx context.Context, stdout, stderr io.Writer, install server.Install) error {
	status := newStatus(stderr)
	report, err := hostile.Run(ctx, hostile.Options{Install: install, Seed: f.seed, Cases: f.cases,
		Progress: func(r hostile.Report) { status.hostile(&r) }})
	status.clear()
	name := func(x hostile.Finding) string { return filepath.Join(f.out, x.FileName(f.seed)) }
	err = errors.Join(err, keepCases(f.out, report.Findings, name)) // an error later loses nothing that was found before
	if err != nil {
		return err
	}
	verdict, code := verdictHolds, exitHolds
	switch {
	case !report.OK():
		verdict, code = verdictViolated, exitViolated
	case report.Done < report.Cases:
		verdict, code = verdictUnknown, exitUnknown
	}
	if f.json {
		err = writeJSON(stdout, hostileJSONOf(verdict, &report, name))
	} else if err = report.Write(stdout, func(x hostile.Finding) string { return quoted(name(x)) }); err == nil {
		p := &printer{out: stdout}
		p.line("")
		p.line("%s: %s", verdict, hostileVerdicts[verdict])
		err = p.err
	}
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// hostileVerdicts say what a verdict means.
var hostileVerdicts = map[string]string{
	verdictHolds:    "the server survives every connection",
	verdictViolated: "there are connections that the server does not survive as it was",
	verdictUnknown:  "interrupted; what was sent until then is survived",
}

// keepCases writes a file for each finding.
func keepCases(dir string, list []hostile.Finding, name func(hostile.Finding) string) error {
	if len(list) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--out %s: %w", dir, err)
	}
	for _, x := range list {
		if err := trace.WriteFile(name(x), x.Case.Format()); err != nil {
			return err
		}
	}
	return nil
}

// hostileJSON is what --json prints.
type hostileJSON struct {
	Verdict  string               `json:"verdict"`
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

func hostileJSONOf(verdict string, r *hostile.Report, name func(hostile.Finding) string) hostileJSON {
	j := hostileJSON{Verdict: verdict, Seed: r.Seed, Cases: r.Cases, Done: r.Done, Classes: map[string]int{}, Findings: []hostileFindingJSON{}}
	for class, n := range r.Counts {
		j.Classes[hostile.Class(class).String()] = n
	}
	for _, x := range r.Findings {
		j.Findings = append(j.Findings, hostileFindingJSON{x.Class.String(), x.Times, x.Cause, name(x)})
	}
	return j
}

// readCase reads the file of a case.
func readCase(file string) (hostile.Case, error) {
	info, err := os.Stat(file)
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	case err == nil && info.Size() > hostile.MaxFile:
		err = fmt.Errorf("larger than %d MiB", hostile.MaxFile>>20)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return hostile.Case{}, fmt.Errorf("%s: %w", file, err)
	}
	return hostile.ParseCase(file, data)
}

// caseJSON is what --json prints of one case.
type caseJSON struct {
	Verdict string `json:"verdict"`
	File    string `json:"file"`
	Class   string `json:"class"` // "" if it is not known
	Log     string `json:"log"`
}

// runCase sends one case to a fresh server.
func (f *liveConformFlags) runCase(ctx context.Context, out io.Writer, install server.Install, c hostile.Case) error {
	class, log, err := hostile.RunCase(ctx, install, c)
	j := caseJSON{Verdict: verdictHolds, File: f.file, Class: class.String(), Log: log}
	code := exitHolds
	switch {
	case ctx.Err() != nil:
		j, code = caseJSON{Verdict: verdictUnknown, File: f.file}, exitUnknown
	case err != nil:
		return err
	case class != hostile.Survived && class != hostile.Closed:
		j.Verdict, code = verdictViolated, exitViolated
	}
	p := &printer{out: out}
	switch {
	case f.json:
		p.err = writeJSON(out, j)
	case j.Class == "":
		p.line("unknown: interrupted")
	default:
		p.wrapped(fmt.Sprintf("%s: %v: %s", j.Verdict, class, class.Explain()), "  ")
		if log != "" {
			p.wrapped(oneLine(log), "  ")
		}
	}
	if p.err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return p.err
}

// hostile shows a look at a run.
func (s *status) hostile(r *hostile.Report) {
	line := fmt.Sprintf("%d of %d hostile connections, %s", r.Done, r.Cases, count(len(r.Findings), "finding"))
	s.look(line)
}
