package election

// MaxOutstanding bounds the proposals of a leader that wait for their quorum.
const MaxOutstanding = 8

// propose is a client's write at a serving leader (PrepRequestProcessor, Leader.propose): it is proposed to
// who follows, then logged. When the counter would be the last one the leader steps down instead, so that
// the next zxid has a new epoch (ZOOKEEPER-1277).
func (s *Server) propose(e *Ensemble, value uint8, out *Outputs) {
	z, ok := e.Rules.Numbers(e, s.nextZxid())
	if !ok {
		out.fact(Fact{Kind: RolledOver, Epoch: s.Epoch})
		s.giveUp(e, out)
		return
	}
	t := Txn{Zxid: z, Value: value}
	s.log.append(t)
	out.fact(Fact{Kind: Proposed, Epoch: s.Epoch, Txn: t})
	if e.Rules.RepliesEarly() {
		out.fact(Fact{Kind: Replied, Epoch: s.Epoch, Txn: t})
	}
	for i := range e.Voters {
		if e.Rules.Forwards(s, i) {
			out.send(i, Packet{Kind: Proposal, Epoch: s.Epoch, Zxid: z, Value: value})
		}
	}
	s.logged(e, out)
}

// nextZxid is that of a serving leader's next proposal.
func (s *Server) nextZxid() Zxid {
	if z := s.log.End(); z.Epoch() >= s.Epoch { // above it only where a rule lets the counter run into the epoch
		return z + 1
	}
	return NewZxid(s.Epoch, 1)
}

// RunsOut tells whether a serving leader has no counter for another proposal.
func (s *Server) RunsOut(e *Ensemble) bool {
	_, ok := e.Rules.Numbers(e, s.nextZxid())
	return !ok
}

// logged: the last transactions of the log have been handed to the log's thread (SyncRequestProcessor),
// which in the coarse grain has written them at once.
func (s *Server) logged(e *Ensemble, out *Outputs) {
	s.Zxid = s.log.End()
	switch {
	case !e.Fine:
		s.flushed(e, out)
	case e.Rules.AcksUnflushed():
		for i := s.disk.n; i < s.log.n; i++ {
			s.acknowledge(e, s.log.zxids[i], out)
		}
	}
}

// flushed: what is logged reaches the disk, and is acknowledged then.
func (s *Server) flushed(e *Ensemble, out *Outputs) {
	from := s.disk.n
	s.flush(out)
	if e.Fine && e.Rules.AcksUnflushed() {
		return
	}
	for i := from; i < s.disk.n; i++ {
		s.acknowledge(e, s.disk.zxids[i], out)
	}
}

// acknowledge tells the leader, itself or another, that a proposal is on the disk. Observers do not.
func (s *Server) acknowledge(e *Ensemble, z Zxid, out *Outputs) {
	switch s.State {
	case Leading:
		s.ackProposal(e, int(s.pos), z, out)
	case Following:
		leader, _ := e.Position(s.Vote.Leader)
		out.send(leader, Packet{Kind: Ack, Epoch: s.Epoch, Zxid: z})
	}
}

// ackProposal is Leader.processAck: a quorum commits a proposal, and only the oldest one outstanding
// (tryToCommit). An ack counts for as long as the leader leads, also when its sender has come back and was
// truncated meanwhile: no set of acks ever shrinks. What is committed already, and NEWLEADER's zxid (e,0), is passed over.
func (s *Server) ackProposal(e *Ensemble, from int, z Zxid, out *Outputs) {
	at, ok := s.log.Find(z)
	if !ok || at < int(s.committed) || z.Epoch() != s.Epoch {
		return
	}
	k := at - int(s.committed)
	s.acks[k], s.lapsed = s.acks[k].With(from), s.lapsed.Without(from)
	if k > 0 || !e.Rules.Commits(e, s.acks[0]) {
		return
	}
	t := s.log.At(at)
	out.fact(Fact{Kind: Committed, Epoch: s.Epoch, Txn: t, Max: uint32(s.acks[0]), Flag: s.acks[0]&s.lapsed != 0})
	s.shiftAcks()
	s.committed++
	if !e.Rules.RepliesEarly() {
		out.fact(Fact{Kind: Replied, Epoch: s.Epoch, Txn: t})
	}
	for i := range e.Members {
		switch {
		case !s.forwarding.Has(i):
		case i < e.Voters:
			out.send(i, Packet{Kind: Commit, Epoch: s.Epoch, Zxid: z})
		default:
			out.send(i, Packet{Kind: Inform, Epoch: s.Epoch, Zxid: z, Value: t.Value})
		}
	}
}

// shiftAcks forgets the acks of the oldest proposal.
func (s *Server) shiftAcks() {
	copy(s.acks[:], s.acks[1:])
	s.acks[MaxOutstanding-1] = 0
	var counted Set
	for _, acks := range s.acks {
		counted |= acks
	}
	s.lapsed &= counted
}

// proposal at a follower: before UPTODATE it waits, afterwards it is logged.
func (s *Server) proposal(e *Ensemble, p Packet, out *Outputs) {
	s.log.append(Txn{p.Zxid, p.Value})
	if s.Phase != Broadcast {
		s.pending++
		return
	}
	s.logged(e, out)
}

// inform at an observer is a committed proposal.
func (s *Server) inform(e *Ensemble, p Packet, out *Outputs) {
	s.proposal(e, p, out)
	s.committed = s.log.n
}

// Outstanding is the number of proposals of a leader that are not committed.
func (s *Server) Outstanding() int {
	if s.State != Leading || s.Phase != Broadcast {
		return 0
	}
	return int(s.log.n - s.committed)
}

// History is the log in memory: what the server votes for and serves. Valid until the next step.
func (s *Server) History() *Log { return &s.log }

// Pending is how many of the last transactions of its history a learner has not logged, because it is not
// up to date.
func (s *Server) Pending() int { return int(s.pending) }

// OnDisk is the log on the disk.
func (s *Server) OnDisk() *Log { return &s.disk }

// Committed is how many transactions of its history the server knows to be committed in this term.
func (s *Server) Committed() int { return int(s.committed) }

// Unflushed tells whether something is logged and not on the disk yet (fine grain).
func (s *Server) Unflushed() bool { return s.disk.n < s.log.n-s.pending && s.sync == 0 }

// Syncing tells whether a learner is between the first packet of its synchronisation and NEWLEADER.
func (s *Server) Syncing() bool { return s.sync != 0 }

// SetHistory puts a log on the disk of a server that has never been started.
func (s *Server) SetHistory(l *Log) { s.disk.copyFrom(l) }
