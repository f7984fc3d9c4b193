package mutant

import "github.com/zkcheck/zkcheck/election"

// broadcastMutants break how transactions are logged, acked, committed and kept.
func broadcastMutants() []Mutant {
	return []Mutant{
		{ID: "ZK-2845", Title: "data inconsistency when the database is retained in an election",
			Wrong:    "a server that looks again without a restart votes with the last zxid that it has applied",
			Right:    "it votes with the last that it has logged",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 epochs=2 writes=1 timeouts=0 crashes=1"},
			Source: "commit 722ba9409 (ZKDatabase.fastForwardDataBase)",
			Paid:   "TLC, the election collapsed: 12 to 18 s, 6,347 to 17,146 states, 10 or 11 steps",
			change: func(r *election.Rules) {
				r.LastLogged = func(s *election.Server) election.Zxid {
					n := s.Committed()
					switch {
					case n == s.History().Len() || n == 0 && s.Phase != election.Broadcast:
						return s.Zxid
					case s.State == election.Leading && (n == 0 || s.History().At(n-1).Zxid.Epoch() != s.Epoch):
						return election.NewZxid(s.Epoch, 0) // nothing of its epoch yet (Leader.startZkServer)
					case n == 0:
						return 0
					}
					return s.History().At(n - 1).Zxid
				}
			}},
		{ID: "ack-before-flush", Title: "a proposal is acked before it is on disk",
			Wrong:    "a server acks a proposal when it hands it to the log's thread",
			Right:    "it acks what is flushed",
			Property: "committed-is-durable", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 writes=1 timeouts=0 inbox=2", Fine: true}, Alone: true,
			Source: "SendAckRequestProcessor before SyncRequestProcessor",
			change: func(r *election.Rules) { r.AcksUnflushed = func() bool { return true } }},
		{ID: "leader-commits-alone", Title: "a proposal is committed without a quorum",
			Wrong:    "one ack commits a proposal",
			Right:    "a quorum of acks does",
			Property: "committed-is-durable", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 writes=1 timeouts=0"}, Alone: true,
			Source: "Leader.tryToCommit without hasAllQuorums",
			change: func(r *election.Rules) {
				r.Commits = func(_ *election.Ensemble, acks election.Set) bool { return acks != 0 }
			}},
		{ID: "commit-all", Title: "a COMMIT commits all that a follower has",
			Wrong:    "a follower that is told of a commit takes all its proposals for committed",
			Right:    "it commits the one that is named",
			Property: "prefix-consistency", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 writes=2 timeouts=0"}, Alone: true,
			Source: "the third ambiguity of the Zab paper (issues.md of ZooKeeper's TLA+ specifications)",
			change: func(r *election.Rules) {
				r.CommitsUpTo = func(s *election.Server, _ election.Zxid) int { return s.History().Len() }
			}},
		{ID: "forward-late", Title: "proposals go only to who has acked NEWLEADER",
			Wrong:    "a learner that is being synchronised is not sent what is proposed meanwhile",
			Right:    "it is forwarded to from the moment its history was chosen",
			Property: "prefix-consistency", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 writes=2 timeouts=0"},
			Source: "the first ambiguity of the Zab paper (issues.md of ZooKeeper's TLA+ specifications)",
			change: func(r *election.Rules) {
				r.Forwards = func(s *election.Server, member int) bool { return s.InSync().Has(member) }
			}},
		{ID: "reply-early", Title: "a client is told before its write is committed",
			Wrong:    "a write is done when it is proposed",
			Right:    "it is done when it is committed",
			Property: "replies-are-kept", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=2 epochs=2 writes=1 timeouts=0 crashes=1"}, Alone: true,
			Source: "an optimistic FinalRequestProcessor",
			change: func(r *election.Rules) { r.RepliesEarly = func() bool { return true } }},
		{ID: "forgets-oldest", Title: "a process forgets its oldest transaction",
			Wrong:    "a process that starts again does not read the first transaction of its log",
			Right:    "it reads all of it",
			Property: "leader-completeness", Case: Case{Servers: "1:1,8", Limits: "rounds=1 epochs=2 crashes=1 restarts=1"}, Alone: true,
			Source: "the family of ZOOKEEPER-1489, 2099 and 2418: a log that is read with a gap",
			change: func(r *election.Rules) {
				r.Load = func(s *election.Server) {
					l := s.History()
					if s.Disk.CurrentEpoch < 2 || l.Len() == 0 {
						return
					}
					var rest []election.Zxid
					for i := 1; i < l.Len(); i++ {
						rest = append(rest, l.At(i).Zxid)
					}
					*l = election.NewLog(rest, false)
				}
			}},
		{ID: "ZK-1277", Title: "the counter of a zxid runs into its epoch",
			Wrong:    "a leader whose counter runs out goes on in the next epoch, to which nobody elected it",
			Right:    "it steps down, and the next zxid has a new epoch",
			Property: "disk-recovers", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=1 writes=2 timeouts=0", Counter: 2},
			Source: "ZOOKEEPER-1277 (Leader.propose)",
			change: func(r *election.Rules) {
				numbers := r.Numbers
				r.Numbers = func(e *election.Ensemble, next election.Zxid) (election.Zxid, bool) {
					if _, ok := numbers(e, next); !ok {
						return election.NewZxid(next.Epoch()+1, 0), true
					}
					return next, true
				}
			}},
		{ID: "ZK-4394", Title: "a COMMIT between NEWLEADER and UPTODATE makes a follower fail",
			Wrong:    "a follower looks for what is committed among what it has not logged, which is empty then, and fails",
			Right:    "it keeps or skips that COMMIT",
			Property: "learner-stays", Case: Case{Servers: "1:1,8 2:1,8 3:1,8", Limits: "rounds=1 writes=1 timeouts=0"},
			Source: "commit 5a2b99b5b (Learner.syncWithLeader)",
			Paid:   "Remix, the election collapsed: 9 s, 14,264 states, 20 steps",
			change: func(r *election.Rules) {
				r.Fails = func(s *election.Server, p election.Packet) bool {
					return p.Kind == election.Commit && s.Phase == election.Synchronization && !s.Syncing()
				}
			}},
		{ID: "ZK-4712", Title: "a follower's log queue survives its term",
			Wrong:    "what waits to be written when a server looks again is neither written nor dropped: it reaches the disk later",
			Right:    "the queue is drained before the last zxid is read",
			Property: "said-is-on-disk", Case: Case{Servers: "1:1,8 2:1,8", Limits: "rounds=2 writes=1 timeouts=0 inbox=1 giveups=1", Fine: true},
			Source: "commit 4d3723581 (Follower.shutdown)",
			Paid:   "Remix, the election collapsed: 11 s, 73,293 states, 13 steps",
			change: func(r *election.Rules) {
				stop := r.StopSync
				r.StopSync = func(s *election.Server, out *election.Outputs) {
					log, disk, unflushed := *s.OnDisk(), s.Disk, s.Unflushed()
					stop(s, out)
					if unflushed {
						*s.OnDisk(), s.Disk.Zxid, s.Zxid = log, disk.Zxid, disk.Zxid
					}
				}
			}},
	}
}
