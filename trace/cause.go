package trace

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// causes follows a run and tells of every step which earlier ones it builds on: the last step at every server
// that it touches, and, where it takes a message, the step that sent it. It keeps a copy of every channel and
// connection, in which each message bears the number of its step. Numbers count from 0; none is -1.
type causes struct {
	y     *cluster.System
	n     int
	at    []int    // by position: the last step that touched the server
	links []int    // by from*n+to, both ways alike: the last cut, heal, reset, drop or dup there
	notes []flight // election channels, by from*n+to
	lines []line   // follower-leader connections, by learner
	write int      // the last client's write: writes are numbered
}

// tagged is a message in flight, and the steps that put it there: who sent it, and what sent it again.
type tagged struct {
	vote        election.Vote
	sent, again int
}

// flight is one direction of an election connection, as cluster's channels are.
type flight struct {
	list    []tagged
	last    tagged // with an empty list: the last message sent, if hasLast
	hasLast bool
}

// line is a learner's connection to its leader.
type line struct {
	leader    int // position, -1 for no connection
	connected bool
	up, down  []parcel
}

// parcel is a packet in flight.
type parcel struct {
	packet election.Packet
	sent   int
}

func newCauses(y *cluster.System) *causes {
	n := len(y.Ensemble.Members)
	c := &causes{y: y, n: n, at: slices.Repeat([]int{-1}, n), links: slices.Repeat([]int{-1}, n*n),
		notes: make([]flight, n*n), lines: make([]line, n), write: -1}
	for i := range c.lines {
		c.lines[i].leader = -1
	}
	return c
}

// step tells what step i builds on, in ascending order, and takes it.
func (c *causes) step(i int, before *cluster.State, a cluster.Action, after *cluster.State) []int {
	from, _ := c.y.Ensemble.Position(a.From)
	to, _ := c.y.Ensemble.Position(a.To)
	var on []int
	touched := c.touched(before, a, after)
	for pos := range c.n {
		if touched.Has(pos) {
			on = append(on, c.at[pos])
			c.at[pos] = i
		}
	}
	switch a.Kind {
	case cluster.Start, cluster.Restart:
		c.connectAll(i, from, before, after)
	case cluster.Deliver:
		m := c.pop(from, to)
		on = append(on, m.sent, m.again, c.links[from*c.n+to])
	case cluster.Packet:
		on = append(on, c.take(from, to, before.Servers[to].Syncing())...)
	case cluster.GiveUp:
		if leader, _ := before.LeaderOf(from); leader >= 0 {
			on = append(on, c.at[leader])
		}
	case cluster.Write:
		on = append(on, c.write)
		c.write = i
	case cluster.Garble, cluster.Stranger: // who speaks is made up, but has to be up
		on = append(on, c.at[from])
	case cluster.Crash:
		c.crash(from)
	case cluster.Cut, cluster.Heal, cluster.Reset, cluster.Drop, cluster.Dup:
		on = append(on, c.fault(i, a, from, to, after)...)
	}
	c.send(i, after)
	slices.Sort(on)
	on = slices.Compact(on)
	return slices.DeleteFunc(on, func(k int) bool { return k < 0 || k == i })
}

// touched are the servers that a step changes: who steps, and both ends of a connection that is lost.
func (c *causes) touched(before *cluster.State, a cluster.Action, after *cluster.State) (set election.Set) {
	if a.Kind == cluster.Calm {
		return 1<<c.n - 1 // from then on the whole network is another
	}
	if after.Actor >= 0 {
		set = set.With(after.Actor)
	}
	for learner := range c.n {
		leader, was := before.LeaderOf(learner)
		if now, is := after.LeaderOf(learner); was && (!is || now != leader) {
			set = set.With(learner).With(leader)
		}
	}
	return set
}

func (c *causes) reachable(s *cluster.State, a, b int) bool {
	return a != b && s.Up.Has(a) && s.Up.Has(b) && !s.IsCut(a, b)
}

// send puts what a step sent into the copies, in cluster's own order.
func (c *causes) send(i int, after *cluster.State) {
	pos, out := after.Actor, &after.Out
	if pos < 0 || !after.Up.Has(pos) {
		return
	}
	if out.HangUp {
		c.lines[pos] = line{leader: -1}
	}
	for l := range c.lines {
		if out.Close.Has(l) && c.lines[l].leader == pos && c.lines[l].connected {
			c.lines[l].lose()
		}
	}
	if out.Connect >= 0 {
		c.lines[pos] = line{leader: int(out.Connect)}
	}
	for _, p := range out.Packets {
		if l := &c.lines[pos]; l.leader == int(p.To) {
			l.up = append(l.up, parcel{p.Packet, i})
		} else if l := &c.lines[p.To]; l.connected && l.leader == pos {
			l.down = append(l.down, parcel{p.Packet, i})
		}
	}
	for k := range out.Notes {
		c.note(i, after, pos, int(out.Notes[k].To), out.Notes[k].Vote)
	}
}

