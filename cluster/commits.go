package cluster

import "github.com/zkcheck/zkcheck/election"

// commitHistory is what has been committed in the run, in order, and the epoch of the leader that committed
// each first. What a second leader commits at the same place is not remembered: it must be the same.
type commitHistory struct {
	n        uint8
	doubtful bool // one was committed by an ack whose sender has not got it on its disk any more
	txns     [election.MaxLog]election.Txn
	epochs   [election.MaxLog]uint32
}

func (h *commitHistory) copyFrom(o *commitHistory) {
	h.n, h.doubtful = o.n, o.doubtful
	copy(h.txns[:o.n], o.txns[:o.n])
	copy(h.epochs[:o.n], o.epochs[:o.n])
}

// rememberCommits takes over what the server that stepped has committed as a leader: a new leader all of its
// history, later what a quorum has acked.
func (y *System) rememberCommits(s *State) {
	h := &s.commits
	for _, f := range s.Out.Facts {
		if f.Kind != election.Serving && f.Kind != election.Committed {
			continue
		}
		s.changeHead()
		v := s.Servers[s.Actor]
		h.doubtful = h.doubtful || f.Kind == election.Committed && f.Flag && !y.onQuorum(s, f.Txn)
		for i := int(h.n); i < v.Committed(); i++ {
			h.txns[i], h.epochs[i] = v.History().At(i), f.Epoch
			h.n++
		}
	}
}

// onQuorum tells whether a transaction is on the disks of a quorum.
func (y *System) onQuorum(s *State, t election.Txn) bool {
	var with election.Set
	for i := range y.Ensemble.Voters {
		if s.Servers[i].OnDisk().Has(t) {
			with = with.With(i)
		}
	}
	return y.Ensemble.IsQuorum(with)
}

// Doubtful tells whether something has been committed that was on the disks of no quorum then, because an
// ack was counted whose sender had come back since and had been truncated: lesson acks-stay-true.
func (s *State) Doubtful() bool { return s.commits.doubtful }

// Commits is how many transactions have been committed in the run, if the system tracks it.
func (s *State) Commits() int { return int(s.commits.n) }

// Commit is the i-th of them, and the epoch of the leader that committed it first.
func (s *State) Commit(i int) (election.Txn, uint32) { return s.commits.txns[i], s.commits.epochs[i] }

// replyHistory is the writes that clients were told are done, in that order.
type replyHistory struct {
	n    uint8
	txns [election.MaxLog]election.Txn
}

func (h *replyHistory) copyFrom(o *replyHistory) {
	h.n = o.n
	copy(h.txns[:o.n], o.txns[:o.n])
}

func (s *State) rememberReplies() {
	h := &s.replies
	for _, f := range s.Out.Facts {
		if f.Kind == election.Replied && h.n < election.MaxLog {
			s.changeHead()
			h.txns[h.n] = f.Txn
			h.n++
		}
	}
}

// Replies is how many writes clients were told are done, if the system tracks it.
func (s *State) Replies() int { return int(s.replies.n) }

// Reply is the i-th of them.
func (s *State) Reply(i int) election.Txn { return s.replies.txns[i] }
