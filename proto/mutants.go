package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

type verdict struct {
	first     map[string]int // property -> depth of its first violation
	states    int
	generated int
	complete  bool
	outcomes  map[string]bool // property + outcome, seen at all
}

// quick is a search that goes on after violations.
func quick(c cluster.Config, most int, sleepOn, canon bool) verdict {
	list := props.StepProperties()
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	check(err)
	v := verdict{first: map[string]int{}, outcomes: map[string]bool{}}
	index := map[uint64]struct{}{}
	type item struct {
		enc   []byte
		sleep uint64
	}
	init := y.Init()
	if canon {
		canonical(y, &init[0])
	}
	buf := y.Encode(&init[0], nil)
	index[xxh3.Hash(buf)] = struct{}{}
	level := []item{{slices.Clone(buf), 0}}
	var cur, nx cluster.State
	var acts []cluster.Action
	var masks []uint64
	ords := make([]int, 256)
	for depth := 1; len(level) > 0; depth++ {
		if len(index) > most {
			v.states = len(index)
			return v
		}
		var next []item
		for _, it := range level {
			y.Decode(&cur, it.enc)
			acts = y.Actions(&cur, acts[:0])
			asleep := uint64(0)
			if sleepOn {
				masks = y.Commuting(&cur, acts, masks)
				for i, a := range acts {
					if ords[i] = y.Ordinal(a); ords[i] >= 0 && i < 64 && it.sleep>>ords[i]&1 != 0 {
						asleep |= 1 << i
					}
				}
			}
			for i, a := range acts {
				if i < 64 && asleep>>i&1 != 0 {
					continue
				}
				v.generated++
				y.Copy(&nx, &cur)
				y.Apply(&nx, a)
				for k := range list {
					o, _ := list[k].Check(props.Step{System: y, Before: &cur, After: &nx, Action: a})
					v.outcomes[list[k].Name+fmt.Sprint(o)] = true
					if _, ok := v.first[list[k].Name]; o == props.Violated && !ok {
						v.first[list[k].Name] = depth
					}
				}
				if canon {
					canonical(y, &nx)
				}
				buf = y.Encode(&nx, buf[:0])
				h := xxh3.Hash(buf)
				if _, ok := index[h]; ok {
					continue
				}
				index[h] = struct{}{}
				sl := uint64(0)
				if sleepOn {
					for k := range acts[:min(64, len(acts))] {
						if k != i && ords[k] >= 0 && (k < i || asleep>>k&1 != 0) && masks[i]>>k&1 != 0 {
							sl |= 1 << ords[k]
						}
					}
				}
				next = append(next, item{slices.Clone(buf), sl})
			}
		}
		level = next
	}
	v.states, v.complete = len(index), true
	return v
}

func mutants(most int, only string) {
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		if only != "" && !strings.Contains(m.ID, only) {
			continue
		}
		c, err := m.Config()
		check(err)
		full := quick(c, most, false, false)
		for _, way := range []struct {
			name         string
			sleep, canon bool
		}{{"sleep", true, false}, {"canon", false, true}, {"both", true, true}} {
			if way.canon && m.ID != "" && !full.complete {
				continue
			}
			r := quick(c, most, way.sleep, way.canon)
			same := maps.Equal(full.first, r.first) && maps.Equal(full.outcomes, r.outcomes)
			word := "same"
			if !same {
				word = "DIFFERS"
				for k := range full.outcomes {
					if !r.outcomes[k] {
						word += " lost " + k
					}
				}
				for k := range r.outcomes {
					if !full.outcomes[k] {
						word += " new " + k
					}
				}
				for k, d := range full.first {
					if r.first[k] != d {
						word += fmt.Sprintf(" %s %d %d", k, d, r.first[k])
					}
				}
			}
			fmt.Printf("%-28s complete %v/%v %-5s states %7d -> %7d generated %8d -> %8d violated %d %s\n", m.ID, full.complete, r.complete, way.name, full.states, r.states, full.generated, r.generated, len(full.first), word)
		}
	}
}
