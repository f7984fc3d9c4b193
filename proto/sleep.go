package main

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/zeebo/xxh3"
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// reduced is a breadth-first search with sleep sets and canonical forms; law checks every pair declared commuting.
func reduced(c cluster.Config, most int, sleepOn, canon, law bool) {
	start := time.Now()
	list := props.StepProperties()
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	check(err)
	index := map[uint64]struct{}{}
	type item struct {
		enc   []byte
		sleep uint64
	}
	var level, next []item
	var buf []byte
	init := y.Init()
	if canon {
		canonical(y, &init[0])
	}
	buf = y.Encode(&init[0], buf)
	index[xxh3.Hash(buf)] = struct{}{}
	level = append(level, item{slices.Clone(buf), 0})
	var cur, nx, p, q cluster.State
	var acts []cluster.Action
	var masks []uint64
	generated, enabled, depth := 0, 0, 0
	var cut uint64
	bad := 0
	declared, truly := map[string]int{}, map[string]int{}
	violated := map[string]int{}
	outcomes := func(before, after *cluster.State, a cluster.Action) (v []byte) {
		for k := range list {
			o, _ := list[k].Check(props.Step{System: y, Before: before, After: after, Action: a})
			v = append(v, byte(o))
		}
		return v
	}
	for len(level) > 0 && len(index) < most && bad < 5 {
		next = next[:0:0]
		for _, it := range level {
			y.Decode(&cur, it.enc)
			acts = y.Actions(&cur, acts[:0])
			cut |= y.Cut(&cur)
			enabled += len(acts)
			if sleepOn || law {
				masks = y.Commuting(&cur, acts, masks)
			}
			asleep := uint64(0)
			ords := make([]int, len(acts))
			for i, a := range acts {
				ords[i] = y.Ordinal(a)
				if ords[i] >= 0 && it.sleep>>ords[i]&1 != 0 {
					asleep |= 1 << i
				}
			}
			if law {
				for i := range acts {
					for k := range i {
						kind := acts[k].Kind.String() + "/" + acts[i].Kind.String()
						y.Copy(&p, &cur)
						y.Apply(&p, acts[i])
						oi := outcomes(&cur, &p, acts[i])
						y.Copy(&q, &cur)
						y.Apply(&q, acts[k])
						ok := outcomes(&cur, &q, acts[k])
						same := slices.Contains(y.Actions(&p, nil), acts[k]) && slices.Contains(y.Actions(&q, nil), acts[i])
						why := "enabled"
						var ik, ki string
						if same {
							y.Copy(&nx, &p)
							y.Apply(&nx, acts[k])
							ok2 := outcomes(&p, &nx, acts[k])
							x := y.Encode(&nx, nil)
							y.Copy(&nx, &q)
							y.Apply(&nx, acts[i])
							oi2 := outcomes(&q, &nx, acts[i])
							z := y.Encode(&nx, nil)
							same = string(x) == string(z)
							why = "state"
							for m := range list {
								if ok2[m] >= 2 && ok2[m] > ok[m] {
									ik = list[m].Name
								}
								if oi2[m] >= 2 && oi2[m] > oi[m] {
									ki = list[m].Name
								}
							}
						}
						for _, d := range []struct {
							mask bool
							lost string
						}{{masks[i]>>k&1 != 0, ik}, {masks[k]>>i&1 != 0, ki}} {
							if same && d.lost == "" {
								truly[kind]++
							}
							if d.mask {
								declared[kind]++
								if !same || d.lost != "" {
									bad++
									fmt.Println("DO NOT COMMUTE:", acts[k], acts[i], why, d.lost)
								}
							}
						}
					}
				}
			}
			for i, a := range acts {
				if sleepOn && asleep>>i&1 != 0 {
					continue
				}
				generated++
				y.Copy(&nx, &cur)
				y.Apply(&nx, a)
				cut |= y.Cut(&nx)
				for k := range list {
					if o, _ := list[k].Check(props.Step{System: y, Before: &cur, After: &nx, Action: a}); o == props.Violated {
						violated[list[k].Name]++
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
					for k := range acts {
						if k != i && ords[k] >= 0 && (k < i || asleep>>k&1 != 0) && masks[i]>>k&1 != 0 {
							sl |= 1 << ords[k]
						}
					}
				}
				next = append(next, item{slices.Clone(buf), sl})
			}
		}
		level, next = next, level
		depth++
	}
	fmt.Printf("sleep %v canon %v: states %d, enabled %d, generated %d (%.2f per state), depth %d, cut %v, violated %v, %.1fs\n", sleepOn, canon, len(index), enabled, generated, float64(generated)/float64(len(index)), depth, cluster.CutNames(cut), violated, time.Since(start).Seconds())
	if law {
		var keys []string
		d, tr := 0, 0
		for k := range truly {
			keys = append(keys, k)
			d += declared[k]
			tr += truly[k]
		}
		sort.Slice(keys, func(i, j int) bool { return truly[keys[i]]-declared[keys[i]] > truly[keys[j]]-declared[keys[j]] })
		fmt.Printf("  declared %d of %d that commute\n", d, tr)
		for _, k := range keys[:min(8, len(keys))] {
			fmt.Printf("     %-20s declared %d of %d\n", k, declared[k], truly[k])
		}
	}
}