// note is cluster's send queue: a notification that is equal to the tail is that, and a full channel's newest
// takes the place of its tail.
func (c *causes) note(i int, after *cluster.State, from, to int, v election.Vote) {
	f, m := &c.notes[from*c.n+to], tagged{v, i, -1}
	size := len(f.list)
	most := c.y.Limits.ChannelLen
	if from == to {
		most = cluster.MaxChannel
	}
	switch {
	case from != to && !c.reachable(after, from, to):
		*f = flight{last: m, hasLast: true}
	case from != to && !c.y.FIFO && size > 0 && f.list[size-1].vote == v:
	case size < most:
		f.list, f.hasLast = append(f.list, m), false
	case c.y.FIFO || from == to:
		f.list = append(f.list[1:], m)
	default:
		f.list[size-1] = m
	}
}

func (c *causes) pop(from, to int) tagged {
	f := &c.notes[from*c.n+to]
	m := f.list[0]
	if f.list = f.list[1:]; len(f.list) == 0 {
		f.last, f.hasLast = m, true
	}
	return m
}

// take takes the head of a line, and in the coarse grain what a learner takes with it of a synchronisation.
func (c *causes) take(from, to int, syncing bool) (sent []int) {
	if l := &c.lines[from]; l.leader == to && len(l.up) > 0 {
		p := l.up[0]
		l.up, l.connected = l.up[1:], true
		return []int{p.sent}
	}
	l := &c.lines[to]
	for more := true; more; {
		p := l.down[0]
		l.down, sent = l.down[1:], append(sent, p.sent)
		switch p.packet.Kind {
		case election.Diff, election.Snap:
			syncing = true
		case election.Proposal, election.Commit, election.Inform:
			more = syncing
		default:
			more = false
		}
		more = more && !c.y.Ensemble.Fine && len(l.down) > 0
	}
	return sent
}

// lose is cluster's breakOff: what was on the line is lost.
func (l *line) lose() { l.connected, l.up, l.down = false, nil, nil }

func (c *causes) disconnect(a, b int) {
	for _, way := range [2][2]int{{a, b}, {b, a}} {
		f := &c.notes[way[0]*c.n+way[1]]
		if size := len(f.list); size > 0 {
			*f = flight{last: f.list[size-1], hasLast: true}
		}
		if l := &c.lines[way[0]]; l.leader == way[1] && l.connected {
			l.lose()
		}
	}
}

// connect: both ends send their last message again; it is there by the step that brought the connection, too.
func (c *causes) connect(i int, s *cluster.State, a, b int) {
	if !c.reachable(s, a, b) || !c.y.Ensemble.Rules.ResendsLast() {
		return
	}
	for _, f := range [2]*flight{&c.notes[a*c.n+b], &c.notes[b*c.n+a]} {
		if f.hasLast {
			f.last.again = i
			*f = flight{list: []tagged{f.last}}
		}
	}
}

func (c *causes) connectAll(i, pos int, before, after *cluster.State) {
	for other := range c.n {
		if before.Up.Has(other) {
			c.connect(i, after, pos, other)
		}
	}
}

func (c *causes) crash(pos int) {
	for other := range c.n {
		if other != pos {
			c.disconnect(pos, other)
			c.notes[pos*c.n+other].hasLast = false
		}
	}
	c.notes[pos*c.n+pos] = flight{}
	c.lines[pos] = line{leader: -1}
}

// fault is a fault of the network. It builds on the one before on the same link, on the message that it is
// about, and a lost connection on the last steps of both servers.
func (c *causes) fault(i int, a cluster.Action, from, to int, after *cluster.State) []int {
	on := []int{c.links[from*c.n+to]}
	switch a.Kind {
	case cluster.Drop:
		m := c.pop(from, to)
		c.links[from*c.n+to] = i
		return append(on, m.sent, m.again)
	case cluster.Dup:
		f := &c.notes[from*c.n+to]
		m := f.list[0]
		f.list = slices.Insert(f.list, 1, tagged{m.vote, m.sent, i})
		c.links[from*c.n+to] = i
		return append(on, m.sent, m.again)
	case cluster.Cut, cluster.Reset:
		on = append(on, c.at[from], c.at[to])
		c.disconnect(from, to)
	}
	if a.Kind != cluster.Cut {
		c.connect(i, after, from, to)
	}
	c.links[from*c.n+to], c.links[to*c.n+from] = i, i
	return on
}
