package cluster

import (
	"math/bits"

	"github.com/zkcheck/zkcheck/election"
)

// Two actions commute in a state if each can happen after the other and does the same then, both orders lead
// to the same state, and no step property says of one of them anything else because the other came first. What an action
// touches is found out by letting the server that steps take a look ahead; two footprints that do not
// meet commute. Nothing here knows a rule of the protocol, so it holds under broken rules as well. Where all
// are ZooKeeper's, what most steps touch is foretold.

// footprint is what an action touches.
type footprint struct {
	actor   int8 // whose step it is, -1 for one of the network
	popFrom int8 // from whom the notification is, or -1

	own     election.Set // servers that it reads or writes
	asks    election.Set // servers of which it only asks whether they lead
	pushTo  election.Set // whom the actor notifies
	uses    election.Set // learners whose connection to a leader it takes from or sends on
	rewires election.Set // learners whose connection to a leader it makes, breaks or judges
	attach  election.Set // the leader that it connects to
	ends    election.Set // the leader whose term it ends, which nobody must connect to meanwhile

	edges  uint64 // connections that it uses, as bits of pairs
	ups    uint64 // connections that it may bring up
	downs  uint64 // connections that it may take away
	spends uint32 // limits whose budgets it takes from, if that can matter

	seen     bool   // nothing is missing: what follows from the step itself is foretold, or was looked at
	alone    bool   // commutes with nothing
	turns    bool   // the actor begins or ends to lead
	near     uint64 // the connections of the actor, if it decides
	decides  bool   // leaves LOOKING, or enters a round after the first
	hurry    bool   // leaves LOOKING in a run that is unhurried so far
	commits  bool   // commits, establishes or begins to serve
	logs     bool   // changes a log
	observes int8   // whose log, and whose commits, a property compares with the actor's, or -1
}

// maxPairs bounds the pairs of servers that have a bit in a footprint.
const maxPairs = 64

func (y *System) pair(a, b int) uint64 {
	if a > b {
		a, b = b, a
	}
	return 1 << (b*(b-1)/2 + a)
}

// pairs are the connections of a server with all others.
func (y *System) pairs(a int) (set uint64) {
	for b := range y.n {
		if b != a {
			set |= y.pair(a, b)
		}
	}
	return set
}

// meets tells whether two footprints meet, so that the order of the actions may matter.
func (f *footprint) meets(g *footprint) bool {
	return f.alone || g.alone || f.own&g.own != 0 || f.spends&g.spends != 0 ||
		f.ups&(g.edges|g.ups|g.downs) != 0 || g.ups&(f.edges|f.downs) != 0 ||
		f.downs&g.edges != 0 || g.downs&f.edges != 0 || f.within(g) || g.within(f)
}

// within is the half of meets that looks from one side.
func (f *footprint) within(g *footprint) bool {
	return f.rewires&(g.uses|g.rewires) != 0 || f.attach&g.ends != 0 ||
		g.turns && f.asks.Has(int(g.actor)) ||
		// a send queue holds one notification: to take it and to send the next do not commute
		f.popFrom >= 0 && f.popFrom == g.actor && g.pushTo.Has(int(f.actor)) ||
		f.hurried(g) || f.commits && g.commits || f.logs && g.logs || f.observed(g)
}

// hurried: whether a decision was made in a hurry depends on what is in flight to the decider, and what is
// said of one that was not on who is up and in which round everybody is. After a fault nothing is said.
func (f *footprint) hurried(g *footprint) bool {
	return f.hurry && (g.decides || g.ups != 0 || g.downs&f.near != 0 || g.pushTo.Has(int(f.actor)))
}

// observed: f compares logs with what g changes.
func (f *footprint) observed(g *footprint) bool {
	return f.observes >= 0 && (g.commits || g.logs && (g.actor == f.observes || f.commits))
}

// Commuting fills masks, one for each enabled action of the state: bit k of the i-th says that the i-th and
// the k-th action commute. There are at most 64; more than those commute with nothing. Of pairs that are both
// in asleep, by index, it says nothing.
func (y *System) Commuting(s *State, enabled []Action, asleep uint64, masks []uint64) []uint64 {
	masks = masks[:0]
	for range enabled {
		masks = append(masks, 0)
	}
	n := min(len(enabled), 64)
	if y.Limits.Calm > 0 || y.n*(y.n-1)/2 > maxPairs || bits.OnesCount64(asleep) == n {
		return masks
	}
	if n <= fewActions { // most states; the memory is cleared in any case
		var prints [fewActions]footprint
		y.commuting(s, enabled, prints[:n], asleep, masks)
	} else {
		var prints [64]footprint
		y.commuting(s, enabled, prints[:n], asleep, masks)
	}
	return masks
}

const fewActions = 10

func (y *System) commuting(s *State, enabled []Action, prints []footprint, asleep uint64, masks []uint64) {
	for i := range prints {
		y.footprint(s, enabled[i], &prints[i])
		for k := range i {
			if prints[i].own&prints[k].own == 0 && (asleep>>i)&(asleep>>k)&1 == 0 && !y.meet(s, enabled, prints, i, k) {
				masks[i] |= 1 << k
				masks[k] |= 1 << i
			}
		}
	}
}

