package explore

import (
	"fmt"
	"math"
)

// A claim says who found a state: the parent's sequence number and, in the low bits, the index of the action taken. Within a
// batch the parent's place in the batch is enough.
const (
	actionBits = 12
	maxActions = 1<<actionBits - 1
	noClaim    = ^uint64(0) // later than every claim
)

const (
	burstSize   = 32         // states that are looked up together
	recentSlots = shards * 4 // states that a worker remembers to have looked up
	shardMask   = partitionShards - 1
)

// candidates are the successors that one worker has found in a batch and that were not known before it, in the order of their
// claims. Two workers, or one by two ways, may have found the same one.
type candidates struct {
	states
	claims []uint32 // within the batch
	prints []fingerprint
	sleeps []uint64 // if the system has a Commuter that is asked
	kept   []bool   // settled: this is the least claim

	asks    []fingerprint // who would cover them, and has to be looked for on disk
	askEnds []uint32      // of each candidate, in asks; nil if nothing has to be
}

// ask are who would cover a candidate, of those that have to be looked for on disk.
func (c *candidates) ask(at int) []fingerprint {
	from := uint32(0)
	if at > 0 {
		from = c.askEnds[at-1]
	}
	return c.asks[from:c.askEnds[at]]
}

func (c *candidates) clear() {
	c.states.clear()
	c.claims, c.prints, c.sleeps, c.kept = c.claims[:0], c.prints[:0], c.sleeps[:0], c.kept[:0]
	c.asks, c.askEnds = c.asks[:0], c.askEnds[:0]
}

// entry is a candidate on its way into a partition of the table. Its claim comes first in order, and brings the shard along.
type entry struct {
	rest       uint64
	claimShard uint32
	at         uint32 // among the worker's candidates
}

// burst is some states to be looked up together: their slots are fetched from memory at the same time, not one after the
// other. Where actions sleep it is those that one state leads to.
type burst struct {
	size    int
	prints  [burstSize]fingerprint
	claims  [burstSize]uint32
	ends    [burstSize]uint32 // in the candidates' data
	known   [burstSize]bool
	touched uint64 // keeps the compiler from dropping the early fetch
}

// expander is one worker of a breadth-first search: it turns states of the frontier into candidates. What it counts is its
// own until the batch is settled.
type expander[S any, A comparable] struct {
	sys         System[S, A]
	bounder     Bounder[S]     // nil if the system has none
	constrained Constrained[S] // nil likewise
	judges      *judge[S, A]
	visited     *visited
	scribe      *scribe[S, A] // nil unless the graph is wanted
	steps       *steps        // of the chunk, for the scribe
	sleeper     sleeper[S, A]
	coverage    *coverage[S, A] // nil: nobody is covered

	cursor        Cursor[S, A]
	current, next *S
	actions       []A
	burst         burst
	found         candidates
	lists         [partitions][]entry
	recent        []uint64 // by shard and rest: states looked up; nil for a graph

	generated uint64
	cut       uint64
	most      int        // violating claims that are kept of each property
	violated  [][]uint64 // per property its least violating claims; a worker meets them in order
	_         [128]byte
}

func newExpander[S any, A comparable](sys System[S, A], props []Property[S, A], v *visited, o *Options) *expander[S, A] {
	w := &expander[S, A]{sys: sys, judges: newJudge(sys, props), visited: v, most: o.violations(), cursor: newCursor(sys, o.Reduce == ReduceAll)}
	w.bounder, _ = any(sys).(Bounder[S])
	w.constrained, _ = any(sys).(Constrained[S])
	if o.Reduce >= ReduceSteps {
		w.sleeper.commuter, _ = any(sys).(Commuter[S, A])
	}
	w.violated = make([][]uint64, len(props))
	return w
}

// remember lets a worker remember what it has looked up lately.
func (w *expander[S, A]) remember() {
	w.recent = make([]uint64, recentSlots)
	for i := range w.recent {
		w.recent[i] = vacant
	}
}

