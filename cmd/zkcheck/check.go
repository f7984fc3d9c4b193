package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/model/tla"
	"github.com/zkcheck/zkcheck/trace"
)

// bfs is the strategy that is not one of walks.
const bfs = "bfs"

// calmLimit lets a run become calm.
const calmLimit = "calm"

type checkFlags struct {
	observers, weights string
	limits             cluster.Limits
	fifo               bool
	grain, phases      string
	fairness           string
	mutant             string

	strategy    string
	seed, walks uint64
	steps       int
	depth       int
	states      uint64
	memory      string
	time        time.Duration
	workers     int

	properties []string
	lesson     string
	all        bool
	maxTraces  int

	json    bool
	junit   string
	out     string
	dir     string
	profile string
	reduce  string
	self    bool // check the reductions, and not the properties

	system string
	module tla.Config // of --system tla

	changed func(flag string) bool
	args    []string // without those that do not influence what is found
}

func newCheck() *cobra.Command {
	f := &checkFlags{limits: mustLimits(exhaustiveLimits)}
	c := &cobra.Command{
		Use:   "check [SERVER...]",
		Short: "Check the properties of election in what a cluster can do",
		Long: `check looks for a run that breaks a property, and prints the shortest it finds as a trace file.

Without servers and limits it replays the classic stories, searches a cluster of three servers
exhaustively and takes random walks with five servers and all kinds of faults, both while clients
write. With servers it searches what these can do within the limits: all of it, or by random walks.
Limits that are not given are those shown below; walks and lessons have their own.

Of the walks, "walk" draws every step by urgency, messages before faults. "pct" lets random threads
wait as long as anything else can happen, "swarm" leaves some kinds of faults out of each walk, and
"guided" goes on from where earlier walks met a protocol state not seen before. Each finds bugs that
the others are slow to find.

With --phases servers stop before the next phase begins, so that larger clusters can be searched:
election ends with a decision, discovery with an established leader, sync with one that serves.
Properties of what comes later are left out.

Within --memory a search is as fast as it can be. What that has no room for goes to disk, to the
directory of temporary files or to --dir, and the search goes on. With --dir it can be ended at any
moment, by whatever means, and goes on with "zkcheck resume".

States that nothing can tell apart are one, and of steps whose order makes no difference one order
is taken. With --reduce sleep all states are kept, with --reduce none all steps are taken as well;
what is found is the same. --self-check searches in all three ways and compares.

With --fairness weak, which the default run has, the properties of what must happen in the end
(P10, P11, P13) are decided on the complete graph of states: a run may become calm at any moment,
and every fair run that does comes to its goal. A counterexample is a lasso, a run with a loop.

With --mutant the rules are those of a known bug, one that "zkcheck mutants --list" names. What is
not given is as in the smallest case that shows it, and what must notice it is looked for.

With --system tla the official TLA+ module of the election is searched in place of a cluster, and
counted as TLC does: depth is 1 for the initial state, and a step beyond a bound is generated only.

` + strings.Join(trace.Wrap("Lessons: "+lessonNames()+".", columns, "  "), "\n"),
		Example: `  zkcheck check
  zkcheck check 1:1,8 2:1,8 3:1,7 --crashes 1 --restarts 1 --rounds 1
  zkcheck check 1:1,8 2:1,8 3:1,7 --writes 2 --cuts 1 --rounds 1 --timeouts 0
  zkcheck check 1:1,8 2:1,8 3:1,7 4:1,7 --phases discovery --rounds 1 --timeouts 0
  zkcheck check 1:0,0 2:0,0 3:0,0 --observers 3 --property P6
  zkcheck check 1:1,8 2:1,8 3:1,7 --strategy walk --walks 10000 --seed 7
  zkcheck check 1:1,8 2:1,8 3:1,7 --strategy guided --walks 10000 --steps 300
  zkcheck check 1:1,8 2:1,8 3:1,7 --property P11 --crashes 1 --restarts 1 --rounds 1 --timeouts 0
  zkcheck check 1:1,8 2:1,8 3:1,7 --crashes 2 --restarts 2 --rounds 1 --dir search
  zkcheck check 1:1,8 2:1,8 3:1,7 --rounds 1 --self-check
  zkcheck check --mutant ZK-1419
  zkcheck check --lesson two-leading-one-round
  zkcheck check --system tla --servers 3 --max-clock 1 --max-sum 1`,
		RunE: func(c *cobra.Command, servers []string) error {
			f.changed, f.args = c.Flags().Changed, arguments(c.Flags(), servers)
			if err := f.suitsSystem(c.Flags(), servers); err != nil {
				return err
			}
			return f.run(c.Context(), servers, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f.register(c)
	strict(c.Flags())
	return c
}

func (f *checkFlags) register(c *cobra.Command) {
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&f.observers, "observers", "", "servers that do not vote: `4,5`")
	s.StringVar(&f.weights, "weights", "", "groups and weights of a hierarchical ensemble: `1=1,2=1/3=0`")
	s.StringVar(&f.grain, "grain", "coarse", "coarse, or `GRAIN` fine: received, handled later")
	s.StringVar(&f.phases, "phases", cluster.AllPhases.String(), "go on until `PHASE` election, discovery, sync or all")
	s.StringVar(&f.fairness, "fairness", weak, "`weak` decides what must happen in the end, or none")
	s.StringVar(&f.mutant, "mutant", "", "break the rules as the bug of this `ID` does")
	s.BoolVar(&f.fifo, "fifo", false, "plain FIFO channels instead of ZooKeeper's one-slot send queue")
	f.limits.Each(func(name, doc string, value *int) {
		if name != calmLimit { // no property of a step speaks of calm runs
			s.IntVar(value, name, *value, "limit: `N` "+doc)
		}
	})
	s.StringVar(&f.strategy, "strategy", bfs, "`bfs` for every state; or walk, pct, swarm, guided")
	s.Uint64Var(&f.seed, "seed", walkSeed, "`N` that the walks are drawn from")
	s.Uint64Var(&f.walks, "walks", walkCount, "take `N` walks; 0: until --time is over")
	s.IntVar(&f.steps, "steps", walkSteps, "end a walk after `N` steps")
	s.IntVar(&f.depth, "depth", 0, "look no further than `N` steps; 0: no limit")
	s.Uint64Var(&f.states, "states", 0, "stop at `N` distinct states; 0: no limit")
	s.StringVar(&f.reduce, "reduce", explore.ReduceAll.String(), "leave out `all` that tells nothing; sleep: steps; none")
	s.StringArrayVar(&f.properties, "property", nil, "check the property of this `NAME` or number, repeatable; default all")
	s.StringVar(&f.lesson, "lesson", "", "find the expected violation of this `NAME`")
	s.BoolVar(&f.all, "all", false, "go on after a violation: one per property")
	s.IntVar(&f.maxTraces, "max-traces", 1, "show `N` counterexamples of different shapes per property")
	f.registerTLA(s)
	s.BoolVar(&f.self, "self-check", false, "search with and without reductions, and compare")
	s.StringVar(&f.dir, "dir", "", "keep the search in this `DIR`, for resume; it is created")
	f.registerFree(s)
}

// registerFree registers the flags that have no influence on what is found.
func (f *checkFlags) registerFree(s *pflag.FlagSet) {
	s.SortFlags = false
	s.StringVar(&f.memory, "memory", memoryLimit, "put what is over this `SIZE` on disk, in MiB or GiB")
	s.DurationVar(&f.time, "time", 0, "stop after this `DURATION`, 30s or 5m; 0: no limit")
	s.IntVar(&f.workers, "workers", 0, "`N` workers, without influence on results; 0: one per core")
	s.BoolVar(&f.json, "json", false, "print one JSON object")
	s.StringVar(&f.junit, "junit", "", "write a JUnit report to this `FILE`, one case per property")
	s.StringVar(&f.out, "out", ".", "write traces to this `DIR`, which is created")
	s.StringVar(&f.profile, "profile", "", "write a CPU profile to this `FILE`, for go tool pprof")
}

// run checks what is asked before anything is done: bad usage leaves nothing behind.
func (f *checkFlags) run(ctx context.Context, servers []string, stdout, stderr io.Writer) error {
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	if f.system == systemTLA {
		return f.runTLA(ctx, stdout, stderr)
	}
	p, err := f.plan(servers)
	if err != nil {
		return err
	}
	if f.self {
		if f.walking() || f.dir != "" || f.json || f.changed("reduce") || p.lesson != nil {
			return errors.New("--self-check is for --strategy bfs, without --dir, --json, --reduce or --lesson")
		}
		return f.runSelfCheck(ctx, p, stdout, stderr)
	}
	if err := f.vetDir(); err != nil {
		return err
	}
	if err := f.places(); err != nil {
		return err
	}
	end, err := f.prepare(p)
	if err != nil {
		return err
	}
	r, err := p.run(ctx, newStatus(stderr))
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	kept := f.keep(r) // a disk that is full takes no report from who has waited for it
	if f.json {
		err = writeJSON(stdout, r.json())
	} else {
		err = r.print(stdout)
	}
	if err == nil {
		err = kept
	}
	if code := r.exitCode(); err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// prepare makes the place of the searches, and begins the profile. What it returns ends both.
func (f *checkFlags) prepare(p *plan) (end func() error, err error) {
	if p.work, err = f.newWorkplace(); err != nil {
		return nil, err
	}
	stop, err := startProfile(f.profile)
	if err != nil {
		p.work.close()
		return nil, err
	}
	before := int64(math.MaxInt64)
	if p.options.MaxMemory >= 1<<28 { // the collector lets garbage grow up to this, and not to as much as there is in use
		before = debug.SetMemoryLimit(int64(p.options.MaxMemory / 16 * 15))
	}
	return func() error {
		debug.SetMemoryLimit(before)
		p.work.close()
		return stop()
	}, nil
}

// startProfile writes a profile until the function is called that it returns.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--profile %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("--profile %w", err), file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

// places looks whether what will be written has a place.
func (f *checkFlags) places() error {
	if f.junit != "" {
		if info, err := os.Stat(f.junit); err == nil && info.IsDir() {
			return fmt.Errorf("--junit %s: is a directory", f.junit)
		} else if err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("--junit %s: not a regular file", f.junit)
		}
		if info, err := os.Stat(filepath.Dir(f.junit)); err != nil || !info.IsDir() {
			return fmt.Errorf("--junit %s: there is no directory %s", f.junit, filepath.Dir(f.junit))
		}
		if !writable(filepath.Dir(f.junit)) {
			return fmt.Errorf("--junit %s: no file can be made there", f.junit)
		}
	}
	return checkDir("out", f.out)
}

// checkDir refuses a directory, or one that is to be made, in which nothing could be written at the end.
func checkDir(flag, path string) error {
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case err == nil && !info.IsDir(), os.IsNotExist(err) && dir == filepath.Dir(dir):
			return fmt.Errorf("--%s %s: %s is not a directory", flag, path, dir)
		case err == nil && writable(dir):
			return nil
		case err == nil:
			return fmt.Errorf("--%s %s: nothing can be written there", flag, path)
		case !os.IsNotExist(err):
			return fmt.Errorf("--%s %s: no directory can be made there", flag, path)
		}
	}
}

