package explore

import (
	"encoding/binary"
	"fmt"
	"os"
	"sort"
)

// parents remembers for every state, by sequence number, who found it, by which action. States are numbered in the order of
// their claims, so a segment's children follow its parents in order, and two or three bytes a state are enough.
type parents struct {
	roots    []int // the first states are initial ones: which
	families []family
	count    uint64
	bytes    uint64   // in memory
	file     *os.File // of the first families; they have no data here
	stored   int
	err      error
}

// family is the children of a segment: of each of its states the number of children, and the action that led to each.
type family struct {
	first  uint64 // number of the first child
	parent uint64 // number of the first state of the segment
	data   []byte
	offset int64 // in the file
	size   uint32
}

// familyOf encodes claims in ascending order, relative to the segment: parent's place and action.
func familyOf(parent uint64, claims []uint32) family {
	data := make([]byte, 0, 2*len(claims)+int(claims[len(claims)-1]>>actionBits)+8)
	for place := uint32(0); len(claims) > 0; place++ {
		n := 0
		for n < len(claims) && claims[n]>>actionBits == place {
			n++
		}
		data = binary.AppendUvarint(data, uint64(n))
		for _, c := range claims[:n] {
			data = binary.AppendUvarint(data, uint64(c&maxActions))
		}
		claims = claims[n:]
	}
	return family{parent: parent, data: data}
}

func (p *parents) add(f family, children int) {
	f.first = p.count
	p.families = append(p.families, f)
	p.count += uint64(children)
	p.bytes += uint64(cap(f.data)) + 56
}

// claim finds who found a state that is no root.
func (p *parents) claim(sequence uint64) (parent uint64, action int) {
	f := &p.families[sort.Search(len(p.families), func(i int) bool { return p.families[i].first > sequence })-1]
	data, child := f.data, f.first
	if data == nil {
		data = make([]byte, f.size)
		if _, err := p.file.ReadAt(data, f.offset); err != nil {
			p.err = fmt.Errorf("who found state %d can't be read again: %w", sequence, err)
			return 0, 0
		}
	}
	next := func() uint64 {
		v, n := binary.Uvarint(data)
		data = data[n:]
		return v
	}
	for place := uint64(0); ; place++ {
		for n := next(); n > 0; n-- {
			action := next()
			if child == sequence {
				return f.parent + place, int(action)
			}
			child++
		}
	}
}

// path returns the initial state and the action indices that lead to the state with this sequence number.
func (p *parents) path(sequence uint64) (init int, indices []int) {
	for sequence >= uint64(len(p.roots)) {
		parent, action := p.claim(sequence)
		indices = append(indices, action)
		sequence = parent
	}
	for i, j := 0, len(indices)-1; i < j; i, j = i+1, j-1 {
		indices[i], indices[j] = indices[j], indices[i]
	}
	return p.roots[sequence], indices
}
