package explore

import "math/bits"

// A shard is full with 43 of 50 slots taken, and grows by two fifths. So from some thousand states on it has between 9.3 and
// 13.1 bytes a state.
const (
	vacant     = ^uint64(0) // no state's rest
	firstHomes = 16
)

// visited is the visited set in memory: sorted runs with gaps. Many may look up at once; who inserts has the partition for
// itself, and nobody looks up meanwhile.
type visited struct {
	shards [shards]shard
}

// shard is an ordered hash table with linear probing: a state's home is where its rest would be if rests were spread
// evenly, it stands there or behind, no slot between is vacant, and all are in ascending order. So a look-up ends at the
// first greater rest, growing walks through both arrays in order, and the shard is a sorted file as it stands.
type shard struct {
	slots   []uint64 // the homes, and some room for the last of them; the last slot is always vacant
	homes   uint64
	count   int
	numbers []uint32 // of each slot's state, in a search for a graph
	graph   bool
}

// newVisited returns an empty set. For a graph it remembers states' numbers.
func newVisited(graph bool) *visited {
	t := &visited{}
	for i := range t.shards {
		t.shards[i].graph = graph
	}
	return t
}

// find returns the slot of a rest, or the slot that it would be inserted at.
func (s *shard) find(rest uint64) (slot int, known bool) {
	if s.homes == 0 {
		return 0, false
	}
	home, _ := bits.Mul64(rest, s.homes)
	i := int(home)
	for s.slots[i] < rest {
		i++
	}
	return i, s.slots[i] == rest
}

// has tells whether a state is in the set.
func (t *visited) has(f fingerprint) bool {
	_, known := t.shards[f.shard%shards].find(f.rest)
	return known
}

// touch loads the slot where a look-up begins. Its value means nothing: look-ups that are touched one after the other wait
// for memory together.
func (s *shard) touch(rest uint64) uint64 {
	if s.homes == 0 {
		return 0
	}
	home, _ := bits.Mul64(rest, s.homes)
	return s.slots[home]
}

// insert enters a state, and tells whether it was new.
func (s *shard) insert(rest uint64) bool {
	at, known := s.find(rest)
	if known {
		return false
	}
	if uint64(s.count)*50 >= s.homes*43 {
		s.grow()
		at, _ = s.find(rest)
	}
	end := at
	for s.slots[end] != vacant {
		end++
	}
	copy(s.slots[at+1:end+1], s.slots[at:end])
	s.slots[at] = rest
	if s.graph {
		copy(s.numbers[at+1:end+1], s.numbers[at:end])
		s.numbers[at] = unsettled
	}
	s.count++
	s.endVacant(end)
	return true
}

// endVacant keeps the last slot vacant after one was taken.
func (s *shard) endVacant(taken int) {
	if taken+1 < len(s.slots) {
		return
	}
	for range 1 + len(s.slots)/64 {
		s.slots = append(s.slots, vacant)
	}
	if s.graph {
		s.numbers = append(s.numbers, make([]uint32, len(s.slots)-len(s.numbers))...)
	}
}

// unsettled is the number of a state whose batch is under way.
const unsettled = ^uint32(0)

func (s *shard) grow() {
	old, numbers := s.slots, s.numbers
	homes := max(firstHomes, s.homes+s.homes*2/5)
	s.allot(homes)
	next := 0
	for i, rest := range old {
		if rest == vacant {
			continue
		}
		home, _ := bits.Mul64(rest, homes)
		next = max(next, int(home))
		s.slots[next] = rest
		if s.graph {
			s.numbers[next] = numbers[i]
		}
		s.endVacant(next)
		next++
	}
}

// allot makes all slots anew, and vacant.
func (s *shard) allot(homes uint64) {
	s.homes = homes
	s.slots = make([]uint64, homes+8+min(homes/16, 256))
	for i := range s.slots {
		s.slots[i] = vacant
	}
	if s.graph {
		s.numbers = make([]uint32, len(s.slots))
	}
}

// bytes is the memory that the slots take.
func (s *shard) bytes() uint64 { return 8*uint64(cap(s.slots)) + 4*uint64(cap(s.numbers)) }

func (t *visited) bytes() uint64 {
	n := uint64(0)
	for i := range t.shards {
		n += t.shards[i].bytes()
	}
	return n
}

// growth is how much memory the table needs beyond what it has when so many more states come.
func (t *visited) growth(states uint64) uint64 {
	n, each := uint64(0), int(states/shards)+4
	for i := range t.shards {
		s := &t.shards[i]
		homes := s.homes
		for uint64(s.count+each)*50 >= homes*43 {
			homes = max(firstHomes, homes+homes*2/5)
		}
		n += 8 * (homes - s.homes)
	}
	return n
}

// settle gives a state that is in the set its number.
func (t *visited) settle(f fingerprint, number uint32) {
	s := &t.shards[f.shard]
	slot, _ := s.find(f.rest)
	s.numbers[slot] = number
}

// number is the number of a settled state.
func (t *visited) number(f fingerprint) uint32 {
	s := &t.shards[f.shard]
	slot, _ := s.find(f.rest)
	return s.numbers[slot]
}

// forget empties the set and keeps its memory.
func (t *visited) forget() {
	for i := range t.shards {
		s := &t.shards[i]
		for j := range s.slots {
			s.slots[j] = vacant
		}
		s.count = 0
	}
}

// release empties the set and gives up its memory: one that has grown too large would have to be emptied after every batch.
func (t *visited) release() {
	for i := range t.shards {
		t.shards[i] = shard{graph: t.shards[i].graph}
	}
}
