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
	chunkStates   = 64
	batchChunks   = 256
	batchStates   = chunkStates * batchChunks
	segmentChunks = 16
	segments      = batchChunks / segmentChunks
	segmentStates = chunkStates * segmentChunks
)

// BreadthFirst expands every reachable state, nearest first, and judges every step. Without o.All it stops after the batch
// that has a violation, of which it reports the first in the order of a sequential search; its trace is a shortest one to any
// violation. Of several violations of a property (o.MaxViolations) it reports the first in that order, the shortest first.
// When ctx ends it returns the report so far.
func BreadthFirst[S any, A comparable](ctx context.Context, sys System[S, A], props []Property[S, A], o Options) *Report[A] {
	start := time.Now()
	b := newBreadthFirst(sys, props, o, nil)
	stop := b.meter.watch(&o, start, func(p *Progress) uint64 { return p.Distinct })
	defer stop()
	b.begin()
	b.stopped = b.levels(ctx)
	report := b.report()
	report.Elapsed = time.Since(start)
	return report
}

// breadthFirst is a search under way. Only expanders, while a batch runs, work concurrently, and settlers after them;
// everything else is written between batches, in an order that does not depend on who was quick.
type breadthFirst[S any, A comparable] struct {
	sys     System[S, A]
	props   []Property[S, A]
	options Options
	workers []*expander[S, A]
	chunks  [batchChunks]chunk

	visited       *visited
	fresh         *visited    // what the earlier batches of this level found; nil if nobody is covered
	more          bool        // this batch is not the last one of its level
	parents       parents     // one entry per distinct state
	graph         *stateGraph // nil unless it is wanted
	store         *store      // nil if nothing goes to disk
	current, next frontier    // this level, and what was found of the next one
	depth         int         // of current
	added         uint64      // states that the last batch added

	stopped   string
	rejected  [][]Violation[A] // per property the first violations
	violated  []uint64         // per property the claim of the first of them, or noClaim (initial states make no claim)
	known     []uint64         // states at each depth up to that of current
	generated uint64
	bytes     uint64 // of all distinct states' encodings
	meter     meter
}

// chunk is what one piece of the frontier led to: some of a worker's candidates, which are in the order of their claims.
type chunk struct {
	worker   int
	from, to int
	steps    steps // in a search for a graph, which clears them when it has them
}

func newBreadthFirst[S any, A comparable](sys System[S, A], props []Property[S, A], o Options, graph *stateGraph) *breadthFirst[S, A] {
	b := &breadthFirst[S, A]{sys: sys, props: props, options: o, graph: graph, visited: newVisited(graph != nil)}
	if graph == nil {
		b.store = newStore(&o)
	}
	for range o.workers() {
		b.workers = append(b.workers, newExpander(sys, props, b.visited, &o))
	}
	if coverer, ok := any(sys).(Coverer[S]); ok && o.Reduce == ReduceAll {
		b.fresh = newVisited(false)
		for _, w := range b.workers {
			w.coverage = newCoverage(sys, coverer, b.fresh, b.store)
		}
	}
	b.violated = make([]uint64, len(props))
	for i := range props {
		b.violated[i] = noClaim
	}
	b.rejected = make([][]Violation[A], len(props))
	return b
}

// begin goes on where an earlier search was, or begins anew.
func (b *breadthFirst[S, A]) begin() {
	if b.graph == nil {
		for _, w := range b.workers {
			w.remember()
		}
	}
	if d := b.store; d != nil {
		resumed := false
		var err error
		if d.Keep {
			if err = d.lock(); err == nil {
				resumed, err = b.resume()
			}
		} else {
			err = d.unkept()
		}
		if d.fail(err); resumed || err != nil {
			return
		}
	}
	b.roots()
}

// roots enters and judges the initial states. They make no claim, and come first.
func (b *breadthFirst[S, A]) roots() {
	first := &block{}
	initial := b.sys.Init()
	for i := range initial {
		s := &initial[i]
		b.generated++
		b.workers[0].judges.initial(s, func(property int) {
			if len(b.rejected[property]) < b.options.violations() {
				b.rejected[property] = append(b.rejected[property], Violation[A]{Property: property, Init: i})
			}
		})
		if c, ok := any(b.sys).(Canonical[S]); ok && b.options.Reduce == ReduceAll {
			c.Canonical(s)
		}
		encoded := b.sys.Encode(s, nil)
		print := fingerprintOf(encoded)
		if !b.visited.shards[print.shard].insert(print.rest) {
			continue
		}
		first.add(encoded)
		first.count++
		if b.graph != nil {
			b.visited.settle(print, uint32(b.parents.count))
		}
		if b.store != nil && b.store.logging {
			b.store.log(&segment{prints: []fingerprint{print}})
			b.store.settled++
		}
		b.parents.roots = append(b.parents.roots, i)
		b.parents.count++
		b.bytes += uint64(len(encoded))
	}
	b.current.add(first)
}

