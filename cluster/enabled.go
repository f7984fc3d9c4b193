package cluster

import "github.com/zkcheck/zkcheck/election"

// Indexes into limitFields for budgets of faults.
const (
	crashesLimit = iota
	restartsLimit
	cutsLimit
	resetsLimit
	dropsLimit
	dupsLimit
	wipesLimit
	garblesLimit
)

// left is what is left of a budget.
func (y *System) left(s *State, limit int) int {
	budget := y.budgets[limit]
	if budget == Unlimited {
		return 1
	}
	return budget - int(s.spent[limit])
}

// afford tells whether a budget has something left. If not that is reported, but for faults that nobody
// asked for.
func (y *System) afford(s *State, limit int) bool {
	if y.left(s, limit) > 0 {
		return true
	}
	if y.budgets[limit] > 0 || !limitFields[limit].Fault {
		s.cut |= 1 << limit
	}
	return false
}

// Cut tells which limits cut something off, as bits for CutNames: actions of this state after Actions, a
// message of the step after Apply.
func (y *System) Cut(s *State) uint64 { return s.cut }

// Actions appends what can happen now, in a fixed order.
func (y *System) Actions(s *State, buf []Action) []Action {
	s.cut = 0
	at := len(buf)
	for i := range s.Servers {
		buf = y.serverActions(s, i, buf)
	}
	for to := range s.Servers {
		for from := range s.Servers {
			if s.notes[from*y.n+to].n == 0 || !y.listens(s, from, to) {
				continue
			}
			a := Action{Kind: Deliver, From: y.sid(from), To: y.sid(to)}
			buf = append(buf, a)
			if y.Limits.Lags != 0 {
				in := election.Input{Kind: election.Notification, From: uint8(from), Vote: s.notes[from*y.n+to].msgs[0]}
				buf = y.lagging(s, to, &in, a, buf)
			}
		}
	}
	for learner := range s.links {
		if s.links[learner].status == connecting || s.links[learner].status == connected {
			buf = y.packetActions(s, learner, buf)
		}
	}
	if s.Calm() {
		return y.calmActions(s, buf, at)
	}
	buf = y.faultActions(s, buf)
	if y.Limits.Calm > 0 {
		buf = append(buf, Action{Kind: Calm})
	}
	return buf
}

func (y *System) sid(pos int) election.SID { return y.Ensemble.Members[pos].SID }

// roundsLeft tells whether a server may enter another round.
func (y *System) roundsLeft(s *State, round uint64) bool {
	if s.Calm() || y.Limits.Rounds == Unlimited || round < uint64(y.Limits.Rounds) {
		return true
	}
	s.cut |= 1 << cutRounds
	return false
}

// epochsLeft tells whether a leader may hear an acceptedEpoch without proposing too large an epoch.
func (y *System) epochsLeft(s *State, leader *election.Server, accepted uint32) bool {
	if s.Calm() || leader.Epoch != 0 || uint64(leader.CandidateAfter(y.Ensemble, accepted)) <= y.lastEpoch {
		return true
	}
	s.cut |= 1 << cutEpochs
	return false
}

func (y *System) serverActions(s *State, i int, buf []Action) []Action {
	v := s.Servers[i]
	sid := v.SID
	switch {
	case !s.Started.Has(i):
		if y.Ensemble.Rules.Recovers(v.Disk) && y.roundsLeft(s, 0) {
			buf = append(buf, Action{Kind: Start, From: sid})
		}
	case !s.Up.Has(i):
	case v.Stage() != election.Whole:
		buf = append(buf, Action{Kind: Resume, From: sid})
	case v.State == election.Looking && v.Queued() > 0:
		buf = y.divided(s, i, Handle, election.Handle, buf)
	case v.State == election.Looking && v.Waiting:
		buf = y.divided(s, i, Decide, election.Decide, buf)
	case v.State == election.Looking:
		if y.resendTells(s, i) && (s.Calm() || y.afford(s, cutTimeouts)) {
			buf = append(buf, Action{Kind: Timeout, From: sid})
		}
	default:
		if v.State == election.Leading && !v.Offered && y.Phases.include(election.Discovery) && y.epochsLeft(s, v, v.AcceptedEpoch) {
			buf = append(buf, Action{Kind: Offer, From: sid})
		}
		if y.mayGiveUp(s, i) && y.roundsLeft(s, v.Round) {
			buf = y.divided(s, i, GiveUp, election.GiveUp, buf)
		}
	}
	if s.Up.Has(i) {
		buf = y.broadcastActions(s, i, buf)
	}
	if v.Held() {
		buf = y.divided(s, i, Answer, election.Answer, buf)
	}
	return buf
}

