package election

// Phase is where a server stands between elections (QuorumPeer.ZabState).
type Phase uint8

const (
	Election Phase = iota
	Discovery
	Synchronization
	Broadcast
)

func (p Phase) String() string {
	return [...]string{"ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"}[p&3]
}

// table is a vote table of one lookForLeader call: an entry per voter, by position. Entries that are
// not present are zero.
type table struct {
	votes   [MaxVoters]Vote
	present Set
}

func (t *table) put(voter int, v Vote) { t.votes[voter], t.present = v, t.present.With(voter) }

// copyFrom copies the entries of the first voters; there are no others.
func (t *table) copyFrom(o *table, voters int) {
	if t.present|o.present != 0 {
		copy(t.votes[:voters], o.votes[:voters])
		t.present = o.present
	}
}

func (t *table) clear() {
	for i := range t.votes {
		if t.present.Has(i) {
			t.votes[i] = Vote{}
		}
	}
	t.present = 0
}

// Server is one server: its disk, and what it holds in memory while its process runs. Copying the
// value copies the server. A field that is dead in a state is zero in that state, so that equal
// servers are equal values.
type Server struct {
	core
	lag           lag   // fine grain: what one of its threads has begun or not come to yet
	recvset       table // while LOOKING: votes of this round
	outofelection table // while LOOKING: decided votes of any round
	disk          Log   // on disk: what is flushed
	log           Log   // in memory, while the process runs: history, and what is logged or waits to be

	awaiting [MaxServers]Zxid // of a leader: the last zxid of who is in awaitSync
}

// core is a server without what is long, and empty in most states.
type core struct {
	SID SID
	pos uint8

	// On disk. A write shows in memory and on disk in the same step, or a crash came between.
	Disk Disk

	// In memory, loaded from the disk at start.
	AcceptedEpoch uint32
	CurrentEpoch  uint32
	Zxid          Zxid // last logged; (e,0) once this server has served epoch e as its leader

	State State
	Phase Phase
	Round uint64 // logical clock: in memory only, so 0 after a restart

	// Of the last decision; State and Version in it are unused. While LOOKING the old one stays, for
	// observers that ask; where there are none it is zero then.
	Vote Vote

	// While LOOKING.
	Proposal Candidate
	Waiting  bool // in finalizeWait

	// After LOOKING. A learner has only Epoch: that of the LEADERINFO it accepted.
	Epoch     uint32 // of this term; 0 while it is not fixed
	Offered   bool   // a leader has heard its own acceptedEpoch
	heard     Set    // until the epoch is fixed: participants whose acceptedEpoch was heard
	candidate uint32 // until then: the epoch to propose so far, 0 for none
	heardMax  uint32 // until then: the largest acceptedEpoch heard of participants. For P18 only
	acked     Set    // until established: whose ACKEPOCH counted
	newAcked  Set    // until serving: whose ACK of NEWLEADER counted
	awaitInfo Set    // connected learners that wait for LEADERINFO
	awaitSync Set    // connected learners that wait for NEWLEADER
	inSync    Set    // connected learners that acked NEWLEADER

	// Memo is what rules other than ZooKeeper's remember while the process runs. ZooKeeper's never look at it.
	Memo uint32

	// Synchronisation and broadcast.
	sync       PacketKind          // of a learner before NEWLEADER: Diff, Trunc or Snap
	pending    logLen              // the last transactions in memory that wait for UPTODATE to be logged
	committed  logLen              // the first transactions in memory that are known to be committed
	forwarding Set                 // of a leader: connected learners that are synchronised or being so
	lapsed     Set                 // of a leader: whose acks in acks are of an earlier connection. For P4 only
	acks       [MaxOutstanding]Set // of a leader: who has acked its proposals, from the oldest outstanding on
}

// NewServer is a server of the ensemble that has never been started.
func NewServer(e *Ensemble, pos int, d Disk) Server {
	return Server{core: core{SID: e.Members[pos].SID, pos: uint8(pos), Disk: d}}
}

// CopyFrom makes s equal to o, a server of the same ensemble, and touches only the part of the tables
// that its voters use.
func (s *Server) CopyFrom(o *Server, voters int) {
	if s.awaitSync|o.awaitSync != 0 {
		s.awaiting = o.awaiting
	}
	s.core = o.core
	s.disk.copyFrom(&o.disk)
	s.log.copyFrom(&o.log)
	s.recvset.copyFrom(&o.recvset, voters)
	s.outofelection.copyFrom(&o.outofelection, voters)
	if s.lag.busy() || o.lag.busy() {
		s.lag.copyFrom(&o.lag)
	}
}

// become is NewServer in place, whatever s was, but for the log on its disk: it clears what is used of the
// tables only.
func (s *Server) become(sid SID, pos uint8, d Disk) {
	if s.awaitSync != 0 {
		s.awaiting = [MaxServers]Zxid{}
	}
	s.core = core{SID: sid, pos: pos, Disk: d}
	s.log.truncate(0)
	s.recvset.clear()
	s.outofelection.clear()
	s.lag.clear()
}

// InputKind is what can happen to a server.
type InputKind uint8

const (
	Start        InputKind = iota + 1 // the process starts: load the disk, look for a leader
	Notification                      // a notification of From arrives; in the coarse grain the election thread takes it at once
	Timeout                           // the notification time-out: send again
	Decide                            // finalizeWait is over and nothing came
	Offer                             // an elected leader hears its own acceptedEpoch
	PacketIn                          // a packet of From arrives
	GiveUp                            // initLimit, syncLimit or a lost connection: look again
	Disconnected                      // a leader loses the connection of learner From
	Handle                            // fine grain: the election thread takes the next notification of its queue
	Resume                            // fine grain: a thread caught halfway goes on
	Answer                            // fine grain: the receive path, caught halfway, goes on
	Write                             // a client's write, Value, at a serving leader
	Flush                             // fine grain: what is logged reaches the disk
	Garbled                           // bytes arrive that are no notification
)

