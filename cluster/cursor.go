package cluster

import (
	"encoding/binary"
	"math/bits"

	"github.com/zkcheck/zkcheck/election"
)

// Cursor expands encoded states, one after the other: Load is Decode, Step is Copy and Apply, Encode is Encode, but
// each costs what differs between a state and the one before. The states are the cursor's own: they can be looked at
// until the next call, and must not be written.
type Cursor struct {
	y       *System
	canon   bool
	current State  // what was loaded
	next    State  // what a step led to: current but for the parts in its changed
	encoded []byte // current
	ends    []int  // of the parts, in encoded

	past     []byte // encoded and ends of the state before
	pastEnds []int
}

// Cursor makes a cursor. Its type is written out because it is one of package explore, which knows nothing of
// this package, nor this one of it.
func (y *System) Cursor(canonical bool) interface {
	Load(encoded []byte) *State
	Step(a Action) *State
	Encode(buf []byte) []byte
} {
	c := &Cursor{y: y, canon: canonical}
	initial := y.Init()
	c.current.recall = newRecall(y)
	c.next.recall = c.current.recall
	y.Copy(&c.current, &initial[0])
	y.Copy(&c.next, &initial[0])
	for part := range y.parts() {
		c.encoded = y.encodePart(&c.current, part, c.encoded)
		c.ends, c.pastEnds = append(c.ends, len(c.encoded)), append(c.pastEnds, 0)
	}
	return c
}

// Load makes an encoded state the current one. A part whose bytes are those of the state before is the same, unless
// the parts before say that these bytes are to be read in another way. No part begins with the bytes of another one.
func (c *Cursor) Load(encoded []byte) *State {
	s, y := &c.current, c.y
	c.encoded, c.past = append(c.past[:0], encoded...), c.encoded
	c.ends, c.pastEnds = c.pastEnds, c.ends
	y.forgetStep(s)
	wasUp, moved, seen := s.Up, election.Set(0), 0 // seen of past
	past, pastEnds := c.past, c.pastEnds[:len(c.ends)]
	rest, same := c.encoded, commonPrefix(c.encoded, past) // up to where in past nothing differs from rest
	for part := 0; part < len(pastEnds); part++ {
		end := pastEnds[part]
		if end <= same && (wasUp == s.Up && moved == 0 || !y.readOtherwise(part, wasUp^s.Up, moved)) {
			rest = rest[end-seen:]
		} else {
			rest, moved = c.replace(part, rest, moved)
			same = end + commonPrefix(rest, past[end:])
		}
		seen, c.ends[part] = end, len(c.encoded)-len(rest)
	}
	return s
}

// commonPrefix is how long the beginning is that two states have in common.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)>>3
		}
	}
	for ; i < n && a[i] == b[i]; i++ {
	}
	return i
}

// replace decodes a part into the current state, and tells who is in another round than before.
func (c *Cursor) replace(part int, b []byte, moved election.Set) ([]byte, election.Set) {
	c.next.changed.add(part)
	i := part - 1
	if i < 0 || i >= c.y.n {
		return c.y.decodePart(&c.current, part, b), moved
	}
	round := c.current.Servers[i].Round
	b = c.y.decodeServer(&c.current, i, b)
	if c.current.Servers[i].Round != round {
		moved = moved.With(i)
	}
	return b, moved
}

// readOtherwise tells whether the bytes of a part can mean something else than in another state: in one where others
// are up they can if they are a server's, which is written without its memory where it has no process; where others
// are in another round, if they are of a channel, whose votes are written for the round of their sender.
func (y *System) readOtherwise(part int, up, round election.Set) bool {
	switch i := part - 1; {
	case part == headPart:
		return false
	case i < y.n:
		return up.Has(i)
	default:
		return i >= 2*y.n && round.Has((i-2*y.n)/y.n)
	}
}

// Step takes an action from the current state. It must be one of its Actions.
func (c *Cursor) Step(a Action) *State {
	s := &c.next
	for i, w := range s.changed {
		for ; w != 0; w &= w - 1 {
			c.y.copyPart(s, &c.current, i<<6+bits.TrailingZeros64(w))
		}
	}
	clear(s.changed)
	c.y.Apply(s, a)
	if t := s.known(); t != nil {
		c.current.tried.add(c.y.Ordinal(a), t)
	}
	return s
}

// Encode appends what Step led to, or the canonical state that stands for it.
func (c *Cursor) Encode(b []byte) []byte {
	if c.canon {
		c.y.Canonical(&c.next)
	}
	s, written := &c.next, 0 // of encoded
	for i := range s.Servers {
		if s.Servers[i].Round != c.current.Servers[i].Round { // for which its votes are written
			for to := range c.y.n {
				s.changed.add(s.channelPart(i*c.y.n + to))
			}
		}
	}
	for i, w := range s.changed {
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
