package explore

// finder turns a component that a fair run can stay in into a lasso of numbered steps. Everything is searched breadth first
// in a fixed order, so there is one answer, and it is short.
type finder struct {
	graph *stateGraph
	parts *components
	goal  int
	via   []uint32 // per state that a search has met, who led there; the state itself where the search began
	seen  bitset   // by the search under way
	queue []uint32
}

// lasso is a lasso as steps: which state is the trigger, and the numbers of the actions from there.
type lasso struct {
	trigger    uint32
	stem, loop []int
}

// newFinder takes over the arrays of a finished search for components.
func newFinder(parts *components, goal int) *finder {
	return &finder{graph: parts.graph, parts: parts, goal: goal, via: parts.stack}
}

// find returns a lasso whose component is one of the nearest ones. If a run can stop somewhere in the component, that is
// what the lasso does: nothing is easier to read.
func (f *finder) find() lasso {
	route := f.entry()
	entry := route[len(route)-1]
	found := lasso{trigger: route[0], stem: f.indices(route, 0)}
	path, _, stops := f.nearest(entry, func(v uint32) (int, bool) {
		_, kinds := f.graph.steps(v)
		return -1, enabled(kinds) == 0
	})
	if stops {
		found.stem = append(found.stem, path...)
		return found
	}
	found.loop = f.round(entry)
	return found
}

// entry returns the states from a trigger to the component that a run from an initial state can be in first; of two, the one
// whose state there was found first. It goes through the levels of the search for the graph once more, because a trigger at
// depth 3 that is two steps away from a component is farther than one at depth 4 that is in it.
func (f *finder) entry() []uint32 {
	var level, next []uint32
	for depth := 0; depth < len(f.graph.levels) || len(level) > 0; depth++ {
		level = f.triggersAt(depth, level)
		first := outside
		for _, v := range level {
			if f.parts.stays(v) {
				first = min(first, v)
			}
		}
		if first != outside {
			route := f.back(first)
			f.seen = nil
			return route
		}
		next = next[:0]
		for _, v := range level {
			targets, _ := f.graph.steps(v)
			for _, w := range targets {
				if f.meet(w, v) {
					next = append(next, w)
				}
			}
		}
		level, next = next, level
	}
	panic("explore: a component that a fair run can stay in is not reachable from a trigger")
}

// triggersAt adds the triggers at that depth which were not met before.
func (f *finder) triggersAt(depth int, level []uint32) []uint32 {
	g := f.graph
	if depth >= len(g.levels) {
		return level
	}
	to := g.expanded
	if depth+1 < len(g.levels) {
		to = uint32(min(g.levels[depth+1], uint64(to)))
	}
	for v := uint32(g.levels[depth]); v < to; v++ {
		if g.trigger(f.goal, v) && f.meet(v, v) {
			level = append(level, v)
		}
	}
	return level
}

// meet notes who led to a state that still waits for the goal, and reports whether that is news.
func (f *finder) meet(v, via uint32) bool {
	if v >= f.graph.expanded || f.graph.goals[f.goal].has(v) || f.seen.has(v) {
		return false
	}
	f.seen.set(v)
	f.via[v] = via
	return true
}

// back returns the states from where the search began to v.
func (f *finder) back(v uint32) []uint32 {
	route := []uint32{v}
	for ; f.via[v] != v; v = f.via[v] {
		route = append(route, f.via[v])
	}
	for i, j := 0, len(route)-1; i < j; i, j = i+1, j-1 {
		route[i], route[j] = route[j], route[i]
	}
	return route
}

// indices returns the first steps that lead along the route, without those that have a bit of not.
func (f *finder) indices(route []uint32, not uint8) []int {
	path := make([]int, 0, len(route)-1)
	for i, to := range route[1:] {
		targets, kinds := f.graph.steps(route[i])
		step := 0
		for targets[step] != to || kinds[step]&not != 0 {
			step++
		}
		path = append(path, step)
	}
	return path
}

// round returns a way from a state through its component and back to it, on which a class that is never disabled acts.
func (f *finder) round(start uint32) (loop []int) {
	_, kinds := f.graph.steps(start)
	owed, at := enabled(kinds), start // classes that have been enabled all the time, and have not acted
	for owed != 0 {
		path, to, _ := f.nearest(at, func(v uint32) (int, bool) { return f.pays(v, owed) })
		for _, step := range path {
			targets, kinds := f.graph.steps(at)
			owed &^= class(kinds[step])
			at = targets[step]
			_, kinds = f.graph.steps(at)
			owed &= enabled(kinds)
		}
		if at != to || len(path) == 0 {
			panic("explore: a component was taken for one that a fair run can stay in, and is not")
		}
		loop = append(loop, path...)
	}
	if at != start {
		path, _, _ := f.nearest(at, func(v uint32) (int, bool) { return -1, v == start })
		loop = append(loop, path...)
	}
	return loop
}

// pays says whether a class that is owed is disabled in the state (-1), or can act there (the step's index).
func (f *finder) pays(v uint32, owed uint64) (step int, ok bool) {
	targets, kinds := f.graph.steps(v)
	if owed&^enabled(kinds) != 0 {
		return -1, true
	}
	for i, k := range kinds {
		if class(k)&owed != 0 && f.inner(v, targets[i], k) {
			return i, true
		}
	}
	return -1, false
}

// inner says whether a step stays in the component, and is one that no limit has touched.
func (f *finder) inner(v, to uint32, kind uint8) bool {
	return kind&clipped == 0 && f.parts.mark[v] == f.parts.mark[to]
}

// nearest returns the steps, within the component of from, to the nearest state that is accepted, and one more step from
// there if accept names one.
func (f *finder) nearest(from uint32, accept func(v uint32) (step int, ok bool)) (path []int, to uint32, ok bool) {
	f.queue = append(f.queue[:0], from)
	f.seen.set(from)
	f.via[from] = from
	defer func() {
		for _, v := range f.queue {
			f.seen.clear(v)
		}
	}()
	for at := 0; at < len(f.queue); at++ {
		v := f.queue[at]
		targets, kinds := f.graph.steps(v)
		if step, ok := accept(v); ok {
			path, to = f.indices(f.back(v), clipped), v
			if step >= 0 {
				path, to = append(path, step), targets[step]
			}
			return path, to, true
		}
		for i, w := range targets {
			if f.inner(v, w, kinds[i]) && !f.seen.has(w) {
				f.seen.set(w)
				f.via[w] = v
				f.queue = append(f.queue, w)
			}
		}
	}
	return nil, from, false
}
