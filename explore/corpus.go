package explore

import "math/rand/v2"

// generation is how many blocks of guided walks are taken before the next ones learn from them.
const generation = 8

// lead is a way to where a feature was first met.
type lead[A any] struct {
	init    int
	trace   []A
	feature uint64
	walks   uint64 // that had met the feature when the generation began
}

// corpus is what guided walks have learned. It grows while blocks are merged, which is in their order; a generation is shown
// what there was when it began, and that is not changed any more.
type corpus[A any] struct {
	found []lead[A]
	shown []lead[A]
}

// add keeps the way to a new feature.
func (c *corpus[A]) add(l lead[A]) { c.found = append(c.found, l) }

// show ends a generation.
func (c *corpus[A]) show(census *census) {
	c.shown = append([]lead[A](nil), c.found...)
	for i := range c.shown {
		c.shown[i].walks = census.sightings[c.shown[i].feature].walks
	}
}

// retake takes the steps of a lead again, as far as they are enabled.
type retake[A comparable] struct {
	trace []A
	next  int
	skip  int // step that is left out, -1 for none
}

// draw decides how a guided walk begins: one in eight afresh, the others like a walk that met something new, up to there or a
// few steps less, and one in four of these with a step left out. Of two leads the one to the rarer feature is followed.
func (r *retake[A]) draw(rng *rand.Rand, leads []lead[A]) (init int, ok bool) {
	*r = retake[A]{skip: -1}
	if len(leads) == 0 || rng.IntN(8) == 0 {
		return 0, false
	}
	l, other := &leads[rng.IntN(len(leads))], &leads[rng.IntN(len(leads))]
	if other.walks < l.walks {
		l = other
	}
	end := len(l.trace)
	for end > 0 && rng.IntN(2) == 0 {
		end--
	}
	r.trace = l.trace[:end]
	if end > 0 && rng.IntN(4) == 0 {
		r.skip = rng.IntN(end)
	}
	return l.init, true
}

// choose returns the index of the next step, or -1 when all have been taken.
func (r *retake[A]) choose(enabled []A) int {
	for r.next < len(r.trace) {
		at := r.next
		r.next++
		if at == r.skip {
			continue
		}
		for i, a := range enabled {
			if a == r.trace[at] {
				return i
			}
		}
	}
	return -1
}
