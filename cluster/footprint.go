package cluster

import "github.com/zkcheck/zkcheck/election"

// footprint finds out what an enabled action touches.
func (y *System) footprint(s *State, a Action, f *footprint) {
	*f = footprint{actor: -1, popFrom: -1, observes: -1}
	if a.N > 0 {
		f.alone = true
		return
	}
	from, _ := y.Ensemble.Position(a.From)
	to, _ := y.Ensemble.Position(a.To)
	actor := from
	switch a.Kind {
	case Start, Restart:
		f.ups = y.pairs(from)
		if a.Kind == Restart {
			y.spending(s, f, restartsLimit)
		}
	case Deliver:
		if actor = to; from != to {
			f.popFrom = int8(from)
			f.edges = y.pair(from, to)
		}
	case Timeout:
		f.edges = y.pairs(from)
		y.spending(s, f, cutTimeouts)
	case Packet:
		actor = to
		f.edges = y.pair(from, to)
	case GiveUp:
		y.endsTerm(s, from, f)
	case Write:
		y.spending(s, f, cutWrites)
		f.spends |= 1 << cutWrites
	case Decide, Offer, Handle, Resume, Answer, Flush:
	default:
		y.faultFootprint(s, a, from, to, f)
		return
	}
	f.actor = int8(actor)
	f.own = f.own.With(actor)
	y.lookAhead(s, a, from, actor, f)
	f.plain = f.own == election.Set(1)<<actor && f.spends == 0 && f.asks|f.rewires|f.attach|f.ends == 0 && f.ups|f.downs == 0 &&
		!f.turns && !f.hurry && !f.commits && !f.logs
}

// input is what the server that takes the step of an action is given, but for a packet.
func (y *System) input(s *State, a Action, from, to int, in *election.Input) {
	*in = election.Input{}
	switch a.Kind {
	case Start, Restart:
		in.Kind = election.Start
	case Deliver:
		in.Kind, in.From, in.Vote = election.Notification, uint8(from), y.channel(s, from, to).msgs[0]
	case Timeout:
		in.Kind = election.Timeout
	case Decide:
		in.Kind = election.Decide
	case Offer:
		in.Kind = election.Offer
	case GiveUp:
		in.Kind = election.GiveUp
	case Handle:
		in.Kind = election.Handle
		sender, v, _ := s.Servers[from].Next()
		in.From, in.Vote = uint8(sender), v
	case Resume:
		in.Kind = election.Resume
	case Answer:
		in.Kind = election.Answer
	case Write:
		in.Kind, in.Value = election.Write, 1
	case Flush:
		in.Kind = election.Flush
	}
}

// spending notes a budget if it is limited and this could be the last of it: two actions can't both have it.
func (y *System) spending(s *State, f *footprint, limit int) {
	if y.budgets[limit] != Unlimited && y.left(s, limit) < 2 {
		f.spends |= 1 << limit
	}
	if limit <= resetsLimit && y.lastReconnects(s) {
		f.spends |= lastReconnects
	}
}

// lastReconnects is a budget of its own in footprints: with what is left of those that bring connections back goes what was
// last sent on connections that are up, and whether one still is depends on the order.
const lastReconnects = 1 << 31

// lastReconnects tells whether two more faults can be the last after which a connection comes back.
func (y *System) lastReconnects(s *State) bool {
	left := max(0, y.left(s, cutsLimit)) + max(0, y.left(s, resetsLimit)) +
		max(0, min(y.left(s, crashesLimit), y.left(s, restartsLimit)))
	return left > 0 && left <= 2
}

// endsTerm is what a term looks at before it is given up: a learner's at its connection and its leader, a
// leader's at all its learners.
func (y *System) endsTerm(s *State, i int, f *footprint) {
	if y.Limits.GiveUps > 0 {
		f.spends |= 1 << cutGiveUps
	}
	if s.Servers[i].State == election.Leading {
		f.ends = f.ends.With(i)
		for learner := range s.links {
			if l := &s.links[learner]; l.status != noLink && int(l.leader) == i {
				f.rewires = f.rewires.With(learner)
				f.edges |= y.pair(i, learner)
			}
		}
		return
	}
	f.rewires = f.rewires.With(i)
	if l := &s.links[i]; l.status != broken && int(l.leader) != i {
		f.asks = f.asks.With(int(l.leader))
		f.edges |= y.pair(i, int(l.leader))
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
