package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// walks compares a search by walks for every number of workers, and returns its report.
func walks[S any, A comparable](t *testing.T, sys System[S, A], props []Property[S, A], o WalkOptions[S, A]) *Report[A] {
	t.Helper()
	var first *Report[A]
	for _, workers := range workerCounts {
		o.Workers = workers
		r := RandomWalks(context.Background(), sys, props, o)
		if first == nil {
			first = r
		}
		same(t, fmt.Sprint(workers, " workers"), r, first)
	}
	return first
}

func TestWalksCountEverything(t *testing.T) {
	o := WalkOptions[uint64, uint8]{Seed: 1, Walks: 1001, CountDistinct: true}
	r := walks(t, grid{counters: 3, top: 3}, nil, o)
	// Without a limit every walk goes to the far corner, in nine steps.
	if r.Walks != 1001 || r.Depth != 9 || r.Generated != 1001*10 || r.Distinct != 64 || r.Stopped != "" || r.Complete || r.Cut != 0b1111 {
		t.Errorf("%+v", r)
	}
	if r.MeanStateBytes != 8 || r.Collision != collision(64) {
		t.Errorf("%+v", r)
	}
	o.Steps = 4
	if r = walks(t, grid{counters: 3, top: 3}, nil, o); r.Depth != 4 || r.Generated != 1001*5 || r.Distinct != 1+3+6+10+12 {
		t.Errorf("%+v", r)
	}
	o.MaxDepth, o.CountDistinct = 2, false
	if r = walks(t, grid{counters: 3, top: 3}, nil, o); r.Depth != 2 || r.Generated != 1001*3 || r.Distinct != 0 {
		t.Errorf("%+v", r)
	}
	if r = walks(t, grid{}, nil, WalkOptions[uint64, uint8]{Walks: 3}); r.Walks != 3 || r.Generated != 3 || r.Depth != 0 {
		t.Errorf("nothing is ever enabled: %+v", r)
	}
}

// TestWalksStopAtTheLeast: the violation of the least walk is reported, alone, and the counts cover nothing after it.
func TestWalksStopAtTheLeast(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := newGraph(rng, 3000, 6)
		props := g.marks(rng, 6)
		o := WalkOptions[uint32, uint16]{Seed: seed, Walks: 2000, Steps: 30, CountDistinct: true}
		r := walks(t, g, props, o)
		o.All = true
		all := walks(t, g, props, o)
		if len(all.Violations) == 0 {
			if r.Stopped != "" {
				t.Fatalf("seed %d: stopped by %q without a violation", seed, r.Stopped)
			}
			continue
		}
		least := all.Violations[0]
		for _, v := range all.Violations {
			if v.Walk < least.Walk || v.Walk == least.Walk && len(v.Trace) < len(least.Trace) {
				least = v
			}
			if err := Replay(g, v.Init, v.Trace, nil); err != nil {
				t.Fatal(err)
			}
		}
		if r.Stopped != "violation" || len(r.Violations) != 1 || r.Walks != least.Walk+1 || all.Walks != 2000 {
			t.Fatalf("seed %d: want walk %d, have %+v", seed, least.Walk, r)
		}
		got := r.Violations[0]
		if got.Walk != least.Walk || got.Property != least.Property || got.Init != least.Init || !slices.Equal(got.Trace, least.Trace) {
			t.Fatalf("seed %d: want %+v, have %+v", seed, least, got)
		}
	}
}

// greedy lets the least counter count first, ends walks at the target, and judges their length.
type greedy struct {
	steps, target int
	ended         *int // optional, for one worker
}

func (g *greedy) Begin(*uint64) { g.steps = 0 }

func (g *greedy) Choose(rng *rand.Rand, _ *uint64, enabled []uint8) int {
	if g.steps >= g.target+rng.IntN(100)/99 { // one walk in a hundred goes a step too far
		return -1
	}
	return 0
}

func (g *greedy) Observe(*uint64, uint8, *uint64) { g.steps++ }

func (g *greedy) End(_ *uint64, judge func(int, Outcome)) {
	if g.ended != nil {
		*g.ended++
	}
	if g.steps > g.target {
		judge(1, Violated)
		return
	}
	judge(1, Witnessed)
}

