package cluster

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// A server's step is a function of the server and its input, and a search meets few servers, each in very many states. So a
// cursor takes the same step of the same server once: after that it knows what the server becomes, how that is written, and
// what leaves it. Nothing here knows a rule of the protocol; rules are functions, broken ones too.

// recall is what a cursor remembers of servers that have a process. When it is full it begins anew; who is known already
// stays as it is.
type recall struct {
	y       *System
	known   []entry   // a hash table of all, by what they are written as
	lengths []lengths // by the first bytes of what a server is written as: how many there may be
	count   int
	scratch election.Outputs
	encoded []byte
}

// entry is one of the known, and its hash.
type entry struct {
	hash uint64
	who  *acquaintance
}

// lengths are those that were met last; 0 is none.
type lengths [4]uint8

// acquaintance is a server as it is at one moment. It is never written.
type acquaintance struct {
	encoded []byte // by Codec.Append
	steps   []step // that it has been seen to take
	forms   []form
	server  election.Server
}

// form is what a server is when something in its tables is forgotten.
type form struct {
	forgetting forgetting
	became     *acquaintance
}

// is tells whether two are the same server: one can be known twice, if what was known was forgotten in between.
func (a *acquaintance) is(b *acquaintance) bool {
	return a == b || a.server.Position() == b.server.Position() && bytes.Equal(a.encoded, b.encoded)
}

// step is a step that was taken, and the hash of its input.
type step struct {
	hash  uint64
	taken *taken
}

// taken is a step of a server. What is looked at most comes first: it is read from memory each time.
type taken struct {
	in     election.Input
	became *acquaintance
	silent bool // it puts nothing out
	marked bool
	marks  Marks // but those of more than the server that stepped
	note   any
	touch  touch
	out    election.Record
	swaps  []swap
}

// swap is whether a step and another one of the same server come to the same in either order.
type swap struct {
	other *taken
	same  bool
}

const (
	recallSlots  = 1 << 13
	recallMost   = recallSlots / 2
	lengthSlots  = 1 << 12
	mostRecalled = 64 // inputs of a server
)

func newRecall(y *System) *recall {
	r := &recall{y: y, known: make([]entry, recallSlots), lengths: make([]lengths, lengthSlots)}
	r.scratch.Reset()
	return r
}

