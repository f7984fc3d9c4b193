package fuzz

import (
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
)

// voters are nine servers, in three groups where there are weights.
func voters(t testing.TB, weights string) *election.Ensemble {
	t.Helper()
	cfg, err := cluster.ParseConfig([]string{"1:0,0", "2:0,0", "3:0,0", "4:0,0", "5:0,0", "6:0,0", "7:0,0", "8:0,0", "9:0,0"}, "", weights)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Ensemble
}

// FuzzVoteOrder: the order of votes is a strict total one, and the engine's is the model's; so is what
// votes count as equal.
func FuzzVoteOrder(f *testing.F) {
	plain := voters(f, "")
	weighted := voters(f, "1=1,2=0,3=1/4=2,5=0,6=1/7=1,8=1,9=0")
	f.Fuzz(func(t *testing.T, data []byte) {
		c := props.NewCorpus(data)
		votes := [3]election.Vote{aVote(c), aVote(c), aVote(c)}
		for _, e := range []*election.Ensemble{plain, weighted} {
			if err := proptest.VoteOrder(e, votes[0].Candidate, votes[1].Candidate, votes[2].Candidate); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range votes {
			for _, b := range votes {
				if election.Same(a, b) != model.Same(a, b) {
					t.Fatalf("%+v and %+v: the engine says %v, the model %v", a, b, election.Same(a, b), model.Same(a, b))
				}
			}
		}
	})
}

// aVote draws a vote: small numbers that tie, and sometimes the ends of the range.
func aVote(c props.Choices) election.Vote {
	v := election.Vote{Round: uint64(c.Int(3)), State: election.State(c.Int(4)), Version: uint8(c.Int(3))}
	v.Leader = election.SID(c.Int(256))
	v.PeerEpoch = [...]uint32{0, 1, 2, election.MaxEpoch}[c.Int(4)]
	v.Zxid = [...]election.Zxid{0, 1, election.NewZxid(1, 0), election.NewZxid(1, 1), election.NewZxid(2, 1<<31),
		election.NewZxid(election.MaxEpoch, 1<<32-1), election.NoZxid}[c.Int(7)]
	return v
}
