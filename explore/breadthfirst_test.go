package explore

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var workerCounts = []int{1, 2, 8}

func TestPublishedCounts(t *testing.T) {
	counts := []struct {
		name                string
		run                 func(Options) (distinct, generated uint64, depth int, complete bool)
		distinct, generated uint64 // generated 0: not published
		depth               int    // -1: not published
	}{
		{"water jugs", counted(jugs{}), 16, 1 + 16*6, -1},
		{"two-phase commit, 3 managers", counted(commit{managers: 3}), 288, 1146, 10},
		{"two-phase commit, 5 managers", counted(commit{managers: 5}), 8832, 0, -1},
		{"two-phase commit, 6 managers", counted(commit{managers: 6}), 50816, 0, -1},
		{"grid of 4 counters to 9", counted(grid{counters: 4, top: 9}), 10000, 1 + 4*9*1000, 36},
		{"tower of 9 discs", counted(hanoi{discs: 9}), 19683, 1 + 3*19683 - 3, 511},
		{"8-puzzle", counted(sliding{}), 181440, 1 + 181440*24/9, 31},
	}
	for _, c := range counts {
		t.Run(c.name, func(t *testing.T) {
			for _, workers := range workerCounts {
				distinct, generated, depth, complete := c.run(Options{Workers: workers})
				if distinct != c.distinct || !complete {
					t.Errorf("%d workers: %d distinct states, complete %v; want %d", workers, distinct, complete, c.distinct)
				}
				if c.generated > 0 && generated != c.generated {
					t.Errorf("%d workers: %d generated, want %d", workers, generated, c.generated)
				}
				if c.depth >= 0 && depth != c.depth {
					t.Errorf("%d workers: depth %d, want %d", workers, depth, c.depth)
				}
			}
		})
	}
}

func counted[S any, A comparable](sys System[S, A]) func(Options) (uint64, uint64, int, bool) {
	return func(o Options) (uint64, uint64, int, bool) {
		r := BreadthFirst(context.Background(), sys, nil, o)
		return r.Distinct, r.Generated, r.Depth, r.Complete
	}
}

func TestShortestSolutions(t *testing.T) {
	for _, workers := range workerCounts {
		solves(t, jugs{}, fourLitres, workers, 6)
		for discs := 1; discs <= 9; discs++ {
			h := hanoi{discs: discs}
			solves(t, h, h.unsolved(), workers, 1<<discs-1)
		}
	}
}

