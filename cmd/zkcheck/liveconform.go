package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/live/conform"
	"github.com/zkcheck/zkcheck/live/hostile"
	"github.com/zkcheck/zkcheck/live/quorum"
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
	phase     string
	role      string

	addrs      string
	quorumPort int
	target     *conform.Target // of addrs

	changed func(flag string) bool
}

func newLiveConform() *cobra.Command {
	f := &liveConformFlags{}
	var names []string
	for _, r := range conform.Rules() {
		names = append(names, r.Name)
	}
	var phaseNames []string
	for _, r := range quorum.Rules() {
		phaseNames = append(phaseNames, r.Name)
	}
	c := &cobra.Command{
		Use:   "conform",
		Short: "Hold a real server against the engine, election by election",
		Long: strings.Join(trace.Wrap(`conform starts real ZooKeeper servers, plays all of their peers, and compares every
notification they send and every decision they make with what the engine can do. A disagreement is repeated
on a fresh server, shrunk, and written as a trace. --break puts a wrong rule into the engine, to see that the
comparison finds it: `+strings.Join(names, ", ")+`.`, columns-2, ""), "\n") + `

` + strings.Join(trace.Wrap(`--target is a server that runs already, wherever that is started: the election addresses of its
ensemble as its own configuration has them, in the order of the sids 1..n, or SID@HOST:PORT. One of them
listens; all others are played, on this machine. There is no log then, and no property is set: the wire alone
is gone by, and a disagreement counts that is seen three times. Scripts that make the target lead are left
out, for it would lead until its initLimit is over. Its disk is not changed.`, columns-2, ""), "\n") + `

` + strings.Join(trace.Wrap(`--phase discovery and --phase sync go on behind the election: a real server follows simulated leaders,
or leads simulated followers, term by term on the same disk, with lost connections and kill -9 in between. Every
packet that it sends, the epochs on its disk and its next vote are compared. What its version is known to do in
another way is allowed, and named in the report. --break: `+strings.Join(phaseNames, ", ")+`.`, columns-2, ""), "\n") + `

--hostile sends malformed input instead, and classifies what becomes of the server.
ZooKeeper is looked for in ` + server.HomeVariable + `, then where Debian's package zookeeper puts it.
Servers have addresses of 127.0.0.0/8 and end with this command.`,
		Example: `  zkcheck live conform --elections 500
  zkcheck live conform --elections 5000 --servers 5 --jvms 8
  zkcheck live conform --break leader-check
  zkcheck live conform --trace zkcheck-conform-1-17.zkt
  zkcheck live conform --target 127.0.0.1:3888,127.0.0.2:3888,127.0.0.3:3888
  zkcheck live conform --phase sync --role leader --elections 500 --servers 3
  zkcheck live conform --hostile --cases 150`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = c.Flags().Changed
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.IntVar(&f.elections, "elections", conformElections, "play `N` elections, or terms")
	s.IntVar(&f.servers, "servers", conformServers, "of an ensemble of `N` voters, 3 to 9; all but one are played")
	s.IntVar(&f.observers, "observers", conformObservers, "and `N` observers, 0 to 4")
	s.IntVar(&f.jvms, "jvms", conformJVMs, "on `N` real servers side by side, 1 to 64")
	s.Uint64Var(&f.seed, "seed", 1, "`N` that the elections, or the hostile input, are drawn from")
	s.StringVar(&f.phase, "phase", "", "go on behind the election, to the end of this `PHASE`: discovery, sync")
	s.StringVar(&f.role, "role", string(quorum.Both), "with --phase: the server's `ROLE`: follower, leader, both")
	s.StringVar(&f.broken, "break", "", "judge with this `RULE` broken, to see that it is found")
	s.StringVar(&f.addrs, "target", "", "play the peers of the server that runs at one of these `ADDRESSES`")
	s.IntVar(&f.quorumPort, "quorum-port", server.QuorumPort, "with --target: everybody's quorum port is `N`")
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
		{"jvms", f.jvms, 1, 64}, {"cases", f.cases, 1, 1_000_000}, {"quorum-port", f.quorumPort, 1, 65535}} {
		if n.value < n.low || n.value > n.high {
			return fmt.Errorf("--%s %d: want %d..%d", n.flag, n.value, n.low, n.high)
		}
	}
	if f.phase != "" {
		return f.checkPhase()
	}
	if f.changed("role") {
		return errors.New("--role: it is for --phase")
	}
	if err := f.checkIdle(); err != nil {
		return err
	}
	if f.broken != "" {
		if _, err := conform.FindRule(f.broken); err != nil {
			return fmt.Errorf("--break: %w", err)
		}
	}
	if f.addrs == "" {
		return nil
	}
	if !f.changed("observers") {
		f.observers = 0
	}
	var err error
	if f.target, err = conform.ParseTarget(f.addrs, f.quorumPort, f.observers); err != nil {
		return fmt.Errorf("--target: %w", err)
	}
	f.servers, f.jvms = len(f.target.Members)-f.observers, 1
	return nil
}