// expand takes every action of one state that does not sleep. at is the state's place in the batch.
func (w *expander[S, A]) expand(sequence uint64, at int, encoded []byte, sleep uint64) {
	w.current = w.cursor.Load(encoded)
	w.actions = w.sys.Actions(w.current, w.actions[:0])
	cut := w.missing(w.current)
	if len(w.actions) > maxActions {
		panic(fmt.Sprintf("explore: a state has %d actions, and a claim has room for %d", len(w.actions), maxActions))
	}
	if w.constrained != nil {
		w.generated += uint64(w.constrained.Outside(w.current))
	}
	if w.scribe != nil {
		w.scribe.state(w.steps, w.current, cut)
	}
	w.sleeper.begin(w.current, w.actions, sleep)
	for i, by := range w.actions {
		if w.sleeper.sleeps(i) {
			continue
		}
		w.next = w.cursor.Step(by)
		w.generated++
		cut := w.missing(w.next)
		if claim := sequence<<actionBits | uint64(i); w.scribe != nil {
			w.scribe.step(w.steps, w.current, by, cut, claim)
		} else {
			w.judge(claim, by)
		}
		w.reach(uint32(at<<actionBits | i))
	}
	if w.sleeper.commuter != nil {
		w.flush()
	}
}

// missing notes what a limit cut off.
func (w *expander[S, A]) missing(s *S) uint64 {
	if w.bounder == nil {
		return 0
	}
	cut := w.bounder.Cut(s)
	w.cut |= cut
	return cut
}

// judge asks the properties about the step from current to next.
func (w *expander[S, A]) judge(claim uint64, by A) {
	if len(w.violated) == 0 {
		return
	}
	w.judges.step(w.current, by, w.next, func(property int) {
		if len(w.violated[property]) < w.most {
			w.violated[property] = append(w.violated[property], claim)
		}
	})
}

// reach puts next into the burst, unless this worker has just met it: then that claim is less.
func (w *expander[S, A]) reach(claim uint32) {
	c, b := &w.found, &w.burst
	start := len(c.data)
	c.data = w.cursor.Encode(c.data)
	if uint64(len(c.data)) > math.MaxUint32 {
		panic("explore: one worker found more than 4 GiB of states in a batch: they are too large to be searched")
	}
	print := fingerprintOf(c.data[start:])
	if w.recent != nil {
		slot := &w.recent[(print.shard<<2|uint32(print.rest)&3)&(recentSlots-1)]
		if *slot == print.rest {
			c.data = c.data[:start]
			return
		}
		*slot = print.rest
	}
	at := b.size & (burstSize - 1)
	b.prints[at], b.claims[at], b.ends[at] = print, claim, uint32(len(c.data))
	if b.size = at + 1; b.size == burstSize {
		w.flush()
	}
}

// flush looks the burst's states up, and keeps those that are not known.
func (w *expander[S, A]) flush() {
	c, b := &w.found, &w.burst
	touched := uint64(0)
	for i := range b.size {
		touched ^= w.visited.shards[b.prints[i].shard%shards].touch(b.prints[i].rest)
	}
	b.touched = touched
	start, end := uint32(0), uint32(0)
	if n := len(c.ends); n > 0 {
		start = c.ends[n-1]
	}
	end = start
	for i := range b.size {
		print := b.prints[i]
		s := &w.visited.shards[print.shard%shards]
		slot, known := s.find(print.rest)
		b.known[i] = known
		if w.scribe != nil {
			w.steps.arrive(s, slot, known, print)
		}
	}
	if w.coverage != nil {
		w.cover(c.data, start)
	}
	w.sleeper.look(w.current, w.actions, b.unknown())
	for i := range b.size {
		if !b.known[i] {
			if start != end {
				copy(c.data[end:], c.data[start:b.ends[i]])
			}
			end += b.ends[i] - start
			w.keep(i, end)
		}
		start = b.ends[i]
	}
	c.data = c.data[:end]
	b.size = 0
}

// unknown are the actions that lead to something new, of the first 64.
func (b *burst) unknown() (mask uint64) {
	for i := range b.size {
		if !b.known[i] {
			mask |= 1 << (b.claims[i] & maxActions)
		}
	}
	return mask
}

// keep makes a candidate of the burst's i-th state, whose bytes end there.
func (w *expander[S, A]) keep(i int, end uint32) {
	c, b := &w.found, &w.burst
	print := b.prints[i]
	list := &w.lists[print.partition()%partitions]
	*list = append(*list, entry{print.rest, b.claims[i]<<6 | print.shard&shardMask, uint32(len(c.ends))})
	c.ends = append(c.ends, end)
	c.claims = append(c.claims, b.claims[i])
	c.prints = append(c.prints, print)
	c.kept = append(c.kept, false)
	if w.sleeper.commuter != nil {
		c.sleeps = append(c.sleeps, w.sleeper.after(int(b.claims[i]&maxActions)))
	}
	if w.coverage != nil && w.coverage.onDisk() {
		c.asks = w.coverage.asks(i, c.asks)
		c.askEnds = append(c.askEnds, uint32(len(c.asks)))
	}
}
