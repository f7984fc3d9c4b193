package election

// NoZxid is the zxid -1 of a server that does not want to be counted (ZOOKEEPER-261).
const NoZxid = ^Zxid(0)

// lookForLeader enters LOOKING: next round, own vote, empty tables, everybody is told.
func (s *Server) lookForLeader(e *Ensemble, out *Outputs) {
	s.State, s.Phase, s.Waiting = Looking, Election, false
	if e.Voters == len(e.Members) {
		s.Vote = Vote{} // only observers ask a LOOKING server for it
	}
	s.Round = e.Rules.NextRound(s.Round)
	s.Proposal = s.Initial(e)
	s.recvset.clear()
	s.outofelection.clear()
	s.sendNotifications(e, out)
}

// Ballot is the server's proposal as a vote of its round.
func (s *Server) Ballot() Vote {
	return Vote{Candidate: s.Proposal, Round: s.Round, State: Looking, Version: WireVersion}
}

// sendNotifications tells every voter; the notification to itself is handled at once, which is after
// the one that caused it, since the election thread takes it from the same queue.
func (s *Server) sendNotifications(e *Ensemble, out *Outputs) {
	v := s.Ballot()
	for i := range e.Voters {
		if i != int(s.pos) {
			out.Notes = append(out.Notes, Note{To: uint8(i), Vote: v})
		}
	}
	if int(s.pos) < e.Voters {
		s.handle(e, int(s.pos), v, out)
	}
}

// receive is the receive path (WorkerReceiver.run), which runs beside the election thread: it answers,
// and tells whether the notification is queued for the election thread.
func (s *Server) receive(e *Ensemble, from int, v *Vote, out *Outputs) bool {
	switch {
	case from >= e.Voters:
		// An observer is told the current vote at once, under the logical clock, and nothing else.
		a := s.Vote
		a.Round, a.State, a.Version = s.Round, s.State, WireVersion
		out.Notes = append(out.Notes, Note{To: uint8(from), Vote: a})
		return false
	case s.State == Looking:
		if v.State == Looking && e.Rules.AnswersLagging(v.Round, s.Round) {
			out.Notes = append(out.Notes, Note{To: uint8(from), Vote: s.Ballot()})
		}
		return true
	case v.State == Looking:
		out.Notes = append(out.Notes, Note{To: uint8(from), Vote: e.Rules.Answer(s)})
	}
	return false
}

// handle is the election thread taking one notification from its queue.
func (s *Server) handle(e *Ensemble, from int, v Vote, out *Outputs) {
	if s.Waiting {
		if !e.Rules.EndsWait(s, e, v) {
			return // polled and forgotten, whatever its round or state
		}
		s.Waiting = false // put back at the tail of a queue that is empty: taken at once
	}
	if from >= e.Voters || !e.IsVoter(v.Leader) {
		return
	}
	switch v.State {
	case Looking:
		s.handleLooking(e, from, v, out)
	case Following, Leading:
		s.handleDecided(e, from, v, out)
	}
}

func (s *Server) handleLooking(e *Ensemble, from int, v Vote, out *Outputs) {
	if s.Zxid == NoZxid || v.Zxid == NoZxid {
		return
	}
	changed := false
	switch {
	case v.Round > s.Round:
		e.Rules.AdoptRound(s, e, v)
		changed = true
	case !e.Rules.CountsLooking(v.Round, s.Round):
		return // the receive path has answered
	case e.Rules.Beats(e, v.Candidate, s.Proposal):
		s.Proposal = v.Candidate
		changed = true
	}
	// ZooKeeper sends here and counts then; the notification to itself comes later by the queue, so it
	// must not be handled before this vote is counted.
	v.State, v.Version = Looking, 0
	s.recvset.put(from, v)
	if e.Rules.IsQuorum(e, s.tally(e, &s.recvset, s.Ballot())) {
		s.Waiting = true
	}
	if changed {
		s.sendNotifications(e, out)
	}
	if s.Waiting && !e.Rules.Waits() {
		s.decideWaited(e, out)
	}
}

// handleDecided is receivedFollowingNotification: a quorum of decided votes, in this round or out of
// it, that the leader itself confirms. Oddity: recvset keeps such votes without their version, so
// there two decided votes are equal when the leader is; outofelection keeps it.
func (s *Server) handleDecided(e *Ensemble, from int, v Vote, out *Outputs) {
	leader, _ := e.Position(v.Leader)
	if e.Rules.CountsTold(v.Round, s.Round) {
		stored := v
		stored.Version = 0
		s.recvset.put(from, stored)
		counted := s.tally(e, &s.recvset, v)
		if e.Rules.IsQuorum(e, counted) &&
			e.Rules.CheckLeader(s, &s.recvset.votes, s.recvset.present, v.Leader, leader, v.Round) {
			s.decide(e, v, Recvset, true, counted, out)
			return
		}
	}
	s.outofelection.put(from, v)
	counted := s.tally(e, &s.outofelection, v)
	if e.Rules.IsQuorum(e, counted) &&
		e.Rules.CheckLeader(s, &s.outofelection.votes, s.outofelection.present, v.Leader, leader, v.Round) {
		s.decide(e, v, Outofelection, true, counted, out)
	}
}

// tally is the set of voters whose entry equals the probe (getVoteTracker).
func (s *Server) tally(e *Ensemble, t *table, probe Vote) Set {
	var set Set
	for i := range e.Voters {
		if t.present.Has(i) && e.Rules.Same(probe, t.votes[i]) {
			set = set.With(i)
		}
	}
	return set
}

// decideWaited decides for the proposal after a silent finalizeWait.
func (s *Server) decideWaited(e *Ensemble, out *Outputs) {
	v := s.Ballot()
	s.decide(e, v, Recvset, false, s.tally(e, &s.recvset, v), out)
}

// decide leaves LOOKING for the leader of v (setPeerState, leaveInstance).
func (s *Server) decide(e *Ensemble, v Vote, from Table, told bool, counted Set, out *Outputs) {
	leader, _ := e.Position(v.Leader)
	t := &s.recvset
	if from == Outofelection {
		t = &s.outofelection
	}
	d := &out.Decision
	d.Round, d.Told, d.From, d.Probe, d.Counted = s.Round, told, from, v, counted
	d.Present, d.Entries = t.present, t.votes
	out.Decided = true

	s.Round = v.Round
	s.Vote = Vote{Candidate: v.Candidate, Round: v.Round}
	s.Proposal, s.Waiting, s.Phase = Candidate{}, false, Discovery
	s.recvset.clear()
	s.outofelection.clear()
	switch {
	case v.Leader == s.SID:
		s.State = Leading
	case int(s.pos) >= e.Voters:
		s.State = Observing
	default:
		s.State = Following
	}
	d.Vote = s.Vote
	d.Vote.State = s.State
	if s.State != Leading {
		out.Connect = int8(leader)
		out.send(leader, Packet{Kind: FollowerInfo, Epoch: s.AcceptedEpoch})
	}
}
