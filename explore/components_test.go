package explore

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// draw returns a graph in which state i leads to to(i), by actions of class 0.
func draw(states int, to func(i uint32, buf []uint32) []uint32) *stateGraph {
	g := newStateGraph(1)
	g.everywhere[0] = true
	var targets []uint32
	for i := range uint32(states) {
		targets = to(i, targets[:0])
		g.addState(targets, make([]uint8, len(targets)))
		g.expanded++
	}
	return g
}

// partition returns the components of the whole graph.
func partition(t *testing.T, g *stateGraph) *components {
	t.Helper()
	n := g.expanded
	c := newComponents(g, make([]uint32, n), make([]uint32, n), make([]uint16, n))
	if !c.find(context.Background(), func(uint64) {}) {
		t.Fatal("it did not come to the end")
	}
	if c.depth != 0 || c.waiting != len(c.stack) || c.met != 1 {
		t.Fatalf("at the end the path has %d states, %d wait, the next number is %d", c.depth, len(c.stack)-c.waiting, c.met)
	}
	return c
}

// TestComponentsOfLongGraphs: a path and a circle of five million states are as deep as a search can be.
func TestComponentsOfLongGraphs(t *testing.T) {
	n := uint32(5_000_000)
	if testing.Short() {
		n = 200_000
	}
	start := time.Now()
	path := partition(t, draw(int(n), func(i uint32, buf []uint32) []uint32 {
		if i+1 < n {
			buf = append(buf, i+1)
		}
		return buf
	}))
	if path.count != n || path.cycles != 0 || path.largest != 1 || path.fair != 1 || !path.stays(n-1) {
		t.Errorf("path: %d components, %d cycles, %d fair ones", path.count, path.cycles, path.fair)
	}
	circle := partition(t, draw(int(n), func(i uint32, buf []uint32) []uint32 { return append(buf, (i+1)%n) }))
	if circle.count != 1 || circle.cycles != 1 || circle.largest != n || circle.fair != 1 {
		t.Errorf("circle: %d components, the largest of %d states", circle.count, circle.largest)
	}
	if route := newFinder(circle, 0).round(17); len(route) != int(n) {
		t.Errorf("the way round the circle has %d steps", len(route))
	}
	t.Logf("both in %v", time.Since(start))
}

// TestComponentsOfRandomGraphs compares with what each state reaches.
func TestComponentsOfRandomGraphs(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		n, density := 1+rng.IntN(150), 1+rng.IntN(3)
		g := draw(n, func(_ uint32, buf []uint32) []uint32 {
			for range rng.IntN(density + 1) {
				buf = append(buf, uint32(rng.IntN(n)))
			}
			return buf
		})
		reach := make([][]bool, n)
		for v := range reach {
			reach[v] = reached(g, uint32(v))
		}
		c := partition(t, g)
		for v := range n {
			for w := range n {
				if together := reach[v][w] && reach[w][v]; together != (c.mark[v] == c.mark[w]) {
					t.Fatalf("seed %d: states %d and %d reach each other: %v", seed, v, w, together)
				}
			}
			if ends := c.mark[v]; ends == 0 || ends < outside-c.count || ends == outside {
				t.Fatalf("seed %d: state %d has mark %d", seed, v, ends)
			}
		}
	}
}

// reached says for each state whether it can be reached from one.
func reached(g *stateGraph, from uint32) []bool {
	met := make([]bool, g.expanded)
	met[from] = true
	for queue := []uint32{from}; len(queue) > 0; queue = queue[1:] {
		targets, _ := g.steps(queue[0])
		for _, w := range targets {
			if !met[w] {
				met[w] = true
				queue = append(queue, w)
			}
		}
	}
	return met
}
