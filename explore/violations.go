package explore

import "slices"

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
		claims := b.violating(i)
		if len(claims) > 0 {
			b.violated[i] = claims[0]
		}
		for _, claim := range claims[len(b.rejected[i])-initial : min(most-initial, len(claims))] {
			init, indices := b.parents.path(claim >> actionBits)
			if b.parents.err != nil {
				b.store.fail(b.parents.err)
				return
			}
			indices = append(indices, int(claim&maxActions))
			b.rejected[i] = append(b.rejected[i], Violation[A]{Property: i, Init: init, Trace: actionsAlong(b.sys, init, indices)})
		}
	}
}

// violating are the least claims of steps that violate a property, as many as are wanted.
func (b *breadthFirst[S, A]) violating(property int) []uint64 {
	var claims []uint64
	for _, w := range b.workers {
		claims = append(claims, w.violated[property]...)
	}
	slices.Sort(claims)
	return claims[:min(len(claims), b.options.violations())]
}

// stopAtViolation says whether violations end the search.
func (b *breadthFirst[S, A]) stopAtViolation() bool {
	enough := func(list []Violation[A]) bool { return len(list) >= b.options.violations() }
	return !b.options.All && slices.ContainsFunc(b.rejected, enough)
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
	x, y := &b.rejected[i][0], &b.rejected[j][0]
	if initial := len(x.Trace) == 0; initial || len(y.Trace) == 0 { // initial states come before all steps
		return initial && (len(y.Trace) > 0 || x.Init < y.Init)
	}
	return b.violated[i] < b.violated[j]
}
