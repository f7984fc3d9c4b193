package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/live/conform"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/trace"
)

type liveConformFlags struct {
	elections int
	servers   int
	observers int
	jvms      int
	seed      uint64
	broken    string
	trace     string
	hostile   bool
	cases     int
	file      string
	out       string
	dir       string
	keep      bool
	json      bool

	changed func(flag string) bool
}

func newLiveConform() *cobra.Command {
	f := &liveConformFlags{}
	var names []string
	for _, r := range conform.Rules() {
		names = append(names, r.Name)
	}
	c := &cobra.Command{
		Use:   "conform",
		Short: "Hold a real server against the engine, election by election",
		Long: strings.Join(trace.Wrap(`conform starts real ZooKeeper servers, plays all of their peers, and compares every
notification they send and every decision they make with what the engine can do. A disagreement is repeated
on a fresh server, shrunk, and written as a trace. --break puts a wrong rule into the engine, to see that the
comparison finds it: `+strings.Join(names, ", ")+`.`, columns-2, ""), "\n") + `

--hostile sends malformed input instead, and classifies what becomes of the server.
ZooKeeper is looked for in ` + server.HomeVariable + `, then where Debian's package zookeeper puts it.
Servers have addresses of 127.0.0.0/8 and end with this command.`,
		Example: `  zkcheck live conform --elections 500
  zkcheck live conform --elections 5000 --servers 5 --jvms 8
  zkcheck live conform --break leader-check
  zkcheck live conform --trace zkcheck-conform-1-17.zkt
  zkcheck live conform --hostile --cases 150`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = c.Flags().Changed
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.IntVar(&f.elections, "elections", conformElections, "play `N` elections")
	s.IntVar(&f.servers, "servers", conformServers, "of an ensemble of `N` voters, 3 to 9; all but one are played")
	s.IntVar(&f.observers, "observers", conformObservers, "and `N` observers, 0 to 4")
	s.IntVar(&f.jvms, "jvms", conformJVMs, "on `N` real servers side by side, 1 to 64")
	s.Uint64Var(&f.seed, "seed", 1, "`N` that the elections, or the hostile input, are drawn from")
	s.StringVar(&f.broken, "break", "", "judge with this `RULE` broken, to see that it is found")
	s.StringVar(&f.trace, "trace", "", "play the script in this `FILE`, and nothing else")
	s.BoolVar(&f.hostile, "hostile", false, "send malformed headers and notifications")
	s.IntVar(&f.cases, "cases", hostileCases, "with --hostile: make `N` connections")
	s.StringVar(&f.file, "case", "", "with --hostile: send the case in this `FILE`, and nothing else")
	s.StringVar(&f.out, "out", ".", "write traces and cases to this `DIR`, which is created")
	s.StringVar(&f.dir, "dir", "", "let the servers live in this `DIR`, which is created, and keep it")
	s.BoolVar(&f.keep, "keep", false, "keep what the servers leave behind, their logs above all")
	s.BoolVar(&f.json, "json", false, "print one JSON object")
	strict(s)
	return c
}

// What conform does when it is told nothing.
const (
	conformElections = 1000
	conformServers   = 5
	conformObservers = 1
	conformJVMs      = 8
	hostileCases     = 150
)

// check refuses numbers that make no run, and flags that say nothing about this one.
func (f *liveConformFlags) check() error {
	for _, n := range []struct {
		flag             string
		value, low, high int
	}{{"elections", f.elections, 1, 10_000_000}, {"servers", f.servers, 3, 9}, {"observers", f.observers, 0, 4},
		{"jvms", f.jvms, 1, 64}, {"cases", f.cases, 1, 1_000_000}} {
		if n.value < n.low || n.value > n.high {
			return fmt.Errorf("--%s %d: want %d..%d", n.flag, n.value, n.low, n.high)
		}
	}
	idle := func(why string, flags ...string) error {
		for _, flag := range flags {
			if f.changed(flag) {
				return fmt.Errorf("--%s: %s", flag, why)
			}
		}
		return nil
	}
	played := []string{"elections", "servers", "observers", "jvms", "break"}
	switch {
	case f.hostile && f.file != "":
		return idle("one case is sent", append(played, "trace", "cases", "seed")...)
	case f.hostile:
		return idle("--hostile plays no election", append(played, "trace")...)
	case f.trace != "":
		return idle("--trace plays one script", append(played, "cases", "case", "seed")...)
	}
	if f.broken != "" {
		if _, err := conform.FindRule(f.broken); err != nil {
			return fmt.Errorf("--break: %w", err)
		}
	}
	return idle("it is for --hostile", "cases", "case")
}

func (f *liveConformFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
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
	switch {
	case f.hostile:
		return f.runHostile(ctx, stdout, stderr, install)
	case f.trace != "":
		return f.runScript(ctx, stdout, install, dir)
	}
	status := newStatus(stderr)
	report, err := conform.Run(ctx, conform.Options{Install: install, Voters: f.servers, Observers: f.observers,
		Elections: f.elections, JVMs: f.jvms, Seed: f.seed, Broken: f.broken, Dir: dir,
		Progress: func(r conform.Report) { status.conform(r, f.elections) }})
	status.clear()
	if err != nil {
		return err
	}
	return f.report(stdout, &report)
}

// place makes the directory that the servers live in.
func (f *liveConformFlags) place() (string, error) {
	if f.dir == "" {
		return os.MkdirTemp("", "zkcheck-conform-")
	}
	if entries, err := os.ReadDir(f.dir); err == nil && len(entries) > 0 {
		return "", fmt.Errorf("--dir %s: is not empty", f.dir)
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return "", fmt.Errorf("--dir: %w", err)
	}
	return filepath.Abs(f.dir)
}

// conformJSON is what --json prints.
type conformJSON struct {
	Verdict    string         `json:"verdict"`
	Elections  int            `json:"elections"`
	Asked      int            `json:"wanted"`
	Decided    int            `json:"decided"`
	Undecided  int            `json:"undecided"`
	PerMinute  float64        `json:"electionsPerMinute"`
	Seconds    float64        `json:"seconds"`
	Exercised  map[string]int `json:"exercised"`
	Resets     int            `json:"reconnects"`
	Observers  int            `json:"observersAnswered"`
	Found      []string       `json:"disagreements"`
	Files      []string       `json:"files"`
	Unrepeated []string       `json:"unrepeated"`
}

func (f *liveConformFlags) report(out io.Writer, r *conform.Report) error {
	j := conformJSON{Verdict: "holds", Elections: r.Elections, Asked: f.elections, Decided: r.Decided,
		Undecided: r.Elections - r.Decided, Seconds: r.Elapsed.Seconds(), Exercised: map[string]int{},
		PerMinute: perMinute(r), Resets: r.Resets, Observers: r.Asked, Found: []string{}, Files: []string{}, Unrepeated: []string{}}
	for i, rule := range conform.Rules() {
		j.Exercised[rule.Name] = r.Exercised[i]
	}
	for _, d := range r.Found {
		file, err := f.write(fmt.Sprintf("zkcheck-conform-%d-%d.zkt", f.seed, d.Election), d.Disagreement)
		if err != nil {
			return err
		}
		j.Found, j.Files = append(j.Found, oneLine(d.Error())), append(j.Files, file)
	}
	for i, d := range r.Unrepeated {
		file, err := f.write(fmt.Sprintf("zkcheck-conform-%d-once-%d.zkt", f.seed, i+1), d)
		if err != nil {
			return err
		}
		j.Unrepeated = append(j.Unrepeated, file+": "+oneLine(d.Error()))
	}
	code := exitHolds
	switch {
	case len(r.Found) > 0:
		j.Verdict, code = "violated", exitViolated
	case len(r.Unrepeated) > 0 || r.Elections < f.elections:
		j.Verdict, code = "unknown", exitUnknown
	}
	err := f.print(out, &j, r)
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// write writes the script of a disagreement, with what was seen.
func (f *liveConformFlags) write(name string, d *conform.Disagreement) (string, error) {
	file := filepath.Join(f.out, name)
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return file, fmt.Errorf("--out: %w", err)
	}
	text := append(trace.Wrap(oneLine(d.Error()), columns-2, "  "), "what was seen:")
	return file, trace.WriteFile(file, d.Script.Format(append(text, d.Seen...)...))
}

func (f *liveConformFlags) print(out io.Writer, j *conformJSON, r *conform.Report) error {
	if f.json {
		return writeJSON(out, j)
	}
	p := &printer{out: out}
	p.line("%s of %d voters on %s: %d decided, %d undecided; %.0f a minute", count(j.Elections, "election"),
		f.servers, count(f.jvms, "real server"), j.Decided, j.Undecided, j.PerMinute)
	p.line("")
	p.line("%-18s %9s  rule", "exercised", "elections")
	for i, rule := range conform.Rules() {
		p.line("%-18s %9d  %s", rule.Name, r.Exercised[i], rule.Doc)
	}
	p.line("%-18s %9d  a new connection brings the last notification again", "last-message", j.Resets)
	p.line("%-18s %9d  an observer that asks is told the current vote", "observer-answer", j.Observers)
	p.line("")
	for _, d := range j.Unrepeated {
		p.labelled("not repeated: ", d, "  ")
	}
	for i, d := range j.Found {
		p.labelled(fmt.Sprintf("election %d: ", r.Found[i].Election), d, "  ")
		p.line("%s, after %d more were tried", count(len(r.Found[i].Script.Steps), "step"), r.Found[i].Tried)
	}
	switch j.Verdict {
	case "holds":
		p.line("holds: the engine explains all that the server did")
	case "violated":
		p.line("violated: the server did what the engine does not do")
	default:
		p.line("unknown: %s of %d played, %s not repeated", count(j.Elections, "election"), j.Asked,
			count(len(j.Unrepeated), "disagreement"))
	}
	for _, file := range j.Files {
		p.line("zkcheck replay %s", file)
		p.line("zkcheck live conform --trace %s", file)
	}
	return p.err
}

func perMinute(r *conform.Report) float64 {
	return float64(r.Elections) / max(r.Elapsed.Minutes(), 1e-9)
}

// conform shows a look at a run.
func (s *status) conform(r conform.Report, of int) {
	line := fmt.Sprintf("%d of %d elections, %.0f a minute; %d decided, %s", r.Elections, of, perMinute(&r), r.Decided,
		count(len(r.Found)+len(r.Unrepeated), "disagreement"))
	if s.width == 0 {
		if time.Since(s.last) >= statusPlain {
			fmt.Fprintln(s.out, line)
			s.last = time.Now()
		}
		return
	}
	if time.Since(s.last) >= statusTerminal {
		fmt.Fprint(s.out, "\r\x1b[K"+line[:min(len(line), s.width)])
		s.shown, s.last = true, time.Now()
	}
}

// readScript reads a script for the real server or for replay.
func readScript(file string) (*conform.Script, error) {
	script, err := scriptIn(file)
	if script == nil && err == nil {
		if _, err = os.Stat(file); err == nil {
			err = errors.New("not a script of one server, as conform writes it")
		}
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		err = fmt.Errorf("%s: %w", file, err)
	}
	return script, err
}

func (f *liveConformFlags) runScript(ctx context.Context, out io.Writer, install server.Install, dir string) error {
	script, err := readScript(f.trace)
	if err != nil {
		return err
	}
	d, err := conform.PlayOn(ctx, install, script, dir)
	if err != nil {
		return err
	}
	p := &printer{out: out}
	if d == nil {
		p.line("holds: the engine explains all that the server did in %s", count(len(script.Steps), "step"))
		return p.err
	}
	for _, line := range d.Seen {
		p.wrapped(line, "  ")
	}
	p.wrapped("violated: "+oneLine(d.Error()), "  ")
	if p.err != nil {
		return p.err
	}
	return verdictCode(exitViolated)
}