// solves fails unless the search finds a violation that replays, of the given length.
func solves[S any, A comparable](t *testing.T, sys System[S, A], p Property[S, A], workers, length int) {
	t.Helper()
	r := BreadthFirst(context.Background(), sys, []Property[S, A]{p}, Options{Workers: workers})
	if r.Complete || r.Stopped != "violation" || len(r.Violations) != 1 {
		t.Fatalf("no solution: %+v", r)
	}
	v := r.Violations[0]
	if len(v.Trace) != length {
		t.Fatalf("solved in %d steps, the shortest way has %d: %v", len(v.Trace), length, v.Trace)
	}
	step := 0
	err := Replay(sys, v.Init, v.Trace, func(before *S, by A, after *S) {
		step++
		if rejected := p.Check(before, by, after) == Violated; rejected != (step == length) {
			t.Errorf("step %d of %d rejected: %v", step, length, rejected)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoPhaseCommitIsConsistent(t *testing.T) {
	want := reference(commit{managers: 5}, []Property[commitState, commitAction]{consistent}, 0, 1)
	if want.Tallies[0].Witnessed == 0 || want.Tallies[0].Checked != want.Generated || len(want.Violations) > 0 {
		t.Fatalf("reference: %+v", want)
	}
	for _, workers := range workerCounts {
		got := BreadthFirst(context.Background(), commit{managers: 5}, []Property[commitState, commitAction]{consistent}, Options{Workers: workers})
		same(t, fmt.Sprint(workers, " workers"), got, want)
	}
}

// TestRandomGraphs compares everything, traces included, with the sequential reference. It is the test that notices when a
// state is credited to whoever came first instead of to the least claim.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := newGraph(rng, 1+rng.IntN(20000), 1+rng.IntN(8))
		props := g.marks(rng, 24)
		limit := int(seed%3) * rng.IntN(20)
		most := int(seed % 5)
		want := reference(g, props, limit, max(most, 1))
		for _, workers := range workerCounts {
			got := BreadthFirst(context.Background(), g, props, Options{Workers: workers, All: true, MaxDepth: limit, MaxViolations: most})
			same(t, fmt.Sprintf("seed %d, %d workers", seed, workers), got, want)
		}
	}
}

// TestStopsAtTheFirst: without All there is one violation, the one a sequential search meets first, and the rest of the
// report is the same for any number of workers.
func TestStopsAtTheFirst(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 2))
		g := newGraph(rng, 60000, 3+rng.IntN(4))
		props := g.marks(rng, 6)
		all := reference(g, props, 0, 1)
		same(t, fmt.Sprintf("seed %d, all", seed), BreadthFirst(context.Background(), g, props, Options{Workers: 8, All: true}), all)
		if len(all.Violations) == 0 {
			continue
		}
		shortest := len(all.Violations[0].Trace)
		for _, v := range all.Violations {
			shortest = min(shortest, len(v.Trace))
		}
		first := BreadthFirst(context.Background(), g, props, Options{Workers: 1})
		if first.Stopped != "violation" || len(first.Violations) != 1 || len(first.Violations[0].Trace) != shortest {
			t.Fatalf("seed %d: want one violation after %d steps, have %+v", seed, shortest, first)
		}
		for _, workers := range workerCounts {
			got := BreadthFirst(context.Background(), g, props, Options{Workers: workers})
			same(t, fmt.Sprintf("seed %d, %d workers", seed, workers), got, first)
			if got.MemoryBytes != first.MemoryBytes {
				t.Fatalf("memory %d, with one worker %d", got.MemoryBytes, first.MemoryBytes)
			}
		}
	}
}

// TestStopsAtTheEndOfABatch: a level may be many batches, and a violation in the second one ends the search there.
func TestStopsAtTheEndOfABatch(t *testing.T) {
	const width, leaves = 4000, 20 // the last level has five batches
	g := graph{roots: []uint32{0}, edges: make([][]uint32, 1+width+width*leaves)}
	for i := range uint32(width) {
		g.edges[0] = append(g.edges[0], 1+i)
		for j := range uint32(leaves) {
			leaf := 1 + width + i*leaves + j
			g.edges[1+i] = append(g.edges[1+i], leaf)
			g.edges[leaf] = []uint32{0}
		}
	}
	bad := uint32(1 + width + batchStates + 5000)
	props := []Property[uint32, uint16]{{Check: func(before *uint32, _ uint16, after *uint32) Outcome {
		if *before >= bad && *after == 0 {
			return Violated
		}
		return Silent
	}}}
	for _, workers := range workerCounts {
		r := BreadthFirst(context.Background(), g, props, Options{Workers: workers})
		index := bad - 1 - width
		if want := []uint16{uint16(index / leaves), uint16(index % leaves), 0}; !slices.Equal(r.Violations[0].Trace, want) {
			t.Errorf("%d workers: trace %v, want %v", workers, r.Violations[0].Trace, want)
		}
		if want := uint64(1 + width + width*leaves + 2*batchStates); r.Generated != want {
			t.Errorf("%d workers: %d generated, want %d", workers, r.Generated, want)
		}
	}
}

