package logs

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// deed is one thing that a server's log says it did, as the transition system can do it.
type deed struct {
	event *Event
	from  election.SID
	vote  election.Vote // that is delivered, in rounds of the trace; unused by a decision
	start bool
}

// part is what one server has to do in a trace.
type part struct {
	sid     election.SID
	deeds   []deed
	next    int
	outcome *Election
}

func (p *part) done() bool { return p.next == len(p.deeds) }

// player looks for an order of steps in which every server does what its log says. The logs give the
// order at each server; the order between servers it finds by trying what is possible.
type player struct {
	y       *cluster.System
	s, t    *cluster.State
	parts   []*part
	actions []cluster.Action
	places  map[int]Place // after so many steps a server has decided at this line
	server  func(*Event, election.SID) Place
	early   bool // followers synchronise as soon as they can
	skipped int  // notifications that could not be delivered
	wrong   bool // a server has decided otherwise than its log says
	buf     []cluster.Action
}

// maxSteps bounds the steps of a trace.
const maxSteps = 20_000

func (p *player) play() {
	p.s, p.t = &p.y.Init()[0], new(cluster.State)
	for len(p.actions) < maxSteps && !p.wrong {
		switch {
		case p.any(p.step):
		case p.early && p.sync():
		case p.any(p.drop):
		case p.any(p.begin):
		case !p.early && p.sync():
		case p.any(p.again):
		case p.any(p.skip):
		default:
			return
		}
	}
}

// any tries something for every server that has something left to do, those first that did it first.
func (p *player) any(try func(*part) bool) bool {
	order := slices.Clone(p.parts)
	slices.SortStableFunc(order, func(a, b *part) int { return int(a.when() - b.when()) })
	for _, x := range order {
		if !x.done() && try(x) {
			return true
		}
	}
	return false
}

// when is the time of what a server does next, 0 if its log has no time stamps.
func (p *part) when() int64 {
	if p.done() {
		return 0
	}
	return p.deeds[p.next].event.time
}

// take takes an action if it is enabled and leads where it should.
func (p *player) take(a cluster.Action, right func(*cluster.State) bool) bool {
	p.buf = p.y.Actions(p.s, p.buf[:0])
	if !slices.Contains(p.buf, a) {
		return false
	}
	p.y.Copy(p.t, p.s)
	p.y.Apply(p.t, a)
	if right != nil && !right(p.t) {
		return false
	}
	p.s, p.t = p.t, p.s
	p.actions = append(p.actions, a)
	return true
}

func (p *player) of(sid election.SID) *election.Server {
	i, _ := p.y.Ensemble.Position(sid)
	return p.s.Servers[i]
}

// step does the next deed of a server as it is.
func (p *player) step(x *part) bool {
	d := &x.deeds[x.next]
	switch {
	case d.start:
		return false
	case d.event == x.outcome.contest.decided:
		return p.decide(x)
	}
	if !p.take(cluster.Action{Kind: cluster.Deliver, From: d.from, To: x.sid}, func(s *cluster.State) bool {
		return said(&s.In.Vote, &d.vote)
	}) {
		return false
	}
	x.next++
	return true
}

// said tells whether a notification is the one of the log, but for its version.
func said(v, want *election.Vote) bool {
	return v.Candidate == want.Candidate && v.Round == want.Round && v.State == want.State
}

func (p *player) decide(x *part) bool {
	v := p.of(x.sid)
	if v.State == election.Looking && !(v.Waiting && p.take(cluster.Action{Kind: cluster.Decide, From: x.sid}, nil)) {
		return false
	}
	if v = p.of(x.sid); v.State != x.outcome.contest.decided.Mine || v.Vote.Leader != x.outcome.decision.Leader {
		p.wrong = true
	}
	p.places[len(p.actions)] = p.server(x.outcome.contest.decided, x.sid)
	x.next++
	return true
}

// drop loses notifications that the log of their receiver does not have: ZooKeeper replaced them by
// newer ones before they were sent.
func (p *player) drop(x *part) bool {
	d := &x.deeds[x.next]
	if d.start || d.event == x.outcome.contest.decided {
		return false
	}
	steps, before := len(p.actions), new(cluster.State)
	p.y.Copy(before, p.s)
	for range cluster.MaxChannel {
		if !p.take(cluster.Action{Kind: cluster.Drop, From: d.from, To: x.sid}, nil) {
			break
		}
		if p.step(x) {
			return true
		}
	}
	p.s, p.actions = before, p.actions[:steps]
	return false
}

// begin starts a server, unless something that has happened before still waits for its turn.
func (p *player) begin(x *part) bool {
	late := func(o *part) bool { return !o.done() && o.when() != 0 && o.when() < x.when() }
	if !x.deeds[x.next].start || slices.ContainsFunc(p.parts, late) || !p.take(cluster.Action{Kind: cluster.Start, From: x.sid}, nil) {
		return false
	}
	x.next++
	return true
}

// sync lets leaders and learners go on.
func (p *player) sync() bool {
	p.buf = p.y.Actions(p.s, p.buf[:0])
	for _, a := range p.buf {
		if a.Kind == cluster.Offer || a.Kind == cluster.Packet {
			return p.take(a, nil)
		}
	}
	return false
}

// again lets a server send its notifications once more where the log of another one has them twice.
func (p *player) again(x *part) bool {
	d := &x.deeds[x.next]
	if d.start || d.event == x.outcome.contest.decided {
		return false
	}
	from := p.of(d.from)
	ballot := from.Ballot()
	return from.State == election.Looking && said(&ballot, &d.vote) &&
		p.take(cluster.Action{Kind: cluster.Timeout, From: d.from}, nil)
}

// skip gives a notification up. Whether it mattered shows at the decision.
func (p *player) skip(x *part) bool {
	if d := &x.deeds[x.next]; d.start || d.event == x.outcome.contest.decided {
		return false
	}
	x.next++
	p.skipped++
	return true
}

// reached tells whether every server has decided as its log says.
func (p *player) reached() bool {
	return !p.wrong && !slices.ContainsFunc(p.parts, func(x *part) bool { return !x.done() })
}
