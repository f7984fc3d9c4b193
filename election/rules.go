package election

// Rules are the rules of the protocol, each a function of its own. Standard returns ZooKeeper's. To
// put a bug in the place of a rule, change a field before any server steps.
type Rules struct {
	// Name of these rules where they are not ZooKeeper's, for who prints what was run; else empty.
	Name string

	// Beats: is the new candidate better than the current one? (FastLeaderElection.totalOrderPredicate)
	Beats func(e *Ensemble, fresh, current Candidate) bool
	// Same: do two votes count for the same thing? (Vote.equals)
	Same func(a, b Vote) bool
	// IsQuorum: is the set a quorum of votes or acks? (QuorumVerifier.containsQuorum)
	IsQuorum func(e *Ensemble, set Set) bool
	// CheckLeader: may the table's votes for a leader be believed? (FastLeaderElection.checkLeader)
	CheckLeader func(s *Server, table *[MaxVoters]Vote, present Set, leader SID, leaderPos int, round uint64) bool
	// NextRound: the round that a server enters when it starts to look. (lookForLeader)
	NextRound func(round uint64) uint64
	// AdoptRound: a LOOKING vote of a higher round arrived. (lookForLeader)
	AdoptRound func(s *Server, e *Ensemble, v Vote)
	// CountsLooking: is a LOOKING vote of this round counted by a server in its own? (lookForLeader)
	CountsLooking func(round, own uint64) bool
	// Takes: does a counted LOOKING vote become the proposal? (lookForLeader)
	Takes func(s *Server, e *Ensemble, v Vote) bool
	// Valid: may this vote of that sender be looked at? (FastLeaderElection.validVoter)
	Valid func(e *Ensemble, from int, v Vote) bool
	// Receives: does the receive path take a message that can be read, or else one that cannot be? (WorkerReceiver)
	Receives func(s *Server, readable bool) bool
	// AnswersLagging: is a LOOKING sender of this round answered by a LOOKING server? (WorkerReceiver)
	AnswersLagging func(round, own uint64) bool
	// Answer: what a server that is not LOOKING tells one that is. (WorkerReceiver)
	Answer func(s *Server) Vote
	// Waits: is a decision by the votes of these voters preceded by finalizeWait? (lookForLeader)
	Waits func(e *Ensemble, present Set) bool
	// EndsWait: does a vote polled in finalizeWait end it? What does not is dropped. (lookForLeader)
	EndsWait func(s *Server, e *Ensemble, from int, v Vote) bool
	// CountsTold: does a FOLLOWING/LEADING vote of this round enter recvset? (receivedFollowingNotification)
	CountsTold func(round, own uint64) bool

	// Enough: are these counted votes, equal to a decided one, enough to join its leader? (lookForLeader)
	Enough func(s *Server, e *Ensemble, counted Set, v Vote) bool

	// CandidateEpoch of a leader that hears an acceptedEpoch; candidate 0 is ZooKeeper's -1, none yet.
	// (Leader.getEpochToPropose)
	CandidateEpoch func(s *Server, candidate, accepted uint32) uint32
	// CountsHeard: does the member count towards the quorum that fixes the epoch? (isParticipant)
	CountsHeard func(e *Ensemble, member int) bool
	// EpochReady: has the leader heard enough to fix its epoch? (getEpochToPropose)
	EpochReady func(s *Server, e *Ensemble) bool
	// PromiseAsLeader: the leader keeps its own promise, before anybody is told. (getEpochToPropose)
	PromiseAsLeader func(s *Server, epoch uint32, out *Outputs)
	// Promise: a learner's answer to LEADERINFO; ok false gives up. (Learner.registerWithLeader)
	Promise func(s *Server, epoch uint32, out *Outputs) (ack Packet, ok bool)
	// IsAhead: is the learner more recent than its leader? (StateSummary.isMoreRecentThan)
	IsAhead func(s *Server, ack Packet) bool
	// CountsAck: does this ACKEPOCH count? (Leader.waitForEpochAck)
	CountsAck func(e *Ensemble, member int, ack Packet) bool
	// EpochAcked: are the counted ACKEPOCHs enough to establish the epoch? (waitForEpochAck)
	EpochAcked func(s *Server, e *Ensemble) bool
	// Synchronise: a learner makes NEWLEADER durable: history first, then currentEpoch. (syncWithLeader)
	Synchronise func(s *Server, p Packet, out *Outputs)
	// PlanSync: how does a leader bring a learner to its history? (LearnerHandler.syncFollower)
	PlanSync func(s *Server, h History, peer Zxid, buf []Txn) SyncPlan
	// BeginSync: a learner takes DIFF, TRUNC or SNAP, this with its snapshot. (Learner.syncWithLeader)
	BeginSync func(s *Server, p Packet, snapshot *Log, out *Outputs)
	// StopSync: what becomes of logs and memory when a term is over. (Learner.shutdown, SyncRequestProcessor.shutdown)
	StopSync func(s *Server, out *Outputs)
	// UpToDate: what a learner does before it serves. (syncWithLeader)
	UpToDate func(s *Server, out *Outputs)
	// Fails: does a packet of its leader make a learner fail, and look again? (Learner.readPacket, processPacket)
	Fails func(s *Server, p Packet) bool
	// Forwards: does a leader forward a proposal to this member? (Leader.sendPacket)
	Forwards func(s *Server, member int) bool
	// Numbers: the zxid of a leader's next proposal, or none because its counter ran out. (Leader.propose)
	Numbers func(e *Ensemble, next Zxid) (z Zxid, ok bool)
	// Synced: are the NEWLEADER acks enough to serve? (Leader.waitForNewLeaderAck)
	Synced func(s *Server, e *Ensemble) bool
	// RefreshVote: the vote's peer epoch becomes the new epoch. (QuorumPeer.updateElectionVote)
	RefreshVote func(s *Server)
	// Commits: are these acks of a proposal enough to commit it? (Leader.tryToCommit)
	Commits func(e *Ensemble, acks Set) bool
	// CommitsUpTo: how many transactions has a follower committed after a COMMIT? (Follower.processPacket)
	CommitsUpTo func(s *Server, z Zxid) int
	// AcksUnflushed: is a proposal acked when it is logged, before it is flushed? (SyncRequestProcessor)
	AcksUnflushed func() bool
	// RepliesEarly: is a client told that its write is done before it is committed? (FinalRequestProcessor)
	RepliesEarly func() bool
	// LostQuorum: must a serving leader with these connected learners, and itself, step down? (Leader.lead)
	LostQuorum func(e *Ensemble, connected Set) bool
	// LastLogged: the zxid that a server votes with when a term is over. (QuorumPeer.getLastLoggedZxid)
	LastLogged func(s *Server) Zxid
	// Resends: are notifications sent again when nothing comes? (lookForLeader)
	Resends func() bool
	// ResendsLast: does a new connection send the last message again? (QuorumCnxManager.SendWorker)
	ResendsLast func() bool
	// Load: a starting process has read its log. (ZKDatabase.loadDataBase)
	Load func(s *Server)
	// Recovers: is a disk accepted at start? (QuorumPeer.loadDataBase)
	Recovers func(d Disk) bool
}

