package explore

import "sort"

const (
	blockBytes = 1 << 18
	blockRoom  = 1 << 12 // states a block has room for before its index grows
)

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

// block is a piece of a frontier.
type block struct {
	states
	first int // index in the frontier of the block's first state
}

// blocks hands out blocks and takes back the ones that were read, so that two levels together need little more than the
// larger of them.
type blocks struct {
	spare []*block
	bytes uint64 // of all blocks there are
}

func (p *blocks) take(first, atLeast int) *block {
	if n := len(p.spare); n > 0 && cap(p.spare[n-1].data) >= atLeast {
		b := p.spare[n-1]
		p.spare = p.spare[:n-1]
		b.clear()
		b.first = first
		return b
	}
	b := &block{first: first}
	b.data = make([]byte, 0, max(blockBytes, atLeast))
	b.ends = make([]uint32, 0, blockRoom)
	p.bytes += blockMemory(b)
	return b
}

func blockMemory(b *block) uint64 { return uint64(cap(b.data)) + 4*uint64(cap(b.ends)) }

// frontier is one level of the search in breadth-first order, as bytes. Only one goroutine adds; many may read a frontier
// nobody adds to.
type frontier struct {
	pool   *blocks
	blocks []*block
	count  int
}

func (f *frontier) add(encoded []byte) {
	last := len(f.blocks) - 1
	if last < 0 || len(f.blocks[last].data)+len(encoded) > cap(f.blocks[last].data) {
		f.blocks = append(f.blocks, f.pool.take(f.count, len(encoded)))
		last++
	}
	b := f.blocks[last]
	before := blockMemory(b)
	b.add(encoded)
	f.pool.bytes += blockMemory(b) - before
	f.count++
}

// each calls visit for the states with from <= index < to, in order. Those before the last release are gone.
func (f *frontier) each(from, to int, visit func(index int, encoded []byte)) {
	at := sort.Search(len(f.blocks), func(i int) bool { return f.blocks[i].first > from }) - 1
	for index := from; index < to; at++ {
		b := f.blocks[at]
		for i := index - b.first; i < len(b.ends) && index < to; i++ {
			visit(index, b.at(i))
			index++
		}
	}
}

// release gives back the blocks that lie wholly before the index.
func (f *frontier) release(before int) {
	n := 0
	for n < len(f.blocks) && f.blocks[n].first+len(f.blocks[n].ends) <= before {
		n++
	}
	f.pool.spare = append(f.pool.spare, f.blocks[:n]...)
	f.blocks = f.blocks[n:]
}

// clear releases everything and starts an empty level.
func (f *frontier) clear() {
	f.release(f.count)
	f.blocks, f.count = f.blocks[:0], 0
}
