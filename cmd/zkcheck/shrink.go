package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

type shrinkFlags struct {
	out, memory string
	time        time.Duration
	workers     int
}

func newShrink() *cobra.Command {
	var f shrinkFlags
	c := &cobra.Command{
		Use:   "shrink FILE",
		Short: "Make a counterexample as short as it can be",
		Long: `shrink looks for the shortest run in the simplest cluster that violates what a trace file does: it
leaves out steps, servers, faults and limits, lowers numbers, and searches what is left.

In the end it searches the very cluster that is left, within the limits that are left, and either
finds a shorter run or certifies that none is there. Then the file gets a line
"certificate bound=N states=M": no run of at most N steps violates the property, as a search of all
that many steps can do has shown, which is M distinct states. It says so of the cluster and the
limits of the file, and of no other. replay --verify repeats the search.

A search that --time or --memory ends certifies as many steps as it has looked at, or nothing. Not
certified are properties that only whole runs show (the registers), and runs without an end.
Comments of the file are lost.`,
		Example: `  zkcheck shrink zkcheck-winner-is-maximum.zkt
  zkcheck shrink zkcheck-winner-is-maximum.zkt -o shortest.zkt --time 30s --memory 2GiB
  zkcheck replay --verify zkcheck-winner-is-maximum-min.zkt`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("shrink: want one file, not %d", len(args))
			}
			if args[0] == "" {
				return fmt.Errorf("shrink: the name of the file is empty")
			}
			return f.run(c.Context(), args[0], c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVarP(&f.out, "out", "o", "", "write to this `FILE`; default: FILE with -min before .zkt")
	c.Flags().DurationVar(&f.time, "time", 0, "stop after this `DURATION`, 30s or 5m; 0: no limit")
	c.Flags().StringVar(&f.memory, "memory", memoryLimit, "end a search at this `SIZE`, in MiB or GiB")
	c.Flags().IntVar(&f.workers, "workers", 0, "`N` workers, without influence on results; 0: one per core")
	strict(c.Flags())
	return c
}

// options are the limits of the searches.
func (f *shrinkFlags) options() (explore.Options, error) {
	memory, err := parseSize(f.memory)
	switch {
	case err != nil:
		return explore.Options{}, fmt.Errorf("--memory %w", err)
	case f.time < 0:
		return explore.Options{}, fmt.Errorf("--time %v: want a duration of 0 and up", f.time)
	case f.workers < 0:
		return explore.Options{}, fmt.Errorf("--workers %d: want a number of 0 and up", f.workers)
	}
	return explore.Options{Workers: f.workers, MaxMemory: memory}, nil
}

func (f *shrinkFlags) run(ctx context.Context, file string, stdout, stderr io.Writer) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = strings.TrimSuffix(file, ".zkt") + "-min.zkt"
	}
	t, err := trace.ReadFile(file)
	if err != nil {
		return err
	}
	if err := f.place(t); err != nil {
		return err
	}
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	s := newStatus(stderr)
	options.Progress, options.Every = s.progress("search"), s.every
	shrunk, err := trace.Shrink(ctx, t, props.Property{}, trace.ShrinkOptions{Options: options, Shorter: func(steps, servers int) {
		s.look(fmt.Sprintf("shrink: %s, %s", count(steps, "step"), count(servers, "server")))
	}})
	s.clear()
	if err != nil {
		return err
	}
	if err := shrunk.WriteFile(f.out); err != nil {
		return err
	}
	return f.report(stdout, t, shrunk)
}

// place looks, before long searches, whether what will be written has a place.
func (f *shrinkFlags) place(t *trace.Trace) error {
	dir := filepath.Dir(f.out)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--out %s: there is no directory %s", f.out, dir)
	}
	if info, err := os.Stat(f.out); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("--out %s: not a regular file", f.out)
	}
	if v, err := trace.Replay(t, nil); err == nil && v.Violated && !writable(dir) {
		return fmt.Errorf("--out %s: no file can be made there", f.out)
	}
	return nil
}

// report tells what has become of the trace. Its last line is how to see it.
func (f *shrinkFlags) report(out io.Writer, before *trace.Trace, after *trace.Shrunk) error {
	p := &printer{out: out}
	for _, x := range []struct {
		label string
		t     *trace.Trace
	}{{"before  ", before}, {"after   ", after.Trace}} {
		p.labelled(x.label, fmt.Sprintf("%s, %s: %s", count(len(x.t.Steps), "step"), count(len(x.t.Config.Disks), "server"),
			describeCluster(&x.t.Config)), "")
	}
	p.wrapped(fmt.Sprintf("violated: %s: %v", after.Violation.Property, after.Violation.Evidence), "  ")
	switch {
	case after.Doubt != "":
		p.wrapped(after.Doubt, "  ")
	case after.Certificate == nil:
		p.line("no certificate is needed: nothing is shorter than a run of 0 steps")
	default:
		p.wrapped(fmt.Sprintf("certified: no run of fewer steps in this cluster, within these limits, violates it (%s distinct states)",
			grouped(after.Certificate.States)), "  ")
	}
	p.line("zkcheck replay %s", quoted(f.out))
	return p.err
}
