package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

var _ Coverer[fare] = fares{}

// fares are a graph with tolls: a state is a place and what was paid to come there. Some edges cost something, and there is a limit.
// Who has paid less at a place can do more.
type fares struct {
	flat[fare]
	edges [][]toll
	purse uint8
}

type fare struct {
	at   uint16
	paid uint8
}

type toll struct {
	to    uint16
	costs uint8
}

func newFares(rng *rand.Rand, places, roads int, purse uint8) fares {
	f := fares{edges: make([][]toll, places), purse: purse}
	for i := range f.edges {
		for range 1 + rng.IntN(roads) {
			f.edges[i] = append(f.edges[i], toll{uint16(rng.IntN(places)), uint8(max(0, rng.IntN(4)-1))})
		}
	}
	return f
}

func (f fares) Init() []fare { return []fare{{}} }

func (f fares) Actions(s *fare, buf []uint8) []uint8 {
	for i, e := range f.edges[s.at] {
		if s.paid+e.costs <= f.purse {
			buf = append(buf, uint8(i))
		}
	}
	return buf
}

func (f fares) Apply(s *fare, a uint8) {
	e := f.edges[s.at][a]
	s.at, s.paid = e.to, s.paid+e.costs
}

func (f fares) Encode(s *fare, buf []byte) []byte {
	return append(buf, byte(s.at), byte(s.at>>8), s.paid)
}

func (f fares) Decode(s *fare, data []byte) {
	*s = fare{uint16(data[0]) | uint16(data[1])<<8, data[2]}
}

func (f fares) Covering(s *fare, buf []byte, covers func(encoded []byte)) []byte {
	for paid := range s.paid {
		buf = f.Encode(&fare{s.at, paid}, buf[:0])
		covers(buf)
	}
	return buf
}

// kept counts, level by level, what a search should keep: what no state of an earlier level covers.
func (f fares) kept() []uint64 {
	least := map[uint16]uint8{} // paid, in the levels so far
	known := map[fare]bool{{}: true}
	var counts []uint64
	for level := []fare{{}}; len(level) > 0; {
		counts = append(counts, uint64(len(level)))
		for _, s := range level {
			if paid, ok := least[s.at]; !ok || s.paid < paid {
				least[s.at] = s.paid
			}
		}
		var next []fare
		for _, s := range level {
			for _, a := range f.Actions(&s, nil) {
				t := s
				f.Apply(&t, a)
				if paid, ok := least[t.at]; !known[t] && !(ok && paid < t.paid) {
					known[t], next = true, append(next, t)
				}
			}
		}
		level = next
	}
	return counts
}

// TestCovered: what a state of an earlier level covers is not kept, and nothing else, for any number of workers, in memory, on
// disk, and after interruptions; and what is violated is violated as soon.
func TestCovered(t *testing.T) {
	saved := uint64(0)
	for seed := range fewer(3) {
		rng := rand.New(rand.NewPCG(seed, 19))
		f, memories := newFares(rng, 1500, 3, 12), []uint64{0, 1, 200_000}
		if seed == 0 { // levels of several batches
			f, memories = newFares(rng, 80_000, 6, 10), []uint64{0, 2_500_000, 4_000_000, 5_000_000}
			if widest := slices.Max(f.kept()); widest < 2*batchStates {
				t.Errorf("the widest level has %d states", widest)
			}
		}
		var list []Property[fare, uint8]
		for range 8 {
			bad := uint16(rng.IntN(len(f.edges)))
			list = append(list, Property[fare, uint8]{Name: fmt.Sprint(bad), Check: func(_ *fare, _ uint8, s *fare) Outcome {
				if s.at == bad {
					return Violated
				}
				return Held
			}})
		}
		full := BreadthFirst(context.Background(), f, list, Options{All: true})
		want := f.kept()
		var first *Report[uint8]
		for _, workers := range workerCounts {
			for _, memory := range memories {
				if (memory == 1 || memory > 0 && seed == 0) && workers != 2 { // seconds each
					continue
				}
				o := Options{All: true, Workers: workers, Reduce: ReduceAll}
				if memory > 0 {
					o = onDisk(t, o, memory)
				}
				got := BreadthFirst(context.Background(), f, list, o)
				if !got.Complete || !reflect.DeepEqual(got.Levels, want) {
					t.Fatalf("seed %d, %d workers, memory %d: levels\n%v, want\n%v (%v)", seed, workers, memory, got.Levels, want, got.Err)
				}
				if len(got.Violations) != len(full.Violations) {
					t.Fatalf("seed %d: %d violations, %d in full", seed, len(got.Violations), len(full.Violations))
				}
				for i, v := range got.Violations {
					if w := full.Violations[i]; v.Property != w.Property || len(v.Trace) != len(w.Trace) {
						t.Errorf("seed %d: %v, in full %v", seed, v, w)
					}
				}
				if first == nil {
					first = got
				}
				same(t, fmt.Sprintf("seed %d, %d workers, memory %d", seed, workers, memory), got, first)
			}
		}
		saved += full.Distinct - first.Distinct
	}
	if saved < 20_000 {
		t.Errorf("only %d states were covered", saved)
	}
}

// TestCoveredAfterResume ends searches at random moments, and goes on.
func TestCoveredAfterResume(t *testing.T) {
	for seed := range fewer(2) {
		rng := rand.New(rand.NewPCG(seed, 23))
		f := newFares(rng, 2500, 3, 12)
		want := BreadthFirst(context.Background(), f, nil, Options{Reduce: ReduceAll})
		o := Options{Reduce: ReduceAll, Workers: 1 + rng.IntN(3), MaxMemory: 1 << 12 << rng.IntN(10), Disk: &Disk{Dir: t.TempDir(), Keep: true}}
		for try := 1; ; try++ {
			b := newBreadthFirst(f, nil, o, nil)
			b.store.every = 500
			b.begin()
			ctx, end := context.WithCancel(context.Background())
			if b.stopped = b.some(ctx, end, try+rng.IntN(3)); b.stopped == "" {
				same(t, fmt.Sprintf("seed %d, try %d", seed, try), b.report(), want)
				end()
				break
			}
			abandon(b.store)
		}
	}
}
