package explore

import "sort"

// states is a sequence of encoded states, one behind the other.
type states struct {
	data []byte
	ends []uint32 // ends[i] is where state i ends
}

func (b *states) add(encoded []byte) {
	b.data = append(b.data, encoded...)
	b.ends = append(b.ends, uint32(len(b.data)))
}

func (b *states) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.data[start:b.ends[i]:b.ends[i]]
}

func (b *states) clear() { b.data, b.ends = b.data[:0], b.ends[:0] }

// block is a piece of a frontier: the new successors of a segment of the level before.
type block struct {
	states
	sleeps []uint64 // of each state the actions that need not be taken, by ordinals; nil if all are
	first  int      // index in the frontier of the block's first state
	count  int      // states, wherever they are
	place  place    // in the level's file
}

func (b *block) bytes() uint64 {
	return uint64(cap(b.data)) + 4*uint64(cap(b.ends)) + 8*uint64(cap(b.sleeps))
}

// sleep is what need not be taken from state i of the block.
func (b *block) sleep(i int) uint64 {
	if b.sleeps == nil {
		return 0
	}
	return b.sleeps[i]
}

// frontier is one level of the search in breadth-first order. Only one goroutine adds; many may read a frontier nobody adds to.
type frontier struct {
	blocks []*block
	count  int
	bytes  uint64     // in memory
	loaded int        // so many of the first blocks are not
	file   *levelFile // nil if all blocks are in memory
}

func (f *frontier) add(b *block) {
	b.first = f.count
	f.blocks = append(f.blocks, b)
	f.count += b.count
	f.bytes += b.bytes()
}

// from is the index of the block that a state is in.
func (f *frontier) from(index int) int {
	return sort.Search(len(f.blocks), func(i int) bool { return f.blocks[i].first > index }) - 1
}

// each calls visit for the states with from <= index < to, in order. Those before the last release are gone.
func (f *frontier) each(from, to int, visit func(index int, encoded []byte, sleep uint64)) {
	for index, at := from, f.from(from); index < to; at++ {
		b := f.blocks[at]
		for i := index - b.first; i < b.count && index < to; i++ {
			visit(index, b.at(i), b.sleep(i))
			index++
		}
	}
}

// release gives up the blocks that lie wholly before the index.
func (f *frontier) release(before int) {
	n := 0
	for n < len(f.blocks) && f.blocks[n].first+f.blocks[n].count <= before {
		f.bytes -= f.blocks[n].bytes()
		f.blocks[n] = nil
		n++
	}
	f.blocks = f.blocks[n:]
}