// Input is one input. From is the sender's position. Halfway, in the fine grain, catches the thread that
// takes the step in the middle of it, where [Server.Divides] says that there is a middle. An Answer that
// is halfway sends what was read when the receive path was caught.
type Input struct {
	Kind    InputKind
	From    uint8
	Halfway bool
	Value   uint8
	Vote    Vote
	Packet  Packet

	Snapshot *Log // of a PacketIn of Snap: what it carries. Not kept
}

// Step lets the input happen. It is the engine's only door: what leaves the server is in out.
func (s *Server) Step(e *Ensemble, in *Input, out *Outputs) {
	out.halfway = in.Halfway
	switch in.Kind {
	case Start:
		s.start(e, out)
	case Notification:
		s.notification(e, in, out)
	case Garbled:
		e.Rules.Receives(s, false) // counted and skipped (WorkerReceiver.run)
	case Handle:
		if from, v, _ := s.Next(); in.Halfway && s.wouldAdopt(e, from, v) {
			s.Round, s.lag.stage = v.Round, Adopting // the clock is set before the proposal
			return
		}
		m := s.lag.take()
		s.handle(e, int(m.from), m.vote, out)
	case Resume:
		s.resume(e, out)
	case Answer:
		s.answerHeld(e, in.Halfway, out)
	case Timeout:
		s.sendNotifications(e, out)
	case Decide:
		s.decideWaited(e, out)
	case Offer:
		s.offer(e, out)
	case PacketIn:
		s.packet(e, in, out)
	case Write:
		s.propose(e, in.Value, out)
	case Flush:
		s.flushed(e, out)
	case GiveUp:
		out.HangUp = s.State != Leading
		s.giveUp(e, out)
	case Disconnected:
		s.disconnected(int(in.From))
	}
}

// start loads the disk; the round is not on it.
func (s *Server) start(e *Ensemble, out *Outputs) {
	s.become(s.SID, s.pos, s.Disk)
	s.AcceptedEpoch, s.CurrentEpoch, s.Zxid = s.Disk.AcceptedEpoch, s.Disk.CurrentEpoch, s.Disk.Zxid
	s.log.copyFrom(&s.disk)
	e.Rules.Load(s)
	s.Vote = Vote{Candidate: Candidate{Leader: s.SID, Zxid: s.Zxid, PeerEpoch: s.CurrentEpoch}, Round: NoRound}
	s.lookForLeader(e, out)
}

// giveUp ends a term and looks again: a soft restart, memory stays.
func (s *Server) giveUp(e *Ensemble, out *Outputs) {
	if s.State == Leading {
		out.Close = 1<<len(e.Members) - 1
	}
	out.fact(Fact{Kind: GaveUp, Epoch: s.Epoch})
	s.Zxid = e.Rules.LastLogged(s)
	e.Rules.StopSync(s, out)
	s.endTerm()
	if out.halfway {
		s.State, s.Phase, s.lag.stage = Looking, Election, Entering
		return
	}
	s.lookForLeader(e, out)
}

func (s *Server) endTerm() {
	if s.awaitSync != 0 {
		s.awaiting = [MaxServers]Zxid{}
	}
	s.Epoch, s.Offered = 0, false
	s.heard, s.candidate, s.heardMax, s.acked, s.newAcked = 0, 0, 0, 0, 0
	s.awaitInfo, s.awaitSync, s.inSync, s.forwarding, s.lapsed = 0, 0, 0, 0, 0
	s.acks = [MaxOutstanding]Set{}
}

// Crash loses all but the disk.
func (s *Server) Crash() { s.become(s.SID, s.pos, s.Disk) }

// Position is the server's place in its ensemble.
func (s *Server) Position() int { return int(s.pos) }

// Initial is the vote a server starts an election with (getInitId, getInitLastLoggedZxid,
// getPeerEpoch): itself, or nobody for an observer.
func (s *Server) Initial(e *Ensemble) Candidate {
	if int(s.pos) >= e.Voters {
		return Candidate{Leader: NoServer}
	}
	return Candidate{Leader: s.SID, Zxid: s.Zxid, PeerEpoch: s.CurrentEpoch}
}

// Tally counts the votes for the server's own proposal: whose entries in recvset equal it.
func (s *Server) Tally(e *Ensemble) Set { return s.tally(e, &s.recvset, s.Ballot()) }

// Heard, Acked and InSync are the members whose acceptedEpoch a leader has heard, whose ACKEPOCH it
// has counted, and who follow it in sync. Each is empty where it no longer matters.
func (s *Server) Heard() Set  { return s.heard }
func (s *Server) Acked() Set  { return s.acked }
func (s *Server) InSync() Set { return s.inSync }

func (s *Server) writeAcceptedEpoch(epoch uint32, out *Outputs) {
	s.AcceptedEpoch = epoch
	if out.write() {
		s.Disk.AcceptedEpoch = epoch
	}
}

// SaveCurrentEpoch writes currentEpoch to the disk.
func (s *Server) SaveCurrentEpoch(epoch uint32, out *Outputs) {
	s.CurrentEpoch = epoch
	if out.write() {
		s.Disk.CurrentEpoch = epoch
	}
}
