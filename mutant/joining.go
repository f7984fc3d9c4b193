package mutant

import "github.com/zkcheck/zkcheck/election"

type leaderCheck = func(s *election.Server, table *[election.MaxVoters]election.Vote, present election.Set, leader election.SID, pos int, round uint64) bool

// joiningMutants break how a server joins a leader that it is told of.
func joiningMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-1514", Title: "FastLeaderElection: leader ignores the round when it is told that it leads",
			Wrong:    "a quorum of decided votes that name a server makes it lead, whatever their round is",
			Right:    "only votes of its own round do",
			Property: "own-round", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 giveups=1 timeouts=0", Phases: phasesElection}, Alone: true,
			Source: "commit e57238c73, test FLEBackwardElectionRoundTest",
			change: checked(func(s *election.Server, check bool, leader election.SID) bool { return check || leader == s.SID })},
		{ID: "ZK-569", Title: "a dead leader is elected again and again",
			Wrong:    "followers' word that somebody leads is enough to follow it",
			Right:    "the leader itself must say LEADING",
			Property: "leader-said-so", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "commit b8ccc0c57 (checkLeader)",
			change: checked(func(s *election.Server, check bool, leader election.SID) bool { return check || leader != s.SID })},
		{ID: "ZK-159", Title: "corner cases of election: rounds of votes",
			Wrong:    "votes are matched by leader, zxid and epoch, not by round, and nobody asks the leader itself",
			Right:    "LOOKING votes of other rounds are not equal, and the leader must say LEADING",
			Property: "leader-said-so", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 crashes=1 restarts=1"},
			Source: "commit 109a15859",
			change: func(r *election.Rules) {
				r.Same = sameButRound
				checked(func(*election.Server, bool, election.SID) bool { return true })(r)
			}},
		{ID: "ZK-480", Title: "the leader check when the node itself is the leader",
			Wrong:    "a server whom all follow does not lead, because nobody else says that it does",
			Right:    "who is the leader itself needs no LEADING notification",
			Property: "due-decision-is-made", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commit 930380c94, test FLELostMessageTest",
			change: checked(func(s *election.Server, check bool, leader election.SID) bool { return check && leader != s.SID })},
		{ID: "ZK-3537", Title: "messages of decided servers are looked up in the wrong table",
			Wrong:    "votes of this round are counted in recvset, and the leader's own is looked for in outofelection",
			Right:    "both are in recvset",
			Property: "due-decision-is-made", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commit 9f2e2f238 (lookForLeader)",
			change: func(r *election.Rules) {
				check := r.CheckLeader
				r.CheckLeader = func(s *election.Server, _ *[election.MaxVoters]election.Vote, _ election.Set, leader election.SID, pos int, round uint64) bool {
					votes, present := s.Votes(election.Outofelection)
					return check(s, votes, present, leader, pos, round)
				}
			}},
		{ID: "ZK-975-leading", Title: "one LEADING notification is enough in the same round",
			Wrong:    "a LEADING notification of this round is followed without a quorum",
			Right:    "a quorum must follow that leader",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commit 2be6b4dc2",
			change: func(r *election.Rules) {
				enough := r.Enough
				r.Enough = func(s *election.Server, e *election.Ensemble, counted election.Set, v election.Vote) bool {
					return enough(s, e, counted, v) || v.State == election.Leading && v.Round == s.Round
				}
			}},
		{ID: "one-notice-joins", Title: "one notification of a decided server is enough",
			Wrong:    "a server joins a leader on the word of one, whoever it is",
			Right:    "a quorum must follow that leader, and it must say so itself",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "an election that trusts everybody",
			change: func(r *election.Rules) {
				r.Enough = func(*election.Server, *election.Ensemble, election.Set, election.Vote) bool { return true }
				checked(func(*election.Server, bool, election.SID) bool { return true })(r)
			}},
		{ID: "ZK-1818", Title: "a member's vote keeps its old epoch",
			Wrong:    "the vote of a learner is not brought up to the new epoch when it is in sync",
			Right:    "its peer epoch becomes the new one (updateElectionVote)",
			Property: "joiner-joins", Case: Case{Servers: "1:1,8 2:1,8 3:1,7", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "commit 193a6ed04 (QuorumPeer.updateElectionVote)",
			change: func(r *election.Rules) {
				refresh := r.RefreshVote
				r.RefreshVote = func(s *election.Server) {
					if s.State == election.Leading {
						refresh(s)
					}
				}
			}},
		{ID: "unseated", Title: "a serving leader that is asked looks again",
			Wrong:    "a serving leader that somebody asks for its vote begins an election",
			Right:    "it answers, and goes on serving",
			Property: "serving-leader-stays", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Weights: "1=1,2=1,3=0", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "a joiner that unseats the leader: what FLETest.testJoin forbids",
			change: func(r *election.Rules) {
				answer := r.Answer
				r.Answer = func(s *election.Server) election.Vote {
					v := answer(s)
					if s.State == election.Leading && s.Phase == election.Broadcast {
						s.State, s.Phase, s.Round = election.Looking, election.Election, s.Round+1
						s.Proposal = election.Candidate{Leader: s.SID, Zxid: s.Zxid, PeerEpoch: s.CurrentEpoch}
					}
					return v
				}
			}},
		{ID: "ZK-1492", Title: "a leader cannot switch to LOOKING when it has lost the majority",
			Wrong:    "a serving leader without a quorum goes on serving",
			Right:    "it steps down",
			Property: "lost-leader-leaves", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 timeouts=0 crashes=1"}, Alone: true,
			Source: "titles of ZOOKEEPER-1492, 1699, 2247 (the check in Leader.lead)",
			change: func(r *election.Rules) {
				r.LostQuorum = func(*election.Ensemble, election.Set) bool { return false }
			}},
	}
}

// checked puts a leader check in the place of ZooKeeper's, which it is told the outcome of.
func checked(then func(s *election.Server, check bool, leader election.SID) bool) func(*election.Rules) {
	return func(r *election.Rules) {
		var check leaderCheck = r.CheckLeader
		r.CheckLeader = func(s *election.Server, table *[election.MaxVoters]election.Vote, present election.Set, leader election.SID, pos int, round uint64) bool {
			return then(s, check(s, table, present, leader, pos, round), leader)
		}
	}
}