// meet tells whether two actions meet. What they touch is looked at more closely only where that can make a difference:
// a footprint never shrinks.
func (y *System) meet(s *State, enabled []Action, prints []footprint, i, k int) bool {
	f, g := &prints[i], &prints[k]
	if f.meets(g) {
		return true
	}
	if f.seen && g.seen {
		return false
	}
	for _, a := range [2]int{i, k} {
		if p := &prints[a]; !p.seen {
			y.lookAhead(s, enabled[a], p)
		}
	}
	return f.meets(g)
}

// footprint finds out what an enabled action touches, without a look ahead as far as can be.
func (y *System) footprint(s *State, a Action, f *footprint) {
	*f = footprint{actor: -1, popFrom: -1, observes: -1}
	if a.N > 0 {
		f.alone, f.seen = true, true
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
		f.seen = true
		return
	}
	f.actor = int8(actor)
	f.own = f.own.With(actor)
	if y.standard && !y.Ensemble.Fine {
		y.foretell(s, a, from, actor, f)
	}
}

// input is what the server that takes the step of an action is given, but for a packet.
func (y *System) input(s *State, a Action, from, to int) (in election.Input) {
	switch a.Kind {
	case Start, Restart:
		in.Kind = election.Start
	case Deliver:
		in = election.Input{Kind: election.Notification, From: uint8(from), Vote: y.channel(s, from, to).msgs[0]}
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
	return in
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

// lookAhead lets a copy of the server take the step.
func (y *System) lookAhead(s *State, a Action, f *footprint) {
	from, _ := y.Ensemble.Position(a.From)
	to, _ := y.Ensemble.Position(a.To)
	actor, in := int(f.actor), y.input(s, a, from, to)
	v, ahead, out := &s.Servers[actor], &s.ahead, &s.Out
	out.Reset()
	ahead.CopyFrom(v, y.Ensemble.Voters)
	if a.Kind == Packet {
		y.gatherAhead(s, from, actor, &in, f)
	}
	ahead.Step(y.Ensemble, &in, out)
	for i := range out.Notes {
		to := int(out.Notes[i].To)
		f.pushTo = f.pushTo.With(to)
		if to != actor {
			f.edges |= y.pair(actor, to)
		}
	}
	if l := &s.links[actor]; out.HangUp {
		f.rewires = f.rewires.With(actor)
		if l.status == connected { // the leader is told
			f.own = f.own.With(int(l.leader))
		}
	}
	for learner := range s.links {
		if l := &s.links[learner]; out.Close.Has(learner) && int(l.leader) == actor && l.status == connected {
			f.rewires = f.rewires.With(learner)
		}
	}
	if out.Connect >= 0 {
		f.attach = f.attach.With(int(out.Connect))
		f.rewires = f.rewires.With(actor)
	}
	for i := range out.Packets {
		if ahead.State == election.Leading {
			f.uses = f.uses.With(int(out.Packets[i].To))
		} else {
			f.uses = f.uses.With(actor)
		}
	}
	f.turns = (v.State == election.Leading) != (ahead.State == election.Leading)
	f.decides = out.Decided || ahead.Round != v.Round && ahead.Round > 1
	if y.Track.Hurry && s.unhurried && out.Decided {
		f.hurry, f.near = true, y.pairs(actor)
	}
	y.history(s, actor, f)
	out.Reset()
	f.seen = true
}

// gatherAhead is System.gather on the copy. A learner that could go on with what its leader sends next, or
// that takes a snapshot, looks at its leader.
func (y *System) gatherAhead(s *State, from, to int, in *election.Input, f *footprint) {
	*in = election.Input{Kind: election.PacketIn, From: uint8(from)}
	if l := &s.links[from]; l.status != noLink && int(l.leader) == to && l.up.n > 0 {
		in.Packet = l.up.list[0]
		if f.uses = f.uses.With(from); l.status == connecting {
			f.rewires = f.rewires.With(from)
		}
		return
	}
	f.uses = f.uses.With(to)
	list := s.links[to].down.list[:s.links[to].down.n]
	for k := 0; ; k++ {
		in.Packet, in.Snapshot = list[k], nil
		if in.Packet.Kind == election.Snap {
			in.Snapshot = s.Servers[from].History()
			f.own = f.own.With(from)
		}
		if y.Ensemble.Fine || !gathered(&s.ahead, &in.Packet) {
			return
		}
		if k+1 == len(list) {
			f.own = f.own.With(from)
			return
		}
		s.ahead.Step(y.Ensemble, in, &s.Out)
	}
}

// history notes what the look ahead did to logs and commits, and what properties compare with those of
// others.
func (y *System) history(s *State, actor int, f *footprint) {
	v, ahead := &s.Servers[actor], &s.ahead
	synced := false
	for _, fact := range s.Out.Facts {
		switch fact.Kind {
		case election.Established, election.Serving, election.Committed, election.Proposed, election.Replied:
			f.commits = true
		case election.Synced:
			synced = true
		}
	}
	f.logs = !sameLog(v.OnDisk(), ahead.OnDisk()) || !sameLog(v.History(), ahead.History()) && v.State == election.Leading
	if synced || f.commits || ahead.State != election.Looking && ahead.Phase >= election.Synchronization {
		y.observes(s, actor, f)
	}
}

// observes: what the actor has is compared with its leader, which is itself if it is none's learner.
func (y *System) observes(s *State, actor int, f *footprint) {
	f.observes = int8(actor)
	if l := &s.links[actor]; l.status != noLink {
		f.observes, f.uses = int8(l.leader), f.uses.With(actor)
	}
}

func sameLog(a, b *election.Log) bool { return a.Len() == b.Len() && a.IsPrefixOf(b) }
