package explore

// Covered states are not kept. State t covers s if all that can come of s can come of t (Coverer), so that a search that has
// t from an earlier level need not have s.
//
// The claim: for each kept u and action b, what b leads to from u is covered by a kept state that is less deep, or as deep and of
// no greater claim than (u, b). So, from the initial states on, each reachable state is covered by a kept one that is no deeper:
// no violation is lost, none is found later, and each way that a search reports is one of the system's.
//
// If b is taken at u, what it leads to is kept, by that claim or a smaller one, or was known, or is covered by a state of an
// earlier level. If b sleeps at u, it was taken, or slept already, at z on u's own path, whose steps since are b1 to bk, and b
// was there before b1. By induction on depth and claim what b leads to from z is covered by a kept y. If y is less deep, then so
// is where b1 to bk lead from it, which covers what is asked for; what covers that is kept by induction. If y is as deep, its
// claim is smaller than that of where b1 led from z. So what covers y's successor by b1 has a smaller claim than where b2 led,
// and so on, until there is a kept state before u, from which bk leads to what covers what is asked for: by induction again. A
// step that the one that covers need not take makes the way shorter, which is the first case.
//
// What a limit cuts off may not show any more, where something that covers it is within the limit. Then it is none that a
// larger limit would find: if no limit cuts off anything here, what is kept covers all that can be reached without it.
//
// Earlier levels are what counts, not earlier batches: on disk it is only the end of a level that tells what is new. So a
// level of several batches remembers what it has found itself.

// coverage is what a worker needs to find out who is covered.
type coverage[S any, A comparable] struct {
	coverer Coverer[S]
	scout   Cursor[S, A] // looks at who may be covered
	fresh   *visited     // what the earlier batches of this level found
	store   *store       // nil if nothing goes to disk
	scratch []byte
	prints  []fingerprint // who would cover the states of the burst
	ends    [burstSize]int
	note    func(encoded []byte) // adds to prints
}

func newCoverage[S any, A comparable](sys System[S, A], coverer Coverer[S], fresh *visited, d *store) *coverage[S, A] {
	c := &coverage[S, A]{coverer: coverer, scout: newCursor(sys, true), fresh: fresh, store: d}
	c.note = func(encoded []byte) { c.prints = append(c.prints, fingerprintOf(encoded)) }
	return c
}

// onDisk tells whether only the runs know who covers whom.
func (c *coverage[S, A]) onDisk() bool { return c.store != nil && c.store.evicted }

// of are who would cover the i-th state of the burst.
func (c *coverage[S, A]) of(i int) []fingerprint {
	from := 0
	if i > 0 {
		from = c.ends[i-1]
	}
	return c.prints[from:c.ends[i]]
}

// cover takes states of the burst that are covered for known. data are the encodings of the burst's states, of which the first
// begins at start.
func (w *expander[S, A]) cover(data []byte, start uint32) {
	c, b := w.coverage, &w.burst
	c.prints = c.prints[:0]
	for i := range b.size {
		if !b.known[i] {
			c.scratch = c.coverer.Covering(c.scout.Load(data[start:b.ends[i]]), c.scratch[:0], c.note)
		}
		c.ends[i], start = len(c.prints), b.ends[i]
	}
	if c.onDisk() {
		return
	}
	touched := uint64(0)
	for _, print := range c.prints {
		touched ^= w.visited.shards[print.shard%shards].touch(print.rest)
	}
	b.touched ^= touched
	for i := range b.size {
		for _, print := range c.of(i) {
			if w.visited.has(print) && !c.fresh.has(print) {
				b.known[i] = true
				break
			}
		}
	}
}

// asks adds who would cover the i-th state of the burst, but for those that this level has found.
func (c *coverage[S, A]) asks(i int, list []fingerprint) []fingerprint {
	for _, print := range c.of(i) {
		if !c.fresh.has(print) {
			list = append(list, print)
		}
	}
	return list
}
