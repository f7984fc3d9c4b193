package props_test

import (
	"context"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// maxStates is where an exhaustive search of these tests gives up: less than a second.
const maxStates = 1 << 18

// config makes a cluster in notation, "1:1,8 2:1,8 3:1,7", that runs broken rules where there are any.
func config(t *testing.T, servers, weights, limits string, broken func(*election.Rules)) cluster.Config {
	t.Helper()
	cfg, err := cluster.ParseConfig(strings.Fields(servers), "", weights)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	if broken != nil {
		broken(&cfg.Ensemble.Rules)
	}
	return cfg
}

// search looks at every state of a cluster with one property.
func search(t *testing.T, cfg cluster.Config, p props.Property) *explore.Report[cluster.Action] {
	t.Helper()
	return searchUpTo(t, cfg, p, maxStates)
}

func searchUpTo(t *testing.T, cfg cluster.Config, p props.Property, states uint64) *explore.Report[cluster.Action] {
	t.Helper()
	cfg.Track = p.Track
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	check := func(before *cluster.State, by cluster.Action, after *cluster.State) explore.Outcome {
		if by.Kind == 0 {
			return explore.Silent // an initial state is no step
		}
		outcome, _ := p.Check(props.Step{System: y, Before: before, After: after, Action: by})
		return explore.Outcome(outcome)
	}
	list := []explore.Property[cluster.State, cluster.Action]{{Name: p.Name, Check: check}}
	return explore.BreadthFirst(context.Background(), y, list, explore.Options{MaxStates: states})
}

// find looks a property or lesson up.
func find(t *testing.T, name string) props.Property {
	t.Helper()
	p, err := props.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run is a run of a cluster under a judge.
type run struct {
	system    *cluster.System
	judge     *props.Judge
	now, next cluster.State
	enabled   []cluster.Action
	trace     []cluster.Action
}

func newRun(t testing.TB, cfg cluster.Config, list []props.Property) *run {
	t.Helper()
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{system: y, judge: props.NewJudge(y, list)}
	y.Copy(&r.now, &y.Init()[0])
	r.judge.Begin()
	return r
}

// step takes an action and judges it.
func (r *run) step(a cluster.Action) *props.Violation {
	r.system.Copy(&r.next, &r.now)
	r.system.Apply(&r.next, a)
	r.trace = append(r.trace, a)
	v := r.judge.Step(&r.now, a, &r.next)
	r.now, r.next = r.next, r.now
	return v
}

// draw takes up to so many steps that the choices pick.
func (r *run) draw(c props.Choices, steps int) *props.Violation {
	for range steps {
		if r.enabled = r.system.Actions(&r.now, r.enabled[:0]); len(r.enabled) == 0 {
			break
		}
		if v := r.step(r.enabled[props.Pick(c, r.enabled)]); v != nil {
			return v
		}
	}
	return nil
}

// calmly goes on without faults, up to so many steps: messages first, then finalizeWait, then time-outs.
func (r *run) calmly(steps int) *props.Violation {
	urgency := func(a cluster.Action) int {
		switch a.Kind {
		case cluster.Deliver, cluster.Packet, cluster.Offer:
			return 0
		case cluster.Decide:
			return 1
		case cluster.GiveUp, cluster.Timeout:
			return 2
		}
		return 3
	}
	for range steps {
		r.enabled = r.system.Actions(&r.now, r.enabled[:0])
		best := -1
		for i, a := range r.enabled {
			if urgency(a) < 3 && (best < 0 || urgency(a) < urgency(r.enabled[best])) {
				best = i
			}
		}
		if best < 0 {
			return nil
		}
		if v := r.step(r.enabled[best]); v != nil {
			return v
		}
	}
	return nil
}

// play takes the steps of a schedule in notation, one per line.
func (r *run) play(t testing.TB, lines string) *props.Violation {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		a, err := cluster.ParseAction(line)
		if err != nil {
			t.Fatal(err)
		}
		r.enabled = r.system.Actions(&r.now, r.enabled[:0])
		if !contains(r.enabled, a) {
			t.Fatalf("%v is not enabled; these are: %v", a, r.enabled)
		}
		if v := r.step(a); v != nil {
			return v
		}
	}
	return nil
}

func contains(list []cluster.Action, a cluster.Action) bool {
	for _, b := range list {
		if a == b {
			return true
		}
	}
	return false
}
