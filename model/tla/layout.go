package tla

import (
	"fmt"
	"math/bits"
)

// room is the length of lists by server; a power of two, so that an index is cut to it and not checked.
const room = MaxServers + 1

// maxWords is how many words a State may have, of all servers; a power of two, too.
const maxWords = 64

// field is where something of a server stands: a word of the server's, and bits of it. No field is in two words.
type field struct {
	word  uint
	shift uint
	mask  uint64 // of the value, not shifted
}

// slot is where a channel stands in a state: the word, and where in it.
type slot struct{ word, shift uint8 }

// link is what a server has in common with another one.
type link struct {
	in, out slot
	receive Action // what the server can receive from it
	last    uint64 // of the word of out: the last place, so that the channel is full if anything is there
}

// member is what is known of a server beforehand.
type member struct {
	id    uint64      // its id of IdTable: s1 has the greatest
	base  uint        // its first word
	links [room]link  // to the other servers
	peer  [room]uint8 // by id: the number of another server, from 0, among those
}

// System is the module under a configuration. Its states are laid out anew for every configuration, so that they are as
// small as it allows.
//
// A server has words of its own, and the first begins with what it would send: its vote's leader, its round and its state. A
// message is the same bits, and so is an entry of a table of votes; one that is empty is zero. The leader is the lowest part
// and the state the highest, so that two messages with the same state compare as (round, leader) do. What the votes' zxids
// and epochs are is not in a state: in this restriction nothing ever changes them.
type System struct {
	config  Config
	servers int
	peers   int // servers - 1
	words   int // of each server
	used    int // words of a state
	quorum  int // servers that are one
	most    int // actions that a state can have, at most

	// Parts of a message, of an entry, and of a server's first bits.
	leader, round, proposal uint64 // masks: of leader, of round, of both
	state                   uint   // where the state begins
	code                    uint64 // mask of all
	codeBits                uint
	oneRound                uint64 // the least round above 0

	// Behind the first bits of a server.
	wait     uint64      // the bit of waitNotmsg
	set      field       // leadingVoteSet: a bit per other server, by number, and the server itself on top
	recv     field       // recvQueue
	received field       // receiveVotes: an entry per other server
	outside  field       // outOfElection: the same
	in       [room]field // channels from the other servers

	slotBits uint      // of a place in a recvQueue: message and number of the sender
	slot     uint64    // mask of one
	place    [65]uint8 // of a recvQueue of this bit length: where the next place is
	behind   [65]uint8 // the same of a channel
	channel  uint64    // mask of a channel
	lastSlot uint64    // the last place of a recvQueue: it is full if anything is there
	noSlot   int       // 1 if there is none, so that it is always full
	binding  bool      // MaxSum is less than MaxClock allows anyway

	// Tables: of every entry the first bit, all bits but the last, the last bit, and the proposal.
	each, low, top, proposals uint64

	incoming [maxWords]uint64 // of each word of a server: the bits of its channels

	member [room]member
}

// New lays out the states of a configuration. It is an error if they do not fit.
func New(c Config) (*System, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	y := &System{config: c, servers: c.Servers, peers: c.Servers - 1, quorum: c.Servers/2 + 1}
	y.binding = c.MaxSum < c.Servers*c.MaxClock
	y.most = y.servers * (y.peers + 2)
	leaderBits, roundBits := bits.Len(uint(c.Servers)), bits.Len(uint(c.MaxClock))
	y.leader = 1<<leaderBits - 1
	y.oneRound = 1 << leaderBits
	y.round = (1<<roundBits - 1) << leaderBits
	y.proposal = y.leader | y.round
	y.state = uint(leaderBits + roundBits)
	y.codeBits = y.state + 2
	y.code = 1<<y.codeBits - 1
	y.slotBits = y.codeBits + uint(bits.Len(uint(max(y.peers-1, 0))))
	y.slot = 1<<y.slotBits - 1
	for k := range y.peers {
		first := uint64(1) << (uint(k) * y.codeBits)
		y.each |= first
		y.top |= first << (y.codeBits - 1)
	}
	y.low, y.proposals = y.top-y.each, y.each*y.proposal
	y.channel = 1<<(c.MaxChan*int(y.codeBits)) - 1
	for length := range 65 {
		y.place[length] = uint8(roundUp(length, y.slotBits))
		y.behind[length] = uint8(roundUp(length, y.codeBits))
	}
	y.lastSlot = y.slot << (max(c.MaxRecv-1, 0) * int(y.slotBits))
	y.noSlot = one(c.MaxRecv == 0)
	if err := y.layOut(); err != nil {
		return nil, err
	}
	y.join()
	return y, nil
}

func roundUp(length int, unit uint) uint { return (uint(length) + unit - 1) / unit * unit }

// layOut gives every field its place: the first word that has room for it.
func (y *System) layOut() error {
	var free []uint // bits left in each word
	put := func(f *field, what string, size int) error {
		if size > 64 {
			return fmt.Errorf("%s takes %d bits, and a word has 64", what, size)
		}
		w := 0
		for w < len(free) && free[w] < uint(size) {
			w++
		}
		if w == len(free) {
			free = append(free, 64)
		}
		*f = field{word: uint(w), shift: 64 - free[w], mask: 1<<size - 1}
		free[w] -= uint(size)
		return nil
	}
	var own field
	table, queue, channel := y.peers*int(y.codeBits), y.config.MaxRecv*int(y.slotBits), y.config.MaxChan*int(y.codeBits)
	err := put(&own, "max-clock: a server", int(y.codeBits)+1+y.servers)
	y.wait = 1 << y.codeBits
	y.set = field{0, y.codeBits + 1, 1<<y.servers - 1}
	for _, f := range []struct {
		at   *field
		what string
		size int
	}{{&y.received, "max-clock: a table of votes", table}, {&y.outside, "max-clock: a table of votes", table},
		{&y.recv, "max-recv: a recvQueue", queue}} {
		if err == nil {
			err = put(f.at, f.what, f.size)
		}
	}
	for k := range y.peers {
		if err == nil {
			err = put(&y.in[k], "max-chan: a channel", channel)
		}
	}
	if err != nil {
		return err
	}
	y.words = len(free)
	y.used = y.words * y.servers
	if y.used > maxWords {
		return fmt.Errorf("a state takes %d words, and %d are possible", y.used, maxWords)
	}
	for k := range y.peers {
		y.incoming[y.in[k].word] |= y.in[k].mask << y.in[k].shift
	}
	return nil
}

// join works out who is who to whom.
func (y *System) join() {
	for i := range y.servers {
		m := &y.member[i]
		m.id, m.base = uint64(y.servers-i), uint(i*y.words)
		for k := range y.peers {
			j := other(i, k)
			m.peer[y.servers-j] = uint8(k)
			in, out := y.in[k], y.in[number(j, i)]
			m.links[k] = link{
				in:      slot{uint8(m.base + in.word), uint8(in.shift)},
				out:     slot{uint8(uint(j*y.words) + out.word), uint8(out.shift)},
				receive: Action{ReceiveNotmsg, uint8(i + 1), uint8(j + 1)},
				last:    y.code << (out.shift + uint(y.config.MaxChan-1)*y.codeBits),
			}
			if y.config.MaxChan == 0 { // always full: where the other server's vote is there always is something
				m.links[k].out.word, m.links[k].last = uint8(j*y.words), y.leader
			}
		}
	}
}

// other is the k-th of the servers other than i, and number is its inverse: which of them j is.
func other(i, k int) int {
	if k < i {
		return k
	}
	return k + 1
}

func number(i, j int) int {
	if j < i {
		return j
	}
	return j - 1
}
