package proptest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
)

// candidate draws one of few epochs, zxids and servers, so that ties are the rule; sometimes one from
// far away: a stranger, nobody, the zxid -1.
func candidate() *rapid.Generator[election.Candidate] {
	return rapid.Custom(func(t *rapid.T) election.Candidate {
		zxids := []election.Zxid{0, 1, 2, election.NewZxid(1, 0), election.NewZxid(1, 1), election.NewZxid(election.MaxEpoch, 9), election.NoZxid}
		return election.Candidate{
			Leader:    rapid.SampledFrom([]election.SID{1, 2, 3, 4, 5, 9, 200, election.NoServer}).Draw(t, "leader"),
			PeerEpoch: rapid.SampledFrom([]uint32{0, 1, 2, election.MaxEpoch}).Draw(t, "epoch"),
			Zxid:      rapid.SampledFrom(zxids).Draw(t, "zxid"),
		}
	})
}

// vote draws a vote for a candidate.
func vote() *rapid.Generator[election.Vote] {
	return rapid.Custom(func(t *rapid.T) election.Vote {
		return election.Vote{
			Candidate: candidate().Draw(t, "candidate"),
			Round:     rapid.Uint64Range(0, 2).Draw(t, "round"),
			State:     election.State(rapid.IntRange(0, 3).Draw(t, "state")),
			Version:   rapid.SampledFrom([]uint8{0, 1, 2}).Draw(t, "version"),
		}
	})
}

// TestVoteOrder: in generated ensembles, with weights and without, the order is a strict total one.
func TestVoteOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := props.Setup(proptest.Choices(t)).Ensemble
		for range 10 {
			a, b, c := candidate().Draw(t, "a"), candidate().Draw(t, "b"), candidate().Draw(t, "c")
			if err := proptest.VoteOrder(e, a, b, c); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestSameVotes: the engine's equality of votes is the model's, and does not care for the order.
func TestSameVotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			a, b := vote().Draw(t, "a"), vote().Draw(t, "b")
			if election.Same(a, b) != model.Same(a, b) || election.Same(a, b) != election.Same(b, a) || !election.Same(a, a) {
				t.Fatalf("%v and %v: the engine says %v, the model %v", a, b, election.Same(a, b), model.Same(a, b))
			}
		}
	})
}

// TestVoteOrderCatches: the laws are broken by the orders that ZooKeeper once had.
func TestVoteOrderCatches(t *testing.T) {
	cfg, err := cluster.ParseConfig([]string{"1:1,8", "2:0,8", "3:1,9"}, "", "1=1,2=1,3=0")
	if err != nil {
		t.Fatal(err)
	}
	e := cfg.Ensemble
	one := election.Candidate{Leader: 1, PeerEpoch: 1, Zxid: 8}
	two := election.Candidate{Leader: 2, PeerEpoch: 0, Zxid: 8}
	weightless := election.Candidate{Leader: 3, PeerEpoch: 1, Zxid: 9}
	if err := proptest.VoteOrder(e, one, two, weightless); err != nil {
		t.Fatalf("the standard order: %v", err)
	}
	breaking(t, "ZK-1419")(&e.Rules)
	if err := proptest.VoteOrder(e, one, two, one); err == nil {
		t.Error("ZOOKEEPER-1419 is not caught")
	}
	e.Rules.Beats = func(_ *election.Ensemble, fresh, current election.Candidate) bool {
		return model.Better(fresh, current)
	}
	if err := proptest.VoteOrder(e, weightless, one, one); err == nil {
		t.Error("a server of weight 0 that beats others is not caught")
	}
	e.Rules.Beats = func(*election.Ensemble, election.Candidate, election.Candidate) bool { return false }
	if err := proptest.VoteOrder(e, one, two, one); err == nil {
		t.Error("an order in which nobody beats anybody is not caught")
	}
}
