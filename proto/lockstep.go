package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// lockstep runs the system and its canonical form side by side: same actions, same outcomes.
func lockstep(c cluster.Config, most int) {
	list := props.StepProperties()
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	check(err)
	type pair struct {
		a, b   []byte
		parent int
		action cluster.Action
	}
	seen := map[xxh3.Uint128]bool{}
	full, small := map[uint64]bool{}, map[uint64]bool{}
	var queue []pair
	var key []byte
	add := func(a, b []byte, parent int, by cluster.Action) {
		key = append(append(key[:0], a...), b...)
		h := xxh3.Hash128(key)
		if seen[h] {
			return
		}
		seen[h] = true
		full[xxh3.Hash(a)], small[xxh3.Hash(b)] = true, true
		queue = append(queue, pair{slices.Clone(a), slices.Clone(b), parent, by})
	}
	init := y.Init()
	a := y.Encode(&init[0], nil)
	canonical(y, &init[0])
	b := y.Encode(&init[0], nil)
	add(a, b, -1, cluster.Action{})
	var s, t, s2, t2 cluster.State
	var sa, ta []cluster.Action
	bad := 0
	path := func(i int) (list []string) {
		for ; i > 0; i = queue[i].parent {
			list = append(list, queue[i].action.String())
		}
		slices.Reverse(list)
		return list
	}
	for h := 0; h < len(queue) && len(queue) < most && bad < 3; h++ {
		y.Decode(&s, queue[h].a)
		y.Decode(&t, queue[h].b)
		sa, ta = y.Actions(&s, sa[:0]), y.Actions(&t, ta[:0])
		if !slices.Equal(sa, ta) {
			bad++
			fmt.Println("NOT THE SAME ACTIONS", sa, ta, path(h))
			diff(y, &s, &t)
			continue
		}
		if y.Cut(&s) != y.Cut(&t) {
			bad++
			fmt.Println("NOT THE SAME CUT", path(h))
		}
		for _, by := range sa {
			y.Copy(&s2, &s)
			y.Copy(&t2, &t)
			y.Apply(&s2, by)
			y.Apply(&t2, by)
			if y.Cut(&s2) != y.Cut(&t2) {
				bad++
				fmt.Println("NOT THE SAME CUT AFTER", by, path(h))
			}
			for k := range list {
				o, _ := list[k].Check(props.Step{System: y, Before: &s, After: &s2, Action: by})
				p, _ := list[k].Check(props.Step{System: y, Before: &t, After: &t2, Action: by})
				if o != p {
					bad++
					fmt.Println("NOT THE SAME OUTCOME", list[k].Name, o, p, by, path(h))
					diff(y, &s, &t)
				}
			}
			a = y.Encode(&s2, a[:0])
			canonical(y, &t2)
			b = y.Encode(&t2, b[:0])
			add(a, b, h, by)
		}
	}
	done := "complete"
	if len(queue) >= most {
		done = "stopped"
	}
	fmt.Printf("lockstep %s: %d pairs, full %d states, canonical %d (%.2f), bad %d\n", done, len(queue), len(full), len(small), float64(len(full))/float64(len(small)), bad)
	_ = bytes.Equal
}

func diff(y *cluster.System, s, t *cluster.State) {
	x, z := y.DebugFields(s), y.DebugFields(t)
	for f := range x {
		if x[f] != z[f] {
			fmt.Printf("      %s: %s | %s\n", f, x[f], z[f])
		}
	}
}
