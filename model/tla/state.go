package tla

import (
	"encoding/binary"
	"slices"
)

// State is a state of the module under a System's configuration, which alone can read it. The zero value is none.
type State struct {
	word [maxWords]uint64 // the words in use are the state
	cut  int              // how many steps Actions found that the constraint forbids; not part of the state
}

// Parts of a message: the sender's state. There is no server whose state is noneCode's: it marks the message that a time-out
// leaves in a recvQueue, which is the only one that has no leader.
const (
	looking = iota
	following
	leading
	none
)

// Init returns InitL's state: all servers are LOOKING in round 0, each for itself, and nothing has been sent.
func (y *System) Init() []State {
	var s State
	for i := range y.servers {
		s.word[i*y.words] = y.member[i].id
	}
	return []State{s}
}

// Copy makes dst equal to src. It takes four words at a time; what is behind the last one in use is nobody's.
func (y *System) Copy(dst, src *State) {
	for i := 0; i < y.used; i += 4 {
		*(*[4]uint64)(dst.word[i:]) = *(*[4]uint64)(src.word[i:])
	}
}

// Encode appends the words in use.
func (y *System) Encode(s *State, buf []byte) []byte {
	n := len(buf)
	buf = slices.Grow(buf, 8*y.used)[:n+8*y.used]
	for i := range y.used {
		binary.LittleEndian.PutUint64(buf[n+8*i:], s.word[i%maxWords])
	}
	return buf
}

// Decode is the inverse of Encode.
func (y *System) Decode(s *State, data []byte) {
	for i := range y.used {
		s.word[i%maxWords] = binary.LittleEndian.Uint64(data[8*i:])
	}
}

// Outside is how many of the steps that are possible in s lead to states that violate the constraint, and so are no actions.
// It is asked after Actions(s).
func (y *System) Outside(s *State) int { return s.cut }

// get reads a field of a server, and set writes it.
func (s *State) get(m *member, f *field) uint64 {
	return s.word[(m.base+f.word)%maxWords] >> (f.shift % 64) & f.mask
}

func (s *State) put(m *member, f *field, value uint64) {
	w := &s.word[(m.base+f.word)%maxWords]
	*w = *w&^(f.mask<<(f.shift%64)) | value<<(f.shift%64)
}
