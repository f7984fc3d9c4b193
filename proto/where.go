package main

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
)

var digits = regexp.MustCompile(`^(s|link|note|s\d\.recvset|s\d\.outof)(\d+)`)
var tables = regexp.MustCompile(`(recvset|outof)(\d+)`)

func norm(k string) string {
	k = digits.ReplaceAllString(k, "$1#")
	return tables.ReplaceAllString(k, "$1#")
}

// where tells in which fields bisimilar states differ.
func (g *graph) where(class []int32) {
	first := map[int32]int32{}
	sets := map[string]int{}
	single := map[string]int{}
	example := map[string][2]int32{}
	var a, b cluster.State
	for s := range g.enc {
		c := class[s]
		f, ok := first[c]
		if !ok {
			first[c] = int32(s)
			continue
		}
		if len(g.enc) > 150000 && s%(len(g.enc)/50000) != 0 {
			continue
		}
		g.y.Decode(&a, g.enc[f])
		x := g.y.DebugFields(&a)
		g.y.Decode(&b, g.enc[s])
		z := g.y.DebugFields(&b)
		seen := map[string]bool{}
		var ks []string
		for k := range x {
			if x[k] != z[k] && !seen[norm(k)] {
				seen[norm(k)] = true
				ks = append(ks, norm(k))
			}
		}
		sort.Strings(ks)
		key := strings.Join(ks, " ")
		sets[key]++
		if _, ok := example[key]; !ok {
			example[key] = [2]int32{f, int32(s)}
		}
		for _, k := range ks {
			single[k]++
		}
	}
	top := func(m map[string]int, n int) {
		var keys []string
		for k := range m {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool { return m[keys[i]] > m[keys[j]] })
		for _, k := range keys[:min(n, len(keys))] {
			fmt.Printf("   %8d %s\n", m[k], k)
			if e, ok := example[k]; ok {
				g.y.Decode(&a, g.enc[e[0]])
				x := g.y.DebugFields(&a)
				g.y.Decode(&b, g.enc[e[1]])
				z := g.y.DebugFields(&b)
				var d []string
				for f := range x {
					if x[f] != z[f] {
						d = append(d, fmt.Sprintf("             %s: %s | %s", f, x[f], z[f]))
					}
				}
				sort.Strings(d)
				fmt.Println(strings.Join(d, "\n"))
				var ch []string
				for f := range z {
					if len(f) == 6 && f[:4] == "note" && z[f] != "0 false-" {
						ch = append(ch, f+" "+z[f])
					}
				}
				sort.Strings(ch)
				fmt.Println("             channels:", strings.Join(ch, "; "))
				for i := range b.Servers {
					v := &b.Servers[i]
					fmt.Printf("             (server %d %v %v round %d proposal %v waiting %v)\n", i, v.State, v.Phase, v.Round, v.Proposal, v.Waiting)
				}
			}
		}
	}
	fmt.Println("  fields in which bisimilar states differ:")
	top(single, 30)
	fmt.Println("  sets:")
	top(sets, 25)
}
