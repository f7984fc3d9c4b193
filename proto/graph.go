package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

type edge struct {
	to      int32
	action  uint16
	outcome uint32 // interned vector of outcomes
	visible uint32 // interned facts, 0 none
}

type graph struct {
	y       *cluster.System
	enc     [][]byte
	depth   []int32
	edges   [][]edge
	actions []cluster.Action
	list    []props.Property
}

func parse(servers, limits, phases string, fine bool) cluster.Config {
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	check(err)
	c.Limits, err = cluster.ParseLimits(limits)
	check(err)
	c.Ensemble.Fine = fine
	c.Phases, err = cluster.ParsePhases(phases)
	check(err)
	return c
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func build(c cluster.Config, max int, canon bool) *graph {
	g := &graph{list: props.StepProperties()}
	c.Track = c.Track.Or(props.TrackOf(g.list))
	y, err := cluster.New(c)
	check(err)
	g.y = y
	index := map[uint64]int32{}
	intern := map[cluster.Action]uint16{}
	outs := map[string]uint32{}
	vis := map[string]uint32{"": 0}
	add := func(b []byte, d int32) int32 {
		h := xxh3.Hash(b)
		if i, ok := index[h]; ok {
			return i
		}
		i := int32(len(g.enc))
		index[h] = i
		g.enc = append(g.enc, slices.Clone(b))
		g.depth = append(g.depth, d)
		return i
	}
	init := y.Init()
	add(y.Encode(&init[0], nil), 0)
	var cur, next cluster.State
	var acts []cluster.Action
	var buf, ov, vv []byte
	for i := 0; i < len(g.enc); i++ {
		if max > 0 && len(g.enc) > max {
			fmt.Println("too many states, stopped at", len(g.enc), "depth", g.depth[i])
			os.Exit(1)
		}
		y.Decode(&cur, g.enc[i])
		acts = y.Actions(&cur, acts[:0])
		es := make([]edge, 0, len(acts))
		for _, a := range acts {
			y.Copy(&next, &cur)
			y.Apply(&next, a)
			ov = ov[:0]
			for k := range g.list {
				o, _ := g.list[k].Check(props.Step{System: y, Before: &cur, After: &next, Action: a})
				ov = append(ov, byte(o))
			}
			vv = vv[:0]
			if len(next.Out.Facts) > 0 || next.Out.Decided {
				vv = append(vv, byte(next.Actor), byte(a.Kind))
				for _, f := range next.Out.Facts {
					vv = fmt.Appendf(vv, "%v", f)
				}
				if next.Out.Decided {
					vv = fmt.Appendf(vv, "%v", next.Out.Decision.Vote)
				}
			}
			if canon {
				canonical(y, &next)
			}
			buf = y.Encode(&next, buf[:0])
			t := add(buf, g.depth[i]+1)
			id, ok := intern[a]
			if !ok {
				id = uint16(len(g.actions))
				intern[a] = id
				g.actions = append(g.actions, a)
			}
			oi, ok := outs[string(ov)]
			if !ok {
				oi = uint32(len(outs))
				outs[string(ov)] = oi
			}
			vi, ok := vis[string(vv)]
			if !ok {
				vi = uint32(len(vis))
				vis[string(vv)] = vi
			}
			es = append(es, edge{t, id, oi, vi})
		}
		g.edges = append(g.edges, es)
	}
	return g
}

func (g *graph) find(s int32, a uint16) *edge {
	for i := range g.edges[s] {
		if g.edges[s][i].action == a {
			return &g.edges[s][i]
		}
	}
	return nil
}

// commutes on the graph exactly: same state, same outcomes.
func (g *graph) commutes(s int32, x, z *edge) bool {
	xz, zx := g.find(x.to, z.action), g.find(z.to, x.action)
	return xz != nil && zx != nil && xz.to == zx.to && xz.outcome == z.outcome && zx.outcome == x.outcome
}

func (g *graph) sleep() {
	n := len(g.enc)
	sleeping := make([][]uint16, n)
	claimed := make([]bool, n)
	claimed[0] = true
	taken, pairs, com := 0, 0, 0
	pairKinds := map[string][2]int{}
	for s := int32(0); s < int32(n); s++ {
		es := g.edges[s]
		for i := range es {
			for j := 0; j < i; j++ {
				k := g.actions[es[i].action].Kind.String() + "/" + g.actions[es[j].action].Kind.String()
				v := pairKinds[k]
				pairs++
				v[0]++
				if g.commutes(s, &es[i], &es[j]) {
					com++
					v[1]++
				}
				pairKinds[k] = v
			}
		}
		for i := range es {
			if slices.Contains(sleeping[s], es[i].action) {
				continue
			}
			taken++
			t := es[i].to
			if claimed[t] {
				continue
			}
			claimed[t] = true
			for j := range es {
				if (j < i || slices.Contains(sleeping[s], es[j].action)) && j != i && g.commutes(s, &es[i], &es[j]) {
					sleeping[t] = append(sleeping[t], es[j].action)
				}
			}
		}
		sleeping[s] = nil
	}
	found := 0
	for _, c := range claimed {
		if c {
			found++
		}
	}
	total := 0
	for _, e := range g.edges {
		total += len(e)
	}
	fmt.Printf("sleep: states %d of %d, transitions %d of %d (%.2f per state, factor %.2f); commuting pairs %.1f%%\n", found, n, taken, total, float64(taken)/float64(n), float64(total)/float64(taken), 100*float64(com)/float64(pairs))
	var keys []string
	for k := range pairKinds {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return pairKinds[keys[i]][0] > pairKinds[keys[j]][0] })
	for _, k := range keys[:min(25, len(keys))] {
		fmt.Printf("   %-22s %9d pairs, commute %.1f%%\n", k, pairKinds[k][0], 100*float64(pairKinds[k][1])/float64(pairKinds[k][0]))
	}
}

