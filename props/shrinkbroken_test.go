package props_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/cluster"
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

// TestBrokenShrink: whatever chance finds in a broken engine shrinks to a certified counterexample.
func TestBrokenShrink(t *testing.T) {
	type row struct {
		property, how string
		rules         func(*election.Rules)
	}
	var rows []row
	for _, b := range broken {
		rows = append(rows, row{b.property, b.how, b.rules})
	}
	for _, b := range brokenHistory {
		rows = append(rows, row{b.property, b.how, b.rules})
	}
	for _, b := range rows {
		t.Run(b.property+"/"+b.how, func(t *testing.T) {
			p := find(t, b.property)
			found := randomFailure(t, p, b.rules)
			if found == nil {
				t.Skipf("%s: no run of chance violates %s", b.how, b.property)
			}
			shrunk := shrinkBroken(t, found, p)
			if again := shrinkBroken(t, shrunk.Trace, p); !bytes.Equal(again.Format(), shrunk.Format()) {
				t.Errorf("shrunk once more:\n%swas\n%s", again.Format(), shrunk.Format())
			}
		})
	}
}

func shrinkBroken(t *testing.T, found *trace.Trace, p props.Property) *trace.Shrunk {
	t.Helper()
	start := time.Now()
	s, err := trace.Shrink(context.Background(), found, p, trace.ShrinkOptions{Options: explore.Options{MaxStates: 8_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	states := uint64(0)
	if s.Certificate != nil {
		states = s.Certificate.States
	}
	t.Logf("%d steps, %d servers -> %d steps, %d servers; %d states, %.1f s %s: %s; %v; %v", len(found.Steps), len(found.Config.Disks), len(s.Steps),
		len(s.Config.Disks), states, time.Since(start).Seconds(), s.Doubt, s.Config.Servers(), s.Config.Limits, s.Actions())
	if !s.Minimal() || s.Doubt != "" {
		t.Errorf("not certified: %s", s.Doubt)
	}
	v, err := trace.Replay(s.Trace, nil)
	if err != nil || !v.Violated || v.Step != len(s.Steps) {
		t.Errorf("the shrunk run replays to %v, %v", v, err)
	}
	var _ cluster.Config = s.Config
	return s
}
