package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/gauntlet"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/trace"
)

// What mutants does when it is told nothing.
const (
	mutantTime      = time.Minute // of a cell
	mutantSchedules = 4_000
)

type mutantsFlags struct {
	ids, strategies []string
	controls, list  bool

	time      time.Duration
	schedules uint64
	memory    string
	seed      uint64
	workers   int

	json, markdown bool

	changed func(flag string) bool
}

func newMutants() *cobra.Command {
	f := &mutantsFlags{}
	c := &cobra.Command{
		Use:   "mutants",
		Short: "Run the known bugs of election against the ways of looking for bugs",
		Long: `mutants breaks the rules as each known bug does, one after the other, and looks which ways of
looking for bugs notice. Bugs that nobody notices are named with the reason. Changes that are no
bugs, the controls, run too: who reports one is wrong.

` + strategyText() + `
The exit code is 0 if every bug asked for is killed by one of the strategies asked for, and no
control is; 1 if a control is killed, if ZooKeeper's rules fail in the run that shows a bug, or if a
bug survives all that was to be looked at; 2 if one survives because the time, the memory or an
interrupt ended a strategy.`,
		Example: `  zkcheck mutants --list
  zkcheck mutants --id ZK-1419
  zkcheck mutants --strategy exhaustive --time 20s
  zkcheck mutants --strategy walk,rapid --schedules 20000 --seed 7
  zkcheck mutants --controls
  zkcheck mutants --markdown >gauntlet.md`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = c.Flags().Changed
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.BoolVar(&f.list, "list", false, "tell of the bugs instead, and run nothing")
	s.StringArrayVar(&f.ids, "id", nil, "run the bug or control of this `ID,...`, repeatable; default all")
	s.BoolVar(&f.controls, "controls", false, "run the controls only")
	s.StringArrayVar(&f.strategies, "strategy", nil, "look for them by this `STRATEGY,...`, repeatable; default all")
	s.DurationVar(&f.time, "time", mutantTime, "end a strategy after `DURATION` of a bug; 0: no limit")
	s.Uint64Var(&f.schedules, "schedules", mutantSchedules, "draw `N` schedules of each bug")
	s.StringVar(&f.memory, "memory", memoryLimit, "stop at this `SIZE` of a search, in MiB or GiB")
	s.Uint64Var(&f.seed, "seed", walkSeed, "`N` that schedules are drawn from")
	s.IntVar(&f.workers, "workers", 0, "`N` workers, without influence on results; 0: one per core")
	s.BoolVar(&f.json, "json", false, "print one JSON object")
	s.BoolVar(&f.markdown, "markdown", false, "print a page of Markdown")
	strict(s)
	return c
}

// strategyText is the strategies in words.
func strategyText() string {
	var b strings.Builder
	for _, s := range gauntlet.Strategies() {
		for i, l := range trace.Wrap(fmt.Sprintf("%-11s %s", s.Name, s.Doc), columns-2, strings.Repeat(" ", 12)) {
			if i == 0 { // which does not keep the spaces behind the name
				l = fmt.Sprintf("%-11s %s", s.Name, strings.TrimSpace(strings.TrimPrefix(l, s.Name)))
			}
			b.WriteString("  " + l + "\n")
		}
	}
	return b.String()
}

func (f *mutantsFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	mutants, err := f.chosen()
	if err != nil {
		return err
	}
	strategies, err := f.ways()
	if err != nil {
		return err
	}
	o, err := f.limits()
	if err != nil {
		return err
	}
	if f.list {
		p := &printer{out: stdout}
		p.catalogue(mutants)
		return p.err
	}
	live := showGauntlet(newStatus(stderr))
	o.Progress = live.begins
	m, err := gauntlet.Run(ctx, mutants, strategies, o)
	live.end()
	if err != nil {
		return err
	}
	r := newGauntletResult(m, f)
	switch {
	case f.json:
		err = writeJSON(stdout, r)
	case f.markdown:
		err = r.markdown(stdout)
	default:
		err = r.print(stdout)
	}
	if code := r.exitCode(); err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// chosen are the bugs and controls that are asked for.
func (f *mutantsFlags) chosen() ([]mutant.Mutant, error) {
	if f.controls {
		if len(f.ids) > 0 {
			return nil, fmt.Errorf("--controls and --id exclude each other")
		}
		return mutant.Controls(), nil
	}
	if len(f.ids) == 0 {
		return slices.Concat(mutant.All(), mutant.Controls()), nil
	}
	var list []mutant.Mutant
	for _, id := range commas(f.ids) {
		m, err := mutant.Find(id)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(x mutant.Mutant) bool { return x.ID == id }) {
			return nil, fmt.Errorf("--id %s: it is given twice", id)
		}
		list = append(list, m)
	}
	return list, nil
}

// commas takes lists apart: --id A,B is --id A --id B.
func commas(lists []string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, strings.Split(l, ",")...)
	}
	return all
}

// ways are the strategies that are asked for.
func (f *mutantsFlags) ways() ([]gauntlet.Strategy, error) {
	if len(f.strategies) == 0 {
		return gauntlet.Strategies(), nil
	}
	var list []gauntlet.Strategy
	for _, name := range commas(f.strategies) {
		s, err := gauntlet.Find(name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(x gauntlet.Strategy) bool { return x.Name == name }) {
			return nil, fmt.Errorf("--strategy %s: it is given twice", name)
		}
		list = append(list, s)
	}
	return list, nil
}

func (f *mutantsFlags) limits() (gauntlet.Options, error) {
	o := gauntlet.Options{Seed: f.seed, Schedules: f.schedules, Time: f.time, Workers: f.workers}
	memory, err := parseSize(f.memory)
	switch {
	case err != nil:
		return o, fmt.Errorf("--memory %w", err)
	case f.time < 0:
		return o, fmt.Errorf("--time %v: want a duration of 0 and up", f.time)
	case f.workers < 0:
		return o, fmt.Errorf("--workers %d: want a number of 0 and up", f.workers)
	case f.schedules == 0:
		return o, fmt.Errorf("--schedules 0: want a number of 1 and up")
	case f.json && f.markdown:
		return o, fmt.Errorf("--json and --markdown exclude each other")
	case f.list && (f.json || f.markdown || len(f.strategies) > 0):
		return o, fmt.Errorf("--list runs nothing: leave out --json, --markdown and --strategy")
	}
	o.Memory = memory
	return o, nil
}

// gauntletShow shows which cell is under way.
type gauntletShow struct {
	status *status
	stop   chan struct{}
	done   sync.WaitGroup

	mu  sync.Mutex
	now gauntlet.Progress
}

func showGauntlet(s *status) *gauntletShow {
	g := &gauntletShow{status: s, stop: make(chan struct{})}
	start := time.Now()
	g.done.Go(func() {
		tick := time.NewTicker(statusTerminal)
		defer tick.Stop()
		for {
			select {
			case <-g.stop:
				return
			case <-tick.C:
				if elapsed := time.Since(start); elapsed > statusAfter {
					g.mu.Lock()
					now := g.now
					g.mu.Unlock()
					s.look(fmt.Sprintf("mutants: %d of %d done, now %s by %s, %.0f s", now.Done, now.Cells, now.Mutant, now.Strategy,
						elapsed.Seconds()))
				}
			}
		}
	})
	return g
}

func (g *gauntletShow) begins(p gauntlet.Progress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = p
}

func (g *gauntletShow) end() {
	close(g.stop)
	g.done.Wait()
	g.status.clear()
}
