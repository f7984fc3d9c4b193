package tla

import (
	"context"
	"fmt"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
)

// BenchmarkRow searches the rows.
func BenchmarkRow(b *testing.B) {
	for _, row := range rows {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/workers=%d", row.config, workers), func(b *testing.B) {
				y := mustSystem(b, row.config)
				distinct, generated := uint64(0), uint64(0)
				for b.Loop() {
					r := explore.BreadthFirst(context.Background(), y, nil, explore.Options{Workers: workers})
					distinct, generated = distinct+r.Distinct, generated+r.Generated
				}
				b.ReportMetric(float64(distinct)/b.Elapsed().Seconds(), "states/s")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(generated), "ns/generated")
			})
		}
	}
}

// BenchmarkSystem is the part of a search that is the module's own, over states of the second row: everything but looking
// states up, for each step that is counted as generated.
func BenchmarkSystem(b *testing.B) {
	y := mustSystem(b, rows[1].config)
	var encoded [][]byte
	see := explore.Property[State, Action]{Check: func(_ *State, _ Action, s *State) explore.Outcome {
		if len(encoded) < 1<<16 {
			encoded = append(encoded, y.Encode(s, nil))
		}
		return explore.Held
	}}
	props := []explore.Property[State, Action]{see}
	explore.BreadthFirst(context.Background(), y, props, explore.Options{Workers: 1, MaxStates: 1 << 17})
	var current, next State
	var actions []Action
	var buf []byte
	var sys explore.System[State, Action] = y
	b.ReportAllocs()
	steps, i := 0, 0
	for b.Loop() {
		sys.Decode(&current, encoded[i%len(encoded)])
		i++
		actions = sys.Actions(&current, actions[:0])
		steps += len(actions) + y.Outside(&current)
		for _, a := range actions {
			sys.Copy(&next, &current)
			sys.Apply(&next, a)
			buf = sys.Encode(&next, buf[:0])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/generated")
}
