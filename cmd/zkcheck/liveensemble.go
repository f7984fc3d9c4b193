package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/live/ensemble"
	"github.com/zkcheck/zkcheck/live/server"
)

type liveEnsembleFlags struct {
	servers int
	time    time.Duration
	seed    uint64
	dir     string
	keep    bool
	judge   string
	json    bool

	changed func(flag string) bool
}

func newLiveEnsemble() *cobra.Command {
	f := &liveEnsembleFlags{}
	c := &cobra.Command{
		Use:   "ensemble",
		Short: "Run real servers under faults, and judge what they and their clients saw",
		Long: `ensemble starts real ZooKeeper servers on this machine, with a proxy between any two of them, and
lets a schedule of faults happen that is drawn from --seed: crashes, pauses, lost and stalled links.
Clients write and read meanwhile. The report of the run is a directory; judging reads nothing else,
and --judge does it again.

ZooKeeper is looked for in ` + server.HomeVariable + `, then where Debian's package zookeeper puts it. Servers
have addresses of 127.0.0.0/8 and end with this command. A report is removed if every check
holds, unless --dir or --keep is given.`,
		Example: `  zkcheck live ensemble
  zkcheck live ensemble --servers 3 --time 30s --seed 7 --keep
  zkcheck live ensemble --dir report
  zkcheck live ensemble --judge report`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = c.Flags().Changed
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.IntVar(&f.servers, "servers", ensembleServers, fmt.Sprintf("run `N` servers, %d to %d", ensemble.MinServers, ensemble.MaxServers))
	s.DurationVar(&f.time, "time", ensembleTime, "let faults happen for this `DURATION`")
	s.Uint64Var(&f.seed, "seed", ensembleSeed, "`N` that the schedule of faults is drawn from")
	s.StringVar(&f.dir, "dir", "", "write the report to this `DIR`, which is made, and keep it")
	s.BoolVar(&f.keep, "keep", false, "keep the report if all holds, too")
	s.StringVar(&f.judge, "judge", "", "run nothing; judge the report in this `DIR` again")
	s.BoolVar(&f.json, "json", false, "print one JSON object")
	strict(s)
	return c
}

// What ensemble does when it is told nothing.
const (
	ensembleServers = 5
	ensembleTime    = time.Minute
	ensembleSeed    = 1
)

// Bounds of --time: the least in which a fault finds a place, and the most whose history is judged in memory.
const (
	minEnsembleTime = 10 * time.Second
	maxEnsembleTime = 24 * time.Hour
)

func (f *liveEnsembleFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if f.judge != "" {
		for _, flag := range []string{"servers", "time", "seed", "dir", "keep"} {
			if f.changed(flag) {
				return fmt.Errorf("--judge %s: runs nothing, so that --%s has no meaning", f.judge, flag)
			}
		}
		return f.report(stdout, f.judge, true)
	}
	if f.servers < ensemble.MinServers || f.servers > ensemble.MaxServers {
		return fmt.Errorf("--servers %d: want %d..%d", f.servers, ensemble.MinServers, ensemble.MaxServers)
	}
	if f.time < minEnsembleTime {
		return fmt.Errorf("--time %v: want at least %v", f.time, minEnsembleTime)
	}
	if f.time > maxEnsembleTime {
		return fmt.Errorf("--time %v: want at most %v", f.time, maxEnsembleTime)
	}
	install, err := server.Find()
	if err != nil {
		return err
	}
	dir, kept, err := f.place()
	if err != nil {
		return err
	}
	status := newStatus(stderr)
	err = ensemble.Run(ctx, ensemble.Options{Install: install, Servers: f.servers, Time: f.time, Seed: f.seed, Dir: dir,
		Progress: status.ensemble})
	status.clear()
	if errors.Is(err, server.ErrInstall) && f.dir == "" {
		return errors.Join(err, os.RemoveAll(dir)) // nothing was run
	}
	if err != nil {
		return fmt.Errorf("%w; the report in %s is not whole", err, dir)
	}
	return f.report(stdout, dir, kept)
}

// place is the directory of the report, and whether it stays.
func (f *liveEnsembleFlags) place() (dir string, kept bool, err error) {
	if f.dir == "" {
		dir, err = os.MkdirTemp("", "zkcheck-ensemble-")
		return dir, f.keep, err
	}
	entries, err := os.ReadDir(f.dir)
	switch {
	case err == nil && len(entries) > 0:
		return "", false, fmt.Errorf("--dir %s: is not empty", f.dir)
	case err == nil || errors.Is(err, os.ErrNotExist):
		return f.dir, true, checkDir("dir", f.dir)
	}
	return "", false, fmt.Errorf("--dir %s: is not a directory", f.dir)
}

// ensembleJSON is what --json prints.
type ensembleJSON struct {
	ensemble.Verdict
	Report string `json:"report,omitempty"` // "" if it was removed
}

// report judges a report and prints the verdict.
func (f *liveEnsembleFlags) report(out io.Writer, dir string, kept bool) error {
	v, err := ensemble.Judge(dir)
	if err != nil {
		return err
	}
	if !kept && !slices.ContainsFunc(v.Checks, func(c ensemble.Check) bool { return c.Verdict != ensemble.Holds }) {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		dir = ""
	}
	if f.json {
		err = writeJSON(out, ensembleJSON{v, dir})
	} else {
		err = printEnsemble(out, &v, dir)
	}
	code := map[string]int{ensemble.Holds: exitHolds, ensemble.Violated: exitViolated, ensemble.Unclear: exitUnknown}[v.Verdict]
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// printEnsemble prints a verdict for people. The last line is how to judge the report again, if there is one.
func printEnsemble(out io.Writer, v *ensemble.Verdict, dir string) error {
	p := &printer{out: out}
	for _, t := range v.Terms {
		p.line("epoch %-4d server %v led, from %6.1f s on: %s", t.Epoch, t.Leader, float64(t.AtMS)/1000,
			count(t.Acknowledged, "acknowledged write"))
	}
	p.line("%s; %d processes of servers; %s, after which %s served",
		count(v.Faults, "fault"), v.Processes, count(v.Elections, "election"), count(len(v.Terms), "leader"))
	p.line("%s acknowledged, %s of unknown outcome; %s; %s never sent",
		count(v.Writes, "write"), grouped(uint64(v.Unknown)), count(v.Reads, "read"), count(v.Unsent, "operation"))
	p.line("")
	for _, c := range v.Checks {
		p.labelled(fmt.Sprintf("%-22s %-9s ", c.Name, c.Verdict), c.Seen, "  ")
	}
	p.line("")
	for _, c := range v.Checks {
		if len(c.Evidence) == 0 {
			continue
		}
		p.wrapped(c.Verdict+": "+c.Name+": "+c.Doc, "  ")
		for _, e := range c.Evidence {
			p.labelled("  ", oneLine(e), "  ")
		}
	}
	p.line("%s", v.Verdict)
	if dir != "" {
		p.line("zkcheck live ensemble --judge %s", quoted(dir))
	}
	return p.err
}

// ensemble shows a look at a run.
func (s *status) ensemble(look ensemble.Progress) {
	line := fmt.Sprintf("%.0f s of %.0f: ", look.Elapsed.Seconds(), look.Time.Seconds())
	if look.Leader == 0 {
		line += "no leader"
	} else {
		line += fmt.Sprintf("server %v leads epoch %d", look.Leader, look.Epoch)
	}
	line += fmt.Sprintf(", %s writes, %s reads, %s unknown; %s",
		grouped(uint64(look.Acknowledged)), grouped(uint64(look.Reads)), grouped(uint64(look.Unknown)), look.Doing)
	s.look(line)
}
