package cluster

import "github.com/zkcheck/zkcheck/election"

// foretell is lookAhead for steps of which it shows without one what they touch, in the coarse grain and where every rule is
// ZooKeeper's. The others it leaves alone.
func (y *System) foretell(s *State, a Action, from, actor int, f *footprint) {
	v := &s.Servers[actor]
	switch a.Kind {
	case Deliver:
		m := &y.channel(s, from, actor).msgs[0]
		if v.State == election.Looking && m.State != election.Looking && from < y.Ensemble.Voters {
			return // the votes decide
		}
		y.foretellNotification(v, from, m, f)
		if v.State != election.Looking && v.Phase >= election.Synchronization {
			y.observes(s, actor, f)
		}
	case Start, Restart, Timeout:
		y.tellsAll(actor, f)
	case Decide:
		if v.Proposal.Leader != v.SID {
			y.foretellFollowing(v, actor, f)
		} else if f.turns = true; v.Disk.Zxid != v.Zxid {
			return // a snapshot is written
		}
		f.decides = true
		if y.Track.Hurry && s.unhurried {
			f.hurry, f.near = true, y.pairs(actor)
		}
	case GiveUp:
		if v.Syncing() || v.OnDisk().Len() < v.History().Len() {
			return // the log is cut or written
		}
		y.foretellEnd(s, v, actor, f)
	case Offer:
		if y.Ensemble.IsQuorum(v.Heard().With(actor)) {
			return // the epoch is fixed
		}
	case Packet:
		f.seen = y.foretellPacket(s, v, from, actor, f)
		return
	default:
		return
	}
	f.seen = true
}

// foretellPacket tells whether nothing more comes of a packet than an answer, if that: of a FOLLOWERINFO that does not fix
// the epoch, or comes later, and of a LEADERINFO that is accepted.
func (y *System) foretellPacket(s *State, v *election.Server, from, to int, f *footprint) bool {
	l := &s.links[from]
	if l.status == noLink || int(l.leader) != to || l.up.n == 0 {
		p := &s.links[to].down.list[0]
		f.uses = f.uses.With(to)
		return p.Kind == election.LeaderInfo && p.Epoch >= v.AcceptedEpoch
	}
	if l.up.list[0].Kind != election.FollowerInfo {
		return false
	}
	if f.uses = f.uses.With(from); l.status == connecting {
		f.rewires = f.rewires.With(from)
	}
	if v.Epoch == 0 {
		return !v.Heard().Has(to) || !y.Ensemble.IsQuorum(v.Heard().With(from))
	}
	if v.Phase >= election.Synchronization {
		y.observes(s, to, f)
	}
	return true
}

// foretellNotification: who LOOKING is told something LOOKING tells all if its proposal or its round changes, and tells who
// lags. Others tell who asks.
func (y *System) foretellNotification(v *election.Server, from int, m *election.Vote, f *footprint) {
	if from >= y.Ensemble.Voters || m.State == election.Looking && (v.State != election.Looking || m.Round < v.Round) {
		f.pushTo = f.pushTo.With(from)
	}
	if from >= y.Ensemble.Voters || v.State != election.Looking {
		return
	}
	better := election.Beats(y.Ensemble, m.Candidate, v.Proposal)
	switch {
	case v.Waiting && !better, !y.Ensemble.IsVoter(m.Leader), v.Zxid == election.NoZxid, m.Zxid == election.NoZxid, m.Round < v.Round:
	case m.Round > v.Round:
		f.decides = m.Round > 1
		y.tellsAll(int(f.actor), f)
	case better:
		y.tellsAll(int(f.actor), f)
	}
}

// tellsAll: the actor notifies every voter.
func (y *System) tellsAll(actor int, f *footprint) {
	f.pushTo |= y.Ensemble.VoterSet().Without(actor)
	for to := range y.Ensemble.Voters {
		if to != actor {
			f.edges |= y.pair(actor, to)
		}
	}
}

// foretellFollowing: a learner connects to its leader, if it is a member, and says FOLLOWERINFO.
func (y *System) foretellFollowing(v *election.Server, actor int, f *footprint) {
	if leader, ok := y.Ensemble.Position(v.Proposal.Leader); ok {
		f.attach = f.attach.With(leader)
		f.rewires, f.uses = f.rewires.With(actor), f.uses.With(actor)
	}
}

// foretellEnd: a term that ends without a change of the log.
func (y *System) foretellEnd(s *State, v *election.Server, actor int, f *footprint) {
	f.decides = true
	y.tellsAll(actor, f)
	if v.State != election.Leading {
		f.rewires = f.rewires.With(actor)
		if l := &s.links[actor]; l.status == connected { // the leader is told
			f.own = f.own.With(int(l.leader))
		}
		return
	}
	f.turns = true
	for learner := range s.links {
		if l := &s.links[learner]; l.status == connected && int(l.leader) == actor {
			f.rewires = f.rewires.With(learner)
		}
	}
}
