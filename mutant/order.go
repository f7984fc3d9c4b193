package mutant

import "github.com/zkcheck/zkcheck/election"

// orderMutants break the order of votes, and what counts as the same vote.
func orderMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-1419", Title: "leader election never settles for a 5-node cluster",
			Wrong:    "the clause that compares sids does not ask for equal epochs",
			Right:    "votes are compared by epoch, then zxid, then sid",
			Property: "proposal-only-grows", Case: Case{Servers: "1:1,8 2:0,8 3:1,8", Limits: "rounds=1"},
			Source: "commit e5a51ead5 (FastLeaderElection.totalOrderPredicate)",
			Paid:   "SandTable (TLC, 20 workers): 232 s, 7,880,899 states, 41 steps",
			change: ordered(func(f, c election.Candidate) bool {
				return f.PeerEpoch > c.PeerEpoch || f.PeerEpoch == c.PeerEpoch && f.Zxid > c.Zxid ||
					f.Zxid == c.Zxid && f.Leader > c.Leader
			})},
		{ID: "ZK-1082", Title: "leader election ignores the epoch",
			Wrong:    "votes are compared by zxid and sid only",
			Right:    "the larger peer epoch wins, whatever the zxids are",
			Property: "winner-is-maximum", Case: Case{Servers: "1:1,8 2:2,7 3:1,8", Limits: "rounds=1"},
			Source: "ZooKeeper before 3.4 (FastLeaderElection.totalOrderPredicate)",
			change: ordered(func(f, c election.Candidate) bool {
				return f.Zxid > c.Zxid || f.Zxid == c.Zxid && f.Leader > c.Leader
			})},
		{ID: "smaller-zxid", Title: "the smaller zxid wins",
			Wrong:    "of two votes of one epoch the one with the smaller zxid is taken",
			Right:    "of equal epochs, the larger zxid wins",
			Property: "quiet-round-elects-maximum", Case: Case{Servers: "1:1,8 2:1,9", Limits: "rounds=1"},
			Source: "a sign error",
			change: ordered(func(f, c election.Candidate) bool {
				if f.PeerEpoch != c.PeerEpoch {
					return f.PeerEpoch > c.PeerEpoch
				}
				if f.Zxid != c.Zxid {
					return f.Zxid < c.Zxid
				}
				return f.Leader > c.Leader
			})},
		{ID: "ZK-491", Title: "servers of weight 0 win elections",
			Wrong:    "the vote order does not look at weights",
			Right:    "a candidate of weight 0 beats nobody",
			Property: "eligible", Case: Case{Servers: "1:1,8 2:1,8 3:1,9", Weights: "1=1,2=1,3=0", Limits: "rounds=1"}, Alone: true,
			Source: "commit c1277084d (ZOOKEEPER-491)",
			change: func(r *election.Rules) {
				r.Beats = func(_ *election.Ensemble, f, c election.Candidate) bool {
					if f.Leader == election.NoServer || c.Leader == election.NoServer {
						return f.Leader != election.NoServer
					}
					return greater(f, c)
				}
			}},
		{ID: "ZK-498", Title: "unending elections in wide-area set-ups",
			Wrong:    "a hierarchical quorum needs a majority in every group that is listed, also where all weights are 0",
			Right:    "it needs a majority of the groups that have a weight",
			Property: "due-decision-is-made", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Weights: "1=1,2=1/3=0", Limits: "rounds=1"},
			Source: "commit 5784f3af3 (QuorumHierarchical)",
			change: func(r *election.Rules) {
				r.IsQuorum = func(e *election.Ensemble, set election.Set) bool {
					if !e.Hierarchical() {
						return e.IsQuorum(set)
					}
					var total, have [256]int
					for i, m := range e.Members[:e.Voters] {
						total[m.Group] += int(m.Weight)
						if set.Has(i) {
							have[m.Group] += int(m.Weight)
						}
					}
					for _, m := range e.Members[:e.Voters] {
						if 2*have[m.Group] <= total[m.Group] {
							return false
						}
					}
					return true
				}
			}},
		{ID: "even-quorum", Title: "half is a majority",
			Wrong:    "half of an even ensemble is a quorum",
			Right:    "a quorum is more than half",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8 4:1,8", Limits: "rounds=1"},
			Source: "n/2 rounded up",
			change: func(r *election.Rules) {
				r.IsQuorum = func(e *election.Ensemble, set election.Set) bool {
					votes := (set & e.VoterSet()).Len()
					return e.IsQuorum(set) || !e.Hierarchical() && e.Voters%2 == 0 && 2*votes >= e.Voters
				}
			}},
		{ID: "leader-only-equality", Title: "LOOKING votes are equal if the leader is",
			Wrong:    "LOOKING votes for the same leader are equal whatever their zxid, epoch and round are",
			Right:    "all of a LOOKING vote is compared",
			Property: "majority", Case: Case{Servers: "1:1,7 2:1,8", Limits: "rounds=2 crashes=1 restarts=1"},
			Source: "a Vote.equals that compares ids",
			change: func(r *election.Rules) {
				r.Same = func(a, b election.Vote) bool { return a.Leader == b.Leader }
			}},
		{ID: "ZK-1732", Title: "a server is unable to join an established ensemble",
			Wrong:    "votes of members that have decided are equal only if their zxids are",
			Right:    "votes of members that have decided are equal if leader and peer epoch are",
			Property: "due-decision-is-made", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 timeouts=0 giveups=1 writes=1"},
			Source: "commit 42dea0dcf (Vote.equals)",
			change: func(r *election.Rules) {
				same := r.Same
				r.Same = func(a, b election.Vote) bool {
					return same(a, b) && !(decided(a) && decided(b) && a.Zxid != b.Zxid)
				}
			}},
		{ID: "ZK-1732-round", Title: "a server that joins compares rounds",
			Wrong:    "votes of members that have decided are equal only if their rounds are",
			Right:    "followers of one leader can have decided in different rounds",
			Property: "due-decision-is-made", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 timeouts=0 crashes=1 restarts=1"},
			Source: "commit 42dea0dcf (FastLeaderElection.termPredicate)",
			change: func(r *election.Rules) {
				same := r.Same
				r.Same = func(a, b election.Vote) bool {
					return same(a, b) && !(decided(a) && decided(b) && a.Round != b.Round)
				}
			}},
	}
}

// ordered puts a vote order between candidates in the place of ZooKeeper's. Weights, and who votes for nobody,
// stay as they are.
func ordered(larger func(fresh, current election.Candidate) bool) func(*election.Rules) {
	return func(r *election.Rules) {
		beats := r.Beats
		r.Beats = func(e *election.Ensemble, fresh, current election.Candidate) bool {
			if fresh.Leader == election.NoServer || current.Leader == election.NoServer || e.Weight(fresh.Leader) == 0 {
				return beats(e, fresh, current)
			}
			return larger(fresh, current)
		}
	}
}

// greater is ZooKeeper's order without weights.
func greater(f, c election.Candidate) bool {
	if f.PeerEpoch != c.PeerEpoch {
		return f.PeerEpoch > c.PeerEpoch
	}
	if f.Zxid != c.Zxid {
		return int64(f.Zxid) > int64(c.Zxid)
	}
	return f.Leader > c.Leader
}

func decided(v election.Vote) bool { return v.State != election.Looking }
