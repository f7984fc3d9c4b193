package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// An ability that is not quite there is one that is not there.
var (
	_ Commuter[[4]uint8, choice] = automata{}
	_ Commuter[uint64, uint8]    = sleepyGrid{}
	_ Canonical[uint8]           = clock{}
)

// automata are some random automata side by side. A step of one may look at another: then it does not commute with its steps.
type automata struct {
	flat[[4]uint8]
	next [4][][]uint8 // by automaton and state: where its choices lead
	sees [4]int       // whom it looks at: in odd states of that one it has one choice less; itself if nobody
}

type choice struct{ who, what uint8 }

func newAutomata(rng *rand.Rand) automata {
	var y automata
	for i := range y.next {
		states := 2 + rng.IntN(6)
		for range states {
			var choices []uint8
			for range rng.IntN(4) {
				choices = append(choices, uint8(rng.IntN(states)))
			}
			y.next[i] = append(y.next[i], choices)
		}
		if y.sees[i] = i; rng.IntN(3) == 0 {
			y.sees[i] = rng.IntN(4)
		}
	}
	return y
}

func (y automata) Init() [][4]uint8 { return [][4]uint8{{}, {0, 1}} }

func (y automata) Actions(s *[4]uint8, buf []choice) []choice {
	for i := range s {
		n := len(y.next[i][s[i]])
		if seen := y.sees[i]; seen != i && s[seen]%2 == 1 {
			n = max(n-1, 0)
		}
		for what := range n {
			buf = append(buf, choice{uint8(i), uint8(what)})
		}
	}
	return buf
}

func (y automata) Apply(s *[4]uint8, a choice) { s[a.who] = y.next[a.who][s[a.who]][a.what] }

func (y automata) Encode(s *[4]uint8, buf []byte) []byte { return append(buf, s[:]...) }

func (y automata) Decode(s *[4]uint8, data []byte) { copy(s[:], data) }

func (y automata) Ordinal(a choice) int { return int(a.who)*4 + int(a.what) }

func (y automata) Commuting(_ *[4]uint8, enabled []choice, _, _ uint64, masks []uint64) []uint64 {
	masks = masks[:0]
	for _, a := range enabled {
		mask := uint64(0)
		for k, b := range enabled {
			if a.who != b.who && y.sees[a.who] != int(b.who) && y.sees[b.who] != int(a.who) {
				mask |= 1 << k
			}
		}
		masks = append(masks, mask)
	}
	return masks
}

// TestSleepLosesNothing: the states, their depths and numbers, and the first violations with their traces are those of a
// search that takes every step; also on disk.
func TestSleepLosesNothing(t *testing.T) {
	saved := 0.0
	seeds := fewer(30)
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 17))
		y := newAutomata(rng)
		var list []Property[[4]uint8, choice]
		for range 6 {
			var bad [4]uint8
			for i := range bad {
				bad[i] = uint8(rng.IntN(len(y.next[i])))
			}
			list = append(list, Property[[4]uint8, choice]{Name: fmt.Sprint(bad), Check: func(_ *[4]uint8, _ choice, s *[4]uint8) Outcome {
				if *s == bad {
					return Violated
				}
				return Held
			}})
		}
		want := BreadthFirst(context.Background(), y, list, Options{All: true})
		for _, workers := range workerCounts {
			for _, o := range []Options{{}, onDisk(t, Options{}, 1)} {
				o.All, o.Workers, o.Reduce = true, workers, ReduceSteps
				got := BreadthFirst(context.Background(), y, list, o)
				if got.Distinct != want.Distinct || !reflect.DeepEqual(got.Levels, want.Levels) || !got.Complete {
					t.Fatalf("seed %d: levels %v, want %v", seed, got.Levels, want.Levels)
				}
				if !reflect.DeepEqual(got.Violations, want.Violations) {
					t.Fatalf("seed %d: violations\n%v, want\n%v", seed, got.Violations, want.Violations)
				}
				if got.Generated > want.Generated {
					t.Fatalf("seed %d: %d steps, %d without", seed, got.Generated, want.Generated)
				}
				saved += 1 - float64(got.Generated)/float64(want.Generated)
			}
		}
	}
	if saved/float64(seeds*6) < 0.2 {
		t.Errorf("only %.0f %% of the steps were saved", 100*saved/float64(seeds*6))
	}
}

