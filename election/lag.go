package election

// MaxInbox bounds the notifications that wait for an election thread; ZooKeeper's queue has no bound.
const MaxInbox = 16

// Stage is where a server's main thread was caught halfway (fine grain).
type Stage uint8

const (
	Whole        Stage = iota // nowhere
	Deciding                  // the state is set, the current vote is still that of the election before
	Entering                  // LOOKING again, but lookForLeader has not begun: round and proposal are old
	Adopting                  // in the round of the next notification in the queue, the proposal is of the one before
	Establishing              // NEWLEADER may leave, currentEpoch is not written
	stages
)

func (s Stage) String() string {
	return [stages]string{"whole", "deciding", "entering", "adopting", "establishing"}[s%stages]
}

// lag is what the fine grain adds to a server. Its threads are the receive path, which takes
// notifications from the network and answers (WorkerReceiver), the main thread, which runs the election
// and then leads or follows (QuorumPeer), and on a leader one thread per learner (LearnerHandler).
type lag struct {
	queued  queueLen
	stage   Stage
	hand    errand         // what the receive path was caught with
	decided Vote           // of stage Deciding: what the current vote will be
	inbox   [MaxInbox]mail // what the receive path has queued for the election thread (recvqueue)
}

// queueLen is 0..MaxInbox.
type queueLen uint8

// mail is a notification in the queue of the election thread.
type mail struct {
	vote Vote
	from uint8
}

func (l *lag) busy() bool { return l.queued > 0 || l.stage != Whole || l.hand.kind != noErrand }

func (l *lag) copyFrom(o *lag) {
	n := max(l.queued, o.queued)
	copy(l.inbox[:n], o.inbox[:n])
	l.queued, l.stage, l.decided, l.hand = o.queued, o.stage, o.decided, o.hand
}

func (l *lag) clear() {
	if l.busy() {
		l.empty()
		l.stage, l.decided, l.hand = Whole, Vote{}, errand{}
	}
}

// empty forgets what is queued (leaveInstance).
func (l *lag) empty() {
	for i := range l.queued {
		l.inbox[i] = mail{}
	}
	l.queued = 0
}

// put queues at the tail. There is room: who lets a notification in asks Full first.
func (l *lag) put(m mail) {
	if l.queued == MaxInbox {
		panic("more notifications wait for an election thread than its queue holds")
	}
	l.inbox[l.queued] = m
	l.queued++
}

func (l *lag) take() mail {
	m := l.inbox[0]
	l.queued--
	copy(l.inbox[:l.queued], l.inbox[1:l.queued+1])
	l.inbox[l.queued] = mail{}
	return m
}

// Queued is the number of notifications that wait for the election thread.
func (s *Server) Queued() int { return int(s.lag.queued) }

// Next is the notification that the election thread takes next, if one is queued: who sent it, by
// position, and what it says.
func (s *Server) Next() (from int, v Vote, ok bool) {
	m := &s.lag.inbox[0]
	return int(m.from), m.vote, s.lag.queued > 0
}

// Mail is the k-th of the notifications that wait for the election thread, the next one first: who sent it, by
// position, and what it says.
func (s *Server) Mail(k int) (from int, v Vote) {
	m := &s.lag.inbox[:s.lag.queued][k]
	return int(m.from), m.vote
}

// Stage is where the main thread was caught.
func (s *Server) Stage() Stage { return s.lag.stage }

// Held tells whether the receive path was caught halfway: it takes nothing else until it has gone on.
func (s *Server) Held() bool { return s.lag.hand.kind != noErrand }

// Divides tells whether the step of an input has a middle, so that it can be caught halfway. Until it
// goes on, what the other threads of the server do sees half of it.
func (s *Server) Divides(e *Ensemble, in *Input) bool {
	switch in.Kind {
	case Notification:
		ahead := Server{core: s.core} // a rule may change who answers, and this is only a question
		return ahead.receive(e, in.From, &in.Vote).kind != noErrand
	case Decide, GiveUp:
		return true
	case Answer:
		return s.Held() && s.lag.hand != s.reread(s.lag.hand)
	case Handle:
		from, v, ok := s.Next()
		return ok && (s.wouldDecide(e, from, v) || s.wouldAdopt(e, from, v))
	case PacketIn:
		return s.wouldEstablish(e, int(in.From), in.Packet)
	}
	return false
}

