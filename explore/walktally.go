package explore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// walkCounts is what one block of walks came to.
type walkCounts[A any] struct {
	number    uint64
	walks     uint64
	generated uint64
	bytes     uint64
	depth     int
	cut       uint64
	tallies   []Tally
	rejected  []*Violation[A] // per property, nil where there is none
	rejects   bool            // some property

	rejectedWalks   uint64   // with a violation
	rejectedWalksBy []uint64 // by property
	latest          []uint64 // by property, and at the end by any: the last walk with a violation, plus one
	seen            []seenWalk[A]
}

// seenWalk is what a walk has met. Of guided walks, steps tells for each feature how many steps led to it.
type seenWalk[A any] struct {
	walk     uint64
	init     int
	features []uint64
	steps    []int
	trace    []A
}

func newWalkCounts[A any](number uint64, props int) *walkCounts[A] {
	return &walkCounts[A]{number: number, tallies: newTallies(props), rejected: make([]*Violation[A], props),
		rejectedWalksBy: make([]uint64, props), latest: make([]uint64, props+1)}
}

// reject counts the walks with a violation, and notes the first of a property, or if not all are wanted the first of any.
func (c *walkCounts[A]) reject(property, init int, walk uint64, trace []A, all bool) {
	if c.rejected[property] == nil && (all || !c.rejects) {
		c.rejected[property] = &Violation[A]{Property: property, Init: init, Walk: walk, Trace: slices.Clone(trace)}
	}
	c.rejects = true
	if c.latest[property] != walk+1 {
		c.latest[property] = walk + 1
		c.rejectedWalksBy[property]++
	}
	if whole := len(c.latest) - 1; c.latest[whole] != walk+1 {
		c.latest[whole] = walk + 1
		c.rejectedWalks++
	}
}

// walkTally hands out blocks of walks in order and adds up their counts in the same order, whichever is finished first. With
// that it knows which blocks a search by one worker would never have begun, and leaves them out.
type walkTally[A any] struct {
	lock    sync.Mutex
	blocks  uint64 // to be taken; all ones if there is no end
	taken   uint64
	waiting map[uint64]*walkCounts[A] // finished before a block of a lesser number
	merged  uint64                    // blocks added up
	total   walkCounts[A]
	all     bool // go on after a violation
	limited bool // the memory limit was reached

	walks   uint64        // that were asked for, 0 without end
	last    atomic.Uint64 // no block after this one counts
	visited *stateSet     // nil unless states are counted
	census  *census       // nil unless features are
	meter   *meter

	guided bool
	corpus corpus[A]
	grown  sync.Cond // guided: blocks were added up, or no more will be
}

func newWalkTally[A any](props int, walks uint64, all bool, m *meter) *walkTally[A] {
	t := &walkTally[A]{walks: walks, all: all, meter: m, waiting: map[uint64]*walkCounts[A]{}}
	t.total = *newWalkCounts[A](0, props)
	t.blocks = walks/walkBlock + min(walks%walkBlock, 1)
	if walks == 0 {
		t.blocks = ^uint64(0)
	}
	t.last.Store(^uint64(0))
	t.grown.L = &t.lock
	return t
}

// take returns the number of the next block, if there is one, and the leads that guided walks may follow in it: those of the
// generations before, for which it waits. Who has taken one of their blocks hands it in without waiting for anybody.
func (t *walkTally[A]) take() (block uint64, leads []lead[A], ok bool) {
	t.lock.Lock()
	defer t.lock.Unlock()
	for {
		if t.limited || t.taken >= t.blocks || t.late(t.taken) {
			return 0, nil, false
		}
		if !t.guided || t.merged >= t.taken/generation*generation {
			break
		}
		t.grown.Wait()
	}
	t.taken++
	return t.taken - 1, t.corpus.shown, true
}

// late says that a block does not count any more.
func (t *walkTally[A]) late(block uint64) bool { return block > t.last.Load() }

// finish hands in a block.
func (t *walkTally[A]) finish(c *walkCounts[A], maxMemory uint64) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.waiting[c.number] = c
	if c.rejects && !t.all {
		t.last.Store(min(t.last.Load(), c.number))
	}
	for next := t.waiting[t.merged]; next != nil && !t.late(t.merged); next = t.waiting[t.merged] {
		delete(t.waiting, t.merged)
		t.add(next)
		t.merged++
		if t.guided && t.merged%generation == 0 {
			t.corpus.show(t.census)
		}
	}
	t.meter.walks.Store(t.total.walks)
	t.meter.generated.Store(t.total.generated)
	t.meter.depth.Store(uint64(t.total.depth))
	if t.visited != nil {
		memory := t.memory()
		t.limited = t.limited || maxMemory > 0 && memory > maxMemory
		t.meter.distinct.Store(t.visited.count.Load())
		t.meter.memory.Store(memory)
	}
	t.grown.Broadcast()
}

// memory is the size of the visited set, while others may be growing it.
func (t *walkTally[A]) memory() uint64 {
	if t.visited == nil {
		return 0
	}
	t.visited.lock.RLock()
	defer t.visited.lock.RUnlock()
	return t.visited.bytes()
}

// add adds the block that is next in order.
func (t *walkTally[A]) add(c *walkCounts[A]) {
	sum := &t.total
	sum.walks += c.walks
	sum.generated += c.generated
	sum.bytes += c.bytes
	sum.depth = max(sum.depth, c.depth)
	sum.cut |= c.cut
	for i := range c.tallies {
		sum.tallies[i].add(c.tallies[i])
		if sum.rejected[i] == nil {
			sum.rejected[i] = c.rejected[i]
		}
	}
	sum.rejects = sum.rejects || c.rejects
	sum.rejectedWalks += c.rejectedWalks
	for i, n := range c.rejectedWalksBy {
		sum.rejectedWalksBy[i] += n
	}
	for i := range c.seen {
		t.count(&c.seen[i])
	}
}

// count counts the features of the walk that is next in order.
func (t *walkTally[A]) count(w *seenWalk[A]) {
	t.census.Walks++
	for i, feature := range w.features {
		if t.census.see(feature, w.walk) && t.guided {
			t.corpus.add(lead[A]{init: w.init, trace: w.trace[:w.steps[i]], feature: feature})
		}
	}
}

// report is called when all workers are done.
func (t *walkTally[A]) report(ctx context.Context) *Report[A] {
	sum := &t.total
	r := &Report[A]{
		Generated:   sum.generated,
		Depth:       sum.depth,
		Walks:       sum.walks,
		Cut:         sum.cut,
		Tallies:     sum.tallies,
		MemoryBytes: t.memory(),
		Rejected:    sum.rejectedWalks,
		RejectedBy:  sum.rejectedWalksBy,
	}
	if t.census != nil {
		r.Features = &t.census.Incidence
	}
	for _, v := range sum.rejected {
		if v != nil {
			r.Violations = append(r.Violations, *v)
		}
	}
	switch {
	case sum.rejects && !t.all:
		r.Stopped = stoppedViolation
	case t.walks > 0 && sum.walks == t.walks:
	case t.limited:
		r.Stopped = stoppedMemory
	case ctx.Err() != nil:
		r.Stopped = stopReason(ctx)
	}
	if t.visited != nil && t.merged > 0 {
		r.Distinct = t.visited.upTo(t.merged - 1)
		r.Collision = collision(r.Distinct)
		r.MeanStateBytes = float64(sum.bytes) / float64(max(sum.generated, 1))
	}
	return r
}
