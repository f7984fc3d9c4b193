package cluster

import "github.com/zkcheck/zkcheck/election"

// A state covers another one if it can do all that the other one can (package explore: Coverer). Between states of the same
// servers, links and cuts there are two such differences:
//
//   - Less is spent. What a budget allows it allows sooner, and nothing else asks for one; quiet-round-elects-maximum is silent
//     after a fault, and all other properties know of none.
//   - More notifications are on their way, one in a channel that is empty in the other state. Nothing has to be delivered, and
//     nothing waits for a channel to be empty; what is sent there next takes the place of what is unsent, as it does in the
//     queue of QuorumCnxManager. So each channel has nothing, or a last message for the next connection, or that message on its
//     way, in this order, and every step keeps the order: a cut makes a message on its way the last one, and a connection sends
//     it. Only properties that ask whether something was in flight to who decided would tell the difference; that is no longer
//     asked when the run is not unhurried.
//
// One action may be missing in the state that covers: a time-out, which is only taken where it tells somebody something. If it
// tells nothing there, all channels of the LOOKING server have its ballot already, and the state where it leads from the other
// is covered, too. It changes no server, and tells what that server told everybody when it came to its ballot, so that
// nothing is violated by it that was not before.
//
// All this is about ZooKeeper's rules, whole threads, and a queue of one.

// coverable tells whether states of the system can cover others.
func (y *System) coverable() bool {
	return y.foresees() && y.oneSlot()
}

// mostCovering is how many states are looked for that would cover one, mostBodies how many bodies they have.
const (
	mostCovering = 256
	mostBodies   = 64
)

// Covering calls covers with states that cover s: with less spent, with one more notification on its way, or with both.
func (y *System) Covering(s *State, buf []byte, covers func(encoded []byte)) []byte {
	if !y.coverable() {
		return buf
	}
	c := covering{y: y, s: s, covers: covers, spent: s.spent, keeps: y.mayReconnect(s), buf: buf}
	c.spend(0)
	s.spent = c.spent
	return c.buf
}

// covering is the way through the states that cover one. What is spent stands in the head of an encoded state, and what is on
// its way in the rest of it, its body.
type covering struct {
	y      *System
	s      *State
	covers func(encoded []byte)
	spent  [len(limitFields)]uint16 // of the state to be covered
	keeps  bool                     // it keeps what connections would send again
	count  int
	buf    []byte    // bodies, and behind them a state that covers s
	bodies [2]bodies // of states that keep what connections would send again as s does, and of those that do though s does not
}

// bodies are pieces of a covering's buf: the first is that of s, the others have one more notification on its way.
type bodies struct {
	n      int
	bounds [mostBodies + 1]int
}

// spend tries all that may have been spent less of a budget and of those after it.
func (c *covering) spend(limit int) {
	for limit < len(c.spent) && (c.spent[limit] == 0 || limit == cutWrites || limit == cutCalm) {
		limit++
	}
	if limit == len(c.spent) {
		c.join()
		return
	}
	for used := range c.spent[limit] + 1 {
		c.s.spent[limit] = used
		c.spend(limit + 1)
	}
}

// join tries what is spent now with each body.
func (c *covering) join() {
	b := &c.bodies[0]
	regains := !c.keeps && c.y.mayReconnect(c.s)
	if regains {
		b = &c.bodies[1]
	}
	if b.n == 0 {
		c.keepLast(regains, true)
		c.write(b)
		c.keepLast(regains, false)
	}
	at := len(c.buf)
	c.buf = c.y.encodeHead(c.s, c.buf)
	head := len(c.buf)
	for i := range b.n {
		if i == 0 && c.s.spent == c.spent {
			continue // s itself
		}
		if c.count++; c.count > mostCovering {
			break
		}
		c.buf = append(c.buf[:head], c.buf[b.bounds[i]:b.bounds[i+1]]...)
		c.covers(c.buf[at:])
	}
	c.buf = c.buf[:at]
}

// keepLast makes connections that are up keep the last message, or forget it again, if that is wanted.
func (c *covering) keepLast(wanted, keep bool) {
	s, y := c.s, c.y
	for i := range s.notes {
		if x := &s.notes[i]; wanted && x.n == 0 && y.reachable(s, i/y.n, i%y.n) {
			if x.hasLast = keep; keep {
				x.msgs[0] = s.Servers[i/y.n].Ballot()
			}
		}
	}
}

// write writes the body of s as it is, and with each empty channel filled.
func (c *covering) write(b *bodies) {
	s, y := c.s, c.y
	var starts [election.MaxVoters*election.MaxVoters + 1]int
	b.bounds[0] = len(c.buf)
	for i := range s.Servers {
		c.buf = y.encodeServer(s, i, c.buf)
	}
	for i := range s.links {
		c.buf = y.encodeLink(&s.links[i], c.buf)
	}
	for i := range s.notes {
		starts[i] = len(c.buf)
		c.buf = y.encodeChannel(s, i, c.buf)
	}
	b.n, b.bounds[1], starts[len(s.notes)] = 1, len(c.buf), len(c.buf)
	for i := 0; i < len(s.notes) && !s.unhurried; i++ {
		from, to := i/y.n, i%y.n
		x := &s.notes[i]
		if x.n > 0 || !y.reachable(s, from, to) {
			continue
		}
		at, was := starts[i:i+2], x.hasLast
		x.n, x.hasLast = 1, false
		switch {
		case was:
			c.say(b, i, at, x.msgs[0])
		case s.Servers[from].State == election.Looking:
			c.say(b, i, at, s.Servers[from].Ballot())
		case !y.stays(s, to):
			c.say(b, i, at, y.says(s, from))
		case !y.stays(s, from):
			c.say(b, i, at, mutedLooking)
		}
		x.n, x.hasLast = 0, was
	}
}

// say writes the body with a message in an empty channel. at is where that begins and ends.
func (c *covering) say(b *bodies, channel int, at []int, m election.Vote) {
	if b.n == mostBodies {
		return
	}
	c.s.notes[channel].msgs[0] = m
	c.buf = append(c.buf, c.buf[b.bounds[0]:at[0]]...)
	c.buf = c.y.encodeChannel(c.s, channel, c.buf)
	c.buf = append(c.buf, c.buf[at[1]:b.bounds[1]]...)
	b.n++
	b.bounds[b.n] = len(c.buf)
}