// TestStopsAtSeveral: without All the search ends with the batch in which one property has as many violations as are wanted,
// and reports those of the property that was violated first.
func TestStopsAtSeveral(t *testing.T) {
	g := newGraph(rand.New(rand.NewPCG(4, 4)), 60000, 5)
	props := []Property[uint32, uint16]{{Check: func(_ *uint32, _ uint16, after *uint32) Outcome {
		if *after%1000 == 1 {
			return Violated
		}
		return Held
	}}}
	all := reference(g, props, 0, 50)
	first := BreadthFirst(context.Background(), g, props, Options{Workers: 1, MaxViolations: 50})
	if first.Stopped != "violation" || !reflect.DeepEqual(first.Violations, all.Violations) || len(all.Violations) != 50 {
		t.Fatalf("want %d violations, have %+v", len(all.Violations), first)
	}
	for _, workers := range workerCounts {
		got := BreadthFirst(context.Background(), g, props, Options{Workers: workers, MaxViolations: 50})
		same(t, fmt.Sprint(workers, " workers"), got, first)
	}
}

func TestViolationsOfInitialStates(t *testing.T) {
	g := graph{roots: []uint32{0, 2, 1, 2}, edges: [][]uint32{{1}, {2}, {0}}}
	never := func(node uint32) Property[uint32, uint16] {
		return Property[uint32, uint16]{Check: func(_ *uint32, _ uint16, s *uint32) Outcome {
			if *s == node {
				return Violated
			}
			return Held
		}}
	}
	r := BreadthFirst(context.Background(), g, []Property[uint32, uint16]{never(1), never(2)}, Options{})
	if len(r.Violations) != 1 || r.Violations[0].Property != 1 || r.Violations[0].Init != 1 || len(r.Violations[0].Trace) != 0 {
		t.Errorf("want property 1 violated by initial state 1, have %+v", r)
	}
	r = BreadthFirst(context.Background(), g, []Property[uint32, uint16]{never(1), never(2)}, Options{All: true})
	if !r.Complete || len(r.Violations) != 2 || r.Violations[0].Init != 2 || r.Generated != 7 || r.Distinct != 3 {
		t.Errorf("want both and a complete search, have %+v", r)
	}
	r = BreadthFirst(context.Background(), graph{}, nil, Options{})
	if !r.Complete || r.Distinct != 0 || r.Depth != 0 {
		t.Errorf("a system without initial states: %+v", r)
	}
}

func TestLimits(t *testing.T) {
	g := grid{counters: 5, top: 11} // 248,832 states
	for _, limits := range []struct {
		stopped string
		options Options
	}{
		{"depth", Options{MaxDepth: 15}},
		{"states", Options{MaxStates: 60_000}},
		{"memory", Options{MaxMemory: 2 << 20}},
		{"", Options{MaxDepth: 56, MaxStates: 248_833, MaxMemory: 1 << 30}},
	} {
		var first *Report[uint8]
		for _, workers := range workerCounts {
			o := limits.options
			o.Workers = workers
			r := BreadthFirst(context.Background(), g, nil, o)
			if first == nil {
				first = r
			}
			same(t, limits.stopped, r, first)
			if r.MemoryBytes != first.MemoryBytes {
				t.Errorf("%d workers: memory %d, with one worker %d", workers, r.MemoryBytes, first.MemoryBytes)
			}
		}
		if first.Stopped != limits.stopped || first.Complete != (limits.stopped == "") {
			t.Errorf("%s: stopped %q, complete %v", limits.stopped, first.Stopped, first.Complete)
		}
		switch first.Stopped {
		case "depth":
			if first.Depth != 15 || first.Distinct != 15504-5*56 {
				t.Errorf("depth %d with %d states", first.Depth, first.Distinct) // C(20,5) less those with a counter over 11
			}
		case "states":
			if first.Distinct < 60_000 || first.Distinct > 60_000+5*batchStates {
				t.Errorf("%d states", first.Distinct)
			}
		case "memory":
			if first.MemoryBytes > 2<<20 || first.Distinct < 10_000 {
				t.Errorf("%d bytes, %d states", first.MemoryBytes, first.Distinct)
			}
		default:
			if first.Depth != 55 || first.Distinct != 248_832 || first.Cut != 0b111111 {
				t.Errorf("%+v", first)
			}
		}
	}
}

// lookedAt is a context whose deadline passes when it has been looked at often enough, however slow that is.
type lookedAt struct {
	context.Context
	looks *atomic.Int64
}

