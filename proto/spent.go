package main

import (
	"fmt"

	"github.com/zeebo/xxh3"
	"github.com/zkcheck/zkcheck/cluster"
)

// spent counts states that a state of the same core with less spent covers, found at no greater depth.
func (g *graph) spent() {
	for _, clear := range []bool{false, true} {
		type entry struct {
			sp [17]uint16
			d  int32
		}
		cores := map[uint64][]entry{}
		covered, equalDepth := 0, 0
		var s cluster.State
		for i := range g.enc {
			g.y.Decode(&s, g.enc[i])
			core, sp := g.y.DebugCore(&s, clear)
			h := xxh3.Hash(core)
			hit := false
		next:
			for _, e := range cores[h] {
				for k := range sp {
					if e.sp[k] > sp[k] {
						continue next
					}
				}
				hit = true
				break
			}
			if hit {
				covered++
			}
			cores[h] = append(cores[h], entry{sp, g.depth[i]})
		}
		_ = equalDepth
		fmt.Printf("spent (last messages ignored %v): %d states, %d cores (%.2f), covered by an earlier state %d (leaves %.2f)\n", clear, len(g.enc), len(cores), float64(len(g.enc))/float64(len(cores)), covered, float64(len(g.enc))/float64(len(g.enc)-covered))
	}
}