// wouldDecide tells whether the election thread leaves LOOKING when it handles this.
func (s *Server) wouldDecide(e *Ensemble, from int, v Vote) bool {
	if s.Waiting || !e.Rules.Valid(e, from, v) || v.State != Following && v.State != Leading {
		return false
	}
	if e.Rules.CountsTold(v.Round, s.Round) {
		t, stored := s.recvset, v
		stored.Version = 0
		t.put(from, stored)
		if _, ok := s.agreed(e, &t, v); ok {
			return true
		}
	}
	t := s.outofelection
	t.put(from, v)
	_, ok := s.agreed(e, &t, v)
	return ok
}

// wouldAdopt tells whether the election thread enters a higher round when it handles this.
func (s *Server) wouldAdopt(e *Ensemble, from int, v Vote) bool {
	return !s.Waiting && e.Rules.Valid(e, from, v) && v.State == Looking &&
		v.Zxid != NoZxid && s.Zxid != NoZxid && int64(v.Round) > int64(s.Round)
}

// wouldEstablish tells whether a leader has a quorum of ACKEPOCHs with this one.
func (s *Server) wouldEstablish(e *Ensemble, from int, p Packet) bool {
	if p.Kind != AckEpoch || s.Phase != Discovery || !e.Rules.CountsAck(e, from, p) || e.Rules.IsAhead(s, p) {
		return false
	}
	after := Server{core: s.core}
	after.acked = after.acked.With(from)
	return e.Rules.EpochAcked(&after, e)
}

// resume lets the main thread go on.
func (s *Server) resume(e *Ensemble, out *Outputs) {
	stage, current := s.lag.stage, s.lag.decided
	s.lag.stage, s.lag.decided = Whole, Vote{}
	switch stage {
	case Deciding:
		s.leave(e, current, out)
	case Entering:
		s.lookForLeader(e, out)
	case Adopting:
		m := s.lag.take()
		s.adopt(e, int(m.from), m.vote, out)
	case Establishing:
		s.establish(e, out)
	}
}

// reread is an errand whose vote was read before the receive path was caught, and the rest is read now.
func (s *Server) reread(w errand) errand {
	switch w.kind {
	case toLooking:
		w.vote.State = s.State
	case toAsker, toLagging:
		w.vote.State, w.vote.Round = s.State, s.Round
	}
	return w
}

// answerHeld lets the receive path go on. It was caught between reading the vote and reading state and
// clock, so that an answer can mix them; or, asRead, when it had read them all and had not yet sent, so
// that an old answer comes after a new vote. What it queues can be too late for the election it was meant
// for, and is the first thing that the next one handles.
func (s *Server) answerHeld(e *Ensemble, asRead bool, out *Outputs) {
	w := s.lag.hand
	s.lag.hand = errand{}
	if !asRead {
		w = s.reread(w)
	}
	if s.run(e, &w, out) {
		s.lag.put(mail{w.vote, w.from})
	}
}

// ForgetPast clears what only a thread caught halfway shows: the vote of the election before while
// LOOKING, if no observer asks for it, and the last proposal after it. It is for who knows that no
// thread will be caught any more.
func (s *Server) ForgetPast(e *Ensemble) {
	if !s.HasPast(e) {
		return
	}
	if s.State != Looking {
		s.Proposal = Candidate{}
	} else {
		s.Vote = Vote{}
	}
}

// HasPast tells whether there is something for ForgetPast to clear.
func (s *Server) HasPast(e *Ensemble) bool {
	switch {
	case s.lag.stage != Whole || s.Held():
		return false
	case s.State != Looking:
		return s.Proposal != Candidate{}
	}
	return e.Voters == len(e.Members) && s.Vote != Vote{}
}

// Elected is the vote that was decided for, or is about to be the current one; while LOOKING the one of
// the election before.
func (s *Server) Elected() Vote {
	if s.lag.stage == Deciding {
		return s.lag.decided
	}
	return s.Vote
}
