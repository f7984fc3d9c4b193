package cluster

import (
	"fmt"
	"testing"
)

// recorded is a walk with its states, so that a benchmark can step from any of them.
type recorded struct {
	y       *System
	states  []State
	bytes   [][]byte
	actions []Action // the step from the state of the same index
}

// record walks with a few faults of every kind, from which most states of a search come.
func record(tb testing.TB, servers, steps int) *recorded {
	limits := Limits{Crashes: 2, Restarts: 2, Cuts: 1, Resets: 1, GiveUps: 1, Writes: 3, Timeouts: Unlimited, Rounds: 8, Epochs: 8, ChannelLen: 1, Inbox: 4}
	r := &recorded{y: mustSystem(tb, voters(servers), Config{Limits: limits})}
	for seed := uint64(0); len(r.states) < steps; seed++ {
		walk(r.y, seed, steps-len(r.states), func(before *State, a Action, _ *State) {
			var s State
			r.y.Copy(&s, before)
			r.states, r.actions = append(r.states, s), append(r.actions, a)
			r.bytes = append(r.bytes, r.y.Encode(&s, nil))
		})
	}
	return r
}

// TestStepsAllocateNothing: once its memory is there, a search allocates nothing.
func TestStepsAllocateNothing(t *testing.T) {
	r := record(t, 3, 600)
	var next, decoded State
	var encoded []byte
	var actions []Action
	for name, step := range map[string]func(i int){
		"Copy":  func(i int) { r.y.Copy(&next, &r.states[i]) },
		"Apply": func(i int) { r.y.Copy(&next, &r.states[i]); r.y.Apply(&next, r.actions[i]) },
		"Encode": func(i int) {
			encoded = r.y.Encode(&r.states[i], encoded[:0])
		},
		"Decode":  func(i int) { r.y.Decode(&decoded, r.bytes[i]) },
		"Actions": func(i int) { actions = r.y.Actions(&r.states[i], actions[:0]) },
	} {
		walk := func() {
			for i := range r.states {
				step(i)
			}
		}
		if n := testing.AllocsPerRun(3, walk); n != 0 {
			t.Errorf("%s: %v allocations in a walk of %d steps, want none", name, n, len(r.states))
		}
	}
}

// benchmark runs f over the states of a walk, again and again, for 3 and for 5 servers.
func benchmark(b *testing.B, f func(r *recorded, i int)) {
	for _, servers := range []int{3, 5} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			r := record(b, servers, 1000)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				f(r, i)
				if i++; i == len(r.states) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkApplyEncode is what a search pays for each transition: copy, step, encode.
func BenchmarkApplyEncode(b *testing.B) {
	var next State
	var encoded []byte
	benchmark(b, func(r *recorded, i int) {
		r.y.Copy(&next, &r.states[i])
		r.y.Apply(&next, r.actions[i])
		encoded = r.y.Encode(&next, encoded[:0])
	})
}

func BenchmarkActions(b *testing.B) {
	var actions []Action
	benchmark(b, func(r *recorded, i int) { actions = r.y.Actions(&r.states[i], actions[:0]) })
}

func BenchmarkEncode(b *testing.B) {
	var encoded []byte
	benchmark(b, func(r *recorded, i int) { encoded = r.y.Encode(&r.states[i], encoded[:0]) })
}

func BenchmarkDecode(b *testing.B) {
	var s State
	benchmark(b, func(r *recorded, i int) { r.y.Decode(&s, r.bytes[i]) })
}

func BenchmarkCopy(b *testing.B) {
	var s State
	benchmark(b, func(r *recorded, i int) { r.y.Copy(&s, &r.states[i]) })
}
