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

// mostCovering is how many states are looked for that would cover one.
const mostCovering = 64

// Covering calls covers with states that cover s: with less spent, with one more notification on its way, or with both.
func (y *System) Covering(s *State, buf []byte, covers func(encoded []byte)) []byte {
	if !y.coverable() {
		return buf
	}
	c := covering{y: y, s: s, buf: buf, covers: covers, spent: s.spent, keeps: y.mayReconnect(s)}
	c.spend(0)
	s.spent = c.spent
	return c.buf
}

// covering is the way through the states that cover one.
type covering struct {
	y      *System
	s      *State
	covers func(encoded []byte)
	spent  [len(limitFields)]uint16 // of the state to be covered
	keeps  bool                     // it keeps what connections would send again
	count  int
	buf    []byte // s as it is now, and behind it one that covers it
	starts [election.MaxVoters*election.MaxVoters + 1]int
}

// spend tries all that may have been spent less of a budget and of those after it.
func (c *covering) spend(limit int) {
	for limit < len(c.spent) && (c.spent[limit] == 0 || limit == cutWrites || limit == cutCalm) {
		limit++
	}
	if limit == len(c.spent) {
		c.fill()
		return
	}
	for used := range c.spent[limit] + 1 {
		c.s.spent[limit] = used
		c.spend(limit + 1)
	}
}

// fill tries what is spent now, and each empty channel with a notification.
func (c *covering) fill() {
	s, y := c.s, c.y
	if !c.keeps && y.mayReconnect(s) {
		c.keepLast(true)
		defer c.keepLast(false)
	}
	c.write()
	if s.spent != c.spent {
		c.found(c.buf)
	}
	if s.unhurried {
		return
	}
	for i := range s.notes {
		from, to := i/y.n, i%y.n
		x := &s.notes[i]
		if x.n > 0 || !y.reachable(s, from, to) {
			continue
		}
		was := x.hasLast
		x.n, x.hasLast = 1, false
		switch {
		case was || s.Servers[from].State == election.Looking:
			if !was {
				x.msgs[0] = s.Servers[from].Ballot()
			}
			c.patch(i)
		default:
			c.say(i, y.says(s, from))
			if y.stays(s, to) {
				c.say(i, mutedLooking)
				c.say(i, mutedDecided)
			}
		}
		x.n, x.hasLast = 0, was
	}
}

// keepLast makes connections that are up keep the last message, or forget it again.
func (c *covering) keepLast(keep bool) {
	s, y := c.s, c.y
	for i := range s.notes {
		if x := &s.notes[i]; x.n == 0 && y.reachable(s, i/y.n, i%y.n) {
			if x.hasLast = keep; keep {
				x.msgs[0] = s.Servers[i/y.n].Ballot()
			}
		}
	}
}

// write writes the state down, and where its channels begin.
func (c *covering) write() {
	s, y := c.s, c.y
	b := y.encodeHead(s, c.buf[:0])
	for i := range s.Servers {
		b = y.encodeServer(s, i, b)
	}
	for i := range s.links {
		b = y.encodeLink(&s.links[i], b)
	}
	for i := range s.notes {
		c.starts[i] = len(b)
		b = y.encodeChannel(s, i, b)
	}
	c.buf, c.starts[len(s.notes)] = b, len(b)
}

// say tries a message in a channel.
func (c *covering) say(channel int, m election.Vote) {
	c.s.notes[channel].msgs[0] = m
	c.patch(channel)
}

// patch tries what was written, with a channel as it is now.
func (c *covering) patch(channel int) {
	end := len(c.buf)
	b := append(c.buf, c.buf[:c.starts[channel]]...)
	b = c.y.encodeChannel(c.s, channel, b)
	b = append(b, c.buf[c.starts[channel+1]:]...)
	c.found(b[end:])
	c.buf = b[:end]
}

func (c *covering) found(encoded []byte) {
	if c.count++; c.count <= mostCovering {
		c.covers(encoded)
	}
}