// refine computes the coarsest strong bisimulation for a labelling.
func (g *graph) refine(label func(e *edge) uint64) (class []int32, count int) {
	n := len(g.enc)
	class = make([]int32, n)
	count = 1
	var sig []uint64
	var buf []byte
	for round := 0; ; round++ {
		ids := make(map[xxh3.Uint128]int32, count*2)
		next := make([]int32, n)
		for s := range n {
			sig = sig[:0]
			for i := range g.edges[s] {
				e := &g.edges[s][i]
				sig = append(sig, label(e)<<32|uint64(uint32(class[e.to])))
			}
			slices.Sort(sig)
			sig = slices.Compact(sig)
			buf = binary.LittleEndian.AppendUint32(buf[:0], uint32(class[s]))
			for _, x := range sig {
				buf = binary.LittleEndian.AppendUint64(buf, x)
			}
			h := xxh3.Hash128(buf)
			id, ok := ids[h]
			if !ok {
				id = int32(len(ids))
				ids[h] = id
			}
			next[s] = id
		}
		class = next
		if len(ids) == count && round > 0 {
			return class, count
		}
		count = len(ids)
	}
}

// branching computes the coarsest branching bisimulation (divergence-blind) where label 0 is silent.
func (g *graph) branching(label func(e *edge) uint64) (class []int32, count int) {
	n := len(g.enc)
	class = make([]int32, n)
	count = 1
	var buf []byte
	for round := 0; ; round++ {
		sigs := make([][]uint64, n)
		for s := n - 1; s >= 0; s-- {
			var sig []uint64
			for i := range g.edges[s] {
				e := &g.edges[s][i]
				l := label(e)
				if l == 0 && class[e.to] == class[s] {
					continue
				}
				sig = append(sig, l<<32|uint64(uint32(class[e.to])))
			}
			slices.Sort(sig)
			sigs[s] = slices.Compact(sig)
		}
		for changed := true; changed; {
			changed = false
			for s := n - 1; s >= 0; s-- {
				was := len(sigs[s])
				grown := false
				sig := sigs[s]
				for i := range g.edges[s] {
					e := &g.edges[s][i]
					if label(e) == 0 && class[e.to] == class[s] && int(e.to) != s {
						if !subset(sigs[e.to], sig) {
							if !grown {
								sig = slices.Clone(sig)
								grown = true
							}
							sig = append(sig, sigs[e.to]...)
							slices.Sort(sig)
							sig = slices.Compact(sig)
						}
					}
				}
				if len(sig) != was {
					sigs[s] = sig
					changed = true
				}
			}
		}
		ids := make(map[xxh3.Uint128]int32, count*2)
		next := make([]int32, n)
		for s := range n {
			buf = binary.LittleEndian.AppendUint32(buf[:0], uint32(class[s]))
			for _, x := range sigs[s] {
				buf = binary.LittleEndian.AppendUint64(buf, x)
			}
			h := xxh3.Hash128(buf)
			id, ok := ids[h]
			if !ok {
				id = int32(len(ids))
				ids[h] = id
			}
			next[s] = id
		}
		class = next
		if len(ids) == count && round > 0 {
			return class, count
		}
		count = len(ids)
	}
}