func endsAfter(looks int64) context.Context {
	c := lookedAt{context.Background(), new(atomic.Int64)}
	c.looks.Store(looks)
	return c
}

func (c lookedAt) Err() error {
	if c.looks.Add(-1) >= 0 {
		return nil
	}
	return context.DeadlineExceeded
}

func TestInterrupt(t *testing.T) {
	g := grid{counters: 8, top: 200} // never ends
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if r := BreadthFirst(ended, g, nil, Options{}); r.Stopped != "interrupted" || r.Complete || r.Distinct != 1 {
		t.Errorf("ended before: %+v", r)
	}
	r := BreadthFirst(endsAfter(100), g, nil, Options{Workers: 2})
	if r.Stopped != "time" || r.Complete || r.Distinct < 2 || r.Generated < r.Distinct {
		t.Errorf("deadline: %+v", r)
	}
}

func TestProgress(t *testing.T) {
	looking, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last Progress
	r := BreadthFirst(looking, grid{counters: 8, top: 200}, nil, Options{Every: time.Millisecond, Progress: func(p Progress) {
		if looking.Err() != nil {
			return // a batch without its end leaves no queue
		}
		if last = p; p.Distinct > 1 && p.Queue > 0 {
			cancel() // who looks ends it
		}
	}})
	if last.Distinct == 0 || last.Distinct > r.Distinct || last.Generated > r.Generated || last.Queue == 0 || last.MemoryBytes == 0 || last.Elapsed <= 0 {
		t.Errorf("last look %+v, report %+v", last, r)
	}
}

func TestTooManyActions(t *testing.T) {
	most := graph{roots: []uint32{0}, edges: [][]uint32{make([]uint32, maxActions)}}
	most.edges[0][maxActions-1] = 0
	if r := BreadthFirst(context.Background(), most, nil, Options{Workers: 1}); r.Distinct != 1 || r.Generated != 1+maxActions {
		t.Errorf("%+v", r)
	}
	defer func() {
		if why := fmt.Sprint(recover()); !strings.Contains(why, "4096 actions") {
			t.Errorf("panicked with %q", why)
		}
	}()
	most.edges[0] = make([]uint32, maxActions+1)
	BreadthFirst(context.Background(), most, nil, Options{Workers: 1})
}

func TestReplayRefuses(t *testing.T) {
	for _, c := range []struct {
		init  int
		trace []uint8
		want  string
	}{
		{1, nil, "no initial state 1"},
		{-1, nil, "no initial state -1"},
		{0, []uint8{0, 1, 1, 0}, "step 3: 1 is not enabled"},
	} {
		err := Replay(grid{counters: 2, top: 1}, c.init, c.trace, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("replay of %v from %d: %v, want %q", c.trace, c.init, err, c.want)
		}
	}
}

func TestCollision(t *testing.T) {
	if collision(0) != 0 || collision(1) != 0 {
		t.Error("one state cannot collide")
	}
	// A billion states: 10^18 / 2^75 is about 0.0000265.
	if p := collision(1_000_000_000); math.Abs(p-0.0000265) > 0.0000001 {
		t.Errorf("a billion states collide with probability %v", p)
	}
}

// TestInitialViolationIsFirst: a violation of an initial state is met before those of all steps, also if the search stops for
// another property.
func TestInitialViolationIsFirst(t *testing.T) {
	g := graph{roots: []uint32{0}, edges: [][]uint32{{1, 2}, {}, {}}}
	props := []Property[uint32, uint16]{{Check: func(_ *uint32, _ uint16, after *uint32) Outcome {
		if *after > 0 {
			return Violated
		}
		return Held
	}}, {Check: func(before *uint32, _ uint16, after *uint32) Outcome {
		if *before == *after {
			return Violated
		}
		return Held
	}}}
	r := BreadthFirst(context.Background(), g, props, Options{MaxViolations: 2})
	if v := r.Violations; r.Stopped != "violation" || len(v) != 1 || v[0].Property != 1 || len(v[0].Trace) != 0 {
		t.Errorf("stopped %q, %+v", r.Stopped, v)
	}
}
