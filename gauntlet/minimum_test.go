package gauntlet

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestShrinkReachesTheMinimum: what walks, rapid and the fuzzer find of every mutant shrinks to a run that is
// certified to be a shortest one. How many do and how long it takes is logged. Some mutants are tried, with
// ZKCHECK_FULL=1 all.
func TestShrinkReachesTheMinimum(t *testing.T) {
	list := mutant.All()
	if os.Getenv("ZKCHECK_FULL") == "" {
		list = nil
		for _, id := range []string{"ZK-569", "ZK-2845"} {
			m, err := mutant.Find(id)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, m)
		}
	}
	found, certified, judgeable, slowest := 0, 0, 0, time.Duration(0)
	for _, m := range list {
		for _, name := range []string{"walk", "rapid", "fuzz"} {
			s, err := Find(name)
			if err != nil {
				t.Fatal(err)
			}
			j := &job{&Options{Seed: 1, Schedules: 4000, Memory: 4 << 30}, &m}
			cell, err := s.try(context.Background(), j)
			if err != nil || cell.Trace == nil {
				t.Logf("%s, %s: %s %v", m.ID, name, cell.Verdict, err)
				continue
			}
			found++
			start := time.Now()
			short := shrunk(t, cell.Trace)
			took := time.Since(start)
			slowest = max(slowest, took)
			p, err := props.Find(cell.Property)
			if err != nil {
				t.Fatal(err)
			}
			if p.Check != nil {
				judgeable++
				if short.Minimal() {
					certified++
				}
			}
			t.Logf("%s, %s: %s, %d steps -> %d in %.1f s, certified %v %s", m.ID, name, cell.Property, cell.Steps,
				len(short.Steps), took.Seconds(), short.Minimal(), short.Doubt)
			if os.Getenv("ZKCHECK_FULL") == "" && !bytes.Equal(shrunk(t, cell.Trace).Format(), short.Format()) {
				t.Errorf("%s, %s: shrinking is not deterministic", m.ID, name)
			}
		}
	}
	t.Logf("%d counterexamples, %d of properties that steps show; %d of those certified; the slowest took %v", found, judgeable, certified, slowest)
	if certified < judgeable {
		t.Errorf("%d of %d are not certified", judgeable-certified, judgeable)
	}
}

func shrunk(t *testing.T, x *trace.Trace) *trace.Shrunk {
	t.Helper()
	short, err := trace.Shrink(context.Background(), x, props.Property{}, trace.ShrinkOptions{Options: explore.Options{MaxMemory: 4 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	return short
}
