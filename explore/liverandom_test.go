package explore

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawMaze draws up to twelve rooms with up to three classes.
func drawMaze(t *rapid.T) maze {
	room := rapid.ByteRange(0, byte(rapid.IntRange(1, 12).Draw(t, "rooms")-1))
	rarely := rapid.SampledFrom([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1, 2})
	doors := rapid.SampledFrom([]int{2, 1, 1, 1, 1, 1, 3, 0})
	limits := rapid.Bool().Draw(t, "limits")
	m := maze{roots: rapid.SliceOfN(room, 0, 3).Draw(t, "roots"), rooms: make([]mazeRoom, 12)}
	for i := range m.rooms {
		r := &m.rooms[i]
		r.goal = rapid.IntRange(0, 4).Draw(t, "goal") == 0
		r.trigger = rapid.IntRange(0, 2).Draw(t, "trigger") == 0
		for range doors.Draw(t, "doors") {
			r.doors = append(r.doors, mazeDoor{to: room.Draw(t, "to"), class: rapid.IntRange(-1, 2).Draw(t, "class")})
		}
		if !limits {
			continue
		}
		r.cut = rarely.Draw(t, "cut")
		for d := range r.doors {
			r.doors[d].cut = rarely.Draw(t, "door cut")
		}
	}
	return m
}

// naive is what Eventually claims, by definition: a run ends in a set of rooms that it visits again and again, and there are
// few enough sets to look at each.
type naive struct {
	maze
	always   bool
	harmless byte
}