// levels searches until nothing is left, and returns "", or until it has to stop, and returns why.
func (b *breadthFirst[S, A]) levels(ctx context.Context) string {
	if b.store != nil && b.store.err != nil {
		return stoppedDisk
	}
	if b.stopAtViolation() {
		return stoppedViolation
	}
	for ; b.current.count > 0; b.depth++ {
		base := b.parents.count - uint64(b.current.count) // sequence number of the level's first state
		b.known = append(b.known, uint64(b.current.count))
		if b.graph != nil {
			b.graph.levels = append(b.graph.levels, base)
		}
		if b.options.MaxDepth > 0 && b.depth >= b.options.MaxDepth {
			return stoppedDepth
		}
		if e := estimate(b.known, 0); e.Total > 0 {
			b.meter.estimate.Store(&e)
		}
		if why := b.level(ctx, base); why != "" {
			b.settleLogged()
			return why
		}
		if b.endLevel(); b.store != nil && b.store.err != nil {
			return stoppedDisk
		}
	}
	if b.depth > 0 {
		b.depth-- // the level that was empty
	}
	return ""
}

// level expands the current level, and returns "" or why it had to stop.
func (b *breadthFirst[S, A]) level(ctx context.Context, base uint64) string {
	for from := 0; from < b.current.count; from += batchStates {
		to := min(from+batchStates, b.current.count)
		if b.store != nil {
			b.store.fail(b.load(from, to))
			if b.store.err != nil {
				return stoppedDisk
			}
		}
		finished := b.batch(ctx, base, from, to)
		b.more = to < b.current.count
		b.settle(base + uint64(from))
		b.evict()
		b.current.release(to)
		b.show(b.current.count - to + b.next.count)
		if b.stopAtViolation() {
			return stoppedViolation
		}
		if !finished {
			return stopReason(ctx)
		}
		if to < b.current.count || b.found() > base+uint64(b.current.count) {
			if why := b.limit(); why != "" {
				return why
			}
		}
	}
	return ""
}

// found counts the states so far. While some are put aside it may be too many.
func (b *breadthFirst[S, A]) found() uint64 {
	if b.store != nil {
		return b.parents.count + b.store.waiting
	}
	return b.parents.count
}

// batch expands a part of the level, and reports whether it came to the end of it before ctx ended.
func (b *breadthFirst[S, A]) batch(ctx context.Context, base uint64, from, to int) (finished bool) {
	count := int64((to - from + chunkStates - 1) / chunkStates)
	var taken, done atomic.Int64
	b.together(int(count), func(worker int) {
		w := b.workers[worker]
		for ctx.Err() == nil {
			i := taken.Add(1) - 1
			if i >= count {
				return
			}
			c, before := &b.chunks[i], w.generated
			c.worker, c.from, w.steps = worker, len(w.found.ends), &c.steps
			first := from + int(i)*chunkStates
			b.current.each(first, min(first+chunkStates, to), func(index int, encoded []byte, sleep uint64) {
				w.expand(base+uint64(index), index-from, encoded, sleep)
			})
			w.flush()
			c.to = len(w.found.ends)
			b.meter.generated.Add(w.generated - before)
			done.Add(1)
		}
	})
	return done.Load() == count
}

// together lets as many workers as there are pieces do something at the same time.
func (b *breadthFirst[S, A]) together(pieces int, work func(worker int)) {
	var others sync.WaitGroup
	for i := 1; i < min(len(b.workers), pieces); i++ {
		others.Go(func() { work(i) })
	}
	work(0)
	others.Wait()
}

// limit names the limit that was reached. What the next batch will make the table grow to counts already.
func (b *breadthFirst[S, A]) limit() string {
	o := &b.options
	if o.MaxStates > 0 && b.found() >= o.MaxStates {
		if b.settleLogged(); b.parents.count >= o.MaxStates {
			return stoppedStates
		}
	}
	if b.store != nil {
		if b.store.err != nil {
			return stoppedDisk
		}
		return ""
	}
	if o.MaxMemory > 0 && b.memory()+b.growth() > o.MaxMemory {
		return stoppedMemory
	}
	if b.graph != nil && slices.ContainsFunc(b.workers, func(w *expander[S, A]) bool { return w.scribe.refused != nil }) {
		return stoppedClass
	}
	return ""
}

// growth is how much memory what is known will need beyond what it has, if the next batch finds no more than twice what the
// last one did.
func (b *breadthFirst[S, A]) growth() uint64 {
	n := b.visited.growth(2 * b.added)
	if b.fresh != nil {
		n += b.fresh.growth(2 * b.added)
	}
	return n
}

func (b *breadthFirst[S, A]) memory() uint64 {
	used := b.visited.bytes() + b.parents.bytes + b.current.bytes + b.next.bytes
	if b.fresh != nil {
		used += b.fresh.bytes()
	}
	if b.graph != nil {
		used += b.graph.bytes()
	}
	return used
}

// show brings the meter up to date with the batch. The states come last: who sees them, sees what they take, too.
func (b *breadthFirst[S, A]) show(queue int) {
	b.meter.queue.Store(uint64(queue))
	b.meter.depth.Store(uint64(b.depth))
	b.meter.memory.Store(b.memory())
	if b.store != nil {
		b.meter.disk.Store(b.store.bytes(&b.current, &b.next))
	}
	b.meter.distinct.Store(b.found())
}

// report adds up what the workers counted.
func (b *breadthFirst[S, A]) report() *Report[A] {
	r := &Report[A]{
		Complete:    b.stopped == "",
		Stopped:     b.stopped,
		Reduce:      b.options.Reduce,
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
	if b.store != nil {
		for _, f := range []*frontier{&b.current, &b.next} {
			if f.file != nil {
				b.store.fail(f.file.close())
			}
		}
		b.store.close()
		if r.Err = b.store.err; r.Err != nil {
			r.Complete, r.Stopped = false, stoppedDisk
		}
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
