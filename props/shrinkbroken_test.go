package props_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// randomFailure draws runs of generated clusters until one violates the property, and returns it.
func randomFailure(t *testing.T, p props.Property, rules func(*election.Rules)) *trace.Trace {
	t.Helper()
	for seed := range uint64(20000) {
		c := props.NewSeeded(3, seed)
		cfg := props.Setup(c)
		e := *cfg.Ensemble
		rules(&e.Rules)
		cfg.Ensemble, cfg.Track = &e, p.Track
		r := newRun(t, cfg, []props.Property{p})
		if v := r.drawCarefully(c, 150); v != nil {
			return trace.New(p.Name, cfg, r.trace)
		}
	}
	return nil
}

// drawCarefully draws steps of an engine that may panic, which ends the run.
func (r *run) drawCarefully(c props.Choices, steps int) (v *props.Violation) {
	defer func() {
		if recover() != nil {
			v = nil
		}
	}()
	return r.draw(c, steps)
}

// TestBrokenShrink: what chance finds in a broken engine and any cluster shrinks to a certified counterexample, and
// that one to itself.
func TestBrokenShrink(t *testing.T) {
	for i, b := range broken {
		if i%5 != 0 && os.Getenv("ZKCHECK_FULL") == "" {
			continue
		}
		t.Run(b.property+"/"+b.how, func(t *testing.T) {
			p := find(t, b.property)
			found := randomFailure(t, p, b.rules)
			if found == nil {
				t.Fatalf("%s: no run of chance violates %s", b.how, b.property)
			}
			s := shrink(t, found, p)
			t.Logf("%d steps of %d servers -> %d of %d, %v: %v", len(found.Steps), len(found.Config.Disks), len(s.Steps),
				len(s.Config.Disks), s.Certificate, s.Actions())
			if !s.Minimal() || s.Doubt != "" {
				t.Errorf("not certified: %s", s.Doubt)
			}
			if len(s.Steps) > b.steps+2 { // the golden way is in a cluster of its own
				t.Errorf("%d steps, and there is a way of %d", len(s.Steps), b.steps)
			}
			v, err := trace.Replay(s.Trace, nil)
			if err != nil || !v.Violated || v.Step != len(s.Steps) {
				t.Errorf("it replays to %v, %v", v, err)
			}
			if again := shrink(t, s.Trace, p); !bytes.Equal(again.Format(), s.Format()) {
				t.Errorf("it shrinks once more, to\n%sfrom\n%s", again.Format(), s.Format())
			}
		})
	}
}

func shrink(t *testing.T, found *trace.Trace, p props.Property) *trace.Shrunk {
	t.Helper()
	s, err := trace.Shrink(context.Background(), found, p, trace.ShrinkOptions{Options: explore.Options{MaxStates: maxStates}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
