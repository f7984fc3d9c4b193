package explore

import (
	"context"
	"fmt"
	"testing"
)

// cheap is a system that costs next to nothing by itself: n counters in eight bytes. The time of a search of it is the
// search's own.
func cheap(states int) grid {
	if states > 5_000_000 {
		return grid{counters: 7, top: 9} // 10 million
	}
	return grid{counters: 5, top: 18} // 2.5 million
}

var held = Property[uint64, uint8]{Name: "held", Check: func(*uint64, uint8, *uint64) Outcome { return Held }}

func BenchmarkBreadthFirst(b *testing.B) {
	for _, states := range []int{2_500_000, 10_000_000} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("states=%dk/workers=%d", states/1000, workers), func(b *testing.B) {
				b.ReportAllocs()
				steps := uint64(0)
				for b.Loop() {
					r := BreadthFirst(context.Background(), cheap(states), []Property[uint64, uint8]{held}, Options{Workers: workers})
					steps += r.Generated
					b.ReportMetric(float64(r.MemoryBytes)/float64(r.Distinct), "bytes/state")
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/transition")
			})
		}
	}
}

// BenchmarkSystemAlone is the part of BenchmarkBreadthFirst that is the system's own: every step of a line of states.
func BenchmarkSystemAlone(b *testing.B) {
	var sys System[uint64, uint8] = cheap(10_000_000)
	var current, next uint64
	var encoded []byte
	var actions []uint8
	steps, sum := 0, uint64(0)
	for b.Loop() {
		sys.Decode(&current, []byte{1, 2, 3, 4, 5, 6, 7, 0})
		actions = sys.Actions(&current, actions[:0])
		for _, a := range actions {
			sys.Copy(&next, &current)
			sys.Apply(&next, a)
			encoded = sys.Encode(&next, encoded[:0])
			sum += fingerprintOf(encoded).rest
			steps++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/transition")
}

func BenchmarkRandomWalks(b *testing.B) {
	for _, count := range []bool{false, true} {
		b.Run(fmt.Sprintf("count=%v", count), func(b *testing.B) {
			b.ReportAllocs()
			steps := uint64(0)
			for b.Loop() {
				o := WalkOptions[uint64, uint8]{Walks: 100_000, Steps: 60, CountDistinct: count}
				steps += RandomWalks(context.Background(), cheap(10_000_000), []Property[uint64, uint8]{held}, o).Generated
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}

// BenchmarkEventually builds the graph and decides one goal that holds, for which all of it is looked at.
func BenchmarkEventually(b *testing.B) {
	last := map[int]uint64{5: 18 * 0x0101010101, 7: 9 * 0x01010101010101}
	for _, states := range []int{2_500_000, 10_000_000} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("states=%dk/workers=%d", states/1000, workers), func(b *testing.B) {
				b.ReportAllocs()
				sys := cheap(states)
				ends := LeadsTo[uint64]{Name: "ends", Goal: func(s *uint64) bool { return *s == last[sys.counters] }}
				o := LivenessOptions[uint64, uint8]{Class: func(_ *uint64, c uint8) int { return int(c) }, Harmless: ^uint64(0)}
				o.Workers = workers
				n, steps := uint64(0), uint64(0)
				for b.Loop() {
					r, err := Eventually(context.Background(), sys, []LeadsTo[uint64]{ends}, o)
					if err != nil || r.Goals[0].Verdict != VerdictHolds {
						b.Fatalf("%+v, %v", r, err)
					}
					n, steps = n+r.Distinct, steps+r.Edges
					b.ReportMetric(float64(r.MemoryBytes)/float64(r.Distinct), "bytes/state")
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "states/s")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
			})
		}
	}
}
