package explore

import (
	"fmt"
	"slices"
)

// adopt gives the states of a segment their numbers, or puts it aside where the visited set in memory may have forgotten
// some of them.
func (b *breadthFirst[S, A]) adopt(s *segment) {
	if s.block == nil {
		return
	}
	d := b.store
	if b.graph != nil {
		for i, print := range s.prints {
			b.visited.settle(print, uint32(b.parents.count)+uint32(i))
		}
	}
	if d == nil {
		b.enlist(s)
		return
	}
	if d.logging {
		d.log(s)
		s.prints, s.asks, s.askEnds = nil, nil, nil
	}
	if d.evicted {
		d.pending = append(d.pending, *s)
		d.waiting += uint64(s.block.count)
		b.next.bytes += s.block.bytes()
		b.unburden(s.block, s.claims)
		if s.block.place.there {
			d.pending[len(d.pending)-1].claims = nil
		}
		return
	}
	if d.logging {
		d.settled += uint64(s.block.count)
	}
	b.enlist(s)
	b.unburden(s.block, nil)
}

// enlist numbers the states of a segment that are all new.
func (b *breadthFirst[S, A]) enlist(s *segment) {
	b.next.add(s.block)
	b.parents.add(familyOf(s.parent, s.claims), s.block.count)
	b.bytes += uint64(len(s.block.data))
}

// unburden writes a block of the next level to disk if memory is short, and older ones if the visited set has grown since, and
// forgets their states here. The frontier has what the visited set does not take of its memory, too.
func (b *breadthFirst[S, A]) unburden(x *block, claims []uint32) {
	d := b.store
	if d.frontierMemory == 0 {
		return
	}
	room := d.frontierMemory
	if !d.evicted {
		room += d.tableMemory - min(d.tableMemory, b.visited.bytes())
	}
	for full := &b.next; b.current.bytes+full.bytes > room && d.err == nil; claims = nil {
		before := x.bytes()
		if d.fail(b.put(x, claims)); d.err == nil {
			x.unload()
			full.bytes -= before
		}
		for full.loaded < len(full.blocks) && full.blocks[full.loaded].ends == nil {
			full.loaded++
		}
		if full.loaded == len(full.blocks) {
			return
		}
		x = full.blocks[full.loaded]
	}
}

// put writes a block into the next level's file, which is created when it is needed.
func (b *breadthFirst[S, A]) put(x *block, claims []uint32) error {
	if b.next.file == nil {
		file, err := b.store.createLevel(b.depth + 1)
		if err != nil {
			return err
		}
		b.next.file = file
	}
	return b.next.file.put(x, claims)
}

// evict empties the visited set when it has no more room. From then on the runs on disk say what is known.
func (b *breadthFirst[S, A]) evict() {
	d := b.store
	if d == nil || d.tableMemory == 0 || d.err != nil {
		return
	}
	used := b.visited.bytes() + b.growth()
	if b.fresh != nil && !d.evicted { // later it does not grow
		used += b.fresh.bytes()
	}
	if used <= d.tableMemory {
		return
	}
	if !d.logging {
		if d.fail(d.dump(b.visited)); d.err != nil {
			return
		}
		d.logging = true
	}
	d.evicted = true
	b.visited.forget()
	if b.visited.bytes() > d.tableMemory { // a batch added more than the one before let expect
		b.visited.release()
	}
}

// dump writes all states that were found so far as the first runs.
func (d *store) dump(v *visited) error {
	for p := range d.runs {
		own := v.shards[p*partitionShards : (p+1)*partitionShards]
		var counts [partitionShards]uint64
		for i := range own {
			counts[i] = uint64(own[i].count)
		}
		r, err := d.writeRun(fmt.Sprintf("%s%02d-%06d", runPrefix, p, d.serial), &counts, func(yield func(rest uint64)) {
			for i := range own {
				for _, rest := range own[i].slots {
					if rest != vacant {
						yield(rest)
					}
				}
			}
		})
		if err != nil {
			return err
		}
		d.runs[p] = append(d.runs[p], r)
	}
	d.serial++
	return nil
}

// settleLogged looks up on disk what was logged, writes what is new there, and numbers the states that were put aside and are
// new.
func (b *breadthFirst[S, A]) settleLogged() {
	d := b.store
	if d == nil || !d.logging || d.err != nil {
		return
	}
	var piles [partitions]pile
	b.share(partitions, d.logged > 1<<14, func(_, p int) {
		x := &piles[p]
		if x.err = d.sift(p, x); !d.asked {
			d.settle(p, x)
		}
	})
	dead := make(bitset, (d.logged+63)/64)
	for p := range piles {
		for _, place := range piles[p].dead {
			dead[place>>6] |= 1 << (place & 63)
		}
	}
	if d.asked { // the state of one partition may be covered by one of another
		b.share(partitions, d.logged > 1<<14, func(_, p int) {
			x := &piles[p]
			x.new = slices.DeleteFunc(x.new, func(k key) bool { return dead[k.placeShard>>12]>>(k.placeShard>>6&63)&1 == 1 })
			d.settle(p, x)
		})
	}
	for p := range piles {
		d.fail(piles[p].err)
		d.obsolete = append(d.obsolete, piles[p].obsolete...)
		d.keys[p].clear()
	}
	d.serial++
	d.asked = false
	at := d.settled
	for i := range d.pending {
		if d.err == nil {
			count := uint64(d.pending[i].block.count)
			d.fail(b.revive(&d.pending[i], dead, at))
			at += count
		}
		d.pending[i] = segment{}
	}
	d.pending, d.waiting, d.settled, d.logged = d.pending[:0], 0, 0, 0
	if d.err == nil {
		d.fail(b.parents.store(d))
	}
}

// revive numbers the states of a segment that are not dead. The first of them has the place at.
func (b *breadthFirst[S, A]) revive(s *segment, dead bitset, at uint64) error {
	x := s.block
	before := x.bytes()
	if x.place.there {
		claims, err := b.next.file.get(x)
		if err != nil {
			return err
		}
		s.claims = claims
	}
	left := &block{states: states{data: x.data[:0], ends: x.ends[:0]}}
	claims := s.claims[:0]
	for i := range x.count {
		if place := at + uint64(i); dead[place>>6]>>(place&63)&1 == 1 {
			continue
		}
		from, to := uint32(0), x.ends[i]
		if i > 0 {
			from = x.ends[i-1]
		}
		copied := len(left.data)
		left.data = left.data[:copied+int(to-from)]
		copy(left.data[copied:], x.data[from:to])
		left.ends = append(left.ends, uint32(len(left.data)))
		if x.sleeps != nil {
			left.sleeps = append(left.sleeps, x.sleeps[i])
		}
		claims = append(claims, s.claims[i])
		left.count++
	}
	b.next.bytes -= before
	if left.count == 0 {
		return nil
	}
	if left.count == x.count {
		left.place = x.place
	}
	b.enlist(&segment{block: left, parent: s.parent, claims: claims})
	if left.place.there {
		b.next.bytes -= left.bytes()
		left.unload()
		return nil
	}
	b.unburden(left, nil)
	return b.store.err
}

// load reads the blocks of this level that a batch needs.
func (b *breadthFirst[S, A]) load(from, to int) error {
	f := &b.current
	for at := f.from(from); at < len(f.blocks) && f.blocks[at].first < to; at++ {
		x := f.blocks[at]
		if x.ends != nil || !x.place.there {
			continue
		}
		if _, err := f.file.get(x); err != nil {
			return err
		}
		f.bytes += x.bytes()
	}
	return nil
}
