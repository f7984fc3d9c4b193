package mutant

import "github.com/zkcheck/zkcheck/election"

// discoveryMutants break how an epoch is found, promised and established.
func discoveryMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-335", Title: "a false leader bumps its epoch alone",
			Wrong:    "a leader takes the epoch of its last zxid plus one, asks nobody, and needs no promises",
			Right:    "it takes one more than the largest acceptedEpoch of a quorum, which promises it",
			Property: "one-leader-per-epoch", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 giveups=1 timeouts=0"},
			Source: "commit 776db7808 (ZooKeeper before 3.4)",
			change: func(r *election.Rules) {
				r.CandidateEpoch = func(s *election.Server, _, _ uint32) uint32 { return s.Zxid.Epoch() + 1 }
				r.EpochReady, r.EpochAcked = alone, func(*election.Server, *election.Ensemble) bool { return true }
			}},
		{ID: "ZK-1343", Title: "getEpochToPropose uses > instead of >=",
			Wrong:    "an acceptedEpoch equal to the epoch to propose does not raise it",
			Right:    "the epoch is above every acceptedEpoch that was heard",
			Property: "fixed-epoch-is-new", Case: Case{Servers: "1:1/2,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commit bacc7aad8 (Leader.getEpochToPropose)",
			change: func(r *election.Rules) {
				r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 {
					if candidate == 0 || accepted > candidate {
						return accepted + 1
					}
					return candidate
				}
			}},
		{ID: "epoch-not-new", Title: "the epoch is the largest that was heard",
			Wrong:    "a leader proposes the largest acceptedEpoch that it hears",
			Right:    "it proposes one more",
			Property: "fixed-epoch-is-new", Case: Case{Servers: "1:1,8 2:1/2,8 3:1,8", Limits: "rounds=1", Phases: phasesSync}, Alone: true,
			Source: "an off-by-one",
			change: func(r *election.Rules) {
				r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 { return max(candidate, accepted, 1) }
			}},
		{ID: "ZK-1192", Title: "waitForEpochAck tests the wrong flag",
			Wrong:    "a leader that is woken early goes on without a quorum of ACKEPOCHs",
			Right:    "it waits until there is one, or gives up",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "commits b182dd4d7 and d1b00b32b (Leader.waitForEpochAck)",
			change: func(r *election.Rules) {
				r.EpochAcked = func(s *election.Server, _ *election.Ensemble) bool { return s.Epoch != 0 }
			}},
		{ID: "ZK-1270", Title: "a quorum without the leader itself",
			Wrong:    "followers alone fix the epoch, before the leader's own acceptedEpoch is heard",
			Right:    "the leader is part of the quorum",
			Property: "fixed-epoch-is-new", Case: Case{Servers: "1:1,8 2:1,8 3:1/3,8", Limits: "rounds=1"},
			Source: "commit 288830d31, test testLeaderInConnectingFollowers",
			change: func(r *election.Rules) {
				r.EpochReady = func(s *election.Server, e *election.Ensemble) bool { return e.IsQuorum(s.Heard()) }
			}},
		{ID: "leader-alone-fixes", Title: "the leader alone fixes an epoch",
			Wrong:    "the epoch is fixed when the leader has heard itself",
			Right:    "it takes a quorum, or promises that others made are overlooked",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "getEpochToPropose without containsQuorum",
			change: func(r *election.Rules) { r.EpochReady = alone }},
		{ID: "ZK-1291", Title: "the leader's acceptedEpoch is written after it is told",
			Wrong:    "LEADERINFO leaves before the leader has written acceptedEpoch; it does so when the epoch is established",
			Right:    "the promise is on disk before anybody is told",
			Property: "promised-before-told", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "commit f8f15de5f (Leader.getEpochToPropose)",
			change: func(r *election.Rules) {
				r.PromiseAsLeader = func(s *election.Server, epoch uint32, _ *election.Outputs) { s.AcceptedEpoch = epoch }
				acked := r.EpochAcked
				r.EpochAcked = func(s *election.Server, e *election.Ensemble) bool {
					ok := acked(s, e)
					if ok {
						s.Disk.AcceptedEpoch = s.AcceptedEpoch
					}
					return ok
				}
			}},
		{ID: "volatile-promise", Title: "promises are kept in memory",
			Wrong:    "acceptedEpoch never reaches the disk",
			Right:    "it is on disk before it is told or acked",
			Property: "promised-before-told", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1"},
			Source: "the reason for acceptedEpoch, ZOOKEEPER-335 and 1081",
			change: func(r *election.Rules) {
				r.PromiseAsLeader = func(s *election.Server, epoch uint32, _ *election.Outputs) { s.AcceptedEpoch = epoch }
				r.Promise = promiseInMemory
			}},
		{ID: "late-promise", Title: "a learner promises before it writes",
			Wrong:    "ACKEPOCH leaves before acceptedEpoch is written; that happens with currentEpoch",
			Right:    "the promise is on disk before it is acked",
			Property: "counted-acks-are-promises", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1"},
			Source: "Learner.registerWithLeader with its lines exchanged",
			change: func(r *election.Rules) {
				r.Promise = promiseInMemory
				synchronise := r.Synchronise
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.Disk.AcceptedEpoch = s.AcceptedEpoch
					synchronise(s, p, out)
				}
			}},
		{ID: "ZK-4269", Title: "a promise is lost in a crash",
			Wrong:    "a process that starts again takes its currentEpoch for its acceptedEpoch: the file of the promise was never renamed",
			Right:    "it reads the promise that it made",
			Property: "one-leader-per-epoch",
			Case:     Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 epochs=1 crashes=1 restarts=1 timeouts=0", Phases: phasesDiscovery},
			Source:   "commit a5f0eb0e5 (AtomicFileOutputStream)",
			change:   func(r *election.Rules) { r.Load = func(s *election.Server) { s.AcceptedEpoch = s.CurrentEpoch } }},
		{ID: "same-epoch-ack", Title: "a promise made before is counted again",
			Wrong:    "ACKEPOCH with currentEpoch -1, an epoch accepted before, counts",
			Right:    "it is synchronised and not counted",
			Property: "counted-acks-are-promises", Case: Case{Servers: "1:1,8 2:1/2,8 3:1,8", Limits: "rounds=1 timeouts=0"}, Alone: true,
			Source: "the -1 of Zab 1.0 (Leader.waitForEpochAck)",
			change: func(r *election.Rules) {
				r.CountsAck = func(e *election.Ensemble, member int, _ election.Packet) bool { return member < e.Voters }
			}},
		{ID: "repaired-promise", Title: "a process that starts again repairs its acceptedEpoch",
			Wrong:    "an acceptedEpoch above currentEpoch is taken for damage, and overwritten with it",
			Right:    "that is a promise to a leader that came to nothing, and it is kept",
			Property: "epochs-never-go-back", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 crashes=1 restarts=1 timeouts=0"}, Alone: true,
			Source: "the opposite of picky-recovery",
			change: func(r *election.Rules) {
				r.Load = func(s *election.Server) { s.AcceptedEpoch, s.Disk.AcceptedEpoch = s.CurrentEpoch, s.CurrentEpoch }
			}},
		{ID: "lower-epoch", Title: "LEADERINFO of a lower epoch is accepted",
			Wrong:    "a learner follows a leader whose epoch is below its acceptedEpoch, and writes that",
			Right:    "it gives up: the leader's epoch is less than the accepted one",
			Property: "epochs-never-go-back", Case: Case{Servers: "1:1,8 2:1,8 3:1/3,7", Limits: "rounds=2 timeouts=0"},
			Source: "Learner.registerWithLeader without its last branch",
			change: func(r *election.Rules) {
				promise := r.Promise
				r.Promise = func(s *election.Server, epoch uint32, out *election.Outputs) (election.Packet, bool) {
					if epoch < s.AcceptedEpoch {
						s.AcceptedEpoch = epoch - 1
					}
					return promise(s, epoch, out)
				}
			}},
		{ID: "ahead-ignored", Title: "a follower that is ahead of its leader is accepted",
			Wrong:    "nobody compares the follower's epoch and zxid with the leader's",
			Right:    "a leader refuses whoever is more recent than itself",
			Property: "ahead-is-refused", Case: Case{Servers: "1:1,8 2:1,8 3:1,9", Limits: "rounds=1"},
			Source: "Leader.waitForEpochAck without isMoreRecentThan",
			change: func(r *election.Rules) {
				r.IsAhead = func(*election.Server, election.Packet) bool { return false }
			}},
		{ID: "ZK-764", Title: "observers count as voters",
			Wrong:    "FOLLOWERINFO and ACKEPOCH of observers count in the quorum",
			Right:    "only participants count",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Observers: "3", Limits: "rounds=1 timeouts=0"},
			Source: "commits 342b2f5cb, 44e2475ed and 088dfdf18 (ZOOKEEPER-764, 769, 599)",
			change: func(r *election.Rules) {
				enough := func(e *election.Ensemble, set election.Set) bool {
					return e.IsQuorum(set) || !e.Hierarchical() && 2*set.Len() > e.Voters
				}
				r.CountsHeard = func(*election.Ensemble, int) bool { return true }
				r.CountsAck = func(_ *election.Ensemble, _ int, ack election.Packet) bool { return !ack.NoCount }
				r.EpochReady = func(s *election.Server, e *election.Ensemble) bool {
					return s.Heard().Has(s.Position()) && enough(e, s.Heard())
				}
				r.EpochAcked = func(s *election.Server, e *election.Ensemble) bool {
					return s.Acked().Has(s.Position()) && enough(e, s.Acked())
				}
			}},
	}
}

func alone(s *election.Server, _ *election.Ensemble) bool { return s.Heard().Has(s.Position()) }

// promiseInMemory is ZooKeeper's answer to LEADERINFO without its disk write.
func promiseInMemory(s *election.Server, epoch uint32, _ *election.Outputs) (election.Packet, bool) {
	ack := election.Packet{Kind: election.AckEpoch, Epoch: epoch, Zxid: s.Zxid, Current: s.CurrentEpoch}
	if epoch == s.AcceptedEpoch {
		ack.NoCount, ack.Current = true, 0
	}
	ok := epoch >= s.AcceptedEpoch
	s.AcceptedEpoch = max(s.AcceptedEpoch, epoch)
	return ack, ok
}