// sleepyGrid is a grid, all of whose steps commute.
type sleepyGrid struct{ grid }

func (sleepyGrid) Ordinal(a uint8) int { return int(a) }

func (sleepyGrid) Commuting(_ *uint64, enabled []uint8, _, _ uint64, masks []uint64) []uint64 {
	masks = masks[:0]
	for i := range enabled {
		masks = append(masks, (1<<len(enabled)-1)&^(1<<i))
	}
	return masks
}

// TestSleepTakesOneWay: where everything commutes, one step leads to each state.
func TestSleepTakesOneWay(t *testing.T) {
	r := BreadthFirst(context.Background(), sleepyGrid{grid{counters: 5, top: 9}}, nil, Options{Reduce: ReduceSteps})
	if r.Distinct != 100_000 || r.Generated != 100_000 || r.Depth != 45 {
		t.Errorf("%d states, %d generated, depth %d", r.Distinct, r.Generated, r.Depth)
	}
}

// TestSleepIsKept: who sleeps in the states of a level is part of a checkpoint.
func TestSleepIsKept(t *testing.T) {
	o := Options{Reduce: ReduceSteps, Disk: &Disk{Dir: t.TempDir(), Keep: true}}
	b := newBreadthFirst(sleepyGrid{grid{counters: 5, top: 9}}, nil, o, nil)
	b.store.every = 500
	b.begin()
	ctx, end := context.WithCancel(context.Background())
	if b.stopped = b.some(ctx, end, 20); b.stopped != stoppedInterrupted {
		t.Fatalf("stopped %q", b.stopped)
	}
	abandon(b.store)
	if r := BreadthFirst(context.Background(), sleepyGrid{grid{counters: 5, top: 9}}, nil, o); r.Distinct != 100_000 || r.Generated != 100_000 {
		t.Errorf("%d states, %d generated, %v", r.Distinct, r.Generated, r.Err)
	}
}

// clock counts steps that nothing looks at, in its upper half, and something else in the lower two bits.
type clock struct{ flat[uint8] }

func (clock) Init() []uint8 { return []uint8{0} }

func (clock) Actions(_ *uint8, buf []uint8) []uint8 { return append(buf, 0, 1) }

func (clock) Apply(s *uint8, a uint8) { *s = (*s+16)&^15 | (*s&15+a)&3 }

func (clock) Encode(s *uint8, buf []byte) []byte { return append(buf, *s) }

func (clock) Decode(s *uint8, data []byte) { *s = data[0] }

// Canonical forgets the upper half, which nothing looks at.
func (clock) Canonical(s *uint8) { *s &= 3 }

// TestCanonicalStates: states that are told apart by nothing are one, and traces are of the system as it is.
func TestCanonicalStates(t *testing.T) {
	third := Property[uint8, uint8]{Check: func(_ *uint8, _ uint8, s *uint8) Outcome {
		if *s&3 == 3 {
			return Violated
		}
		return Held
	}}
	full := BreadthFirst(context.Background(), clock{}, []Property[uint8, uint8]{third}, Options{All: true})
	r := BreadthFirst(context.Background(), clock{}, []Property[uint8, uint8]{third}, Options{All: true, Reduce: ReduceAll})
	if full.Distinct <= 4 || r.Distinct != 4 || len(r.Violations) != 1 || !reflect.DeepEqual(r.Violations, full.Violations) {
		t.Fatalf("%d states, reduced %d, violations %v and %v", full.Distinct, r.Distinct, full.Violations, r.Violations)
	}
	if err := Replay(clock{}, r.Violations[0].Init, r.Violations[0].Trace, nil); err != nil {
		t.Error(err)
	}
}
