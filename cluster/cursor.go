package cluster

import (
	"bytes"
	"math/bits"

	"github.com/zkcheck/zkcheck/election"
)

// Cursor expands encoded states, one after the other: Load is Decode, Step is Copy and Apply, Encode is Encode, but
// each costs what differs between a state and the one before. The states are the cursor's own: they can be looked at
// until the next call, and must not be written.
type Cursor struct {
	y       *System
	current State  // what was loaded
	next    State  // what a step led to: current but for the parts in its changed
	encoded []byte // current
	ends    []int  // of the parts, in encoded

	rest         []byte // of encoded, while it is loaded
	past         []byte // encoded and ends of the state before
	pastEnds     []int
	loaded, seen int // while loading: parts of encoded, and bytes of past
}

// Cursor makes a cursor. Its type is written out because it is one of package explore, which knows nothing of
// this package, nor this one of it.
func (y *System) Cursor() interface {
	Load(encoded []byte) *State
	Step(a Action) *State
	Encode(buf []byte) []byte
} {
	c := &Cursor{y: y}
	initial := y.Init()
	y.Copy(&c.current, &initial[0])
	y.Copy(&c.next, &initial[0])
	for part := range 1 + 2*y.n + y.n*y.n {
		c.encoded = y.encodePart(&c.current, part, c.encoded)
		c.ends, c.pastEnds = append(c.ends, len(c.encoded)), append(c.pastEnds, 0)
	}
	return c
}

// Load makes an encoded state the current one.
func (c *Cursor) Load(encoded []byte) *State {
	s, y := &c.current, c.y
	c.encoded, c.past = append(c.past[:0], encoded...), c.encoded
	c.ends, c.pastEnds = c.pastEnds, c.ends
	c.rest, c.loaded, c.seen = c.encoded, 0, 0
	y.forgetStep(s)
	wasUp, moved := s.Up, election.Set(0) // moved: who is in another round than before
	c.load(false)
	for i := range s.Servers {
		round := s.Servers[i].Round
		c.load((wasUp ^ s.Up).Has(i))
		if s.Servers[i].Round != round {
			moved = moved.With(i)
		}
	}
	for range s.links {
		c.load(false)
	}
	for i := range s.notes {
		c.load(moved.Has(i / y.n))
	}
	return s
}

// load reads the next part. One whose bytes are those of the state before is the same, unless the parts before say
// that these bytes are to be read in another way: a server's without a process, votes for the round of their sender.
// No part begins with the bytes of another one.
func (c *Cursor) load(otherwise bool) {
	part := c.loaded
	was := c.past[c.seen:c.pastEnds[part]]
	if otherwise || !bytes.HasPrefix(c.rest, was) {
		c.rest = c.y.decodePart(&c.current, part, c.rest)
		c.next.changed.add(part)
	} else {
		c.rest = c.rest[len(was):]
	}
	c.ends[part] = len(c.encoded) - len(c.rest)
	c.loaded, c.seen = part+1, c.pastEnds[part]
}

// Step takes an action from the current state. It must be one of its Actions.
func (c *Cursor) Step(a Action) *State {
	s := &c.next
	for i, w := range s.changed {
		for ; w != 0; w &= w - 1 {
			c.y.copyPart(s, &c.current, i<<6+bits.TrailingZeros64(w))
		}
	}
	s.changed = partSet{}
	c.y.Apply(s, a)
	return s
}

// Encode appends what Step led to.
func (c *Cursor) Encode(b []byte) []byte {
	s, written := &c.next, 0 // of encoded
	changed := s.changed
	for i := range s.Servers {
		if s.Servers[i].Round != c.current.Servers[i].Round { // for which its votes are written
			for to := range c.y.n {
				changed.add(s.channelPart(i*c.y.n + to))
			}
		}
	}
	for i, w := range changed {
		for ; w != 0; w &= w - 1 {
			part := i<<6 + bits.TrailingZeros64(w)
			if part > headPart {
				b = append(b, c.encoded[written:c.ends[part-1]]...)
			}
			b, written = c.y.encodePart(s, part, b), c.ends[part]
		}
	}
	return append(b, c.encoded[written:]...)
}
