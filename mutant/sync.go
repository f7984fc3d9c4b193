package mutant

import "github.com/zkcheck/zkcheck/election"

// syncMutants break how a learner is brought to its leader's history, and what is on disk when it says so.
func syncMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-3911", Title: "data inconsistency caused by DIFF sync of an uncommitted log",
			Wrong:    "a follower acks NEWLEADER, and writes the history of its DIFF when it is up to date",
			Right:    "the history is on disk before the ack",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,7 2:1,8", Limits: "rounds=1 timeouts=0"},
			Source: "commit 31032cf98 (Learner.syncWithLeader)",
			Paid:   "TLC, the election collapsed: 42 s, 286,286 states, 14 steps; another invariant 13 min, 8,677,945 states",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.KeepHistory()
					s.SaveCurrentEpoch(p.Epoch, out)
				}
				r.UpToDate = (*election.Server).SaveHistory
			}},
		{ID: "ZK-4643", Title: "committed transactions are truncated when a follower crashes after currentEpoch and before its log",
			Wrong:    "currentEpoch is written first, then the history",
			Right:    "history, then currentEpoch, then the ack",
			Property: "epoch-has-history", Case: Case{Servers: "1:1,7 2:1,8", Limits: "rounds=1 timeouts=0 crashes=1"},
			Source: "commits 34f292924 and 5a2b99b5b (Learner.syncWithLeader)",
			Paid:   "Remix, the election collapsed: 17 s, 208,018 states, 21 steps; TLC 69 s to 86 min; the real election 8 h 32 min",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.SaveCurrentEpoch(p.Epoch, out)
					s.SaveHistory(out)
				}
			}},
		{ID: "ZK-4646", Title: "committed transactions are lost after ACK of NEWLEADER and before the disk write",
			Wrong:    "what was synchronised is handed to the log's thread, and NEWLEADER is acked before that has written",
			Right:    "the ack follows the flush",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,7 2:1,8", Limits: "rounds=1 timeouts=0 inbox=2", Fine: true},
			Source: "ZOOKEEPER-4646 (SyncRequestProcessor)",
			Paid:   "Remix, the election collapsed: 109 s, 2,880,498 states, 21 steps; TLC 26 s to 12 min",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.KeepHistory()
					s.SaveCurrentEpoch(p.Epoch, out)
				}
			}},
		{ID: "ZK-1282", Title: "currentEpoch is written at UPTODATE",
			Wrong:    "NEWLEADER is acked with the old currentEpoch on disk",
			Right:    "currentEpoch is on disk before the ack",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 timeouts=0"},
			Source: "commit f8f15de5f (Learner.syncWithLeader)",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, _ election.Packet, out *election.Outputs) { s.SaveHistory(out) }
				r.UpToDate = func(s *election.Server, out *election.Outputs) { s.SaveCurrentEpoch(s.Epoch, out) }
			}},
		{ID: "ZK-2307", Title: "memory is updated and the disk is not",
			Wrong:    "a write of currentEpoch that fails goes unnoticed",
			Right:    "who cannot write does not ack",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 timeouts=0"},
			Source: "commit 3a7c945e8 (QuorumPeer.setCurrentEpoch)",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.SaveHistory(out)
					s.CurrentEpoch = p.Epoch
				}
			}},
		{ID: "ZK-1387", Title: "the wrong epoch file is written",
			Wrong:    "the new currentEpoch goes into the file of acceptedEpoch",
			Right:    "each has a file of its own",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 timeouts=0"},
			Source: "commit 7db3ef7fa (QuorumPeer.getAcceptedEpoch)",
			change: func(r *election.Rules) {
				r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
					s.SaveHistory(out)
					s.CurrentEpoch, s.Disk.AcceptedEpoch = p.Epoch, p.Epoch
				}
			}},
		{ID: "picky-recovery", Title: "a disk that a crash can leave is refused",
			Wrong:    "a process does not start with an acceptedEpoch above its currentEpoch",
			Right:    "that is a promise to a leader that came to nothing",
			Property: "disk-recovers", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1"}, Alone: true,
			Source: "the family of ZOOKEEPER-1653 (QuorumPeer.loadDataBase)",
			change: func(r *election.Rules) {
				r.Recovers = func(d election.Disk) bool { return d.AcceptedEpoch == d.CurrentEpoch }
			}},
		{ID: "ZK-790", Title: "a leader serves before a quorum has acked NEWLEADER",
			Wrong:    "the leader's last zxid becomes (epoch, 0) and it serves as soon as its epoch is established",
			Right:    "a quorum must ack NEWLEADER first",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 timeouts=0"},
			Source: "commit 2678baf5c (Leader.lead)",
			change: func(r *election.Rules) { r.Synced = func(*election.Server, *election.Ensemble) bool { return true } }},
		{ID: "ZK-1113", Title: "acks are counted, not who sent them",
			Wrong:    "every ACK of NEWLEADER counts one, an observer's too",
			Right:    "a quorum is a set of voters",
			Property: "majority", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Observers: "3", Limits: "rounds=1 timeouts=0"},
			Source: "title of ZOOKEEPER-1113 (QuorumMaj)",
			change: func(r *election.Rules) {
				synced, stop := r.Synced, r.StopSync
				r.Synced = func(s *election.Server, e *election.Ensemble) bool {
					if e.Hierarchical() {
						return synced(s, e)
					}
					s.Memo++
					if 2*int(s.Memo) <= e.Voters {
						return false
					}
					s.Memo = 0
					return true
				}
				r.StopSync = func(s *election.Server, out *election.Outputs) {
					s.Memo = 0 // another term counts its own
					stop(s, out)
				}
			}},
		{ID: "ZK-962", Title: "a follower takes the leader's zxid before it has the data",
			Wrong:    "the last zxid becomes the leader's at the start of the synchronisation",
			Right:    "it grows with the data that has come",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,7 2:1,8", Limits: "rounds=2 timeouts=0 inbox=1 crashes=1", Fine: true},
			Source: "commits 71bcbd899 and 1789e0d6f (Learner.syncWithLeader)",
			change: func(r *election.Rules) {
				begin := r.BeginSync
				r.BeginSync = func(s *election.Server, p election.Packet, snapshot *election.Log, out *election.Outputs) {
					begin(s, p, snapshot, out)
					s.Zxid = p.Zxid
				}
			}},
		{ID: "ZK-1154", Title: "data inconsistency when the node with the highest zxid joins late",
			Wrong:    "who has more than its leader gets a DIFF, and keeps what nobody else has",
			Right:    "it is truncated first",
			Property: "prefix-consistency", Case: Case{Servers: "1:1,7 2:1,8 3:1,7", Limits: "rounds=1 timeouts=0"},
			Source: "commit 0552fada7 (LearnerHandler.run)",
			change: planned(func(_ *election.Server, h election.History, p *election.SyncPlan) {
				if p.Kind == election.Trunc {
					p.Kind = election.Diff
				}
			})},
		{ID: "ZK-1156", Title: "a log is truncated too far",
			Wrong:    "TRUNC goes one transaction back behind the last that both have",
			Right:    "it goes back to the last that both have",
			Property: "epoch-has-history", Case: Case{Servers: "1:1,7 2:1,8 3:1,7", Limits: "rounds=1 timeouts=0"},
			Source: "ZOOKEEPER-1156 (TxnLog truncation)",
			change: planned(func(_ *election.Server, h election.History, p *election.SyncPlan) {
				if p.Kind != election.Trunc {
					return
				}
				before := election.Zxid(0)
				for _, t := range h.Logged {
					if t.Zxid < p.Zxid {
						before = t.Zxid
					}
				}
				p.Zxid = before
			})},
		{ID: "ZK-4925", Title: "a hole in the committed log",
			Wrong:    "transactions that came while a follower was synchronised never enter its memory of committed ones; as a leader it sends a DIFF without them",
			Right:    "all that is committed is remembered",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 epochs=2 writes=1 timeouts=0 crashes=1"},
			Source: "commit e5dd60bf0, test QuorumSyncTest; as far as three servers show it",
			change: func(r *election.Rules) {
				r.UpToDate = func(s *election.Server, _ *election.Outputs) {
					for i := s.History().Len() - s.Pending(); i < s.History().Len(); i++ {
						s.Memo |= 1 << i
					}
				}
				begin := r.BeginSync
				r.BeginSync = func(s *election.Server, p election.Packet, snapshot *election.Log, out *election.Outputs) {
					if p.Kind != election.Diff {
						s.Memo = 0 // the database is read or sent anew (ZKDatabase.clear)
					}
					begin(s, p, snapshot, out)
				}
				plan := r.PlanSync
				r.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
					var known []election.Txn
					for i, t := range h.Committed {
						if s.Memo>>i&1 == 0 {
							known = append(known, t)
						}
					}
					h.Committed, h.Logged = known, known
					return plan(s, h, peer, buf)
				}
			}},
	}
}

// planned changes the plan of a synchronisation.
func planned(change func(s *election.Server, h election.History, p *election.SyncPlan)) func(*election.Rules) {
	return func(r *election.Rules) {
		plan := r.PlanSync
		r.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
			p := plan(s, h, peer, buf)
			change(s, h, &p)
			return p
		}
	}
}