// writable tries whether a file can be made in a directory: permissions do not tell of read-only disks.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".zkcheck-*")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}

// keep writes the traces and the JUnit report, as many of them as can be written.
func (f *checkFlags) keep(r *result) error {
	var errs []error
	for i := range r.properties {
		if p := &r.properties[i]; p.found != nil {
			errs = append(errs, f.keepTrace(p), f.keepMore(p))
		}
	}
	if f.junit != "" {
		errs = append(errs, r.writeJUnit(f.junit))
	}
	return errors.Join(errs...)
}

// keepMore writes the counterexamples of other shapes.
func (f *checkFlags) keepMore(p *propertyResult) error {
	if p.Trace == "" {
		return nil
	}
	for i, t := range p.more {
		path := filepath.Join(f.out, fmt.Sprintf("zkcheck-%s-%d.zkt", p.Name, i+2))
		if err := t.WriteFile(path); err != nil {
			return err
		}
		p.More = append(p.More, path)
	}
	return nil
}

func (f *checkFlags) keepTrace(p *propertyResult) error {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("--out %s: %w", f.out, err)
	}
	path := filepath.Join(f.out, "zkcheck-"+p.Name+".zkt")
	if err := p.found.WriteFile(path); err != nil {
		return err
	}
	p.Trace = path
	picture, err := p.found.WritePicture(path)
	switch {
	case err != nil: // the trace says it all, a picture only shows it
		p.picture = "no picture of the history: " + err.Error()
	case picture != "":
		p.picture = "picture of the history in " + picture
	}
	return nil
}
