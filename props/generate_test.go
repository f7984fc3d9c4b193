package props_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// checkConfig asks what every generated cluster must be: one that the notation can write, and in which
// all voters together are a quorum.
func checkConfig(t rapid.TB, cfg cluster.Config) {
	t.Helper()
	if err := cfg.Limits.Validate(); err != nil {
		t.Fatalf("limits: %v", err)
	}
	if !cfg.Ensemble.IsQuorum(cfg.Ensemble.VoterSet()) {
		t.Fatalf("all voters of %s are no quorum", cfg.Servers())
	}
	for i, d := range cfg.Disks {
		written := cluster.ServerString(cfg.Ensemble.Members[i].SID, d)
		sid, again, err := cluster.ParseServer(written)
		if err != nil || sid != cfg.Ensemble.Members[i].SID || again != d {
			t.Fatalf("server %s reads as %v %v, %v", written, sid, again, err)
		}
		if !cfg.Ensemble.Rules.Recovers(d) {
			t.Fatalf("no server starts from %s", written)
		}
	}
}

// TestEveryByteStringIsASchedule: whatever the bytes, they are a valid cluster and a run of it that ends.
func TestEveryByteStringIsASchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")
		c := props.NewCorpus(bytes)
		cfg := props.Setup(c)
		checkConfig(t, cfg)
		y, err := cluster.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		now := y.Init()[0]
		var enabled []cluster.Action
		for steps := 0; !c.Empty(); steps++ {
			if enabled = y.Actions(&now, enabled[:0]); len(enabled) == 0 {
				return
			}
			if steps > len(bytes) {
				t.Fatalf("%d steps of %d bytes: a step must use one up", steps, len(bytes))
			}
			y.Apply(&now, enabled[props.Pick(c, enabled)])
		}
	})
}

// TestCorpusIsTotal: numbers are in range, empty streams say 0, and every number can be drawn.
func TestCorpusIsTotal(t *testing.T) {
	if c := props.NewCorpus(nil); !c.Empty() || c.Int(5) != 0 || c.Int(1000) != 0 {
		t.Error("an empty corpus has other choices than 0")
	}
	for _, n := range []int{1, 2, 7, 256, 257, 1000} {
		seen := map[int]bool{}
		for high := range 256 {
			for low := range 256 {
				v := props.NewCorpus([]byte{byte(high), byte(low)}).Int(n)
				if v < 0 || v >= n {
					t.Fatalf("Int(%d) is %d", n, v)
				}
				seen[v] = true
			}
		}
		if len(seen) != n {
			t.Errorf("Int(%d) has only %d values", n, len(seen))
		}
	}
}

// TestPickIsTotal: any list of actions can be drawn from, and each of its actions can be drawn.
func TestPickIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.IntRange(int(cluster.Start), cluster.Kinds-1), 1, 20).Draw(t, "kinds")
		enabled := make([]cluster.Action, len(kinds))
		for i, k := range kinds {
			enabled[i] = cluster.Action{Kind: cluster.Kind(k), From: election.SID(i)}
		}
		drawn := map[int]bool{}
		for first := range 256 {
			for second := range len(kinds) {
				i := props.Pick(props.NewCorpus([]byte{byte(first), byte(second)}), enabled)
				if i < 0 || i >= len(enabled) {
					t.Fatalf("index %d of %d", i, len(enabled))
				}
				drawn[i] = true
			}
		}
		if len(drawn) != len(enabled) {
			t.Fatalf("only %d of %v can be drawn", len(drawn), kinds)
		}
	})
}

// setupCounts is what generated clusters are like.
type setupCounts struct {
	sizes                                [8]int
	observers, weights, zeroWeight, fifo int
	promised, sameEpoch, allEqual, ties  int
	calm, crashes, restarts              int
}

func (n *setupCounts) add(cfg cluster.Config) {
	e := cfg.Ensemble
	n.sizes[e.Voters]++
	count := func(where *int, is bool) {
		if is {
			*where++
		}
	}
	count(&n.observers, len(e.Members) > e.Voters)
	count(&n.weights, e.Hierarchical())
	count(&n.fifo, cfg.FIFO)
	zero, promised, equal, tie, same := false, false, true, false, false
	for i, d := range cfg.Disks[:e.Voters] {
		zero = zero || e.Hierarchical() && e.Members[i].Weight == 0
		promised = promised || d.AcceptedEpoch > d.CurrentEpoch
		for _, other := range cfg.Disks[:i] {
			same = same || other.CurrentEpoch == d.CurrentEpoch
			tie = tie || other.CurrentEpoch == d.CurrentEpoch && other.Zxid == d.Zxid
			equal = equal && other == d
		}
	}
	count(&n.zeroWeight, zero)
	count(&n.promised, promised)
	count(&n.sameEpoch, same)
	count(&n.allEqual, equal && e.Voters > 1)
	count(&n.ties, tie)
	l := cfg.Limits
	count(&n.calm, l.Crashes+l.Cuts+l.Resets+l.Drops+l.Dups == 0)
	count(&n.crashes, l.Crashes > 0)
	count(&n.restarts, l.Restarts > 0)
}

// TestSetupReachesEverything: all sizes, odd and even, and all that is special, in a fair part of the
// clusters. The seeds are fixed.
func TestSetupReachesEverything(t *testing.T) {
	const clusters = 10_000
	var n setupCounts
	for seed := range uint64(clusters) {
		cfg := props.Setup(props.NewSeeded(11, seed))
		checkConfig(t, cfg)
		n.add(cfg)
	}
	atLeast := func(what string, have int, percent float64) {
		if float64(have) < percent/100*clusters {
			t.Errorf("%s: %d of %d clusters, want %.1f%%", what, have, clusters, percent)
		}
	}
	for size := 1; size <= 7; size++ {
		atLeast("clusters of one size", n.sizes[size], 10)
	}
	atLeast("observers", n.observers, 15)
	atLeast("weights", n.weights, 8)
	atLeast("a voter of weight 0", n.zeroWeight, 4)
	atLeast("plain FIFO channels", n.fifo, 8)
	atLeast("acceptedEpoch above currentEpoch", n.promised, 40)
	atLeast("two voters of one epoch", n.sameEpoch, 60)
	atLeast("two voters with one zxid and epoch", n.ties, 40)
	atLeast("all disks equal", n.allEqual, 0.5)
	atLeast("crashes", n.crashes, 45)
	atLeast("restarts", n.restarts, 35)
	atLeast("no faults at all", n.calm, 15)
	t.Logf("%+v", n)
}
