package cluster

import (
	"github.com/zkcheck/zkcheck/election"
)

// State is one state of the cluster: a plain value, though its tables are as long as the ensemble
// needs. Copy it with System.Copy, never by assignment.
type State struct {
	Servers []*election.Server // by position; they are looked at, and changed by nothing but steps
	Started election.Set       // has had a process at some time
	Up      election.Set       // has one now

	own       []election.Server // what Servers points to, but for those that are known
	met       []*acquaintance   // whom Servers points to, of those; only in states of a Cursor
	recall    *recall           // the cursor's, or nil
	cuts      []election.Set    // by position: whom it cannot reach
	notes     []channel         // election channels, from*n+to
	links     []link            // follower-leader connections, by learner
	spent     [len(limitFields)]uint16
	epochs    epochHistory
	commits   commitHistory
	replies   replyHistory
	lap       lap
	unhurried bool // every decision so far was made with no notification in flight to the decider
	initials  []election.Candidate

	// Of the step that led here; not part of the state. In is what the server that stepped was given: the
	// notification or packet that is in no state, neither before nor after.
	In    election.Input
	Out   election.Outputs
	Actor int    // position of the server that stepped, -1 for a step of the network
	took  *taken // the step of the one server that stepped, if it is known
	again bool   // a server stepped already
	ahead ahead
	tried tried
	cut   uint64 // limits that cut something off, after System.Actions or System.Apply

	changed partSet // parts that steps have changed since the state was last made as a whole
}

// channel is one direction of an election connection: what is in flight, first sent first, and with an
// empty channel the last message sent, which a new connection sends again. While something is in
// flight the last message sent is its tail.
type channel struct {
	n       uint8
	hasLast bool // n == 0 and msgs[0] is the last message sent
	msgs    [MaxChannel]election.Vote
}

func (c *channel) copyFrom(o *channel) {
	c.n, c.hasLast = o.n, o.hasLast
	if o.n > 0 || o.hasLast {
		c.msgs[0] = o.msgs[0]
		for i := 1; i < int(o.n); i++ {
			c.msgs[i] = o.msgs[i]
		}
	}
}

// collapse: the connection is gone, and what was in flight with it; the last message sent is kept.
func (c *channel) collapse() {
	if c.n > 0 {
		c.msgs[0] = c.msgs[c.n-1]
		c.n, c.hasLast = 0, true
	}
}

// connect: a new connection sends the last message again.
func (c *channel) connect() {
	if c.hasLast {
		c.n, c.hasLast = 1, false
	}
}

// pop takes the head; when that was all, it stays as the last message sent.
func (c *channel) pop() election.Vote {
	head := c.msgs[0]
	c.n--
	if c.n == 0 {
		c.hasLast = true
	} else {
		copy(c.msgs[:c.n], c.msgs[1:c.n+1])
	}
	return head
}

// linkStatus is where a learner's connection to its leader stands.
type linkStatus uint8

const (
	noLink     linkStatus = iota
	connecting            // FOLLOWERINFO waits until the leader listens
	connected             // the leader has heard FOLLOWERINFO
	broken                // lost; the learner has not noticed yet
)

// maxPackets bounds a direction of a link: a term of a leader sends each transaction that a log holds at most
// once with its COMMIT, and a few packets around them.
const maxPackets = 2*election.MaxLog + 8

// link is a learner's connection to the leader it decided for.
type link struct {
	status   linkStatus
	leader   uint8
	up, down packets
}

type packets struct {
	n    uint8
	list [maxPackets]election.Packet
}

func (l *link) copyFrom(o *link) {
	l.status, l.leader, l.up.n, l.down.n = o.status, o.leader, o.up.n, o.down.n
	copy(l.up.list[:o.up.n], o.up.list[:o.up.n])
	copy(l.down.list[:o.down.n], o.down.list[:o.down.n])
}

func (p *packets) push(x election.Packet) {
	if p.n == maxPackets {
		panic("a link holds more packets than a leader ever sends")
	}
	p.list[p.n] = x
	p.n++
}

func (p *packets) pop() election.Packet {
	x := p.list[0]
	p.n--
	copy(p.list[:p.n], p.list[1:p.n+1])
	return x
}

// breakOff loses what was on the link; the learner will notice.
func (l *link) breakOff() {
	l.status = broken
	l.up.n, l.down.n = 0, 0
}

// epochHistory is who established which epoch, ascending by epoch.
type epochHistory struct {
	n    uint8
	list [maxHistory]establishment
}

// maxHistory bounds how many established epochs are remembered; of more, the oldest is forgotten.
const maxHistory = 32

type establishment struct {
	epoch  uint32
	leader election.SID
}

func (h *epochHistory) leader(epoch uint32) (election.SID, bool) {
	for _, e := range h.list[:h.n] {
		if e.epoch == epoch {
			return e.leader, true
		}
	}
	return 0, false
}

// add writes the register of an epoch; it is written once. It tells whether nothing was forgotten for it.
func (h *epochHistory) add(epoch uint32, leader election.SID) bool {
	i := 0
	for i < int(h.n) && h.list[i].epoch < epoch {
		i++
	}
	if i < int(h.n) && h.list[i].epoch == epoch {
		return true
	}
	if h.n == maxHistory {
		if i > 0 {
			copy(h.list[:i-1], h.list[1:i])
			h.list[i-1] = establishment{epoch, leader}
		}
		return false
	}
	copy(h.list[i+1:h.n+1], h.list[i:h.n])
	h.list[i] = establishment{epoch, leader}
	h.n++
	return true
}

// EstablishedBy tells who established an epoch earlier in the run, if the system tracks it.
func (s *State) EstablishedBy(epoch uint32) (election.SID, bool) { return s.epochs.leader(epoch) }

// EstablishedEpochs is how many epochs have been established in the run.
func (s *State) EstablishedEpochs() int { return int(s.epochs.n) }

// Unhurried tells whether every decision of the run was made with no notification in flight to the
// server that decided, if the system tracks it.
func (s *State) Unhurried() bool { return s.unhurried }

// InitialOf is the vote with which a server entered its last election, if the system tracks it.
func (s *State) InitialOf(pos int) election.Candidate { return s.initials[pos] }

// LeaderOf is the position of the server that a learner is, or was until it noticed, connected to.
func (s *State) LeaderOf(learner int) (pos int, alive bool) {
	l := &s.links[learner]
	if l.status == noLink {
		return -1, false
	}
	return int(l.leader), l.status == connected
}

// IsCut tells whether the link between two positions is cut.
func (s *State) IsCut(a, b int) bool { return s.cuts[a].Has(b) }

// InFlight is the number of notifications on their way to a position's election thread.
func (s *State) InFlight(to int) int {
	n, flying := len(s.Servers), 0
	for from := range n {
		flying += int(s.notes[from*n+to].n)
	}
	if s.Servers[to].Held() {
		flying++
	}
	return flying + s.Servers[to].Queued()
}

// OnTheWay is what is on its way from one position to another, first sent first: while they are not connected, the
// last message sent, which a connection will bring. Valid until the next step.
func (y *System) OnTheWay(s *State, from, to int) []election.Vote { return y.flying(s, from, to) }

// Faults is how much of the faults' budgets is gone: crashes, cuts and the like together.
func (s *State) Faults() int {
	total := 0
	for i, f := range limitFields {
		if f.Fault {
			total += int(s.spent[i])
		}
	}
	return total
}
