package explore

import "sync/atomic"

// settle turns the batch's candidates into states of the next level: those whose claims are the least. first is the sequence
// number of the batch's first state.
func (b *breadthFirst[S, A]) settle(first uint64) {
	candidates := 0
	for _, w := range b.workers {
		candidates += len(w.found.ends)
	}
	many := candidates > 2*segmentStates
	b.share(partitions, many, func(_, partition int) { b.enter(partition) })
	var made [segments]segment
	b.share(segments, many, func(_, i int) { made[i] = b.assemble(i, first) })
	before := b.found()
	for i := range made {
		b.adopt(&made[i])
	}
	b.added = b.found() - before
	if b.graph != nil {
		b.draw()
	}
	b.trace()
	for _, w := range b.workers {
		w.clear()
	}
	for i := range b.chunks {
		b.chunks[i].from, b.chunks[i].to = 0, 0
	}
}

// share lets the workers share pieces of work that do not touch each other, if it is worth their waking up.
func (b *breadthFirst[S, A]) share(pieces int, worth bool, work func(worker, piece int)) {
	if !worth {
		for i := range pieces {
			work(0, i)
		}
		return
	}
	var taken atomic.Int64
	b.together(pieces, func(worker int) {
		for {
			i := int(taken.Add(1) - 1)
			if i >= pieces {
				return
			}
			work(worker, i)
		}
	})
}

// enter puts a partition's candidates into the table, in the order of their claims, and marks those that were first. Each
// worker's list is in that order already.
func (b *breadthFirst[S, A]) enter(partition int) {
	own := b.visited.shards[partition*partitionShards : (partition+1)*partitionShards]
	var fresh []shard
	if b.fresh != nil && b.more && (b.store == nil || !b.store.evicted) {
		fresh = b.fresh.shards[partition*partitionShards : (partition+1)*partitionShards]
	}
	var heads []head
	touched := uint64(0)
	for _, w := range b.workers {
		list := w.lists[partition]
		if len(list) == 0 {
			continue
		}
		for i := range list {
			touched ^= own[list[i].claimShard&shardMask].touch(list[i].rest)
		}
		heads = append(heads, head{list, w.found.kept})
	}
	keepAlive(touched)
	for len(heads) > 0 {
		least := 0
		for i := range heads {
			if heads[i].list[0].claimShard < heads[least].list[0].claimShard {
				least = i
			}
		}
		h := &heads[least]
		e := h.list[0]
		if own[e.claimShard&shardMask].insert(e.rest) {
			h.kept[e.at] = true
			if fresh != nil {
				fresh[e.claimShard&shardMask].insert(e.rest)
			}
		}
		if h.list = h.list[1:]; len(h.list) == 0 {
			heads = append(heads[:least], heads[least+1:]...)
		}
	}
}

// head is what is left of one worker's list.
type head struct {
	list []entry
	kept []bool
}

var sink atomic.Uint64

// keepAlive keeps the compiler from dropping what led to the value; all ones never happen.
func keepAlive(touched uint64) {
	if touched == vacant {
		sink.Store(touched)
	}
}

// segment is the new states that one piece of a batch led to.
type segment struct {
	block  *block
	parent uint64        // sequence number of the first state of that piece
	claims []uint32      // of each new state, relative to the piece
	prints []fingerprint // likewise, if they are needed again

	asks    []fingerprint // likewise, who would cover them and has to be looked for on disk
	askEnds []uint32      // of each new state, in asks
}

// assemble gathers the i-th segment of the batch.
func (b *breadthFirst[S, A]) assemble(i int, first uint64) (s segment) {
	chunks := b.chunks[i*segmentChunks : (i+1)*segmentChunks]
	count, size, sleeps := 0, 0, false
	for c := range chunks {
		found := &b.workers[chunks[c].worker].found
		for at := chunks[c].from; at < chunks[c].to; at++ {
			if found.kept[at] {
				count++
				size += len(found.at(at))
			}
		}
		sleeps = sleeps || len(found.sleeps) > 0
	}
	if count == 0 {
		return segment{}
	}
	s.block = &block{states: states{data: make([]byte, 0, size), ends: make([]uint32, 0, count)}, count: count}
	if sleeps {
		s.block.sleeps = make([]uint64, 0, count)
	}
	s.parent, s.claims = first+uint64(i*segmentStates), make([]uint32, 0, count)
	named := b.graph != nil || b.store != nil && b.store.logging
	for c := range chunks {
		found := &b.workers[chunks[c].worker].found
		for at := chunks[c].from; at < chunks[c].to; at++ {
			if !found.kept[at] {
				continue
			}
			s.block.add(found.at(at))
			if sleeps {
				s.block.sleeps = append(s.block.sleeps, found.sleeps[at])
			}
			s.claims = append(s.claims, found.claims[at]-uint32(i*segmentStates)<<actionBits)
			if named {
				s.prints = append(s.prints, found.prints[at])
			}
			if len(found.askEnds) > 0 {
				s.asks = append(s.asks, found.ask(at)...)
				s.askEnds = append(s.askEnds, uint32(len(s.asks)))
			}
		}
	}
	return s
}

// draw adds the batch's steps to the graph, now that every state they lead to has its number.
func (b *breadthFirst[S, A]) draw() {
	for c := range b.chunks {
		steps := &b.chunks[c].steps
		steps.resolve(b.visited)
		b.graph.add(steps)
		steps.clear()
	}
}

// clear forgets what a worker found in the batch, but not what it counted.
func (w *expander[S, A]) clear() {
	w.found.clear()
	for i := range w.lists {
		w.lists[i] = w.lists[i][:0]
	}
}
