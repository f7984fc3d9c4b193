package election

// offer: the leader hears its own acceptedEpoch (Leader.lead calling getEpochToPropose). A step of its
// own, because the listener is open before: a follower can be heard first.
func (s *Server) offer(e *Ensemble, out *Outputs) {
	s.Offered = true
	s.hear(e, int(s.pos), s.AcceptedEpoch, out)
}

// packet takes a packet of the follower-leader connection.
func (s *Server) packet(e *Ensemble, in *Input, out *Outputs) {
	from, p := int(in.From), in.Packet
	if s.State != Leading && e.Rules.Fails(s, p) {
		out.HangUp = true
		s.giveUp(e, out)
		return
	}
	switch p.Kind {
	case FollowerInfo:
		s.followerInfo(e, from, p, out)
	case LeaderInfo:
		s.leaderInfo(e, from, p, out)
	case AckEpoch:
		s.ackEpoch(e, from, p, out)
	case NewLeader:
		s.newLeader(e, from, p, out)
	case Ack:
		if p.Zxid.Counter() != 0 {
			s.ackProposal(e, from, p.Zxid, out)
		} else {
			s.ackNewLeader(e, from, out)
		}
	case UpToDate:
		s.upToDate(e, out)
	case Diff, Trunc, Snap:
		e.Rules.BeginSync(s, p, in.Snapshot, out)
	case Proposal:
		s.proposal(e, p, out)
	case Commit:
		s.committed = logLen(e.Rules.CommitsUpTo(s, p.Zxid))
	case Inform:
		s.inform(e, p, out)
	}
}

// disconnected: what a leader still wants to tell that learner is pointless now. What the learner said
// stays said: ZooKeeper never takes a server out of connectingFollowers, electingFollowers or the acks
// of NEWLEADER.
func (s *Server) disconnected(learner int) {
	s.awaitInfo = s.awaitInfo.Without(learner)
	s.awaitSync, s.awaiting[learner] = s.awaitSync.Without(learner), 0
	s.inSync = s.inSync.Without(learner)
	s.forwarding = s.forwarding.Without(learner)
	for _, acks := range s.acks {
		s.lapsed |= acks & Set(0).With(learner)
	}
}

func (s *Server) followerInfo(e *Ensemble, from int, p Packet, out *Outputs) {
	if s.Epoch != 0 { // waitingForNewEpoch is over: a late comer is told the epoch
		out.send(from, Packet{Kind: LeaderInfo, Epoch: s.Epoch})
		return
	}
	s.awaitInfo = s.awaitInfo.With(from)
	s.hear(e, from, p.Epoch, out)
}

// hear is getEpochToPropose: every learner's acceptedEpoch raises the candidate, an observer's too;
// only participants are counted. When the leader itself and a quorum were heard the epoch is fixed,
// and promised on the leader's own disk before anybody is told.
func (s *Server) hear(e *Ensemble, from int, accepted uint32, out *Outputs) {
	s.candidate = e.Rules.CandidateEpoch(s, s.candidate, accepted)
	if e.Rules.CountsHeard(e, from) {
		s.heard = s.heard.With(from)
		s.heardMax = max(s.heardMax, accepted)
	}
	out.fact(Fact{Kind: Heard, Peer: uint8(from), Epoch: accepted})
	if !e.Rules.EpochReady(s, e) {
		return
	}
	s.Epoch = s.candidate
	out.fact(Fact{Kind: EpochFixed, Epoch: s.Epoch, Max: s.heardMax})
	e.Rules.PromiseAsLeader(s, s.Epoch, out)
	for i := range e.Members {
		if s.awaitInfo.Has(i) {
			out.send(i, Packet{Kind: LeaderInfo, Epoch: s.Epoch})
		}
	}
	s.heard, s.candidate, s.heardMax, s.awaitInfo = 0, 0, 0, 0
	s.countAck(e, out, int(s.pos)) // its own always counts, without the -1 rule
}

func (s *Server) leaderInfo(e *Ensemble, from int, p Packet, out *Outputs) {
	ack, ok := e.Rules.Promise(s, p.Epoch, out)
	if !ok {
		out.HangUp = true
		s.giveUp(e, out)
		return
	}
	s.Epoch = p.Epoch
	out.send(from, ack)
}

// ackEpoch is waitForEpochAck for a learner. Once the epoch is established nobody is refused for being
// ahead: it is synchronised, and truncated where need be.
func (s *Server) ackEpoch(e *Ensemble, from int, p Packet, out *Outputs) {
	if s.Phase != Discovery {
		s.sendSync(e, from, p.Zxid, out)
		return
	}
	if !p.NoCount && e.Rules.IsAhead(s, p) {
		out.fact(Fact{Kind: Ahead, Peer: uint8(from), Epoch: s.Epoch})
		out.Close = out.Close.With(from)
		return
	}
	s.awaitSync = s.awaitSync.With(from)
	s.awaiting[from] = p.Zxid
	if e.Rules.CountsAck(e, from, p) {
		out.fact(Fact{Kind: AckCounted, Peer: uint8(from), Epoch: s.Epoch, Flag: p.Wrote})
		s.countAck(e, out, from)
	}
}

