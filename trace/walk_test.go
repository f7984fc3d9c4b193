package trace_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// faulty is a cluster of three servers with all kinds of faults.
func faulty(t *testing.T, broken func(*election.Rules)) cluster.Config {
	t.Helper()
	c, err := config("cluster 1:1,8 2:1,8 3:1,7\n" +
		"limits crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 writes=3 giveups=2 rounds=12 epochs=12 channel-len=2")
	if err != nil {
		t.Fatal(err)
	}
	if broken != nil {
		broken(&c.Ensemble.Rules)
	}
	return c
}

// lazyEpoch is > for >= in the epoch proposal.
func lazyEpoch(r *election.Rules) {
	r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 {
		if candidate == 0 || accepted > candidate {
			return accepted + 1
		}
		return candidate
	}
}

// noTrunc leaves a follower what its leader has not.
func noTrunc(r *election.Rules) {
	r.PlanSync = func(_ *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
		p := election.PlanSync(h, peer, buf)
		if p.Kind == election.Trunc {
			p.Kind = election.Diff
		}
		return p
	}
}

var walkStrategies = []trace.Strategy{trace.Walk, trace.PCT, trace.Swarm, trace.Guided}

// walked takes walks with every number of workers, which must not matter.
func walked(t *testing.T, c cluster.Config, o trace.WalkOptions) *trace.Report {
	t.Helper()
	var first *trace.Report
	for _, workers := range []int{1, 2, 8} {
		o.Workers = workers
		r, _, err := trace.Walks(context.Background(), c, props.StepProperties(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Elapsed = 0; first == nil {
			first = r
		} else if !reflect.DeepEqual(r, first) {
			t.Fatalf("%v with %d workers:\n%+v, %+v\nwith one:\n%+v, %+v", o.Strategy, workers, r, r.Features, first, first.Features)
		}
	}
	return first
}

// TestStrategies: each strategy takes other walks, always the same ones, that break nothing by ZooKeeper's rules, and
// finds where another rule is wrong.
func TestStrategies(t *testing.T) {
	var reports []*trace.Report
	for _, s := range walkStrategies {
		o := trace.WalkOptions{Seed: 1, Walks: 600, Steps: 150, Strategy: s}
		r := walked(t, faulty(t, nil), o)
		if len(r.Violations) != 0 || r.Walks != 600 || r.Features.Walks != 600 || r.Features.Seen < 500 {
			t.Errorf("%v: %+v, %+v", s, r, r.Features)
		}
		for i, other := range reports {
			if r.Generated == other.Generated && *r.Features == *other.Features {
				t.Errorf("%v takes the walks of %v", s, walkStrategies[i])
			}
		}
		reports = append(reports, r)
		if r := walked(t, faulty(t, lazyEpoch), o); len(r.Violations) != 1 || r.Rejected != 1 {
			t.Errorf("%v does not find what is wrong: %+v", s, r)
		}
	}
	if plain, guided := reports[0].Features, reports[3].Features; guided.Seen <= plain.Seen {
		t.Errorf("guided walks meet %d protocol states, others %d", guided.Seen, plain.Seen)
	}
}

// TestGuidedWalksKillMore: a bug that takes two terms and a log that is cut is found more often by walks that go on from rare
// states.
func TestGuidedWalksKillMore(t *testing.T) {
	kills := func(s trace.Strategy) uint64 {
		o := trace.WalkOptions{Seed: 1, Walks: 1024, Steps: 200, Strategy: s}
		o.All = true
		r, _, err := trace.Walks(context.Background(), faulty(t, noTrunc), props.StepProperties(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Rejected
	}
	if plain, guided := kills(trace.Walk), kills(trace.Guided); plain == 0 || guided < 3*plain/2 {
		t.Errorf("of 1024 walks %d find it, of guided ones %d", plain, guided)
	}
}

func TestStrategyNames(t *testing.T) {
	for _, s := range walkStrategies {
		if got, err := trace.ParseStrategy(s.String()); err != nil || got != s {
			t.Errorf("%v reads as %v, %v", s, got, err)
		}
	}
	if _, err := trace.ParseStrategy("bfs"); err == nil {
		t.Error("bfs is a strategy of walks")
	}
}
