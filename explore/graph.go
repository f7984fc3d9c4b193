package explore

import "slices"

// What a step's byte in the graph says: its fairness class, or that it has none, and whether a limit left something out of it.
const (
	maxClasses = 64
	unfair     = maxClasses
	clipped    = 1 << 7

	maxGraphStates = 1<<32 - 1<<27 // what a batch may find still has a number after that
)

const graphBlock = 1 << 16 // states

// bitset is a set of state numbers that grows as numbers come in.
type bitset []uint64

func (b bitset) has(i uint32) bool {
	word := int(i >> 6)
	return word < len(b) && b[word]>>(i&63)&1 == 1
}

func (b *bitset) set(i uint32) {
	word := int(i >> 6)
	if word >= len(*b) {
		*b = append(*b, make([]uint64, word+1-len(*b))...)
	}
	(*b)[word] |= 1 << (i & 63)
}

func (b bitset) clear(i uint32) { b[i>>6] &^= 1 << (i & 63) }

// stateGraph is what a search looked at, without the states: by sequence number, who leads where. Step i of a state is its i-th
// enabled action, so that a path can be turned back into actions.
type stateGraph struct {
	expanded uint32 // states whose steps are known; they are the first ones
	edges    uint64
	classes  uint64   // that some action belongs to
	levels   []uint64 // levels[d] is the number of the first state at depth d
	blocks   []edges  // graphBlock states each, the last one growing
	full     uint64   // bytes of the blocks that do not grow any more

	everywhere       []bool   // per goal: every state is a trigger
	triggers, goals  []bitset // per goal the states
	triggered, ended []uint64 // per goal how many states are in them
	cut              bitset   // states where a limit that is not harmless left out an action
	anyCut           bool     // there is such a limit, at a state or at a step
}

// edges are the steps of some states, one state's behind the other's.
type edges struct {
	ends    []uint32 // ends[i] is where the steps of state i end
	targets []uint32
	kinds   []uint8
}

func newStateGraph(goals int) *stateGraph {
	return &stateGraph{
		everywhere: make([]bool, goals),
		triggers:   make([]bitset, goals),
		goals:      make([]bitset, goals),
		triggered:  make([]uint64, goals),
		ended:      make([]uint64, goals),
	}
}

// trigger says whether a run that is in a state owes a goal state.
func (g *stateGraph) trigger(goal int, state uint32) bool {
	return g.everywhere[goal] || g.triggers[goal].has(state)
}

// steps returns where a state leads and how.
func (g *stateGraph) steps(state uint32) (targets []uint32, kinds []uint8) {
	b, i := &g.blocks[state/graphBlock], state%graphBlock
	from, to := uint32(0), b.ends[i]
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.targets[from:to], b.kinds[from:to]
}

// enabled is the set of fairness classes that a state has an action of.
func enabled(kinds []uint8) (classes uint64) {
	for _, k := range kinds {
		classes |= class(k)
	}
	return classes
}

// class is the set that has a step's class alone, or nothing.
func class(kind uint8) uint64 { return 1 << (kind &^ clipped) } // Go shifts 64 places to 0

// add adds the next states with their steps.
func (g *stateGraph) add(s *steps) {
	at := 0
	for i := range s.states {
		noted := &s.states[i]
		next := at + int(noted.degree)
		g.addState(s.targets[at:next], s.kinds[at:next])
		g.mark(noted)
		g.expanded++
		at = next
	}
}

// addState adds the edges of one more state.
func (g *stateGraph) addState(targets []uint32, kinds []uint8) {
	last := len(g.blocks) - 1
	if g.expanded%graphBlock == 0 {
		if last >= 0 {
			g.blocks[last] = g.blocks[last].exact()
			g.full += g.blocks[last].bytes()
		}
		g.blocks = append(g.blocks, edges{})
		last++
	}
	b := &g.blocks[last]
	b.targets = append(b.targets, targets...)
	b.kinds = append(b.kinds, kinds...)
	b.ends = append(b.ends, uint32(len(b.targets)))
	g.edges += uint64(len(targets))
	for _, k := range kinds {
		g.classes |= class(k)
		g.anyCut = g.anyCut || k&clipped != 0
	}
}

// mark notes what the goals said of the state that is next.
func (g *stateGraph) mark(noted *noted) {
	for i := range g.goals {
		if noted.goal>>i&1 == 1 {
			g.goals[i].set(g.expanded)
			g.ended[i]++
		}
		if noted.trigger>>i&1 == 1 {
			g.triggers[i].set(g.expanded)
			g.triggered[i]++
		}
	}
	if noted.cut {
		g.cut.set(g.expanded)
		g.anyCut = true
	}
}

// exact returns the edges without room for more.
func (e *edges) exact() edges {
	return edges{slices.Clone(e.ends), slices.Clone(e.targets), slices.Clone(e.kinds)}
}

func (e *edges) bytes() uint64 {
	return 4*uint64(cap(e.ends)) + 4*uint64(cap(e.targets)) + uint64(cap(e.kinds))
}

// bytes is the memory the graph takes.
func (g *stateGraph) bytes() uint64 {
	n := g.full + 8*uint64(cap(g.cut)+cap(g.levels))
	if last := len(g.blocks) - 1; last >= 0 {
		n += g.blocks[last].bytes()
	}
	for i := range g.goals {
		n += 8 * uint64(cap(g.goals[i])+cap(g.triggers[i]))
	}
	return n
}
