package gauntlet

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

const (
	rapidName  = "gauntlet" // of the test that rapid believes it runs, and of its trace
	rapidRound = 50         // checks between two looks at the context
)

// rapidSuite runs the suite of props/proptest until it fails. Its failure is the trace that it writes.
func rapidSuite(ctx context.Context, j *job) (cell Cell, err error) {
	dir, err := os.MkdirTemp("", "zkcheck-")
	if err != nil {
		return cell, err
	}
	defer os.RemoveAll(dir)
	o := j.generated()
	o.Dir = dir
	seeds := rand.New(rand.NewPCG(j.Seed, rapidStream))
	for cell.Schedules < j.Schedules {
		if ctx.Err() != nil {
			cell.Verdict, cell.Reason = Unknown, fmt.Sprintf("%s, %d checks", j.stopped(ctx), cell.Schedules)
			return cell, nil
		}
		checks := min(rapidRound, j.Schedules-cell.Schedules)
		said := rapidly(seeds.Uint64()|1, checks, func(t *quiet) { proptest.Run(t, o) })
		if said.failed {
			return said.cell(cell, filepath.Join(dir, rapidName+".zkt"))
		}
		cell.Schedules += checks
	}
	cell.Verdict, cell.Reason = Survived, fmt.Sprintf("bounds: %d checks", cell.Schedules)
	return cell, nil
}

const rapidStream = 0x7261706964 // keeps rapid's seeds apart from those of schedules

// rapidFlags is held by whoever changes the flags of the process.
var rapidFlags sync.Mutex

// rapidly runs a test of rapid's outside of a test binary. rapid takes its options from flags of the
// process, and asks the testing package whether tests shall be short, so both must have been set up and
// parsed. This is the one place that does it; what the flags were before they are again after it.
//
// rapid's own shrinking is bounded by a clock, so it gets no time: the suite's, which comes after it and
// finds shorter runs, is deterministic.
func rapidly(seed, checks uint64, test func(*quiet)) *quiet {
	rapidFlags.Lock()
	defer rapidFlags.Unlock()
	if flag.Lookup("test.short") == nil {
		testing.Init()
	}
	if !flag.Parsed() {
		if err := flag.CommandLine.Parse(nil); err != nil {
			panic("no arguments can't be parsed: " + err.Error())
		}
	}
	for _, f := range [][2]string{{"test.short", "false"}, {"rapid.checks", strconv.FormatUint(checks, 10)},
		{"rapid.seed", strconv.FormatUint(seed, 10)}, {"rapid.steps", "30"}, {"rapid.nofailfile", "true"},
		{"rapid.failfile", ""}, {"rapid.shrinktime", "0s"}, {"rapid.v", "false"}, {"rapid.log", "false"},
		{"rapid.debug", "false"}, {"rapid.debugvis", "false"}} {
		was := flag.Lookup(f[0]).Value.String()
		if err := flag.Set(f[0], f[1]); err != nil {
			panic("a flag of rapid's is not what it was: " + err.Error())
		}
		defer flag.Set(f[0], was)
	}
	q := &quiet{}
	done := make(chan struct{})
	go func() { // FailNow ends it
		defer close(done)
		test(q)
	}()
	<-done
	return q
}

// failedAfter is where rapid says how many checks passed before the one that failed.
var failedAfter = regexp.MustCompile(`\[rapid\] (?:failed|panic) after (\d+) tests`)

// cell is what a suite that failed makes of a cell.
func (q *quiet) cell(cell Cell, file string) (Cell, error) {
	m := failedAfter.FindStringSubmatch(q.log.String())
	if m == nil {
		return cell, &trace.InternalError{Err: errors.New("rapid failed in a way of its own: " + strings.TrimSpace(q.log.String()))}
	}
	passed, err := strconv.ParseUint(m[1], 10, 32)
	if err != nil {
		return cell, &trace.InternalError{Err: err}
	}
	cell.Schedules += passed + 1
	cell.First, cell.Verdict = cell.Schedules, Killed
	data, err := os.ReadFile(file)
	if err != nil {
		return cell, err
	}
	t, err := trace.Parse(rapidName, data)
	if err != nil {
		return cell, &trace.InternalError{Err: err}
	}
	if t.Property == "" {
		return cell.panicked(len(t.Steps), strings.TrimSpace(t.Comments[0].Text)), nil
	}
	return cell.kill(t), confirm(t)
}

// quiet is a test of rapid's that prints nothing and may fail.
type quiet struct {
	log    strings.Builder
	failed bool
}

func (q *quiet) Helper()                   {}
func (q *quiet) Name() string              { return rapidName }
func (q *quiet) Failed() bool              { return q.failed }
func (q *quiet) Fail()                     { q.failed = true }
func (q *quiet) Log(args ...any)           { fmt.Fprintln(&q.log, args...) }
func (q *quiet) Logf(f string, a ...any)   { fmt.Fprintf(&q.log, f+"\n", a...) }
func (q *quiet) Error(args ...any)         { q.Log(args...); q.Fail() }
func (q *quiet) Errorf(f string, a ...any) { q.Logf(f, a...); q.Fail() }
func (q *quiet) Fatal(args ...any)         { q.Log(args...); q.FailNow() }
func (q *quiet) Fatalf(f string, a ...any) { q.Logf(f, a...); q.FailNow() }
func (q *quiet) Skip(args ...any)          { q.Log(args...); q.SkipNow() }
func (q *quiet) Skipf(f string, a ...any)  { q.Logf(f, a...); q.SkipNow() }
func (q *quiet) FailNow()                  { q.Fail(); runtime.Goexit() }
func (q *quiet) SkipNow()                  { runtime.Goexit() }
