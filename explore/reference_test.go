package explore

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// reference is the search that BreadthFirst claims to equal: sequential, with a map and a slice, and short enough to be
// believed by reading. It goes on after violations, of which it reports so many per property, and expands at most limit
// levels (0: all).
func reference[S any, A comparable](sys System[S, A], props []Property[S, A], limit, most int) *Report[A] {
	type found struct {
		state  S
		parent int
		by     A
		init   int
		depth  int
	}
	r := &Report[A]{Complete: true, Tallies: make([]Tally, len(props))}
	var queue []found
	known := map[string]bool{}
	rejected := make([][]Violation[A], len(props))
	bytes := 0
	meet := func(before *S, f found) {
		r.Generated++
		for i, p := range props {
			if p.Check == nil {
				continue
			}
			o := p.Check(before, f.by, &f.state)
			if o != Silent {
				r.Tallies[i].Checked++
			}
			if o == Witnessed {
				r.Tallies[i].Witnessed++
			}
			if o == Violated && len(rejected[i]) < most {
				v := Violation[A]{Property: i, Init: f.init}
				for g := f; g.parent >= 0; g = queue[g.parent] {
					v.Trace = append([]A{g.by}, v.Trace...)
				}
				rejected[i] = append(rejected[i], v)
			}
		}
		if key := sys.Encode(&f.state, nil); !known[string(key)] {
			known[string(key)] = true
			queue = append(queue, f)
			bytes += len(key)
			if r.Depth = f.depth; f.depth == len(r.Levels) {
				r.Levels = append(r.Levels, 0)
			}
			r.Levels[f.depth]++
		}
	}
	for i, s := range sys.Init() {
		meet(&s, found{state: s, parent: -1, init: i})
	}
	for at := 0; at < len(queue); at++ {
		f := queue[at]
		if limit > 0 && f.depth == limit {
			r.Complete, r.Stopped = false, stoppedDepth
			break
		}
		for _, by := range sys.Actions(&f.state, nil) {
			var next S
			sys.Copy(&next, &f.state)
			sys.Apply(&next, by)
			meet(&f.state, found{state: next, parent: at, by: by, init: f.init, depth: f.depth + 1})
		}
	}
	r.Violations = slices.Concat(rejected...)
	r.Distinct = uint64(len(queue))
	r.Collision = collision(r.Distinct)
	r.MeanStateBytes = float64(bytes) / float64(max(len(queue), 1))
	return r
}

// comparable returns a report without what may differ.
func (r *Report[A]) comparable() Report[A] {
	c := *r
	c.Elapsed, c.MemoryBytes, c.Reduce = 0, 0, ReduceNone
	return c
}

// same fails the test if the reports differ.
func same[A any](t *testing.T, what string, got, want *Report[A]) {
	t.Helper()
	if g, w := got.comparable(), want.comparable(); !reflect.DeepEqual(g, w) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, g, w)
	}
}

// graph is a random directed graph with several initial states. Its node numbers say nothing about distances.
type graph struct {
	flat[uint32]
	roots []uint32
	edges [][]uint32 // per node its targets; targets may repeat, and may be the node itself
}

// newGraph returns a graph. Its many edges to few nodes make workers race for the same states.
func newGraph(rng *rand.Rand, nodes, degree int) graph {
	g := graph{edges: make([][]uint32, nodes)}
	for range 1 + rng.IntN(4) {
		g.roots = append(g.roots, uint32(rng.IntN(nodes)))
	}
	for n := range g.edges {
		for range rng.IntN(degree + 1) {
			g.edges[n] = append(g.edges[n], uint32(rng.IntN(nodes)))
		}
	}
	return g
}

func (g graph) Init() []uint32 { return append([]uint32(nil), g.roots...) }

func (g graph) Actions(s *uint32, buf []uint16) []uint16 {
	for i := range g.edges[*s] {
		buf = append(buf, uint16(i))
	}
	return buf
}

func (g graph) Apply(s *uint32, a uint16) { *s = g.edges[*s][a] }

func (g graph) Encode(s *uint32, buf []byte) []byte {
	return append(buf, byte(*s), byte(*s>>8), byte(*s>>16), byte(*s>>24))
}

func (g graph) Decode(s *uint32, data []byte) {
	*s = uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
}

// marks are properties that reject steps to some nodes, and one that rejects some steps whatever they lead to.
func (g graph) marks(rng *rand.Rand, n int) []Property[uint32, uint16] {
	var props []Property[uint32, uint16]
	for i := range n {
		bad, modulus := uint32(rng.IntN(len(g.edges))), uint32(2+rng.IntN(50))
		props = append(props, Property[uint32, uint16]{Check: func(before *uint32, by uint16, after *uint32) Outcome {
			switch {
			case i%2 == 0 && *after == bad, i%2 == 1 && *before == bad && by == 1:
				return Violated
			case *after%modulus == 0:
				return Silent
			case *after%modulus == 1:
				return Witnessed
			}
			return Held
		}})
	}
	return append(props, Property[uint32, uint16]{Name: "never asked"})
}
