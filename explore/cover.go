package explore

// Covered states are not kept. State t covers s if all that can come of s can come of t (Coverer), so that a search that has
// t from an earlier level need not have s.
//
// Suppose it leaves s out. Whatever can be reached from s on a way of some length, a state that covers it can be reached from
// t on a way that is no longer, by steps of which properties say no less. And t is less deep than s. So by induction on the
// depth each reachable state is covered by one that is kept and no deeper: no violation is lost, none is found later, and each
// way that a search reports is one of the system's.
//
// Sleep sets stay sound. Where action a sleeps it could be taken earlier, at z on the state's own path, and the steps since
// after it. If what a leads to from z is not kept, since t covers it, then the steps since can be taken from t, and come to
// something no less in fewer steps than here, which is found by the induction above. If it is kept, sleeper tells the rest.
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
