package cluster

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestForetell: what is foretold of a step is what a look ahead finds.
func TestForetell(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	for _, k := range []struct{ servers, observers, limits string }{
		{"1:1,8 2:1,8 3:1,7", "", "rounds=2 epochs=2"},
		{"1:1,8 2:1,8 3:1,7", "", "rounds=3 epochs=2 crashes=2 restarts=2 cuts=2 giveups=2 timeouts=2"},
		{"1:1,8 2:1,7", "", "rounds=3 writes=2 crashes=1 restarts=1 cuts=1 giveups=1"},
		{"1:1,8 2:1,8 3:1,7", "3", "rounds=2 writes=1 crashes=1 restarts=1"},
		{"1:1,8 2:1,8 3:1/3,7 4:1,6", "", "rounds=2 crashes=1 cuts=1 channel-len=2"},
	} {
		c, err := ParseConfig(strings.Fields(k.servers), k.observers, "")
		if err != nil {
			t.Fatal(err)
		}
		if c.Limits, err = ParseLimits(k.limits); err != nil {
			t.Fatal(err)
		}
		c.Track = Track{Epochs: true, Hurry: true, Initials: true, Commits: true, Replies: true}
		y, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		rng, seen := rand.New(rand.NewPCG(5, 6)), map[Kind]int{}
		for range 60 {
			s := y.Init()[0]
			for range 100 {
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				for _, a := range enabled {
					foretold(t, y, &s, a, seen)
				}
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
		for _, kind := range []Kind{Start, Deliver, Decide, GiveUp, Packet, Offer} {
			if seen[kind] == 0 {
				t.Errorf("%s, %s: no %v was foretold", k.servers, k.limits, kind)
			}
		}
	}
}

func foretold(t *testing.T, y *System, s *State, a Action, seen map[Kind]int) {
	t.Helper()
	var f, g footprint
	y.footprint(s, a, &f)
	if !f.seen || f.actor < 0 || a.Kind == Crash {
		return
	}
	seen[a.Kind]++
	standard := y.standard
	y.standard = false
	y.footprint(s, a, &g)
	y.standard = standard
	if y.lookAhead(s, a, &g); f != g {
		t.Fatalf("%v was foretold as\n%+v, a look ahead finds\n%+v", a, f, g)
	}
}
