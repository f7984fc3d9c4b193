package explore

import "context"

const (
	// outside marks states that are not looked at. As a component's mark it is greater than every other.
	outside = ^uint32(0)
	// pause is how many states are finished between two looks at the context.
	pause = 1 << 14

	rootBit = 1 << 15 // of a path's next step; actionBits leaves room for it
)

// components finds the strongly connected components of a part of the graph, and which of them a fair run can stay in. It
// is Pearce's algorithm (A Space-Efficient Algorithm for Finding Strongly Connected Components, 2016): Tarjan's with one
// number per state and, because a graph may be one path of millions of states, with its own stack.
type components struct {
	graph *stateGraph
	// mark is 0 for a state that was not met; then, while its component is open, the least number in the order of the
	// search that is known to be reachable from it; then the mark of its component. Those go down from outside-1, so that
	// a step to a finished state, or out of the part, never lowers a number.
	mark []uint32
	next []uint16 // per state of the path its next step, and rootBit as long as it reaches nothing that was met earlier
	// stack holds, from the left, the path of the search, and from the right the states that wait for the rest of their
	// component. A state is in at most one of them, so there is room for both.
	stack          []uint32
	depth, waiting int
	met            uint32 // number of the next state that is met

	count    uint32 // components
	cycles   uint32 // of them with a cycle
	largest  uint32 // states of the largest one
	fairOnes bitset // components that a fair run can stay in
	fair     int    // how many
}

// newComponents takes arrays with room for every expanded state; mark says which are outside, and is 0 for the others.
func newComponents(g *stateGraph, mark, stack []uint32, next []uint16) *components {
	return &components{graph: g, mark: mark, stack: stack, next: next, waiting: len(stack), met: 1}
}

// find looks at the whole part, and reports whether it came to the end of it before ctx ended.
func (c *components) find(ctx context.Context, finished func(states uint64)) bool {
	done := uint64(0)
	for v := range c.mark {
		if c.mark[v] != 0 {
			continue
		}
		c.enter(uint32(v))
		for c.depth > 0 {
			if c.advance() {
				continue
			}
			c.leave()
			if done++; done%pause == 0 {
				if finished(done); ctx.Err() != nil {
					return false
				}
			}
		}
	}
	return true
}

// enter puts a new state at the end of the path.
func (c *components) enter(v uint32) {
	c.mark[v] = c.met
	c.met++
	c.stack[c.depth], c.next[c.depth] = v, rootBit
	c.depth++
}

// advance follows the steps of the path's last state up to one that leads to a new state, and enters that. When the search
// comes back, the step is looked at again, and leads to a state that was met.
func (c *components) advance() (entered bool) {
	top := c.depth - 1
	v, next := c.stack[top], c.next[top]
	root, low := next&rootBit, c.mark[v]
	targets, kinds := c.graph.steps(v)
	for i := int(next &^ rootBit); i < len(targets); i++ {
		if kinds[i]&clipped != 0 {
			continue
		}
		there := c.mark[targets[i]]
		if there == 0 {
			c.mark[v], c.next[top] = low, uint16(i)|root
			c.enter(targets[i])
			return true
		}
		if there < low {
			low, root = there, 0
		}
	}
	c.mark[v], c.next[top] = low, root
	return false
}

// leave takes the last state off the path: to wait for its component, or, if it is the first state that was met of its
// component, together with those that wait.
func (c *components) leave() {
	c.depth--
	v := c.stack[c.depth]
	end := c.waiting
	if c.next[c.depth]&rootBit != 0 {
		for end < len(c.stack) && c.mark[c.stack[end]] >= c.mark[v] {
			end++
		}
	}
	from := c.waiting - 1
	c.waiting--
	c.stack[from] = v
	if c.next[c.depth]&rootBit == 0 {
		return
	}
	members := c.stack[from:end]
	c.waiting = end
	c.met -= uint32(len(members))
	c.judge(members)
}

// judge finishes a component. A fair run can stay in it if it can take every step in it again and again, and of each class
// there is a step among them, or a state where the class has nothing to do; or if it can stop at one of the states, because
// no class has anything to do there.
func (c *components) judge(members []uint32) {
	mark := outside - 1 - c.count
	for _, v := range members {
		c.mark[v] = mark
	}
	cycle, stops := false, false
	taken, always := uint64(0), ^uint64(0)
	for _, v := range members {
		targets, kinds := c.graph.steps(v)
		here := enabled(kinds)
		always &= here
		stops = stops || here == 0
		for i, k := range kinds {
			if k&clipped == 0 && c.mark[targets[i]] == mark {
				cycle = true
				taken |= class(k)
			}
		}
	}
	if cycle {
		c.cycles++
	}
	if stops || cycle && always&^taken == 0 {
		c.fairOnes.set(c.count)
		c.fair++
	}
	c.largest = max(c.largest, uint32(len(members)))
	c.count++
}

// stays says whether a fair run can stay in the state's component.
func (c *components) stays(v uint32) bool {
	return c.mark[v] != outside && c.fairOnes.has(outside-1-c.mark[v])
}