// Standard is what ZooKeeper does.
func Standard() Rules {
	return Rules{
		Beats: Beats, Same: Same, IsQuorum: (*Ensemble).IsQuorum, CheckLeader: CheckLeader,
		NextRound: nextRound, AdoptRound: adoptRound, CountsLooking: sameRound, Takes: takes,
		Valid: valid, Receives: func(_ *Server, readable bool) bool { return readable }, Enough: enough,
		AnswersLagging: answersLagging, Answer: answer, Waits: waits, EndsWait: endsWait,
		CountsTold: sameRound, CandidateEpoch: candidateEpoch, CountsHeard: isParticipant,
		EpochReady: epochReady, PromiseAsLeader: promiseAsLeader, Promise: promise, IsAhead: isAhead,
		CountsAck: countsAck, EpochAcked: epochAcked, Synchronise: synchronise, PlanSync: planSync,
		BeginSync: (*Server).beginSync, StopSync: (*Server).stopSync, UpToDate: func(*Server, *Outputs) {},
		Fails: func(*Server, Packet) bool { return false }, Forwards: forwards, Numbers: numbers, Synced: synced,
		RefreshVote: refreshVote, Commits: (*Ensemble).IsQuorum, CommitsUpTo: commitsUpTo, AcksUnflushed: never,
		RepliesEarly: never, LostQuorum: lostQuorum, LastLogged: lastLogged, Resends: always, ResendsLast: always, Load: func(*Server) {},
		Recovers: Recovers,
	}
}

// Beats is the vote order: EPOCH, then ZXID, then SID. A leader of weight 0 beats nobody; everybody
// else beats nobody's candidate, the one an observer starts with.
func Beats(e *Ensemble, fresh, current Candidate) bool {
	if e.Weight(fresh.Leader) == 0 || fresh.Leader == NoServer {
		return false
	}
	if current.Leader == NoServer {
		return true
	}
	if fresh.PeerEpoch != current.PeerEpoch {
		return fresh.PeerEpoch > current.PeerEpoch
	}
	if fresh.Zxid != current.Zxid { // signed, as ZooKeeper compares: -1 is the smallest
		return int64(fresh.Zxid) > int64(current.Zxid)
	}
	return fresh.Leader > current.Leader
}

// Same is Vote.equals with its three cases: all of a LOOKING vote; leader and peer epoch of two
// decided ones; the leader alone when exactly one of them has message version 0.
func Same(a, b Vote) bool {
	if a.Leader != b.Leader {
		return false
	}
	if a.State == Looking || b.State == Looking {
		return a.Zxid == b.Zxid && a.Round == b.Round && a.PeerEpoch == b.PeerEpoch
	}
	if (a.Version > 0) != (b.Version > 0) {
		return true
	}
	return a.PeerEpoch == b.PeerEpoch
}