// checkIdle refuses flags that say nothing about this run.
func (f *liveConformFlags) checkIdle() error {
	idle := func(why string, flags ...string) error {
		for _, flag := range flags {
			if f.changed(flag) {
				return fmt.Errorf("--%s: %s", flag, why)
			}
		}
		return nil
	}
	if f.addrs != "" {
		if err := idle("--target is a server that runs already", "servers", "jvms", "hostile", "dir", "keep"); err != nil {
			return err
		}
	} else if err := idle("it is for --target", "quorum-port"); err != nil {
		return err
	}
	played := []string{"elections", "servers", "jvms", "break"}
	if f.trace == "" || f.addrs == "" {
		played = append(played, "observers")
	}
	nothing := func() error { return idle("the servers of --hostile leave nothing behind", "dir", "keep") }
	switch {
	case f.hostile && f.file != "":
		return cmp.Or(idle("one case is sent", append(played, "trace", "cases", "seed", "out")...), nothing())
	case f.hostile:
		return cmp.Or(idle("--hostile plays no election", append(played, "trace")...), nothing())
	case f.trace != "":
		return idle("--trace plays one script", append(played, "cases", "case", "seed", "out")...)
	}
	return idle("it is for --hostile", "cases", "case")
}

// read reads the script or the case of the run, if it has one.
func (f *liveConformFlags) read() (script *conform.Script, c hostile.Case, err error) {
	if f.trace != "" {
		script, err = readScript(f.trace)
	}
	if f.file != "" {
		c, err = readCase(f.file)
	}
	return script, c, err
}

func (f *liveConformFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.phase != "" {
		return f.runPhase(ctx, stdout, stderr)
	}
	script, hostileCase, err := f.read()
	if err != nil {
		return err
	}
	if f.target != nil {
		return f.runTarget(ctx, stdout, stderr, script)
	}
	if script == nil && f.file == "" {
		if err := checkDir("out", f.out); err != nil {
			return err
		}
	}
	install, err := server.Find()
	if err != nil {
		return err
	}
	switch {
	case f.file != "":
		return f.runCase(ctx, stdout, install, hostileCase)
	case f.hostile:
		return f.runHostile(ctx, stdout, stderr, install)
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
		return f.runScript(ctx, stdout, install, script, dir)
	}
	status := newStatus(stderr)
	report, err := conform.Run(ctx, conform.Options{Install: install, Voters: f.servers, Observers: f.observers,
		Elections: f.elections, JVMs: f.jvms, Seed: f.seed, Broken: f.broken, Dir: dir,
		Progress: func(r conform.Report) { status.conform(r, f.elections) }})
	status.clear()
	if err != nil {
		_, keep := f.files(&report) // what was found is not lost with the run
		return errors.Join(err, keep)
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

// playedJSON is what --json prints of one script.
type playedJSON struct {
	Verdict string   `json:"verdict"`
	File    string   `json:"file"`
	Steps   int      `json:"steps"`
	Found   string   `json:"disagreement"`
	Seen    []string `json:"seen"`
}

func (f *liveConformFlags) runScript(ctx context.Context, out io.Writer, install server.Install, script *conform.Script, dir string) error {
	d, err := conform.PlayOn(ctx, install, script, dir)
	return f.reportScript(ctx, out, script, d, err)
}

// reportScript tells how a script went.
func (f *liveConformFlags) reportScript(ctx context.Context, out io.Writer, script *conform.Script, d *conform.Disagreement, err error) error {
	j := playedJSON{Verdict: verdictHolds, File: f.trace, Steps: len(script.Steps), Seen: []string{}}
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

func (j *playedJSON) print(out io.Writer) error {
	p := &printer{out: out}
	for _, line := range j.Seen {
		p.wrapped(line, "  ")
	}
	switch j.Verdict {
	case verdictHolds:
		p.line("holds: the engine explains all that the server did in %s", count(j.Steps, "step"))
	case verdictViolated:
		p.wrapped("violated: "+j.Found, "  ")
	default:
		p.line("unknown: interrupted")
	}
	return p.err
}
