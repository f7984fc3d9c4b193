package cluster_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// coveringLaw takes every step of a state from each that is said to cover it: the property says the same there, or something
// where it is silent here, and the successor covers the successor; or the one that covers lacks a time-out, and covers where it
// leads.
type coveringLaw struct {
	t    *testing.T
	y    *cluster.System
	list []props.Property

	above, next, after cluster.State
	pairs, timeouts    int
}

// check looks at a canonical state.
func (l *coveringLaw) check(s *cluster.State) {
	l.t.Helper()
	y := l.y
	var above [][]byte
	before := y.Encode(s, nil)
	y.Covering(s, nil, func(encoded []byte) { above = append(above, slices.Clone(encoded)) })
	if !bytes.Equal(before, y.Encode(s, nil)) {
		l.t.Fatal("Covering changes the state")
	}
	enabled := y.Actions(s, nil)
	for _, encoded := range above {
		l.pairs++
		y.Decode(&l.above, encoded)
		if bytes.Equal(encoded, before) || !bytes.Equal(encoded, y.Encode(&l.above, nil)) || !y.Covers(&l.above, s) {
			l.t.Fatalf("%s: what is said to cover a state does not", y.Limits)
		}
		also := y.Actions(&l.above, nil)
		for _, by := range enabled {
			y.Copy(&l.next, s)
			y.Apply(&l.next, by)
			said := outcomes(y, l.list, s, &l.next, by)
			if !slices.Contains(also, by) {
				l.timeouts++
				if by.Kind != cluster.Timeout || slices.Contains(said, props.Violated) || !y.Covers(&l.above, &l.next) {
					l.t.Fatalf("%s: %v is not enabled in what covers", y.Limits, by)
				}
				continue
			}
			y.Copy(&l.after, &l.above)
			y.Apply(&l.after, by)
			for i, more := range outcomes(y, l.list, &l.above, &l.after, by) {
				if said[i] != more && said[i] != props.Silent {
					l.t.Fatalf("%s: of %v %s says %v, and %v in what covers", y.Limits, by, l.list[i].Name, said[i], more)
				}
			}
			if !y.Covers(&l.after, &l.next) {
				l.t.Fatalf("%s: after %v it is no longer covered", y.Limits, by)
			}
		}
	}
}

// coverCases have budgets of all kinds that may be spent less. Where messages can be lost, doubled or queued, and under rules that
// are not ZooKeeper's, nothing is said.
var coverCases = []struct{ servers, limits, phases string }{
	{"1:1,8 2:1,8 3:1,7", "rounds=1", "all"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 epochs=2 giveups=1 timeouts=2", "all"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 crashes=2 restarts=2 cuts=2 timeouts=0", "election"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 epochs=2 crashes=2 restarts=2 cuts=1 resets=1", "discovery"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 epochs=2 crashes=1 restarts=1 writes=1 cuts=1", "all"},
	{"1:1,7 2:1,8 3:2,1 4:2,3", "rounds=2 crashes=1 restarts=1 cuts=1", "sync"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 crashes=1 channel-len=2", "all"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 drops=1", "all"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 dups=1", "all"},
	{"1:1,8 2:1,8 3:1,7", "rounds=2 wipes=1", "all"},
}

// TestCovering takes random walks.
func TestCovering(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	for _, k := range coverCases {
		y := reduction(t, k.servers, "", k.limits, k.phases, false)
		l, rng := coveringLaw{t: t, y: y, list: props.StepProperties()}, rand.New(rand.NewPCG(8, 9))
		var s, form cluster.State
		for walk := range 24 {
			y.Copy(&s, &y.Init()[0])
			for step := range 80 {
				y.Copy(&form, &s)
				y.Canonical(&form)
				if (walk+step)%8 == 0 {
					l.check(&form)
				}
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
		silent := slices.ContainsFunc([]string{"channel-len", "drops", "dups", "wipes"}, func(limit string) bool { return strings.Contains(k.limits, limit) })
		if silent != (l.pairs == 0) || !silent && l.pairs < 40 {
			t.Errorf("%s, %s: %d pairs", k.servers, k.limits, l.pairs)
		}
		t.Logf("%s, %s: %d pairs, %d time-outs that are not taken", k.servers, k.limits, l.pairs, l.timeouts)
	}
}

// TestCoveringEverywhere visits all canonical states of small systems, and all that lead to them.
func TestCoveringEverywhere(t *testing.T) {
	if os.Getenv("ZKCHECK_FULL") == "" {
		t.Skip("a minute of one thread: with ZKCHECK_FULL")
	}
	for _, k := range []struct{ limits, phases string }{
		{"rounds=1", "all"},
		{"rounds=1 crashes=1 restarts=1 timeouts=0", "election"},
		{"rounds=1 crashes=1 cuts=1", "discovery"},
		{"rounds=2 crashes=1 cuts=1 timeouts=0", "election"},
	} {
		y := reduction(t, "1:1,8 2:1,8 3:1,7", "", k.limits, k.phases, false)
		l := coveringLaw{t: t, y: y, list: props.StepProperties()}
		known, queue := map[string]bool{}, []string{}
		var s, next cluster.State
		meet := func(s *cluster.State) {
			y.Canonical(s)
			if b := y.Encode(s, nil); !known[string(b)] {
				known[string(b)], queue = true, append(queue, string(b))
			}
		}
		meet(&y.Init()[0])
		for at := 0; at < len(queue); at++ {
			y.Decode(&s, []byte(queue[at]))
			l.check(&s)
			for _, by := range y.Actions(&s, nil) {
				y.Copy(&next, &s)
				y.Apply(&next, by)
				meet(&next)
			}
		}
		t.Logf("%s, %s: %d states, %d pairs, %d time-outs that are not taken", k.limits, k.phases, len(queue), l.pairs, l.timeouts)
	}
}
