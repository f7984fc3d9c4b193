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
			f.seen = !y.mayJoin(v, from, m) // else the votes decide
			return
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

// mayJoin tells whether a decided vote can make a LOOKING server join its leader: the votes for that leader are a quorum, and
// it has itself said LEADING, in one of the tables. If not the vote is only kept, or not even that.
func (y *System) mayJoin(v *election.Server, from int, m *election.Vote) bool {
	for _, t := range [2]election.Table{election.Recvset, election.Outofelection} {
		votes, present := v.Votes(t)
		var counted, leading election.Set
		for i := range y.Ensemble.Voters {
			vote := &votes[i]
			if i == from {
				vote = m
			} else if !present.Has(i) {
				continue
			}
			if vote.Leader == m.Leader {
				counted = counted.With(i)
			}
			if vote.State == election.Leading {
				leading = leading.With(i)
			}
		}
		leader, _ := y.Ensemble.Position(m.Leader)
		if y.Ensemble.IsQuorum(counted) && (m.Leader == v.SID || leading.Has(max(leader, 0))) {
			return true
		}
	}
	return false
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

// faultFootprint is what crashes, cuts and heals touch.
func (y *System) faultFootprint(s *State, a Action, from, to int, f *footprint) {
	switch a.Kind {
	case Crash:
		f.actor = int8(from)
		f.own, f.rewires = f.own.With(from), f.rewires.With(from)
		f.downs = y.pairs(from)
		f.turns = s.Servers[from].State == election.Leading
		y.spending(s, f, crashesLimit)
		for other := range y.n {
			y.disconnects(s, from, other, f)
		}
	case Cut:
		f.downs = y.pair(from, to)
		y.spending(s, f, cutsLimit)
		y.disconnects(s, from, to, f)
	case Heal:
		f.ups = y.pair(from, to)
	default:
		f.alone = true
	}
}

// disconnects is what losing a connection does to learners and leaders.
func (y *System) disconnects(s *State, a, b int, f *footprint) {
	for _, p := range [2][2]int{{a, b}, {b, a}} {
		if l := &s.links[p[0]]; l.status == connected && int(l.leader) == p[1] {
			f.rewires, f.own = f.rewires.With(p[0]), f.own.With(p[1])
		}
	}
}