// waits returns, for each room in which a run can be while it waits for the goal, the least number of steps to be there so.
func (n naive) waits() map[byte]int {
	type at struct {
		room    byte
		waiting bool
	}
	arrive := func(room byte, waiting bool) at {
		r := &n.rooms[room]
		return at{room, !r.goal && (waiting || n.always || r.trigger)}
	}
	distance := map[at]int{}
	var queue []at
	for _, room := range n.roots {
		queue = append(queue, arrive(room, false))
		distance[arrive(room, false)] = 0
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, d := range n.rooms[queue[0].room].doors {
			next := arrive(d.to, queue[0].waiting)
			if _, ok := distance[next]; !ok {
				distance[next] = distance[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	waits := map[byte]int{}
	for a, d := range distance {
		if a.waiting {
			waits[a.room] = d
		}
	}
	return waits
}

// classes returns the classes enabled in a room, and of its doors that lead into the set those taken, and the rooms reached.
func (n naive) classes(room byte, set uint16) (enabled, taken uint8, next uint16) {
	for _, d := range n.rooms[room].doors {
		bit := uint8(0)
		if d.class >= 0 {
			bit = 1 << d.class
		}
		enabled |= bit
		if d.cut&^n.harmless == 0 && set>>d.to&1 == 1 {
			taken |= bit
			next |= 1 << d.to
		}
	}
	return enabled, taken, next
}

// fair says whether a fair run can visit exactly the rooms of the set again and again.
func (n naive) fair(set uint16) bool {
	always, all := ^uint8(0), uint8(0)
	doors := uint16(0)
	for room := range byte(12) {
		if set>>room&1 == 0 {
			continue
		}
		if n.rooms[room].cut&^n.harmless != 0 || n.rooms[room].goal {
			return false
		}
		enabled, taken, next := n.classes(room, set)
		always, all, doors = always&enabled, all|taken, doors|next
		reached := uint16(1) << room
		for grown := uint16(0); grown != reached; {
			grown = reached
			for from := range byte(12) {
				if reached>>from&1 == 1 {
					_, _, next := n.classes(from, set)
					reached |= next
				}
			}
		}
		if reached != set {
			return false
		}
	}
	stops := bits.OnesCount16(set) == 1 && always == 0
	return stops || doors != 0 && always&^all == 0
}

// verdict is the answer, and the least number of steps to a room in which a fair run can wait for ever.
func (n naive) verdict() (verdict Verdict, nearest int) {
	waits := n.waits()
	scope := uint16(0)
	for room := range waits {
		scope |= 1 << room
	}
	nearest = -1
	for set := uint16(1); set < 1<<12; set++ {
		if set&^scope != 0 || !n.fair(set) {
			continue
		}
		for room, steps := range waits {
			if set>>room&1 == 1 && (nearest < 0 || steps < nearest) {
				nearest = steps
			}
		}
	}
	if nearest >= 0 {
		return VerdictViolated, nearest
	}
	if BreadthFirst(context.Background(), n.maze, nil, Options{}).Cut&^uint64(n.harmless) != 0 {
		return VerdictUnknown, -1
	}
	return VerdictHolds, -1
}

// walk returns the rooms that the actions lead through, the first one included.
func (n naive) walk(room byte, actions []byte) []byte {
	rooms := []byte{room}
	for _, door := range actions {
		room = n.rooms[room].doors[door].to
		rooms = append(rooms, room)
	}
	return rooms
}

// judge says what is wrong with a lasso.
func (n naive) judge(l *Lasso[byte], nearest int) string {
	stem := n.walk(n.roots[l.Init], l.Stem)
	end := stem[len(stem)-1]
	loop := n.walk(end, l.Loop)
	goal := func(room byte) bool { return n.rooms[room].goal }
	waiting := false
	for _, room := range stem {
		waiting = !goal(room) && (waiting || n.always || n.rooms[room].trigger)
	}
	owed, _, _ := n.classes(end, 0)
	cut := byte(0)
	for i, door := range l.Loop {
		d := n.rooms[loop[i]].doors[door]
		if d.class >= 0 {
			owed &^= 1 << d.class
		}
		enabled, _, _ := n.classes(d.to, 0)
		owed &= enabled
		cut |= d.cut
	}
	for _, room := range loop {
		cut |= n.rooms[room].cut
	}
	switch {
	case !waiting || slices.ContainsFunc(loop, goal):
		return "it does not wait for the goal"
	case loop[len(loop)-1] != end:
		return "the loop is open"
	case owed != 0:
		return "it is not fair"
	case cut&^n.harmless != 0:
		return "a limit has touched the loop"
	case len(l.Stem) < nearest, len(l.Loop) > 0 && len(l.Stem) != nearest:
		return "the stem is not the shortest"
	}
	return ""
}

// TestVerdictsOfMazes compares verdicts and lassos with the definition.
func TestVerdictsOfMazes(t *testing.T) {
	seen := map[Verdict]int{}
	loops, stops := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := drawMaze(t)
		harmless := rapid.SampledFrom([]byte{0, 1, 3}).Draw(t, "harmless")
		goals := []LeadsTo[mazeState]{m.out(false), m.out(true)}
		o := LivenessOptions[mazeState, byte]{Class: m.class, Harmless: uint64(harmless)}
		o.Workers = rapid.IntRange(1, 3).Draw(t, "workers")
		r, err := Eventually(context.Background(), m, goals, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range r.Goals {
			n := naive{maze: m, always: i == 1, harmless: harmless}
			want, nearest := n.verdict()
			if g.Verdict != want || g.Pending != uint64(len(n.waits())) {
				t.Fatalf("%v, want %v; %d states wait, want %d", g.Verdict, want, g.Pending, len(n.waits()))
			}
			seen[want]++
			if want != VerdictViolated {
				continue
			}
			if wrong := n.judge(g.Lasso, nearest); wrong != "" {
				t.Fatalf("%+v, nearest %d: %s", g.Lasso, nearest, wrong)
			}
			if len(g.Lasso.Loop) > 0 {
				loops++
			} else {
				stops++
			}
		}
	})
	t.Logf("verdicts %v, %d loops, %d stops", seen, loops, stops)
	if enough := seen[VerdictHolds]+seen[VerdictViolated] >= 100; enough && (seen[VerdictHolds] == 0 || loops == 0 || stops == 0) {
		t.Errorf("not everything occurred: %v, %d loops, %d stops", seen, loops, stops)
	}
}

// TestGraphOfRandomGraphs compares the graph, number by number, with that of a sequential search with a map.
func TestGraphOfRandomGraphs(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		g := newGraph(rng, 1+rng.IntN(60_000), 1+rng.IntN(8))
		g.roots = append(g.roots, g.roots...)
		number := map[uint32]uint32{}
		var queue []uint32
		meet := func(node uint32) {
			if _, ok := number[node]; !ok {
				number[node] = uint32(len(queue))
				queue = append(queue, node)
			}
		}
		for _, node := range g.roots {
			meet(node)
		}
		for at := 0; at < len(queue); at++ {
			for _, to := range g.edges[queue[at]] {
				meet(to)
			}
		}
		odd := LeadsTo[uint32]{Goal: func(s *uint32) bool { return *s%2 == 1 }}
		for _, workers := range workerCounts {
			o := &LivenessOptions[uint32, uint16]{Class: func(s *uint32, a uint16) int { return int(*s+uint32(a)) % 60 }}
			o.Workers = workers
			e := newEventually(g, []LeadsTo[uint32]{odd}, o)
			e.search.roots()
			e.search.levels(context.Background())
			drawn := e.search.graph
			if int(drawn.expanded) != len(queue) {
				t.Fatalf("seed %d, %d workers: %d states, want %d", seed, workers, drawn.expanded, len(queue))
			}
			for i, node := range queue {
				targets, kinds := drawn.steps(uint32(i))
				if len(targets) != len(g.edges[node]) || drawn.goals[0].has(uint32(i)) != (node%2 == 1) {
					t.Fatalf("seed %d, %d workers: state %d has %d steps, want %d", seed, workers, i, len(targets), len(g.edges[node]))
				}
				for a, to := range g.edges[node] {
					if targets[a] != number[to] || int(kinds[a]) != int(node+uint32(a))%60 {
						t.Fatalf("seed %d, %d workers: step %d of state %d leads to %d by %d, want %d", seed, workers, a, i, targets[a], kinds[a], number[to])
					}
				}
			}
		}
	}
}

// TestLassosOfRandomGraphs: in graphs where there are many lassos the same one is chosen by any number of workers.
func TestLassosOfRandomGraphs(t *testing.T) {
	loops := 0
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 11))
		g := newGraph(rng, 1000+rng.IntN(30_000), 3+rng.IntN(4))
		for n := range g.edges {
			g.edges[n] = append(g.edges[n], uint32(rng.IntN(len(g.edges)))) // so that it never stops
		}
		var goals []LeadsTo[uint32]
		for _, modulus := range []uint32{2, 3, 20} {
			is := func(rest uint32) func(*uint32) bool { return func(s *uint32) bool { return *s%modulus == rest } }
			goals = append(goals, LeadsTo[uint32]{"from somewhere", is(1), is(0)}, LeadsTo[uint32]{"again and again", nil, is(0)})
		}
		r := decide(t, g, goals, LivenessOptions[uint32, uint16]{Class: func(s *uint32, a uint16) int { return int(*s+uint32(a)) % 5 }})
		for _, goal := range r.Goals {
			if goal.Lasso != nil && len(goal.Lasso.Loop) > 0 {
				loops++
			}
		}
	}
	if loops < 6 {
		t.Errorf("only %d loops", loops)
	}
}
