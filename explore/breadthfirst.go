package explore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A batch is what is expanded between two looks at the limits. Its size is part of the result (a search stops at the end of
// a batch), the chunk's is not.
const (
	chunkStates = 64
	batchChunks = 256
	batchStates = chunkStates * batchChunks
)

// BreadthFirst expands every reachable state, nearest first, and judges every step. Without o.All it stops after the batch
// that has a violation, of which it reports the first in the order of a sequential search; its trace is a shortest one to any
// violation. Of several violations of a property (o.MaxViolations) it reports the first in that order, the shortest first. When ctx ends it returns the report so far.
func BreadthFirst[S any, A comparable](ctx context.Context, sys System[S, A], props []Property[S, A], o Options) *Report[A] {
	start := time.Now()
	b := newBreadthFirst(sys, props, o)
	stop := b.meter.watch(&o, start, func(p *Progress) uint64 { return p.Distinct })
	defer stop()
	b.roots()
	b.stopped = b.levels(ctx)
	report := b.report()
	report.Elapsed = time.Since(start)
	return report
}

// breadthFirst is a search under way. Only expanders, while a batch runs, work concurrently; everything here is written
// between batches, in an order that does not depend on them.
type breadthFirst[S any, A comparable] struct {
	sys     System[S, A]
	props   []Property[S, A]
	options Options
	workers []*expander[S, A]
	outputs [batchChunks]output

	visited       *visited
	parents       parents     // one entry per distinct state
	graph         *stateGraph // nil unless it is wanted
	pool          blocks
	current, next frontier // this level, and what was found of the next one
	depth         int      // of current

	stopped   string
	rejected  [][]Violation[A] // per property the first violations
	violated  []uint64         // per property the claim of the first of them, or noClaim (initial states make no claim)
	known     []uint64         // states at each depth up to that of current
	generated uint64
	bytes     uint64 // of all distinct states' encodings
	meter     meter
}

func newBreadthFirst[S any, A comparable](sys System[S, A], props []Property[S, A], o Options) *breadthFirst[S, A] {
	b := &breadthFirst[S, A]{sys: sys, props: props, options: o, visited: newVisited()}
	b.current.pool, b.next.pool = &b.pool, &b.pool
	for range o.workers() {
		b.workers = append(b.workers, newExpander(sys, props, b.visited, o.violations()))
	}
	b.violated = make([]uint64, len(props))
	for i := range props {
		b.violated[i] = noClaim
	}
	b.rejected = make([][]Violation[A], len(props))
	return b
}

// roots enters and judges the initial states. They all make the same claim, and no step's claim is less.
func (b *breadthFirst[S, A]) roots() {
	var encoded []byte
	one := &burst{size: 1}
	if b.graph != nil {
		one.claim[0] = openClaim
	}
	initial := b.sys.Init()
	for i := range initial {
		s := &initial[i]
		b.generated++
		b.workers[0].judges.initial(s, func(property int) {
			if len(b.rejected[property]) < b.options.violations() {
				b.rejected[property] = append(b.rejected[property], Violation[A]{Property: property, Init: i})
			}
		})
		encoded = b.sys.Encode(s, encoded[:0])
		one.fingerprint[0] = fingerprint(encoded)
		if b.visited.insert(one); one.kept[0] {
			b.current.add(encoded)
			if b.graph != nil {
				b.visited.settle(one.fingerprint[0], b.parents.count)
			}
			b.parents.add(uint64(i))
			b.bytes += uint64(len(encoded))
		}
	}
	b.parents.roots = b.parents.count
}

// levels searches until nothing is left, and returns "", or until it has to stop, and returns why.
func (b *breadthFirst[S, A]) levels(ctx context.Context) string {
	if b.stopAtViolation() {
		return stoppedViolation
	}
	base := uint64(0) // sequence number of the level's first state
	for ; b.current.count > 0; b.depth++ {
		b.known = append(b.known, uint64(b.current.count))
		if b.graph != nil {
			b.graph.levels = append(b.graph.levels, base)
		}
		if b.options.MaxDepth > 0 && b.depth >= b.options.MaxDepth {
			return stoppedDepth
		}
		for from := 0; from < b.current.count; from += batchStates {
			to := min(from+batchStates, b.current.count)
			finished := b.batch(ctx, base, from, to)
			b.settle()
			b.current.release(to)
			b.show(b.current.count - to + b.next.count)
			if b.stopAtViolation() {
				return stoppedViolation
			}
			if !finished {
				return stopReason(ctx)
			}
			if to < b.current.count || b.next.count > 0 {
				if why := b.limit(); why != "" {
					return why
				}
			}
		}
		base += uint64(b.current.count)
		b.current.clear()
		b.current, b.next = b.next, b.current
	}
	if b.depth > 0 {
		b.depth-- // the level that was empty
	}
	return ""
}

// batch expands a part of the level, and reports whether it came to the end of it before ctx ended.
func (b *breadthFirst[S, A]) batch(ctx context.Context, base uint64, from, to int) (finished bool) {
	chunks := int64((to - from + chunkStates - 1) / chunkStates)
	var taken, done atomic.Int64
	work := func(w *expander[S, A]) {
		for ctx.Err() == nil {
			chunk := taken.Add(1) - 1
			if chunk >= chunks {
				return
			}
			first, before := from+int(chunk)*chunkStates, w.generated
			w.chunk(&b.current, base, first, min(first+chunkStates, to), &b.outputs[chunk])
			b.meter.generated.Add(w.generated - before)
			b.meter.distinct.Store(b.visited.count.Load())
			done.Add(1)
		}
	}
	var others sync.WaitGroup
	for _, w := range b.workers[1:min(int64(len(b.workers)), chunks)] {
		others.Go(func() { work(w) })
	}
	work(b.workers[0])
	others.Wait()
	return done.Load() == chunks
}

// settle turns the batch's outputs into the next level: in order, and without the claims that were ousted.
func (b *breadthFirst[S, A]) settle() {
	var ousted []uint64
	for _, w := range b.workers {
		ousted = append(ousted, w.ousted...)
		w.ousted = w.ousted[:0]
	}
	slices.Sort(ousted)
	for c := range b.outputs {
		out := &b.outputs[c]
		for i, claim := range out.claims {
			if len(ousted) > 0 && ousted[0] == claim {
				ousted = ousted[1:]
				continue
			}
			if b.graph != nil {
				b.visited.settle(out.steps.fresh[i], b.parents.count)
			}
			encoded := out.at(i)
			b.next.add(encoded)
			b.parents.add(claim &^ openClaim)
			b.bytes += uint64(len(encoded))
		}
		out.clear()
	}
	if b.graph != nil {
		b.draw()
	}
	b.trace()
}

// draw adds the batch's steps to the graph, now that every state they lead to has its number.
func (b *breadthFirst[S, A]) draw() {
	for c := range b.outputs {
		steps := &b.outputs[c].steps
		steps.resolve(b.visited)
		b.graph.add(steps)
		steps.clear()
	}
}

// trace writes down the violations that are new in this batch, while the parents are at hand. A worker meets its violations
// in the order of their claims, and those of a later batch claim more: what was written down stays the first of all.
func (b *breadthFirst[S, A]) trace() {
	most := b.options.violations()
	for i := range b.props {
		initial := 0 // violations of initial states
		for _, v := range b.rejected[i] {
			if len(v.Trace) == 0 {
				initial++
			}
		}
		if len(b.rejected[i]) == most {
			continue
		}
		var claims []uint64
		for _, w := range b.workers {
			claims = append(claims, w.violated[i]...)
		}
		slices.Sort(claims)
		if len(claims) > 0 {
			b.violated[i] = claims[0]
		}
		for _, claim := range claims[len(b.rejected[i])-initial : min(most-initial, len(claims))] {
			init, indices := b.parents.path(claim >> actionBits)
			indices = append(indices, int(claim&maxActions))
			b.rejected[i] = append(b.rejected[i], Violation[A]{Property: i, Init: init, Trace: actionsAlong(b.sys, init, indices)})
		}
	}
}

// stopAtViolation says whether violations end the search.
func (b *breadthFirst[S, A]) stopAtViolation() bool {
	enough := func(list []Violation[A]) bool { return len(list) >= b.options.violations() }
	return !b.options.All && slices.ContainsFunc(b.rejected, enough)
}

// limit names// limit names the limit that was reached. The visited set needs the old and the new table together while it grows, so with
// five slots in ten taken the next growth counts already.
func (b *breadthFirst[S, A]) limit() string {
	o := &b.options
	if o.MaxStates > 0 && b.parents.count >= o.MaxStates {
		return stoppedStates
	}
	needed := b.memory()
	if slots := len(b.visited.slots); b.parents.count*10 > uint64(slots)*5 {
		needed += slotBytes(2 * slots)
	}
	if o.MaxMemory > 0 && needed > o.MaxMemory {
		return stoppedMemory
	}
	if b.graph != nil && slices.ContainsFunc(b.workers, func(w *expander[S, A]) bool { return w.scribe.refused != nil }) {
		return stoppedClass
	}
	return ""
}

func (b *breadthFirst[S, A]) memory() uint64 {
	used := b.visited.bytes() + b.parents.bytes() + b.pool.bytes
	if b.graph != nil {
		used += b.graph.bytes()
	}
	return used
}

// show brings the meter up to date with the batch.
func (b *breadthFirst[S, A]) show(queue int) {
	b.meter.distinct.Store(b.parents.count)
	b.meter.queue.Store(uint64(queue))
	b.meter.depth.Store(uint64(b.depth))
	b.meter.memory.Store(b.memory())
}

// report adds up what the workers counted.
func (b *breadthFirst[S, A]) report() *Report[A] {
	r := &Report[A]{
		Complete:    b.stopped == "",
		Stopped:     b.stopped,
		Distinct:    b.parents.count,
		Generated:   b.generated,
		Depth:       b.depth,
		Levels:      b.known,
		Tallies:     make([]Tally, len(b.props)),
		Violations:  b.violations(),
		Collision:   collision(b.parents.count),
		MemoryBytes: b.memory(),
	}
	if b.next.count > 0 {
		r.Depth++
	}
	if r.Distinct > 0 {
		r.MeanStateBytes = float64(b.bytes) / float64(r.Distinct)
	}
	for _, w := range b.workers {
		r.Generated += w.generated
		r.Cut |= w.cut
		for i, t := range w.judges.count() {
			r.Tallies[i].add(t)
		}
	}
	return r
}

// violations are all that were found, or those of the property whose first one was met first if the search stops there.
func (b *breadthFirst[S, A]) violations() []Violation[A] {
	first := -1
	for i, list := range b.rejected {
		if len(list) > 0 && (first < 0 || b.before(i, first)) {
			first = i
		}
	}
	if b.options.All || first < 0 {
		return slices.Concat(b.rejected...)
	}
	return b.rejected[first]
}

// before says whether a sequential search meets property i's violation before property j's, where i is the greater index.
func (b *breadthFirst[S, A]) before(i, j int) bool {
	if b.violated[i] != b.violated[j] {
		return b.violated[i] < b.violated[j]
	}
	return b.rejected[i][0].Init < b.rejected[j][0].Init
}
