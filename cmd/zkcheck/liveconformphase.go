package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zkcheck/zkcheck/live/quorum"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/trace"
)

// What conform --phase does when it is told nothing.
const phaseJVMs = 4

// vacuous is from how many terms on every situation has to have occurred.
const vacuous = 500

// checkPhase refuses flags that say nothing about terms behind the election.
func (f *liveConformFlags) checkPhase() error {
	for _, flag := range []string{"observers", "target", "quorum-port", "hostile", "cases", "case"} {
		if f.changed(flag) {
			return fmt.Errorf("--%s: --phase goes on behind the election", flag)
		}
	}
	if f.trace != "" {
		for _, flag := range []string{"elections", "servers", "jvms", "break", "seed", "out", "role"} {
			if f.changed(flag) {
				return fmt.Errorf("--%s: --trace plays one script", flag)
			}
		}
	}
	if p := quorum.Phase(f.phase); p != quorum.Discovery && p != quorum.Sync {
		return fmt.Errorf("--phase %s: want %s or %s", f.phase, quorum.Discovery, quorum.Sync)
	}
	if r := quorum.Role(f.role); r != quorum.Follower && r != quorum.Leader && r != quorum.Both {
		return fmt.Errorf("--role %s: want %s, %s or %s", f.role, quorum.Follower, quorum.Leader, quorum.Both)
	}
	if f.broken != "" {
		if _, err := quorum.FindRule(f.broken); err != nil {
			return fmt.Errorf("--break: %w", err)
		}
	}
	if !f.changed("jvms") {
		f.jvms = phaseJVMs
	}
	return nil
}

// runPhase holds real servers against the engine behind the election.
func (f *liveConformFlags) runPhase(ctx context.Context, stdout, stderr io.Writer) error {
	var script *quorum.Script
	var err error
	if f.trace != "" {
		if script, err = readPhaseScript(f.trace); err == nil && string(script.Phase) != f.phase {
			err = fmt.Errorf("--phase %s: %s is a script of phase %s", f.phase, f.trace, script.Phase)
		}
	} else {
		err = checkDir("out", f.out)
	}
	if err != nil {
		return err
	}
	install, err := server.Find()
	if err != nil {
		return err
	}
	dir, err := f.place()
	if err != nil {
		return err
	}
	if f.dir == "" && !f.keep {
		defer os.RemoveAll(dir)
	} else {
		defer fmt.Fprintf(stderr, "the servers' directories are in %s\n", dir)
	}
	if script != nil {
		script.Version = install.Version
		d, err := quorum.PlayOn(ctx, quorum.Real(install), script, filepath.Join(dir, "server"))
		return f.reportPlayed(ctx, stdout, len(script.Steps), d, err)
	}
	if install, err = quorum.Prepare(ctx, install, dir); err != nil {
		return err
	}
	status := newStatus(stderr)
	report, err := quorum.Run(ctx, quorum.Options{Phase: quorum.Phase(f.phase), Role: quorum.Role(f.role), Voters: f.servers,
		Terms: f.elections, JVMs: f.jvms, Seed: f.seed, Broken: f.broken, Dir: dir, Host: quorum.Real(install),
		Progress: func(r quorum.Report) {
			status.look(fmt.Sprintf("%d of %d terms, %.0f a minute, %s", r.Terms, f.elections, termsPerMinute(&r),
				count(len(r.Found)+len(r.Unrepeated), "disagreement")))
		}})
	status.clear()
	if err != nil {
		_, keep := f.phaseFiles(&report)
		return errors.Join(err, keep)
	}
	return f.reportPhase(stdout, install.Version, &report)
}