// CheckLeader: another server must itself have said LEADING in the table; I must be in the votes' round.
func CheckLeader(s *Server, table *[MaxVoters]Vote, present Set, leader SID, leaderPos int, round uint64) bool {
	if leader == s.SID {
		return s.Round == round
	}
	return present.Has(leaderPos) && table[leaderPos].State == Leading
}

func nextRound(round uint64) uint64 { return round + 1 }

// adoptRound: the better of the vote and the server's own *initial* vote, not its proposal.
func adoptRound(s *Server, e *Ensemble, v Vote) {
	s.Round = v.Round
	s.recvset.clear()
	s.Proposal = s.Initial(e)
	if e.Rules.Beats(e, v.Candidate, s.Proposal) {
		s.Proposal = v.Candidate
	}
}

func takes(s *Server, e *Ensemble, v Vote) bool { return e.Rules.Beats(e, v.Candidate, s.Proposal) }

// valid: sender and leader are voters of this ensemble.
func valid(e *Ensemble, from int, v Vote) bool { return from < e.Voters && e.IsVoter(v.Leader) }

func enough(_ *Server, e *Ensemble, counted Set, _ Vote) bool { return e.Rules.IsQuorum(e, counted) }

func planSync(_ *Server, h History, peer Zxid, buf []Txn) SyncPlan { return PlanSync(h, peer, buf) }

func forwards(s *Server, member int) bool { return s.forwarding.Has(member) }

func numbers(e *Ensemble, next Zxid) (Zxid, bool) { return next, next.Counter() != e.LastCounter }

func sameRound(round, own uint64) bool { return round == own }

func answersLagging(round, own uint64) bool { return int64(round) < int64(own) }

// answer is the current vote with the round of the vote, not the logical clock.
func answer(s *Server) Vote {
	v := s.Vote
	v.State, v.Version = s.State, WireVersion
	return v
}

func waits(*Ensemble, Set) bool { return true }

// endsWait compares candidates only: round and state of the polled vote are not looked at.
func endsWait(s *Server, e *Ensemble, _ int, v Vote) bool {
	return e.Rules.Beats(e, v.Candidate, s.Proposal)
}

func candidateEpoch(_ *Server, candidate, accepted uint32) uint32 {
	if accepted >= candidate {
		return accepted + 1
	}
	return candidate
}

func isParticipant(e *Ensemble, member int) bool { return member < e.Voters }

func epochReady(s *Server, e *Ensemble) bool {
	return s.heard.Has(int(s.pos)) && e.Rules.IsQuorum(e, s.heard)
}

func promiseAsLeader(s *Server, epoch uint32, out *Outputs) { s.writeAcceptedEpoch(epoch, out) }

func promise(s *Server, epoch uint32, out *Outputs) (Packet, bool) {
	ack := Packet{Kind: AckEpoch, Epoch: epoch, Zxid: s.Zxid, Current: s.CurrentEpoch}
	switch {
	case epoch > s.AcceptedEpoch:
		s.writeAcceptedEpoch(epoch, out)
		ack.Wrote = s.Disk.AcceptedEpoch == epoch
	case epoch == s.AcceptedEpoch:
		ack.NoCount, ack.Current = true, 0
	default:
		return Packet{}, false
	}
	return ack, true
}

func isAhead(s *Server, ack Packet) bool {
	if ack.Current != s.CurrentEpoch {
		return ack.Current > s.CurrentEpoch
	}
	return int64(ack.Zxid) > int64(s.Zxid)
}

// countsAck: zxid -1, too, is from a server that does not want to be counted.
func countsAck(e *Ensemble, member int, ack Packet) bool {
	return !ack.NoCount && ack.Zxid != NoZxid && member < e.Voters
}

func epochAcked(s *Server, e *Ensemble) bool {
	return s.acked.Has(int(s.pos)) && e.Rules.IsQuorum(e, s.acked)
}

func synchronise(s *Server, p Packet, out *Outputs) {
	s.SaveHistory(out)
	s.SaveCurrentEpoch(p.Epoch, out)
}

func synced(s *Server, e *Ensemble) bool {
	return s.newAcked.Has(int(s.pos)) && e.Rules.IsQuorum(e, s.newAcked)
}

// commitsUpTo: commits come in the order of proposals; another one is passed over (Learner.syncWithLeader).
func commitsUpTo(s *Server, z Zxid) int {
	if s.committed < s.log.n && s.log.zxids[s.committed] == z {
		return s.Committed() + 1
	}
	return s.Committed()
}

func never() bool { return false }

func always() bool { return true }

func lostQuorum(e *Ensemble, connected Set) bool { return !e.Rules.IsQuorum(e, connected) }

func lastLogged(s *Server) Zxid { return s.Zxid }

func refreshVote(s *Server) { s.Vote.PeerEpoch = s.Epoch }

// Recovers: an epoch of the last zxid above currentEpoch, or an acceptedEpoch below it, is refused.
func Recovers(d Disk) bool {
	return d.Zxid.Epoch() <= d.CurrentEpoch && d.AcceptedEpoch >= d.CurrentEpoch
}
