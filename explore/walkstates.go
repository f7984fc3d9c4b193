package explore

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

const (
	firstSlots  = 1 << 16 // the set's size at first, a power of two
	lookupsSize = 64      // states that are looked up together
)

// hash64 is a state's name in a stateSet. Zero marks an empty slot, so no state may have it.
func hash64(encoded []byte) uint64 {
	return max(xxh3.Hash(encoded), 1)
}

// slot holds a fingerprint and the complement of the least claim made for it. With the complement an untouched slot is one
// without a claim, and the least claim is the greatest number stored.
type slot struct{ fingerprint, rank uint64 }

// stateSet is the set of states that walks have met, with the first block that met each: an open-addressed table that workers write to without locks. The lock is held shared
// for a burst, and exclusively to grow.
type stateSet struct {
	lock  sync.RWMutex
	slots []slot        // a power of two of them, at most six in ten of them taken when no burst is under way
	shift int           // a fingerprint's top bits are its first slot, which makes growing a walk through both tables in order
	count atomic.Uint64 // slots taken, without the bursts under way
}

// lookups are up to lookupsSize states to be looked up together: their slots are fetched from memory at the same time, not one
// after the other.
type lookups struct {
	size        int
	fingerprint [lookupsSize]uint64
	claim       [lookupsSize]uint64
	kept        [lookupsSize]bool   // answer: this claim is the least so far
	other       [lookupsSize]uint64 // answer: the claim that this one ousted, or noClaim; if not kept the lesser one that was there
	touched     uint64              // keeps the compiler from dropping the early fetch
}

// newStateSet returns an empty set.
func newStateSet() *stateSet {
	v := &stateSet{}
	v.resize(firstSlots)
	return v
}

// tooMany says whether a table with this many slots taken has to grow: at most six in ten are.
func tooMany(taken uint64, slots int) bool { return taken*10 > uint64(slots)*6 }

// bytes is the memory the table takes. Not to be called during insert.
func (v *stateSet) bytes() uint64 { return slotBytes(len(v.slots)) }

func slotBytes(slots int) uint64 { return uint64(slots) * 16 }

// insert enters the burst's states and answers for each of them whether its claim is the least so far. Of all the claims
// made for a state each one but the least is, in the end, either not kept or ousted by exactly one other.
func (v *stateSet) insert(b *lookups) {
	v.lock.RLock()
	slots, shift := v.slots, v.shift
	touched := uint64(0)
	for i := range b.size {
		touched ^= atomic.LoadUint64(&slots[b.fingerprint[i]>>shift].fingerprint)
	}
	b.touched = touched
	added := uint64(0)
	for i := range b.size {
		s, fresh := find(slots, shift, b.fingerprint[i])
		if fresh {
			added++
		}
		b.kept[i], b.other[i] = s.claim(b.claim[i])
	}
	full := added > 0 && tooMany(v.count.Add(added), len(slots))
	v.lock.RUnlock()
	if full {
		v.grow()
	}
}

// find returns the fingerprint's slot, and whether this call took it.
func find(slots []slot, shift int, fingerprint uint64) (s *slot, fresh bool) {
	mask := uint64(len(slots) - 1)
	for i := fingerprint >> shift; ; i = (i + 1) & mask {
		s := &slots[i&mask]
		there := atomic.LoadUint64(&s.fingerprint)
		if there == 0 {
			if atomic.CompareAndSwapUint64(&s.fingerprint, 0, fingerprint) {
				return s, true
			}
			there = atomic.LoadUint64(&s.fingerprint)
		}
		if there == fingerprint {
			return s, false
		}
	}
}

// claim keeps the lesser of the slot's claim and this one, and returns the other.
func (s *slot) claim(claim uint64) (kept bool, other uint64) {
	rank := ^claim
	for {
		there := atomic.LoadUint64(&s.rank)
		if rank <= there {
			return false, ^there
		}
		if atomic.CompareAndSwapUint64(&s.rank, there, rank) {
			return true, ^there // the complement of an untouched slot is noClaim
		}
	}
}

// grow doubles the table until it has room. Its final size depends on the count alone, not on who grew it when.
func (v *stateSet) grow() {
	v.lock.Lock()
	defer v.lock.Unlock()
	for tooMany(v.count.Load(), len(v.slots)) {
		v.resize(2 * len(v.slots))
	}
}

// resize moves all entries to a new table; the caller holds the lock exclusively.
func (v *stateSet) resize(size int) {
	old := v.slots
	v.slots, v.shift = make([]slot, size), 64-bits.TrailingZeros(uint(size))
	mask := uint64(size - 1)
	for _, s := range old {
		if s.fingerprint == 0 {
			continue
		}
		i := s.fingerprint >> v.shift
		for v.slots[i].fingerprint != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = s
	}
}

// upTo counts the states whose claim is at most the given one. Not to be called during insert.
func (v *stateSet) upTo(claim uint64) uint64 {
	n := uint64(0)
	for i := range v.slots {
		if s := &v.slots[i]; s.fingerprint != 0 && ^s.rank <= claim {
			n++
		}
	}
	return n
}
