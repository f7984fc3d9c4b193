package mutant

import "github.com/zkcheck/zkcheck/election"

// lookingMutants break how a server counts votes and leaves LOOKING.
func lookingMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-275", Title: "a better vote of a higher round is ignored",
			Wrong:    "a higher round resets the proposal to the server's own vote",
			Right:    "the proposal becomes the better of that vote and the server's own",
			Property: "best-vote-is-taken", Case: Case{Servers: "1:1,8 2:1,9 3:1,8", Limits: "rounds=2 giveups=1"},
			Source: "commit 7d8d199a4 (lookForLeader)",
			change: func(r *election.Rules) {
				adopt := r.AdoptRound
				r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
					adopt(s, e, v)
					s.Proposal = s.Initial(e)
				}
			}},
		{ID: "ZK-159-round", Title: "a vote of a higher round is taken blindly",
			Wrong:    "a higher round makes its sender's vote the proposal, though the server's own is better",
			Right:    "the proposal becomes the better of that vote and the server's own",
			Property: "winner-is-maximum", Case: Case{Servers: "1:1,8 2:1,9", Limits: "rounds=2 giveups=1"}, Alone: true,
			Source: "commit 109a15859 (lookForLeader)",
			change: func(r *election.Rules) {
				adopt := r.AdoptRound
				r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
					adopt(s, e, v)
					s.Proposal = v.Candidate
				}
			}},
		{ID: "fickle", Title: "votes are compared with the own one",
			Wrong:    "a vote that beats the server's own initial vote becomes its proposal, though the proposal is better",
			Right:    "votes are compared with the proposal",
			Property: "proposal-only-grows", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Weights: "1=1,2=1/3=1", Limits: "rounds=1 timeouts=0", Phases: phasesElection}, Alone: true,
			Source: "half of commit 7d8d199a4: the comparison used a stale proposal",
			change: func(r *election.Rules) {
				r.Takes = func(s *election.Server, e *election.Ensemble, v election.Vote) bool {
					return v.Candidate != s.Proposal && e.Rules.Beats(e, v.Candidate, s.Initial(e))
				}
			}},
		{ID: "recvset-kept", Title: "votes of two rounds are mixed",
			Wrong:    "a higher round does not clear the votes of the round before, and rounds of votes are not compared",
			Right:    "recvset holds votes of one round",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 giveups=1"},
			Source: "lookForLeader without recvset.clear()",
			change: func(r *election.Rules) {
				r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
					s.Round, s.Proposal = v.Round, s.Initial(e)
					if e.Rules.Beats(e, v.Candidate, s.Proposal) {
						s.Proposal = v.Candidate
					}
				}
				r.Same = sameButRound
			}},
		{ID: "stale-round-counted", Title: "votes of earlier rounds are counted",
			Wrong:    "a LOOKING vote of a lower round is counted in this one",
			Right:    "it is ignored, and its sender told",
			Property: "best-vote-is-taken", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=2 giveups=1"},
			Source: "lookForLeader without the test of the round",
			change: func(r *election.Rules) {
				r.CountsLooking = func(round, own uint64) bool { return round <= own }
				r.Same = sameButRound
			}},
		{ID: "round-not-incremented", Title: "every election is in the same round",
			Wrong:    "a server that looks again stays in its round",
			Right:    "a new election begins a new round",
			Property: "rounds-move-on", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=2 giveups=1"},
			Source: "lookForLeader without logicalclock.incrementAndGet()",
			change: func(r *election.Rules) { r.NextRound = func(round uint64) uint64 { return max(round, 1) } }},
		{ID: "new-round-on-change", Title: "who changes its mind begins a new round",
			Wrong:    "a server that hears a better vote in finalizeWait goes on in the next round",
			Right:    "it goes on in the same round: two servers can be LEADING in one round, and discovery makes it harmless",
			Property: "two-leading-one-round", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 timeouts=2", Phases: phasesElection}, Alone: true,
			Source: "a repair that is none: ZooKeeper lives with the lesson",
			change: func(r *election.Rules) {
				ends := r.EndsWait
				r.EndsWait = func(s *election.Server, e *election.Ensemble, from int, v election.Vote) bool {
					if !ends(s, e, from, v) {
						return false
					}
					s.Round, s.Proposal = s.Round+1, v.Candidate
					return true
				}
			}},
		{ID: "no-finalize-wait", Title: "a decision at the first quorum",
			Wrong:    "a server decides as soon as it has a quorum of equal votes",
			Right:    "it waits for better ones first (finalizeWait)",
			Property: "rounds-move-on", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1"},
			Source: "lookForLeader without finalizeWait",
			change: func(r *election.Rules) {
				r.Waits = func(*election.Ensemble, election.Set) bool { return false }
			}},
		{ID: "ZK-975", Title: "a new peer goes LEADING although the ensemble is online",
			Wrong:    "a server decides at once when votes of all members are there, without finalizeWait",
			Right:    "every decision by LOOKING votes is preceded by finalizeWait",
			Property: "rounds-move-on", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commit 2be6b4dc2, test FLETest.testJoin",
			change: func(r *election.Rules) {
				r.Waits = func(e *election.Ensemble, present election.Set) bool { return present != e.VoterSet() }
			}},
		{ID: "ZK-3769", Title: "a malformed notification kills the receiver",
			Wrong:    "bytes that cannot be read end the receive loop: the server is deaf until it starts again",
			Right:    "they are skipped",
			Property: "malformed-changes-nothing", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 garbles=1 timeouts=0"}, Alone: true,
			Source: "commits of ZOOKEEPER-3769 and its tests (WorkerReceiver)",
			change: func(r *election.Rules) {
				r.Receives = func(s *election.Server, readable bool) bool {
					if !readable {
						s.Memo = 1
					}
					return readable && s.Memo == 0
				}
			}},
		{ID: "ZK-2988", Title: "a vote for a server that is not in the view",
			Wrong:    "a vote is counted if its sender is a voter, whoever it is for",
			Right:    "sender and leader must be voters",
			Property: "malformed-changes-nothing", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 garbles=2"},
			Source: "commit a6efddca2 (FastLeaderElection.validVoter)",
			change: func(r *election.Rules) {
				r.Valid = func(e *election.Ensemble, from int, _ election.Vote) bool { return from < e.Voters }
			}},
		{ID: "no-resend", Title: "notifications are not sent again",
			Wrong:    "nothing happens when no notification comes for a while",
			Right:    "a LOOKING server sends its vote again",
			Property: "calm-election-ends", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 drops=1"}, Alone: true,
			Source: "lookForLeader without the notification time-out",
			change: func(r *election.Rules) { r.Resends = func() bool { return false } }},
		{ID: "ZK-481", Title: "a message given to a dying connection is lost for good",
			Wrong:    "a new connection does not send the last message again, and nothing else sends it",
			Right:    "the last message to each peer is kept, and sent when it is connected again",
			Property: "calm-election-ends", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 resets=1"},
			Source: "commit 63f1fa23c, test FLELostMessageTest",
			change: func(r *election.Rules) {
				r.ResendsLast, r.Resends = func() bool { return false }, func() bool { return false }
			}},
		{ID: "no-answer-to-lagging", Title: "who lags behind is not answered",
			Wrong:    "a LOOKING sender of a lower round gets no answer",
			Right:    "it is told the current proposal and round",
			Property: "asker-is-answered", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=2 giveups=1"},
			Source: "WorkerReceiver without its second branch",
			change: func(r *election.Rules) { r.AnswersLagging = func(_, _ uint64) bool { return false } }},
	}
}

// sameButRound is ZooKeeper's equality, to which all rounds are one.
func sameButRound(a, b election.Vote) bool {
	b.Round = a.Round
	return election.Same(a, b)
}