// countAck counts an ACKEPOCH; a quorum that holds the leader itself establishes the epoch. The threads of
// the learners send NEWLEADER, the leader's own writes currentEpoch: in one step, unless it is caught
// halfway.
func (s *Server) countAck(e *Ensemble, out *Outputs, from int) {
	s.acked = s.acked.With(from)
	if !e.Rules.EpochAcked(s, e) {
		return
	}
	s.Phase = Synchronization
	for i := range e.Members {
		if s.awaitSync.Has(i) {
			s.sendSync(e, i, s.awaiting[i], out)
			s.awaiting[i] = 0
		}
	}
	s.awaitSync = 0
	if out.halfway {
		s.lag.stage = Establishing
		return
	}
	s.establish(e, out)
}

// establish: the leader's own thread writes currentEpoch and waits for acks of NEWLEADER, its own first.
func (s *Server) establish(e *Ensemble, out *Outputs) {
	out.fact(Fact{Kind: Established, Epoch: s.Epoch, Max: uint32(s.acked)})
	s.SaveCurrentEpoch(s.Epoch, out)
	s.acked = 0
	s.countNewLeader(e, int(s.pos), out)
}

// newLeader at a learner: history, currentEpoch, then the ack (Learner.syncWithLeader).
func (s *Server) newLeader(e *Ensemble, from int, p Packet, out *Outputs) {
	e.Rules.Synchronise(s, p, out)
	s.Phase, s.sync = Synchronization, 0
	out.fact(Fact{Kind: Synced, Peer: uint8(from), Epoch: p.Epoch})
	out.send(from, Packet{Kind: Ack, Epoch: p.Epoch})
}

// upToDate: a learner serves, its vote has the new epoch, and what has come since NEWLEADER is logged.
func (s *Server) upToDate(e *Ensemble, out *Outputs) {
	e.Rules.UpToDate(s, out)
	s.Phase = Broadcast
	e.Rules.RefreshVote(s)
	if s.pending > 0 {
		s.pending = 0
		s.logged(e, out)
	}
}

// ackNewLeader passes over the ack that a learner sends again when it is up to date.
func (s *Server) ackNewLeader(e *Ensemble, from int, out *Outputs) {
	if s.inSync.Has(from) {
		return
	}
	s.inSync = s.inSync.With(from)
	if s.Phase == Broadcast {
		out.send(from, Packet{Kind: UpToDate, Epoch: s.Epoch})
		return
	}
	s.countNewLeader(e, from, out)
}

// countNewLeader is waitForNewLeaderAck; at a quorum the leader serves (startZkServer): its last zxid
// in memory becomes (epoch, 0), its vote gets the new epoch, and who acked is told UPTODATE.
func (s *Server) countNewLeader(e *Ensemble, from int, out *Outputs) {
	if from < e.Voters {
		s.newAcked = s.newAcked.With(from)
	}
	if !e.Rules.Synced(s, e) {
		return
	}
	out.fact(Fact{Kind: Serving, Epoch: s.Epoch, Max: uint32(s.newAcked)})
	s.newAcked = 0
	s.Phase = Broadcast
	s.committed = s.log.n // all of its history
	s.Zxid = NewZxid(s.Epoch, 0)
	e.Rules.RefreshVote(s)
	for i := range e.Members {
		if s.inSync.Has(i) {
			out.send(i, Packet{Kind: UpToDate, Epoch: s.Epoch})
		}
	}
}

// LostQuorum tells whether a serving leader has too few connected learners (the check of Leader.lead).
func (s *Server) LostQuorum(e *Ensemble, connected Set) bool {
	return e.Rules.LostQuorum(e, connected.With(int(s.pos)))
}

// CandidateAfter is the epoch a leader would propose after hearing an acceptedEpoch.
func (s *Server) CandidateAfter(e *Ensemble, accepted uint32) uint32 {
	return e.Rules.CandidateEpoch(s, s.candidate, accepted)
}

// Interruptible tells whether the input makes more than one disk write, so that a crash can fall
// between them: NEWLEADER at a learner that has history to write, and the offer of a leader that is a
// quorum by itself. All other steps make at most one.
func (s *Server) Interruptible(e *Ensemble, in *Input) bool {
	switch in.Kind {
	case PacketIn:
		return in.Packet.Kind == NewLeader && s.unsaved()
	case Offer:
		return e.Rules.IsQuorum(e, s.heard.With(int(s.pos))) && e.Rules.IsQuorum(e, Set(0).With(int(s.pos)))
	}
	return false
}