// readPhaseScript reads a script of terms.
func readPhaseScript(file string) (*quorum.Script, error) {
	info, err := os.Stat(file)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > quorum.MaxFile) {
		err = errors.New("not a script of terms, as conform --phase writes it")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if err == nil && !quorum.IsScript(data) {
		err = errors.New("not a script of terms, as conform --phase writes it")
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return quorum.Parse(file, data)
}

// reportPlayed tells how a script went.
func (f *liveConformFlags) reportPlayed(ctx context.Context, out io.Writer, steps int, d *quorum.Disagreement, err error) error {
	j := playedJSON{Verdict: verdictHolds, File: f.trace, Steps: steps, Seen: []string{}}
	code := exitHolds
	switch {
	case ctx.Err() != nil:
		j.Verdict, code = verdictUnknown, exitUnknown
	case err != nil:
		return err
	case d != nil:
		j.Verdict, code, j.Found, j.Seen = verdictViolated, exitViolated, oneLine(d.Error()), append(j.Seen, d.Seen...)
	}
	if f.json {
		err = writeJSON(out, &j)
	} else {
		err = j.print(out)
	}
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// phaseJSON is what --json prints of a run of terms.
type phaseJSON struct {
	Verdict    string         `json:"verdict"`
	Phase      string         `json:"phase"`
	Role       string         `json:"role"`
	Version    string         `json:"version"`
	Allowed    []string       `json:"allowed"` // differences of that version
	Terms      int            `json:"terms"`
	Wanted     int            `json:"wanted"`
	PerMinute  float64        `json:"termsPerMinute"`
	Seconds    float64        `json:"seconds"`
	Occurred   map[string]int `json:"occurred"`
	Never      []string       `json:"never"`
	Found      []string       `json:"disagreements"`
	Files      []string       `json:"files"`
	Unrepeated []string       `json:"unrepeated"`
}

func termsPerMinute(r *quorum.Report) float64 {
	return float64(r.Terms) / max(r.Elapsed.Minutes(), 1e-9)
}

func (f *liveConformFlags) reportPhase(out io.Writer, version string, r *quorum.Report) error {
	j := phaseJSON{Verdict: verdictHolds, Phase: f.phase, Role: f.role, Version: version, Allowed: []string{}, Terms: r.Terms,
		Wanted: f.elections, PerMinute: termsPerMinute(r), Seconds: r.Elapsed.Seconds(), Occurred: map[string]int{}, Never: []string{},
		Found: []string{}, Files: []string{}, Unrepeated: []string{}}
	for _, d := range quorum.Differences(version) {
		j.Allowed = append(j.Allowed, d.Name)
	}
	for _, row := range f.phaseRows() {
		if j.Occurred[row.Name] = r.Witness[row.Name]; r.Witness[row.Name] == 0 {
			j.Never = append(j.Never, row.Name)
		}
	}
	files, err := f.phaseFiles(r)
	if err != nil {
		return err
	}
	for i, d := range r.Found {
		j.Found, j.Files = append(j.Found, oneLine(d.Error())), append(j.Files, files[i])
	}
	for i, d := range r.Unrepeated {
		j.Unrepeated = append(j.Unrepeated, files[len(r.Found)+i]+": "+oneLine(d.Error()))
	}
	code := exitHolds
	switch {
	case len(r.Found) > 0:
		j.Verdict, code = verdictViolated, exitViolated
	case len(r.Unrepeated) > 0 || r.Terms < f.elections || r.Terms >= vacuous && len(j.Never) > 0:
		j.Verdict, code = verdictUnknown, exitUnknown
	}
	if f.json {
		err = writeJSON(out, &j)
	} else {
		err = f.printPhase(out, &j, r)
	}
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

func (f *liveConformFlags) phaseRows() []quorum.Row {
	return quorum.Rows(quorum.Phase(f.phase), quorum.Role(f.role))
}

// phaseFiles writes the scripts of all disagreements: first those that were repeated, then the others.
func (f *liveConformFlags) phaseFiles(r *quorum.Report) (names []string, err error) {
	write := func(name string, d *quorum.Disagreement) {
		file := filepath.Join(f.out, name)
		text := append([]string{fmt.Sprintf("seed %d", f.seed)}, trace.Wrap(oneLine(d.Error()), columns-2, "  ")...)
		text = append(append(text, "what was seen:"), d.Seen...)
		if mkdir := os.MkdirAll(f.out, 0o755); mkdir != nil {
			err = errors.Join(err, fmt.Errorf("--out: %w", mkdir))
			return
		}
		err = errors.Join(err, trace.WriteFile(file, d.Script.Format(text...)))
		names = append(names, file)
	}
	for _, d := range r.Found {
		write(fmt.Sprintf("zkcheck-%s-%d-%d.zkt", f.phase, f.seed, d.Term), d.Disagreement)
	}
	for i, d := range r.Unrepeated {
		write(fmt.Sprintf("zkcheck-%s-%d-once-%d.zkt", f.phase, f.seed, i+1), d)
	}
	return names, err
}

func (f *liveConformFlags) printPhase(out io.Writer, j *phaseJSON, r *quorum.Report) error {
	p := &printer{out: out}
	as := "as " + f.role
	if f.role == string(quorum.Both) {
		as = "as follower and leader"
	}
	p.line("%s %s of %d voters on ZooKeeper %s, %s at a time; %.0f a minute", count(j.Terms, "term"), as, f.servers, j.Version,
		count(f.jvms, "server"), j.PerMinute)
	p.line("")
	p.line("%-18s %9s  situation", "occurred", "times")
	for _, row := range f.phaseRows() {
		p.labelled(fmt.Sprintf("%-18s %9d  ", row.Name, r.Witness[row.Name]), row.Doc, "")
	}
	p.line("")
	for _, d := range quorum.Differences(j.Version) {
		p.labelled(fmt.Sprintf("allowed: %-15s  ", d.Name), d.Doc+" ("+d.Issues+")", "")
	}
	for _, d := range j.Unrepeated {
		p.labelled("not repeated: ", d, "  ")
	}
	for i, d := range j.Found {
		p.labelled(fmt.Sprintf("term %d: ", r.Found[i].Term), d, "  ")
		p.line("%s, after %d more were tried", count(len(r.Found[i].Script.Steps), "step"), r.Found[i].Tried)
	}
	switch {
	case j.Verdict == verdictHolds:
		p.line("holds: the engine explains all that the server did")
	case j.Verdict == verdictViolated:
		p.line("violated: the server did what the engine does not do")
	case len(j.Unrepeated) > 0 || j.Terms < j.Wanted:
		p.line("unknown: %s of %d played, %s not repeated", count(j.Terms, "term"), j.Wanted, count(len(j.Unrepeated), "disagreement"))
	default:
		p.wrapped(fmt.Sprintf("unknown: in %s never occurred: %v", count(j.Terms, "term"), j.Never), "  ")
	}
	for _, file := range j.Files {
		p.line("zkcheck live conform --phase %s --trace %s", f.phase, quoted(file))
	}
	return p.err
}
