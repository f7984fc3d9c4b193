package cluster

import "github.com/zkcheck/zkcheck/election"

// ahead is a server that takes steps which are only looked at.
type ahead struct {
	*election.Server
	met   *acquaintance // whom Server points to, if it is known
	own   election.Server
	was   election.Server // before its last step, if that one is not known
	out   election.Outputs
	touch touch
	in    election.Input
	took  *taken // the last step, if it is known
}

// lookFrom begins to look ahead: from a server as it is.
func (s *State) lookFrom(i int) { s.ahead.Server, s.ahead.met = s.Servers[i], s.met[i] }

// giveAhead gives the one that looks ahead an input, and tells what its step touches. Valid until the next one.
func (y *System) giveAhead(s *State, in *election.Input) *touch {
	h := &s.ahead
	if h.met != nil && in.Snapshot == nil {
		t := s.recall.step(h.met, in)
		h.Server, h.met, h.took = &t.became.server, t.became, t
		return &t.touch
	}
	h.took = nil
	h.was.CopyFrom(h.Server, y.Ensemble.Voters)
	if h.Server != &h.own {
		h.own.CopyFrom(h.Server, y.Ensemble.Voters)
		h.Server, h.met = &h.own, nil
	}
	h.out.Reset()
	h.own.Step(y.Ensemble, in, &h.out)
	h.touch = y.touched(&h.was, &h.own, &h.out)
	return &h.touch
}

// tried are the steps that a cursor has taken from a state, by the ordinals of their actions, of those that are known.
type tried struct {
	known uint64
	steps [64]*taken
}

func (d *tried) add(ordinal int, t *taken) {
	if ordinal >= 0 {
		d.known, d.steps[ordinal] = d.known|1<<ordinal, t
	}
}

func (d *tried) step(ordinal int) *taken {
	if ordinal < 0 || d.known>>ordinal&1 == 0 {
		return nil
	}
	return d.steps[ordinal]
}

// lookAhead lets the server look at the step that it would take.
func (y *System) lookAhead(s *State, a Action, from, actor int, f *footprint) {
	if t := s.tried.step(y.Ordinal(a)); t != nil && a.Kind != Packet {
		f.took = t
		y.reach(s, actor, &t.touch, f)
		return
	}
	in := &s.ahead.in
	s.lookFrom(actor)
	more := false
	if a.Kind == Packet {
		more = y.gatherAhead(s, from, actor, in, f)
	} else {
		y.input(s, a, from, actor, in)
	}
	y.reach(s, actor, y.giveAhead(s, in), f)
	if !more {
		f.took = s.ahead.took
	}
}

// gatherAhead is System.gather ahead, but for the last step. It tells whether there was more than that. A learner that could go
// on with what its leader sends next, or that takes a snapshot, looks at its leader.
func (y *System) gatherAhead(s *State, from, to int, in *election.Input, f *footprint) (more bool) {
	*in = election.Input{Kind: election.PacketIn, From: uint8(from)}
	if l := &s.links[from]; l.status != noLink && int(l.leader) == to && l.up.n > 0 {
		in.Packet = l.up.list[0]
		if f.uses = f.uses.With(from); l.status == connecting {
			f.rewires = f.rewires.With(from)
		}
		return false
	}
	f.uses = f.uses.With(to)
	list := s.links[to].down.list[:s.links[to].down.n]
	for k := 0; ; k++ {
		in.Packet, in.Snapshot = list[k], nil
		if in.Packet.Kind == election.Snap {
			in.Snapshot = s.Servers[from].History()
			f.own = f.own.With(from)
		}
		if y.Ensemble.Fine || !gathered(s.ahead.Server, &in.Packet) {
			return k > 0
		}
		if k+1 == len(list) {
			f.own = f.own.With(from)
			return k > 0
		}
		y.reach(s, to, y.giveAhead(s, in), f)
	}
}

// reach adds to a footprint where a step of its actor reaches, in this state.
func (y *System) reach(s *State, actor int, t *touch, f *footprint) {
	f.pushTo |= t.tells
	f.edges |= t.edges
	if l := &s.links[actor]; t.hangUp {
		f.rewires = f.rewires.With(actor)
		if l.status == connected { // the leader is told
			f.own = f.own.With(int(l.leader))
		}
	}
	if t.close != 0 {
		for learner := range s.links {
			if l := &s.links[learner]; t.close.Has(learner) && int(l.leader) == actor && l.status == connected {
				f.rewires = f.rewires.With(learner)
			}
		}
	}
	f.attach |= t.attach
	f.rewires |= t.rewires
	f.uses |= t.uses
	f.turns = f.turns || t.turns
	if y.Track.Hurry && s.unhurried && t.decides {
		f.hurry, f.near = true, y.pairs(actor)
	}
	f.commits = f.commits || t.commits
	f.logs = f.logs || t.logs
	if t.compares {
		y.observes(s, actor, f)
	}
}

// touch is what a server's step touches, as far as the server and its input tell.
type touch struct {
	tells   election.Set // whom it notifies
	edges   uint64       // by which connections
	close   election.Set // learners whose connection the leader closes
	attach  election.Set // the leader that a learner connects to
	rewires election.Set // the learner that does
	uses    election.Set // learners whose connection to a leader it sends on

	hangUp   bool // the learner closes its connection
	turns    bool // begins or ends to lead
	decides  bool // leaves LOOKING for a leader
	commits  bool // commits, establishes or begins to serve
	logs     bool // changes a log that somebody sees
	compares bool // properties compare it with its leader
}

// touched finds out what a step from v to ahead touched.
func (y *System) touched(v, ahead *election.Server, out *election.Outputs) (t touch) {
	actor := v.Position()
	for i := range out.Notes {
		to := int(out.Notes[i].To)
		t.tells = t.tells.With(to)
		if to != actor {
			t.edges |= y.pair(actor, to)
		}
	}
	t.close, t.hangUp = out.Close, out.HangUp
	if out.Connect >= 0 {
		t.attach = t.attach.With(int(out.Connect))
		t.rewires = t.rewires.With(actor)
	}
	for i := range out.Packets {
		if ahead.State == election.Leading {
			t.uses = t.uses.With(int(out.Packets[i].To))
		} else {
			t.uses = t.uses.With(actor)
		}
	}
	t.turns = (v.State == election.Leading) != (ahead.State == election.Leading)
	t.decides = out.Decided
	synced := false
	for i := range out.Facts {
		switch out.Facts[i].Kind {
		case election.Established, election.Serving, election.Committed, election.Proposed, election.Replied:
			t.commits = true
		case election.Synced:
			synced = true
		}
	}
	t.logs = !sameLog(v.OnDisk(), ahead.OnDisk()) || !sameLog(v.History(), ahead.History()) && v.State == election.Leading
	t.compares = synced || t.commits || ahead.State != election.Looking && ahead.Phase >= election.Synchronization
	return t
}

// observes: what the actor has is compared with its leader, which is itself if it is none's learner.
func (y *System) observes(s *State, actor int, f *footprint) {
	f.observes = int8(actor)
	if l := &s.links[actor]; l.status != noLink {
		f.observes, f.uses = int8(l.leader), f.uses.With(actor)
	}
}

func sameLog(a, b *election.Log) bool { return a.Len() == b.Len() && a.IsPrefixOf(b) }
