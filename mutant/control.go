package mutant

import "github.com/zkcheck/zkcheck/election"

// controls are not bugs: each is ZooKeeper's own behaviour, written differently.
func controls() []Mutant {
	return []Mutant{
		{ID: "wait-forgets", Title: "finalizeWait forgets a notification of a higher round that is no better",
			Wrong:   "what is polled in finalizeWait and does not beat the proposal is dropped, even where its round is higher",
			Right:   "ZooKeeper does just that",
			Case:    Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=2 epochs=2"},
			Source:  "lookForLeader: the inner loop polls and compares, and nothing else",
			Control: true,
			change: func(r *election.Rules) {
				r.EndsWait = func(s *election.Server, e *election.Ensemble, _ int, v election.Vote) bool {
					if v.Round > s.Round && !e.Rules.Beats(e, v.Candidate, s.Proposal) {
						return false
					}
					return e.Rules.Beats(e, v.Candidate, s.Proposal)
				}
			}},
		{ID: "order-by-key", Title: "votes are compared as triples",
			Wrong:   "epoch, zxid and sid are compared one after the other, the first that differs decides",
			Right:   "the same, in clauses",
			Case:    Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=2 epochs=2"},
			Source:  "a refactoring of totalOrderPredicate",
			Control: true,
			change: ordered(func(f, c election.Candidate) bool {
				for _, d := range [3]int{sign(uint64(f.PeerEpoch), uint64(c.PeerEpoch)), sign(uint64(f.Zxid)^1<<63, uint64(c.Zxid)^1<<63), sign(uint64(f.Leader), uint64(c.Leader))} {
					if d != 0 {
						return d > 0
					}
				}
				return false
			})},
		{ID: "count-votes", Title: "a majority is counted",
			Wrong:   "a quorum of simple majority is counted instead of looked up",
			Right:   "the same",
			Case:    Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=1 crashes=1 restarts=1 writes=1 timeouts=0"},
			Source:  "a refactoring of QuorumMaj.containsQuorum",
			Control: true,
			change: func(r *election.Rules) {
				r.IsQuorum = func(e *election.Ensemble, set election.Set) bool {
					if e.Hierarchical() {
						return e.IsQuorum(set)
					}
					return (set & e.VoterSet()).Len() >= e.Voters/2+1
				}
			}},
		{ID: "epoch-by-maximum", Title: "the epoch to propose is a maximum",
			Wrong:   "the epoch to propose is the larger of what it was and one more than what is heard",
			Right:   "the same, with a comparison",
			Case:    Case{Servers: "1:1,8 2:1/2,8 3:1,7", Limits: "rounds=1 cuts=1 timeouts=0"},
			Source:  "a refactoring of Leader.getEpochToPropose",
			Control: true,
			change: func(r *election.Rules) {
				r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 { return max(candidate, accepted+1) }
			}},
		{ID: "leader-first", Title: "the leader check asks for the leader's word first",
			Wrong:   "the word of another leader is looked for before anything else",
			Right:   "the same, in another order",
			Case:    Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=2 epochs=2"},
			Source:  "a refactoring of checkLeader",
			Control: true,
			change: func(r *election.Rules) {
				r.CheckLeader = func(s *election.Server, table *[election.MaxVoters]election.Vote, present election.Set, leader election.SID, pos int, round uint64) bool {
					said := present.Has(pos) && table[pos].State == election.Leading
					return said && leader != s.SID || leader == s.SID && s.Round == round
				}
			}},
		{ID: "history-in-two-steps", Title: "the history is kept, then written",
			Wrong:   "a learner takes what was committed into its log, then writes it, then currentEpoch",
			Right:   "the same in two calls",
			Case:    Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=1 crashes=1 restarts=1 writes=1 timeouts=0"},
			Source:  "a refactoring of Learner.syncWithLeader",
			Control: true,
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.KeepHistory()
					s.SaveHistory(out)
					s.SaveCurrentEpoch(p.Epoch, out)
				}
			}},
	}
}

func sign(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