// broadcastActions: a client's write where there is a leader to serve it, and the flush of a log.
func (y *System) broadcastActions(s *State, i int, buf []Action) []Action {
	v := s.Servers[i]
	if v.Unflushed() && y.Ensemble.Fine {
		buf = append(buf, Action{Kind: Flush, From: v.SID})
	}
	if v.State != election.Leading || v.Phase != election.Broadcast || v.Stage() != election.Whole {
		return buf
	}
	if y.Limits.Writes == 0 || !y.Phases.include(election.Broadcast) || !y.afford(s, cutWrites) {
		return buf
	}
	if v.History().Len() == election.MaxLog || v.Outstanding() == election.MaxOutstanding {
		s.cut |= 1 << cutWrites
		return buf
	}
	if v.RunsOut(y.Ensemble) && !y.roundsLeft(s, v.Round) {
		return buf
	}
	return append(buf, Action{Kind: Write, From: v.SID})
}

// resendTells: a notification time-out changes something. It sends where a peer is connected and the
// tail of its channel says something else; the vote of the server for itself is counted again.
func (y *System) resendTells(s *State, i int) bool {
	if !y.Ensemble.Rules.Resends() {
		return false
	}
	return y.lacks(s, i) || i < y.Ensemble.Voters && y.Ensemble.Rules.IsQuorum(y.Ensemble, s.Servers[i].Tally(y.Ensemble).With(i))
}

// lacks tells whether a voter is connected that a server's ballot is not on its way to as the last thing it said.
func (y *System) lacks(s *State, i int) bool {
	ballot := s.Servers[i].Ballot()
	for to := range y.Ensemble.Voters {
		if y.reachable(s, i, to) {
			if c := y.channel(s, i, to); c.n == 0 || c.msgs[c.n-1] != ballot {
				return true
			}
		}
	}
	return false
}

// Stalled: the term of a server can't go on, so that initLimit, syncLimit or a lost connection ends it.
// A learner's has when its connection is lost or its leader does not lead. A leader's has, before it
// serves, when nothing is on its way between it and its learners; when it serves, without a quorum of
// connected learners, whether in sync yet or not (LearnerHandler.synced).
func (y *System) Stalled(s *State, i int) bool {
	v := s.Servers[i]
	if v.State != election.Leading {
		l := &s.links[i]
		leader := int(l.leader)
		return l.status == broken || !s.Up.Has(leader) || s.cuts[i].Has(leader) ||
			l.status == connecting && s.Servers[leader].State != election.Leading
	}
	if !v.Offered {
		return false
	}
	connections, busy := election.Set(0), false
	for learner := range s.links {
		l := &s.links[learner]
		if l.status == noLink || l.status == broken || int(l.leader) != i {
			continue
		}
		if l.status == connected {
			connections = connections.With(learner)
		}
		busy = busy || (l.up.n > 0 || l.down.n > 0) && y.reachable(s, learner, i)
	}
	if v.Phase == election.Broadcast {
		return v.LostQuorum(y.Ensemble, connections)
	}
	return !busy
}

// mayGiveUp: a stalled term ends. One that could go on can end too, because nothing bounds how slow a
// peer is: that has a budget.
func (y *System) mayGiveUp(s *State, i int) bool {
	return y.Stalled(s, i) || !s.Calm() && y.afford(s, cutGiveUps)
}

func (y *System) packetActions(s *State, learner int, buf []Action) []Action {
	l := &s.links[learner]
	leader := int(l.leader)
	if !s.Up.Has(leader) || s.cuts[learner].Has(leader) {
		return buf
	}
	if v := s.Servers[leader]; l.up.n > 0 && y.Phases.include(election.Discovery) && v.State == election.Leading && v.Stage() != election.Deciding {
		p := &l.up.list[0]
		if p.Kind != election.FollowerInfo || y.epochsLeft(s, v, p.Epoch) {
			a := Action{Kind: Packet, From: y.sid(learner), To: y.sid(leader)}
			buf = append(buf, a)
			if y.Limits.Lags != 0 {
				in := election.Input{Kind: election.PacketIn, From: uint8(learner), Packet: *p}
				buf = y.lagging(s, leader, &in, a, buf)
			}
		}
	}
	if l.down.n > 0 && y.inScope(&l.down.list[0]) {
		p, v := &l.down.list[0], s.Servers[learner]
		refuses := p.Kind == election.LeaderInfo && p.Epoch < v.AcceptedEpoch
		if !refuses || y.roundsLeft(s, v.Round) {
			buf = append(buf, Action{Kind: Packet, From: y.sid(leader), To: y.sid(learner)})
		}
	}
	return buf
}
