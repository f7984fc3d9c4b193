package election

// NoZxid is the zxid -1 of a server that does not want to be counted (ZOOKEEPER-261).
const NoZxid = ^Zxid(0)

// lookForLeader enters LOOKING: next round, own vote, empty tables, everybody is told.
func (s *Server) lookForLeader(e *Ensemble, out *Outputs) {
	s.State, s.Phase, s.Waiting = Looking, Election, false
	if e.Voters == len(e.Members) && !e.Fine {
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

// sendNotifications tells every voter, itself included. In the coarse grain the notification to itself
// is handled at once, which is after the one that caused it, since the election thread takes it from the
// same queue; in the fine grain it goes out like the others, to come in through the receive path.
func (s *Server) sendNotifications(e *Ensemble, out *Outputs) {
	v := s.Ballot()
	for i := range e.Voters {
		if i != int(s.pos) || e.Fine {
			out.Notes = append(out.Notes, Note{To: uint8(i), Vote: v})
		}
	}
	if int(s.pos) < e.Voters && !e.Fine {
		s.handle(e, int(s.pos), v, out)
	}
}

// errand is what the receive path is about to do with a notification: which way it took, and the vote
// that it read on the way.
type errand struct {
	kind errandKind
	from uint8
	vote Vote // of toElection the notification, of the others the current vote
}

type errandKind uint8

const (
	noErrand   errandKind = iota
	toElection            // queue it for the election thread, and answer a lagging sender
	toAsker               // tell an observer
	toLooking             // tell a LOOKING voter, being none
	toLagging             // tell a LOOKING voter of a lower round, which is queued already
	errands
)

// receive is the first half of the receive path (WorkerReceiver.run), which runs beside the election
// thread: what it reads of the server before it acts.
func (s *Server) receive(e *Ensemble, from uint8, v *Vote) errand {
	switch {
	case int(from) >= e.Voters:
		// An observer is told the current vote at once, under the logical clock, and nothing else.
		a := s.Vote
		a.Round, a.State, a.Version = s.Round, s.State, WireVersion
		return errand{toAsker, from, a}
	case s.State == Looking:
		return errand{toElection, from, *v}
	case v.State == Looking:
		return errand{toLooking, from, e.Rules.Answer(s)}
	}
	return errand{}
}

// run is the second half: it answers, and tells whether the notification is for the election thread.
func (s *Server) run(e *Ensemble, w *errand, out *Outputs) bool {
	switch w.kind {
	case toElection:
		if w.vote.State == Looking && e.Rules.AnswersLagging(w.vote.Round, s.Round) {
			a := s.Ballot()
			a.State = s.State
			out.Notes = append(out.Notes, Note{To: w.from, Vote: a})
		}
		return true
	case toAsker, toLooking, toLagging:
		out.Notes = append(out.Notes, Note{To: w.from, Vote: w.vote})
	}
	return false
}

// notification is the receive path with a notification, and in the coarse grain the election thread.
func (s *Server) notification(e *Ensemble, in *Input, out *Outputs) {
	if !e.Rules.Receives(s, true) {
		return
	}
	w := s.receive(e, in.From, &in.Vote)
	switch {
	case in.Halfway && w.kind == toElection && in.Vote.State == Looking && e.Rules.AnswersLagging(in.Vote.Round, s.Round):
		s.lag.put(mail{in.Vote, in.From})
		s.lag.hand = errand{toLagging, in.From, s.Ballot()} // the proposal is read, the clock is read again
	case in.Halfway:
		s.lag.hand = w
	case s.run(e, &w, out) && e.Fine:
		s.lag.put(mail{in.Vote, in.From})
	case w.kind == toElection:
		s.handle(e, int(in.From), in.Vote, out)
	}
}

// handle is the election thread taking one notification from its queue.
func (s *Server) handle(e *Ensemble, from int, v Vote, out *Outputs) {
	if s.Waiting {
		if !e.Rules.EndsWait(s, e, from, v) {
			return // polled and forgotten, whatever its round or state
		}
		s.Waiting = false
		if e.Fine {
			s.lag.put(mail{v, uint8(from)}) // at the tail
			return
		}
		// Put back at the tail of a queue that is empty: taken at once.
	}
	if !e.Rules.Valid(e, from, v) {
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
	case int64(v.Round) > int64(s.Round):
		s.adopt(e, from, v, out)
		return
	case !e.Rules.CountsLooking(v.Round, s.Round):
		return // the receive path has answered
	case e.Rules.Takes(s, e, v):
		s.Proposal = v.Candidate
		changed = true
	}
	s.count(e, from, v, changed, out)
}

// adopt enters the higher round of a LOOKING vote.
func (s *Server) adopt(e *Ensemble, from int, v Vote, out *Outputs) {
	e.Rules.AdoptRound(s, e, v)
	s.count(e, from, v, true, out)
}

// count enters a LOOKING vote into recvset, and begins finalizeWait at a quorum for the proposal.
func (s *Server) count(e *Ensemble, from int, v Vote, changed bool, out *Outputs) {
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
	if s.Waiting && !e.Rules.Waits(e, s.recvset.present) {
		s.decideWaited(e, out)
	}
}

// handleDecided is receivedFollowingNotification: a quorum of decided votes, in this round or out of
// it, that the leader itself confirms. Oddity: recvset keeps such votes without their version, so
// there two decided votes are equal when the leader is; outofelection keeps it.
func (s *Server) handleDecided(e *Ensemble, from int, v Vote, out *Outputs) {
	if e.Rules.CountsTold(v.Round, s.Round) {
		stored := v
		stored.Version = 0
		s.recvset.put(from, stored)
		if counted, ok := s.agreed(e, &s.recvset, v); ok {
			s.decide(e, v, Recvset, true, counted, out)
			return
		}
	}
	s.outofelection.put(from, v)
	if counted, ok := s.agreed(e, &s.outofelection, v); ok {
		s.decide(e, v, Outofelection, true, counted, out)
	}
}

// agreed tells whether a table holds a quorum of votes equal to a decided one, and its leader's own word.
func (s *Server) agreed(e *Ensemble, t *table, v Vote) (Set, bool) {
	leader, member := e.Position(v.Leader)
	counted := s.tally(e, t, v)
	return counted, member && e.Rules.Enough(s, e, counted, v) &&
		e.Rules.CheckLeader(s, &t.votes, t.present, v.Leader, leader, v.Round)
}

// Votes is a vote table of a LOOKING server: an entry for each voter in present, by position. Valid until the
// next step.
func (s *Server) Votes(t Table) (votes *[MaxVoters]Vote, present Set) {
	if t == Outofelection {
		return &s.outofelection.votes, s.outofelection.present
	}
	return &s.recvset.votes, s.recvset.present
}

// Record enters a vote into the tables without looking whether it decides anything. ZooKeeper does so
// nowhere; it is for rules that stand in the place of ZooKeeper's.
func (s *Server) Record(e *Ensemble, from int, v Vote) {
	if from >= e.Voters || !e.IsVoter(v.Leader) {
		return
	}
	if v.State != Looking && v.State != Observing {
		s.outofelection.put(from, v)
	}
	if v.Round == s.Round && v.State != Observing {
		v.Version = 0
		s.recvset.put(from, v)
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

// decide leaves LOOKING for the leader of v (setPeerState, leaveInstance). The state is set, and what is
// queued is forgotten, before the current vote is.
func (s *Server) decide(e *Ensemble, v Vote, from Table, told bool, counted Set, out *Outputs) {
	t := &s.recvset
	if from == Outofelection {
		t = &s.outofelection
	}
	d := &out.Decision
	d.Round, d.Told, d.From, d.Probe, d.Counted = s.Round, told, from, v, counted
	d.Present = t.present
	copy(d.Entries[:e.Voters], t.votes[:e.Voters])
	out.Decided = true

	s.Round, s.Waiting = v.Round, false
	if !e.Fine {
		s.Proposal = Candidate{} // nobody sees it any more
	}
	s.recvset.clear()
	s.outofelection.clear()
	s.lag.empty()
	switch {
	case v.Leader == s.SID:
		s.State = Leading
	case int(s.pos) >= e.Voters:
		s.State = Observing
	default:
		s.State = Following
	}
	current := Vote{Candidate: v.Candidate, Round: v.Round}
	d.Vote = current
	d.Vote.State = s.State
	if out.halfway {
		s.lag.stage, s.lag.decided = Deciding, current
		return
	}
	s.leave(e, current, out)
}

// leave is the end of an election: the decision is the current vote, and a learner connects.
func (s *Server) leave(e *Ensemble, current Vote, out *Outputs) {
	s.Vote, s.Phase = current, Discovery
	if s.State != Leading {
		leader, ok := e.Position(current.Leader)
		if !ok {
			return // Learner.findLeader finds nobody
		}
		out.Connect = int8(leader)
		out.send(leader, Packet{Kind: FollowerInfo, Epoch: s.AcceptedEpoch})
		return
	}
	if s.Disk.Zxid != s.Zxid { // Leader.lead, ZooKeeperServer.loadData: a snapshot before it listens
		s.snapshot(out)
	}
}