func subset(a, b []uint64) bool {
	j := 0
	for _, x := range a {
		for j < len(b) && b[j] < x {
			j++
		}
		if j == len(b) || b[j] != x {
			return false
		}
	}
	return true
}

func main() {
	servers := flag.String("c", "1:1,8 2:1,8 3:1,7", "")
	limits := flag.String("l", "rounds=1", "")
	phases := flag.String("p", "all", "")
	fine := flag.Bool("fine", false, "")
	what := flag.String("do", "sleep,strong,branch", "")
	canon := flag.Bool("canon", false, "")
	maxStates := flag.Int("max", 3000000, "")
	flag.Parse()
	start := time.Now()
	config := parse(*servers, *limits, *phases, *fine)
	switch *what {
	case "mutants":
		mutants(*maxStates, "")
		return
	case "law":
		reduced(config, *maxStates, true, *canon, true)
		return
	case "table":
		reduced(config, *maxStates, false, false, false)
		reduced(config, *maxStates, true, false, false)
		reduced(config, *maxStates, false, true, false)
		reduced(config, *maxStates, true, true, false)
		return
	}
	if *what == "lockstep" {
		lockstep(config, *maxStates)
		return
	}
	g := build(config, *maxStates, *canon)
	total := 0
	for _, e := range g.edges {
		total += len(e)
	}
	fmt.Printf("%s %s %s: %d states, %d transitions, %.1fs\n", *servers, *limits, *phases, len(g.enc), total, time.Since(start).Seconds())
	for _, w := range strings.Split(*what, ",") {
		t := time.Now()
		switch w {
		case "sleep":
			g.sleep()
		case "strong":
			_, n := g.refine(func(e *edge) uint64 { return uint64(e.action)<<16 | uint64(e.outcome) })
			fmt.Printf("strong bisim, labels action+outcomes: %d classes (%.2f)\n", n, float64(len(g.enc))/float64(n))
			_, n = g.refine(func(e *edge) uint64 { return uint64(e.outcome) })
			fmt.Printf("strong bisim, labels outcomes: %d classes (%.2f)\n", n, float64(len(g.enc))/float64(n))
			_, n = g.refine(func(e *edge) uint64 { return uint64(e.visible) })
			fmt.Printf("strong bisim, labels facts: %d classes (%.2f)\n", n, float64(len(g.enc))/float64(n))
		case "branch":
			_, n := g.branching(func(e *edge) uint64 { return uint64(e.visible) })
			fmt.Printf("branching bisim, labels facts: %d classes (%.2f)\n", n, float64(len(g.enc))/float64(n))
		case "oracle":
			g.oracle(false)
			c, n := g.refine(func(e *edge) uint64 { return uint64(e.action)<<16 | uint64(e.outcome) })
			q := g.quotient(c, n)
			q.sleep()
			q.oracle(false)
		case "spent":
			g.spent()
		case "where":
			c, n := g.refine(func(e *edge) uint64 { return uint64(e.action)<<16 | uint64(e.outcome) })
			fmt.Println(n)
			g.where(c)
		}
		fmt.Printf("   [%s %.1fs]\n", w, time.Since(t).Seconds())
	}
}

func canonical(y *cluster.System, s *cluster.State) { y.Canonical(s) }
