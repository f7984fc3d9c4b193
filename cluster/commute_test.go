package cluster_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// reductionCases are clusters in which everything occurs that a reduction must know of.
var reductionCases = []struct {
	servers, observers, limits, phases string
	fine                               bool
}{
	{"1:1,8 2:1,8 3:1,7", "", "rounds=1", "all", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=2 epochs=2 crashes=1 restarts=1 cuts=1", "discovery", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=2 epochs=2 crashes=2 restarts=1 cuts=2", "all", false},
	{"1:1,8 2:1,7", "", "rounds=3 writes=2 crashes=1 restarts=1 cuts=1 giveups=1", "all", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=2 writes=2 giveups=2 timeouts=1", "all", false},
	{"1:1,8 2:1,8 3:1/3,7 4:1,6", "", "rounds=2 crashes=1 cuts=1 channel-len=2", "all", false},
	{"1:1,8 2:1,8 3:1,7", "3", "rounds=2 writes=1 crashes=1 restarts=1", "all", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=1 resets=1 drops=1 dups=1 wipes=1 crashes=1 restarts=1 garbles=1", "all", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=2 resets=1 drops=2 dups=2 crashes=1 channel-len=2", "election", false},
	{"1:1,8 2:1,8 3:1,7", "", "rounds=2 timeouts=0 lags=2 writes=1 crashes=1 restarts=1 cuts=1", "all", true},
}

// reduction is a system of a case, with what all step properties want tracked.
func reduction(t testing.TB, servers, observers, limits, phases string, fine bool) *cluster.System {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), observers, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	if c.Phases, err = cluster.ParsePhases(phases); err != nil {
		t.Fatal(err)
	}
	c.Ensemble.Fine, c.Track = fine, props.TrackOf(props.StepProperties())
	y, err := cluster.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// outcomes is what the step properties say of a step.
func outcomes(y *cluster.System, list []props.Property, before, after *cluster.State, by cluster.Action) []props.Outcome {
	said := make([]props.Outcome, len(list))
	for i, p := range list {
		said[i], _ = p.Check(props.Step{System: y, Before: before, After: after, Action: by})
	}
	return said
}

// TestCommuting walks at random and takes every pair that is said to commute in both orders: each is enabled
// after the other, both orders lead to one state, limits cut the same off, and of the one that comes second no property says
// more than it says when that one comes first, or of the second one of the other order.
func TestCommuting(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	list := props.StepProperties()
	for _, k := range reductionCases {
		y := reduction(t, k.servers, k.observers, k.limits, k.phases, k.fine)
		rng, pairs := rand.New(rand.NewPCG(1, 2)), 0
		c := y.Cursor(false)
		var s, next cluster.State
		for walk := range 20 {
			y.Copy(&s, &y.Init()[0])
			for range 80 {
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				pairs += commuting(t, y, c, list, &s, enabled)
				y.Copy(&next, &s)
				y.Apply(&next, enabled[rng.IntN(len(enabled))])
				if walk%2 == 1 { // a search meets canonical states, not all of which can be reached
					y.Canonical(&next)
				}
				s, next = next, s
			}
		}
		if pairs < 200 {
			t.Errorf("%s, %s: only %d pairs that commute were met", k.servers, k.limits, pairs)
		}
	}
}

// all is every index.
func all(enabled []cluster.Action) uint64 { return 1<<len(enabled) - 1 }

// cursor is what a search goes by.
type cursor = interface {
	Load(encoded []byte) *cluster.State
	Step(a cluster.Action) *cluster.State
	Encode(buf []byte) []byte
}

// commuting checks the pairs of one state, and counts them.
func commuting(t *testing.T, y *cluster.System, c cursor, list []props.Property, s *cluster.State, enabled []cluster.Action) (pairs int) {
	t.Helper()
	before := y.Encode(s, nil)
	known := c.Load(before)
	masks := y.Commuting(known, enabled, 0, all(enabled), nil)
	if !bytes.Equal(before, y.Encode(known, nil)) {
		t.Fatal("Commuting changes the state")
	}
	var first, second [2]cluster.State
	for i, a := range enabled {
		for k, b := range enabled[:i] {
			if masks[i]>>k&1 == 0 {
				continue
			}
			pairs++
			cut := [2]uint64{}
			for order, by := range [2][2]cluster.Action{{a, b}, {b, a}} {
				y.Copy(&first[order], s)
				y.Apply(&first[order], by[0])
				cut[order] = y.Cut(&first[order])
				if !slices.Contains(y.Actions(&first[order], nil), by[1]) {
					t.Fatalf("%v disables %v", by[0], by[1])
				}
				y.Copy(&second[order], &first[order])
				y.Apply(&second[order], by[1])
				cut[order] |= y.Cut(&second[order])
			}
			if !bytes.Equal(y.Encode(&second[0], nil), y.Encode(&second[1], nil)) || cut[0] != cut[1] {
				t.Fatalf("%v and %v do not commute", a, b)
			}
			var early, late [2][]props.Outcome
			for order, by := range [2][2]cluster.Action{{a, b}, {b, a}} {
				early[order] = outcomes(y, list, s, &first[order], by[0])
				late[order] = outcomes(y, list, &first[order], &second[order], by[1])
			}
			for order, by := range [2][2]cluster.Action{{a, b}, {b, a}} {
				for p := range list {
					if said := late[order][p]; said >= props.Witnessed && said > early[1-order][p] && said > late[1-order][p] {
						t.Fatalf("%s says more of %v when %v came first", list[p].Name, by[1], by[0])
					}
				}
			}
		}
	}
	return pairs
}

// TestOrdinals: actions that can sleep have numbers of their own.
func TestOrdinals(t *testing.T) {
	for _, k := range reductionCases {
		y := reduction(t, k.servers, k.observers, k.limits, k.phases, k.fine)
		rng, known := rand.New(rand.NewPCG(3, 4)), map[int]cluster.Action{}
		for range 60 {
			s := y.Init()[0]
			for range 80 {
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				for _, a := range enabled {
					n := y.Ordinal(a)
					if n > 63 {
						t.Fatalf("the ordinal of %v is %d", a, n)
					}
					if b, ok := known[n]; n >= 0 && ok && a != b {
						t.Fatalf("%v and %v both have ordinal %d", a, b, n)
					}
					known[n] = a
				}
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
	}
}