func TestGuide(t *testing.T) {
	props := []Property[uint64, uint8]{
		{Name: "in order", Check: func(_ *uint64, by uint8, after *uint64) Outcome {
			if *after == 0 {
				return Silent
			}
			if by == 1 && uint8(*after) != 3 {
				return Violated
			}
			return Held
		}},
		{Name: "not too long"},
	}
	o := WalkOptions[uint64, uint8]{Seed: 7, Walks: 1000, Guide: func() Guide[uint64, uint8] { return &greedy{target: 5} }}
	r := walks(t, grid{counters: 4, top: 3}, props, o)
	if r.Stopped != "violation" || len(r.Violations) != 1 {
		t.Fatalf("%+v", r)
	}
	v := r.Violations[0]
	if v.Property != 1 || v.Walk+1 != r.Walks || !slices.Equal(v.Trace, []uint8{0, 0, 0, 1, 1, 1}) || r.Depth != 6 {
		t.Errorf("%+v in %+v", v, r)
	}
	if r.Tallies[1] != (Tally{Checked: r.Walks, Witnessed: r.Walks - 1}) || r.Tallies[0] != (Tally{Checked: r.Generated - r.Walks}) {
		t.Errorf("%+v in %d walks with %d states", r.Tallies, r.Walks, r.Generated)
	}
	o.All = true
	all := walks(t, grid{counters: 4, top: 3}, props, o)
	if all.Walks != 1000 || len(all.Violations) != 1 || all.Violations[0].Walk != v.Walk || all.Tallies[1].Checked != 1000 {
		t.Errorf("%+v", all)
	}
}

// TestEndIsNotAskedAfterAViolation: a walk that was cut short says nothing about whole walks.
func TestEndIsNotAskedAfterAViolation(t *testing.T) {
	props := []Property[uint64, uint8]{
		{Check: func(_ *uint64, _ uint8, s *uint64) Outcome {
			if *s == 2 {
				return Violated
			}
			return Held
		}},
		{},
	}
	for _, target := range []int{2, 9} { // the violation is the walk's last step, and is not
		ended := 0
		o := WalkOptions[uint64, uint8]{Walks: 1, Guide: func() Guide[uint64, uint8] { return &greedy{target: target, ended: &ended} }}
		o.Workers = 1
		r := RandomWalks(context.Background(), grid{counters: 1, top: 9}, props, o)
		if ended != 0 || r.Stopped != "violation" || len(r.Violations[0].Trace) != 2 || r.Walks != 1 || r.Depth != 2 {
			t.Errorf("ended %d times: %+v", ended, r)
		}
		o.All = true
		r = RandomWalks(context.Background(), grid{counters: 1, top: 9}, props, o)
		if ended != 1 || r.Depth < target || r.Tallies[1].Checked != 1 {
			t.Errorf("ended %d times: %+v", ended, r)
		}
	}
}

func TestWalksAreInterrupted(t *testing.T) {
	for _, steps := range []int{20, 0} { // many walks; one that never ends
		o := WalkOptions[[2]int, string]{Steps: steps, CountDistinct: true}
		r := RandomWalks(endsAfter(10_000), jugs{}, nil, o)
		if r.Stopped != "time" || r.Generated == 0 || r.Distinct == 0 || (r.Walks > 0) != (steps > 0) {
			t.Errorf("%d steps: %+v", steps, r)
		}
		looking, cancel := context.WithCancel(context.Background())
		o.Progress, o.Every = func(Progress) { cancel() }, time.Millisecond // who looks ends it
		if r = RandomWalks(looking, jugs{}, nil, o); r.Stopped != "interrupted" {
			t.Errorf("%d steps: %+v", steps, r)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if r := RandomWalks(ended, jugs{}, nil, WalkOptions[[2]int, string]{}); r.Stopped != "interrupted" || r.Walks != 0 {
		t.Errorf("%+v", r)
	}
	o := WalkOptions[uint64, uint8]{Walks: 1 << 40, Steps: 100, CountDistinct: true}
	o.MaxMemory = 1
	if r := RandomWalks(context.Background(), grid{counters: 8, top: 200}, nil, o); r.Stopped != "memory" || r.Walks == 0 {
		t.Errorf("%+v", r)
	}
}
