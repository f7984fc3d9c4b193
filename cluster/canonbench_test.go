package cluster_test

import (
	"math/rand/v2"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
)

// BenchmarkCanonical and BenchmarkCommuting take states of random walks. Neither may allocate.
func BenchmarkCanonical(b *testing.B) {
	y, states := walked(b)
	var s cluster.State
	b.Run("copy", func(b *testing.B) {
		for i := range b.N {
			y.Copy(&s, &states[i%len(states)])
		}
	})
	b.Run("canonical", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			y.Copy(&s, &states[i%len(states)])
			y.Canonical(&s)
		}
	})
}

func BenchmarkCommuting(b *testing.B) {
	y, states := walked(b)
	var enabled []cluster.Action
	var masks []uint64
	b.ReportAllocs()
	for i := range b.N {
		s := &states[i%len(states)]
		enabled = y.Actions(s, enabled[:0])
		masks = y.Commuting(s, enabled, 0, 1<<len(enabled)-1, masks)
	}
}

func walked(b *testing.B) (*cluster.System, []cluster.State) {
	y := reduction(b, "1:1,8 2:1,8 3:1,7", "", "rounds=2 epochs=2 crashes=1 restarts=1 cuts=1", "discovery", false)
	rng, states := rand.New(rand.NewPCG(7, 8)), make([]cluster.State, 0, 1000)
	var s cluster.State
	y.Copy(&s, &y.Init()[0])
	for len(states) < cap(states) {
		enabled := y.Actions(&s, nil)
		if len(enabled) == 0 {
			y.Copy(&s, &y.Init()[0])
			continue
		}
		y.Apply(&s, enabled[rng.IntN(len(enabled))])
		states = append(states, cluster.State{})
		y.Copy(&states[len(states)-1], &s)
	}
	return y, states
}
