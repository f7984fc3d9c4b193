package explore

import (
	"reflect"
	"strings"
	"testing"
)

// TestChoices: small mazes, in each of which one wrong way lies near.
func TestChoices(t *testing.T) {
	const trigger, goal = "trigger", "goal"
	room := func(kind string, doors ...mazeDoor) mazeRoom {
		return mazeRoom{trigger: kind == trigger, goal: kind == goal, doors: doors}
	}
	to := func(to byte) mazeDoor { return mazeDoor{to: to} }
	for _, c := range []struct {
		name    string
		maze    maze
		verdict Verdict
		lasso   *Lasso[byte]
	}{
		{"of two that are as near the one that was found first",
			maze{roots: []byte{0, 1, 2, 3}, rooms: []mazeRoom{room("", to(0)), room(trigger, to(4)), room(trigger, to(0)), room(trigger, to(5)),
				room("", to(4)), room("", to(5))}},
			VerdictViolated, &Lasso[byte]{Init: 2, Stem: []byte{0}, Loop: []byte{0}}},
		{"farther from a trigger than any state from the start",
			maze{roots: []byte{0}, rooms: []mazeRoom{room("", to(1), to(3)), room(goal, to(2)), room(trigger, to(0)), room("")}},
			VerdictViolated, &Lasso[byte]{Stem: []byte{0, 0, 0, 1}, Loop: []byte{}}},
		{"not through a goal",
			maze{roots: []byte{0}, rooms: []mazeRoom{room(trigger, to(1), to(2)), room(goal, to(4)), room("", to(3)), room("", to(4)), room("", to(4))}},
			VerdictViolated, &Lasso[byte]{Stem: []byte{1, 0, 0}, Loop: []byte{0}}},
		{"a goal on every way",
			maze{roots: []byte{0}, rooms: []mazeRoom{room(trigger, to(1)), room(goal, to(2)), room("", to(2))}}, VerdictHolds, nil},
		{"a trigger that is a goal",
			maze{roots: []byte{0}, rooms: []mazeRoom{{trigger: true, goal: true, doors: []mazeDoor{to(1)}}, room("", to(1))}}, VerdictHolds, nil},
		{"a step that a limit touched, beside one that leads to the same state",
			maze{roots: []byte{0}, rooms: []mazeRoom{room(trigger, mazeDoor{to: 0, cut: 1}, mazeDoor{to: 1, cut: 1}, to(1)), room("", to(0))}},
			VerdictViolated, &Lasso[byte]{Stem: []byte{}, Loop: []byte{2, 0}}},
		{"a limit at a step", maze{roots: []byte{0}, rooms: []mazeRoom{room(goal, mazeDoor{to: 0, cut: 1})}}, VerdictUnknown, nil},
		{"a limit at a state", maze{roots: []byte{0}, rooms: []mazeRoom{{goal: true, cut: 1}}}, VerdictUnknown, nil},
		{"a class that acts only where a limit touched it",
			maze{roots: []byte{0}, rooms: []mazeRoom{room(trigger, to(0), mazeDoor{to: 0, class: 1, cut: 1})}}, VerdictUnknown, nil},
		{"rather a stop than a loop",
			maze{roots: []byte{0}, rooms: []mazeRoom{room(trigger, to(0), to(1)), room("", mazeDoor{to: 0, class: -1})}},
			VerdictViolated, &Lasso[byte]{Stem: []byte{1}, Loop: []byte{}}},
		{"a class that acts, and one that is disabled now and then",
			maze{roots: []byte{0}, rooms: []mazeRoom{
				room(trigger, mazeDoor{to: 0, class: 0}, mazeDoor{to: 1, class: 1}, mazeDoor{to: 2, class: 2}),
				room("", mazeDoor{to: 0, class: 0}, mazeDoor{to: 3, class: 2}),
				room("", mazeDoor{to: 0, class: 0}, mazeDoor{to: 3, class: 1}),
				room(goal, mazeDoor{to: 3, class: 0})}},
			VerdictViolated, &Lasso[byte]{Stem: []byte{}, Loop: []byte{0, 1, 0, 2, 0}}},
	} {
		c.maze.rooms = append(c.maze.rooms, make([]mazeRoom, 12-len(c.maze.rooms))...)
		r := decide(t, c.maze, []LeadsTo[mazeState]{c.maze.out(false)}, LivenessOptions[mazeState, byte]{Class: c.maze.class})
		if g := r.Goals[0]; g.Verdict != c.verdict || !reflect.DeepEqual(g.Lasso, c.lasso) {
			t.Errorf("%s: %v by %+v, want %v by %+v", c.name, g.Verdict, g.Lasso, c.verdict, c.lasso)
		}
	}
}

// TestRefuted: what is not a lasso is not taken for one.
func TestRefuted(t *testing.T) {
	sys := lock{processes: 2}
	goal := LeadsTo[[8]byte]{Name: "in",
		From: func(s *[8]byte) bool { return s[1] == trying },
		Goal: func(s *[8]byte) bool { return s[1] == holding },
	}
	o := LivenessOptions[[8]byte, byte]{Class: sys.fair}
	for _, c := range []struct {
		why   string
		lasso Lasso[byte]
	}{
		{"", Lasso[byte]{Stem: []byte{1}, Loop: []byte{0, 0, 0}}},
		{"there is no initial state 1", Lasso[byte]{Init: 1}},
		{"nothing waits", Lasso[byte]{Stem: []byte{0}, Loop: []byte{0, 0, 0}}},
		{"nothing waits", Lasso[byte]{Stem: []byte{1, 1}, Loop: []byte{0}}},
		{"step 2 of the stem: 9 is not enabled", Lasso[byte]{Stem: []byte{1, 9}}},
		{"step 3 of the loop: 1 is not enabled", Lasso[byte]{Stem: []byte{1}, Loop: []byte{0, 0, 1}}},
		{"reaches the goal", Lasso[byte]{Stem: []byte{1}, Loop: []byte{1, 1, 1}}},
		{"does not lead back", Lasso[byte]{Stem: []byte{1}, Loop: []byte{0, 0}}},
		{"not fair: classes 0x2", Lasso[byte]{Stem: []byte{1}}},
	} {
		checkRefuted(t, c.why, CheckLasso(sys, goal, &c.lasso, o))
	}
	m := maze{roots: []byte{0}, rooms: []mazeRoom{{trigger: true, doors: []mazeDoor{{to: 0, class: 0, cut: 1}}}}}
	l := &Lasso[byte]{Loop: []byte{0}}
	checkRefuted(t, "limits 0x1", CheckLasso(m, m.out(false), l, LivenessOptions[mazeState, byte]{Class: m.class}))
	checkRefuted(t, "", CheckLasso(m, m.out(false), l, LivenessOptions[mazeState, byte]{Class: m.class, Harmless: 1}))
}

// checkRefuted fails unless err says why; no reason means that there is none.
func checkRefuted(t *testing.T, why string, err error) {
	t.Helper()
	if why == "" && err != nil || why != "" && (err == nil || !strings.Contains(err.Error(), why)) {
		t.Errorf("%v, want %q", err, why)
	}
}