// mix spreads the bits of a number.
func mix(h, v uint64) uint64 {
	h = (h ^ v) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// hashInput hashes all of an input but its snapshot.
func hashInput(in *election.Input) uint64 {
	h := uint64(in.Kind) | uint64(in.From)<<8 | uint64(in.Value)<<16
	if in.Halfway {
		h |= 1 << 24
	}
	switch in.Kind {
	case election.Notification, election.Handle:
		v := &in.Vote
		h = mix(h, uint64(v.Zxid))
		h = mix(h, v.Round)
		return mix(h, uint64(v.PeerEpoch)|uint64(v.Leader)<<32|uint64(v.State)<<40|uint64(v.Version)<<48)
	case election.PacketIn:
		p := &in.Packet
		h = mix(h, uint64(p.Zxid))
		h = mix(h, uint64(p.Epoch)|uint64(p.Current)<<32)
		return mix(h, uint64(p.Kind)|uint64(p.Value)<<8|uint64(p.Count)<<16)
	}
	return mix(h, 0)
}

// sameInput tells whether two inputs are the same but for their snapshots.
func sameInput(a, b *election.Input) bool {
	if a.Kind != b.Kind || a.From != b.From || a.Halfway != b.Halfway || a.Value != b.Value {
		return false
	}
	switch a.Kind {
	case election.Notification, election.Handle:
		return a.Vote == b.Vote
	case election.PacketIn:
		return a.Packet == b.Packet
	}
	return true
}

// firstBytes are the first eight of what a server, and perhaps more, is written as.
func firstBytes(b []byte) uint64 {
	if len(b) < 8 {
		b = append(make([]byte, 0, 8), b...)[:8]
	}
	return binary.LittleEndian.Uint64(b)
}

// hashServer hashes what the server of a position is written as.
func hashServer(pos int, b []byte) uint64 {
	h := mix(uint64(pos)+1, uint64(len(b)))
	for ; len(b) > 8; b = b[8:] {
		h = mix(h, binary.LittleEndian.Uint64(b))
	}
	return mix(h, firstBytes(b))
}

// lengthsOf is where the lengths are of what begins like b.
func (r *recall) lengthsOf(pos int, b []byte) *lengths {
	return &r.lengths[mix(uint64(pos)+1, firstBytes(b))>>40&(lengthSlots-1)]
}

// read finds the server of a position at the beginning of b, if it is known. No server is written as the beginning of
// another one of its position.
func (r *recall) read(pos int, b []byte) *acquaintance {
	for _, n := range r.lengthsOf(pos, b) {
		if n > 0 && int(n) <= len(b) {
			if at := r.find(pos, b[:n], hashServer(pos, b[:n])); r.known[at].who != nil {
				return r.known[at].who
			}
		}
	}
	return nil
}

// find is where a server is among the known, or would be.
func (r *recall) find(pos int, encoded []byte, h uint64) uint64 {
	at := h >> 32 & (recallSlots - 1)
	for ; r.known[at].who != nil; at = (at + 1) & (recallSlots - 1) {
		if e := &r.known[at]; e.hash == h && e.who.server.Position() == pos && bytes.Equal(e.who.encoded, encoded) {
			break
		}
	}
	return at
}

// meet makes the acquaintance of a server that is written so; b goes on after it.
func (r *recall) meet(v *election.Server, b []byte, size int) *acquaintance {
	if l := r.lengthsOf(v.Position(), b); size <= math.MaxUint8 && !slices.Contains(l[:], uint8(size)) {
		copy(l[1:], l[:])
		l[0] = uint8(size)
	}
	return r.enter(v, b[:size])
}

// enter finds a server among the known, or enters it.
func (r *recall) enter(v *election.Server, encoded []byte) *acquaintance {
	h := hashServer(v.Position(), encoded)
	at := r.find(v.Position(), encoded, h)
	if a := r.known[at].who; a != nil {
		return a
	}
	if r.count == recallMost {
		clear(r.known)
		r.count, at = 0, h>>32&(recallSlots-1)
	}
	a := &acquaintance{encoded: bytes.Clone(encoded)}
	a.server.CopyFrom(v, r.y.Ensemble.Voters)
	r.known[at] = entry{h, a}
	r.count++
	return a
}

// step is what becomes of a server that is given an input, and what leaves it. A snapshot is no part of what is remembered.
func (r *recall) step(a *acquaintance, in *election.Input) *taken {
	h := hashInput(in)
	for i := range a.steps {
		if known := &a.steps[i]; known.hash == h && sameInput(&known.taken.in, in) {
			return known.taken
		}
	}
	var v election.Server
	v.CopyFrom(&a.server, r.y.Ensemble.Voters)
	r.scratch.Reset()
	v.Step(r.y.Ensemble, in, &r.scratch)
	r.encoded = r.y.codec.Append(r.encoded[:0], &v)
	t := &taken{in: *in, became: r.enter(&v, r.encoded), out: r.scratch.Record(), touch: r.y.touched(&a.server, &v, &r.scratch)}
	t.silent = t.out.IsEmpty()
	if len(a.steps) == mostRecalled {
		a.steps = a.steps[:0]
	}
	a.steps = append(a.steps, step{h, t})
	return t
}

// rewritten is what is left of a server: itself if there was nothing to forget.
func (r *recall) rewritten(a *acquaintance, f forgetting) *acquaintance {
	for i := range a.forms {
		if a.forms[i].forgetting == f {
			return a.forms[i].became
		}
	}
	var v election.Server
	v.CopyFrom(&a.server, r.y.Ensemble.Voters)
	b := a
	if f.forget(r.y.Ensemble, &v) {
		r.encoded = r.y.codec.Append(r.encoded[:0], &v)
		b = r.enter(&v, r.encoded)
	}
	a.forms = append(a.forms, form{f, b})
	return b
}
