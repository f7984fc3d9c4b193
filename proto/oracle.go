package main

import "fmt"

// quotient is the graph of classes of a bisimulation with action labels.
func (g *graph) quotient(class []int32, count int) *graph {
	q := &graph{y: g.y, actions: g.actions, list: g.list}
	seen := make([]int32, count)
	for i := range seen {
		seen[i] = -1
	}
	// BFS over representatives, in the order of the search.
	var reps []int32
	visit := func(s int32) int32 {
		c := class[s]
		if seen[c] < 0 {
			seen[c] = int32(len(reps))
			reps = append(reps, s)
		}
		return seen[c]
	}
	visit(0)
	for i := 0; i < len(reps); i++ {
		s := reps[i]
		es := make([]edge, len(g.edges[s]))
		for k, e := range g.edges[s] {
			es[k] = e
			es[k].to = visit(e.to)
		}
		q.edges = append(q.edges, es)
		q.enc = append(q.enc, g.enc[s])
		q.depth = append(q.depth, 0)
	}
	return q
}

// oracle is a breadth-first search with the smallest persistent sets that exact knowledge of the graph gives.
func (g *graph) oracle(visible bool) {
	n := len(g.enc)
	reached := make([]bool, n)
	queue := []int32{0}
	reached[0] = true
	stamp := make([]int32, n)
	round := int32(0)
	taken, single, full := 0, 0, 0
	var todo []int32
	persistent := func(s int32, seed int) map[uint16]bool {
		t := map[uint16]bool{g.edges[s][seed].action: true}
	again:
		round++
		todo = append(todo[:0], s)
		stamp[s] = round
		for len(todo) > 0 {
			u := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for i := range g.edges[u] {
				b := &g.edges[u][i]
				if t[b.action] {
					continue
				}
				for a := range t {
					ea := g.find(u, a)
					if ea == nil || !g.commutes(u, ea, b) || visible && (ea.outcome != g.find(s, a).outcome) {
						if g.find(s, b.action) == nil {
							return nil
						}
						t[b.action] = true
						goto again
					}
				}
				if stamp[b.to] != round {
					stamp[b.to] = round
					todo = append(todo, b.to)
				}
			}
		}
		return t
	}
	for h := 0; h < len(queue); h++ {
		s := queue[h]
		var best map[uint16]bool
		for i := range g.edges[s] {
			t := persistent(s, i)
			if t == nil || best != nil && len(best) <= len(t) {
				continue
			}
			// proviso: some successor is new
			fresh := false
			for k := range g.edges[s] {
				if t[g.edges[s][k].action] && !reached[g.edges[s][k].to] {
					fresh = true
				}
			}
			if fresh {
				best = t
			}
			if len(best) == 1 {
				break
			}
		}
		if len(best) == 1 {
			single++
		}
		if best == nil || len(best) == len(g.edges[s]) {
			full++
		}
		for i := range g.edges[s] {
			e := &g.edges[s][i]
			if best != nil && !best[e.action] {
				continue
			}
			taken++
			if !reached[e.to] {
				reached[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	fmt.Printf("oracle persistent sets: %d of %d states (%.2f), %d transitions, %d states with one action only, %d full\n", len(queue), n, float64(n)/float64(len(queue)), taken, single, full)
}
