package mutant

import "github.com/zkcheck/zkcheck/election"

// orderMutants break the order of votes.
func orderMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-1419", Title: "leader election never settles for a 5-node cluster",
			Wrong:    "the clause that compares sids does not ask for equal epochs",
			Right:    "votes are compared by epoch, then zxid, then sid",
			Property: "proposal-only-grows", Case: Case{Servers: "1:1,8 2:0,8", Limits: "rounds=1"},
			Source: "commit e5a51ead5 (FastLeaderElection.totalOrderPredicate)",
			Paid:   "SandTable (TLC, 20 workers): 232 s, 7,880,899 states, 41 steps",
			change: func(r *election.Rules) {
				beats := r.Beats
				r.Beats = func(e *election.Ensemble, fresh, current election.Candidate) bool {
					if fresh.Leader == election.NoServer || current.Leader == election.NoServer || e.Weight(fresh.Leader) == 0 {
						return beats(e, fresh, current)
					}
					return fresh.PeerEpoch > current.PeerEpoch ||
						fresh.PeerEpoch == current.PeerEpoch && fresh.Zxid > current.Zxid ||
						fresh.Zxid == current.Zxid && fresh.Leader > current.Leader
				}
			}},
	}
}
