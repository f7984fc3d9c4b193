package explore

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// decide decides the goals with one, two and eight workers, demands the same report, and checks every lasso.
func decide[S any, A comparable](t *testing.T, sys System[S, A], goals []LeadsTo[S], o LivenessOptions[S, A]) *GraphReport[A] {
	t.Helper()
	var first *GraphReport[A]
	for _, workers := range workerCounts {
		o.Workers = workers
		r, err := Eventually(context.Background(), sys, goals, o)
		if err != nil {
			t.Fatal(err)
		}
		r.Elapsed = 0
		if first == nil {
			first = r
		}
		if !reflect.DeepEqual(r, first) {
			t.Fatalf("%d workers:\n got %+v\nwant %+v", workers, r, first)
		}
	}
	for i, g := range first.Goals {
		if (g.Lasso != nil) != (g.Verdict == VerdictViolated) {
			t.Fatalf("%s: verdict %v with lasso %v", goals[i].Name, g.Verdict, g.Lasso)
		}
		if g.Lasso != nil {
			if err := CheckLasso(sys, goals[i], g.Lasso, o); err != nil {
				t.Fatalf("%s: %v: %v", goals[i].Name, g.Lasso, err)
			}
		}
	}
	return first
}

// expect compares a goal's verdict with the textbook's, and the number of states with the closed form.
func expect[A any](t *testing.T, what string, r *GraphReport[A], goal int, states uint64, verdict Verdict) {
	t.Helper()
	g := r.Goals[goal]
	if r.Distinct != states || g.Verdict != verdict || g.From == 0 || g.Goal == 0 || g.Pending == 0 {
		t.Errorf("%s: %d states, want %d; goal %d %v, want %v: %+v", what, r.Distinct, states, goal, g.Verdict, verdict, g)
	}
}

// TestMutualExclusion: Peterson's and Dekker's processes come in as long as each takes steps; if only somebody has to take
// steps, they need not. Flags alone end in a deadlock.
func TestMutualExclusion(t *testing.T) {
	for _, c := range []struct {
		name       string
		step       func(*pairState, byte) bool
		fair, free Verdict
	}{
		{"Peterson", peterson, VerdictHolds, VerdictViolated},
		{"Dekker", dekker, VerdictHolds, VerdictViolated},
		{"flags only", politeness, VerdictViolated, VerdictViolated},
	} {
		sys := pair{step: c.step}
		states := reference(sys, nil, 0, 1).Distinct
		goals := []LeadsTo[pairState]{enters}
		r := decide(t, sys, goals, LivenessOptions[pairState, byte]{Class: eachProcess})
		expect(t, c.name+", fair", r, 0, states, c.fair)
		if c.fair == VerdictHolds && r.Goals[0].Cycles == 0 {
			t.Errorf("%s: no cycle that fairness leads out of: %+v", c.name, r.Goals[0])
		}
		if c.fair == VerdictViolated && (len(r.Goals[0].Lasso.Stem) != 4 || len(r.Goals[0].Lasso.Loop) != 0) {
			t.Errorf("%s: a deadlock is four steps away, and the lasso is %+v", c.name, r.Goals[0].Lasso)
		}
		somebody := func(*pairState, byte) int { return 0 }
		expect(t, c.name+", unfair", decide(t, sys, goals, LivenessOptions[pairState, byte]{Class: somebody}), 0, states, c.free)
		expect(t, c.name+", no classes", decide(t, sys, goals, LivenessOptions[pairState, byte]{}), 0, states, VerdictViolated)
	}
}

// TestPetersonStarves: without fairness to process 0 it never takes its next step, while the other goes in and out.
func TestPetersonStarves(t *testing.T) {
	r := decide(t, pair{step: peterson}, []LeadsTo[pairState]{enters}, LivenessOptions[pairState, byte]{
		Class: func(_ *pairState, me byte) int { return int(me) - 1 }})
	want := &Lasso[byte]{Stem: []byte{0}, Loop: []byte{1, 1, 1, 1, 1}}
	if got := r.Goals[0].Lasso; !reflect.DeepEqual(got, want) {
		t.Errorf("lasso %+v, want %+v", got, want)
	}
}

// TestLock: whether a process that waits is disabled or spins, weak fairness does not bring it in; but somebody comes in.
func TestLock(t *testing.T) {
	for processes := 2; processes <= 5; processes++ {
		for _, spins := range []bool{false, true} {
			sys := lock{processes: processes, spins: spins}
			is := func(p int, what byte) func(*[8]byte) bool { return func(s *[8]byte) bool { return s[p] == what } }
			any := func(what byte) func(*[8]byte) bool {
				return func(s *[8]byte) bool {
					for p := range processes {
						if s[p] == what {
							return true
						}
					}
					return false
				}
			}
			goals := []LeadsTo[[8]byte]{
				{"the last comes in", is(processes-1, trying), is(processes-1, holding)},
				{"somebody comes in", any(trying), any(holding)},
				{"the lock becomes free", any(holding), func(s *[8]byte) bool { return !sys.taken(s) }},
			}
			r := decide(t, sys, goals, LivenessOptions[[8]byte, byte]{Class: sys.fair})
			states := uint64(1<<processes + processes<<(processes-1))
			for i, verdict := range []Verdict{VerdictViolated, VerdictHolds, VerdictHolds} {
				expect(t, fmt.Sprintf("%+v", sys), r, i, states, verdict)
			}
			if l := r.Goals[0].Lasso; len(l.Stem) != 1 || len(l.Loop) != 3 && !spins || len(l.Loop) != 4 && spins {
				t.Errorf("%+v: the last one starves by %+v", sys, l)
			}
		}
	}
}

// TestPhilosophers: if all take the left fork first they can starve together, in as many steps as there are of them; one who
// takes the right one first prevents that, but not that his neighbours starve him.
func TestPhilosophers(t *testing.T) {
	pellLucas := map[int]uint64{3: 14, 4: 34, 5: 82, 6: 198}
	for seats := 3; seats <= 6; seats++ {
		somebody := LeadsTo[[8]byte]{Name: "somebody eats", Goal: func(s *[8]byte) bool {
			for _, p := range s {
				if p == eating {
					return true
				}
			}
			return false
		}}
		first := LeadsTo[[8]byte]{Name: "the first one eats", Goal: func(s *[8]byte) bool { return s[0] == eating }}
		goals := []LeadsTo[[8]byte]{somebody, first}
		each := LivenessOptions[[8]byte, byte]{Class: func(_ *[8]byte, p byte) int { return int(p) }}

		r := decide(t, table{seats: seats}, goals, each)
		expect(t, "all left", r, 0, pellLucas[seats], VerdictViolated)
		expect(t, "all left", r, 1, pellLucas[seats], VerdictViolated)
		if l := r.Goals[0].Lasso; len(l.Stem) != seats || len(l.Loop) != 0 {
			t.Errorf("%d seats: the deadlock is %+v", seats, l)
		}
		sys := table{seats: seats, odd: true}
		r = decide(t, sys, goals, each)
		expect(t, "one right", r, 0, seatings(sys), VerdictHolds)
		expect(t, "one right", r, 1, seatings(sys), VerdictViolated)
		if l := r.Goals[1].Lasso; len(l.Loop) == 0 {
			t.Errorf("%d seats: one starves without anybody eating: %+v", seats, l)
		}
	}
}

// seatings counts the states in which nobody holds a fork that somebody else holds. Each of them can be reached.
func seatings(sys table) (n uint64) {
	total := 1
	for range sys.seats {
		total *= 3
	}
	for code := range total {
		var s [8]byte
		for p := range sys.seats {
			s[p] = byte(code % 3)
			code /= 3
		}
		legal := uint64(1)
		for _, held := range sys.held(&s) {
			if held > 1 {
				legal = 0
			}
		}
		n += legal
	}
	return n
}

// TestTokenRing: the ring of n machines stabilises, whoever is chosen to move, exactly if there are n-1 values or more.
func TestTokenRing(t *testing.T) {
	for machines := 3; machines <= 5; machines++ {
		for values := 2; values <= machines+1; values++ {
			sys := ring{machines: machines, values: values}
			states := uint64(1)
			for range machines {
				states *= uint64(values)
			}
			stable := LeadsTo[[8]byte]{Name: "one privilege", Goal: func(s *[8]byte) bool { return len(sys.Actions(s, nil)) == 1 }}
			want := VerdictHolds
			if values < machines-1 {
				want = VerdictViolated
			}
			r := decide(t, sys, []LeadsTo[[8]byte]{stable}, LivenessOptions[[8]byte, byte]{Class: func(*[8]byte, byte) int { return 0 }})
			expect(t, fmt.Sprintf("%+v", sys), r, 0, states, want)
			if r.Goals[0].From != states || r.Goals[0].Pending+r.Goals[0].Goal != states {
				t.Errorf("%+v: from any state, but %+v", sys, r.Goals[0])
			}
		}
	}
}

// TestLimitsOfTheSystem: a counter that a limit stops neither holds nor is violated, unless the limit is declared harmless;
// and what happens without the limit is a violation whatever the limit does elsewhere.
func TestLimitsOfTheSystem(t *testing.T) {
	g := grid{counters: 2, top: 5}
	ten := LeadsTo[uint64]{Name: "ten", Goal: func(s *uint64) bool { return *s&0xff == 10 }}
	three := LeadsTo[uint64]{Name: "three", From: func(s *uint64) bool { return *s == 0 }, Goal: func(s *uint64) bool { return *s&0xff == 3 }}
	goals := []LeadsTo[uint64]{ten, three}
	each := func(_ *uint64, c uint8) int { return int(c) }
	verdicts := func(r *GraphReport[uint8], want ...Verdict) {
		t.Helper()
		for i := range want {
			if r.Goals[i].Verdict != want[i] {
				t.Errorf("%s: %v, want %v: %+v", goals[i].Name, r.Goals[i].Verdict, want[i], r)
			}
		}
	}
	verdicts(decide(t, g, goals, LivenessOptions[uint64, uint8]{Class: each}), VerdictUnknown, VerdictUnknown)
	verdicts(decide(t, g, goals, LivenessOptions[uint64, uint8]{Class: each, Harmless: ^uint64(0)}), VerdictViolated, VerdictHolds)
	verdicts(decide(t, g, goals, LivenessOptions[uint64, uint8]{Class: each, Harmless: 0b101}), VerdictUnknown, VerdictUnknown)
	verdicts(decide(t, g, goals, LivenessOptions[uint64, uint8]{}), VerdictViolated, VerdictViolated) // it may stop at once

	m := maze{roots: []byte{0}, rooms: []mazeRoom{
		{doors: []mazeDoor{{to: 1, class: 0}}, trigger: true},
		{doors: []mazeDoor{{to: 0, class: 0}, {to: 2, class: -1}}},
		{cut: 1},
	}}
	out := []LeadsTo[mazeState]{m.out(false)}
	if r := decide(t, m, out, LivenessOptions[mazeState, byte]{Class: m.class}); r.Goals[0].Verdict != VerdictViolated || r.Cut != 1 {
		t.Errorf("a loop that no limit touches: %+v", r)
	}
	m.rooms[0].doors[0].cut = 2
	if r := decide(t, m, out, LivenessOptions[mazeState, byte]{Class: m.class}); r.Goals[0].Verdict != VerdictUnknown {
		t.Errorf("a step of the loop was cut: %+v", r)
	}
	r := decide(t, m, out, LivenessOptions[mazeState, byte]{Class: m.class, Harmless: 1})
	if g := r.Goals[0]; g.Verdict != VerdictViolated || len(g.Lasso.Stem) != 2 || len(g.Lasso.Loop) != 0 || g.Lasso.StemCut != 2 {
		t.Errorf("it stops in the last room: %+v", r)
	}
}

func TestEventuallyRefuses(t *testing.T) {
	g := grid{counters: 4, top: 20}
	class := func(s *uint64, c uint8) int { // refused in all chunks of a level, but not for the same reason
		switch sum := *s&0xff + *s>>8&0xff + *s>>16&0xff + *s>>24; {
		case sum < 30:
			return 63
		case *s == 10<<8+20:
			return 64
		}
		return 70 + int(c)
	}
	for _, workers := range workerCounts {
		o := LivenessOptions[uint64, uint8]{Class: class}
		o.Workers = workers
		_, err := Eventually(context.Background(), g, nil, o)
		checkRefuted(t, "explore: 1 has fairness class 64, and the largest is 63", err)
	}
	_, err := Eventually(context.Background(), g, make([]LeadsTo[uint64], 65), LivenessOptions[uint64, uint8]{})
	checkRefuted(t, "65 goals", err)

	forgets := LeadsTo[uint64]{Name: "never twice", Goal: func() func(*uint64) bool {
		asked := 0
		return func(*uint64) bool { asked++; return asked > 1 }
	}()}
	o := LivenessOptions[uint64, uint8]{Harmless: ^uint64(0)}
	o.Workers = 1
	_, err = Eventually(context.Background(), grid{counters: 1}, []LeadsTo[uint64]{forgets}, o)
	checkRefuted(t, "not deterministic", err)
}

// TestEventuallyStops: what a limit of the search left out makes a goal unknown, but for a lasso among what was searched.
func TestEventuallyStops(t *testing.T) {
	g := grid{counters: 5, top: 9} // 100,000 states
	never := func(*uint64) bool { return false }
	goals := []LeadsTo[uint64]{
		{Name: "the end", Goal: func(s *uint64) bool { return *s == 0x0909090909 }},
		{Name: "never", From: func(s *uint64) bool { return *s == 7 }, Goal: never},
		{Name: "no trigger", From: never, Goal: never},
	}
	stuck := func(s *uint64, c uint8) int { // at 8 no class has anything to do
		if *s == 8 {
			return -1
		}
		return int(c)
	}
	for _, c := range []struct {
		stopped string
		options Options
		want    [3]Verdict
	}{
		{"depth", Options{MaxDepth: 15}, [3]Verdict{VerdictViolated, VerdictViolated, VerdictUnknown}},
		{"depth", Options{MaxDepth: 8}, [3]Verdict{VerdictUnknown, VerdictUnknown, VerdictUnknown}},
		{"states", Options{MaxStates: 60_000}, [3]Verdict{VerdictViolated, VerdictViolated, VerdictUnknown}},
		{"memory", Options{MaxMemory: 3 << 19}, [3]Verdict{VerdictViolated, VerdictViolated, VerdictUnknown}},
		{"", Options{MaxDepth: 46, MaxStates: 100_001, MaxMemory: 1 << 30}, [3]Verdict{VerdictViolated, VerdictViolated, VerdictHolds}},
	} {
		r := decide(t, g, goals, LivenessOptions[uint64, uint8]{Options: c.options, Class: stuck, Harmless: ^uint64(0)})
		if r.Stopped != c.stopped || r.Complete != (c.stopped == "") {
			t.Errorf("stopped %q, complete %v, want %q", r.Stopped, r.Complete, c.stopped)
		}
		for i, want := range c.want {
			if r.Goals[i].Verdict != want {
				t.Errorf("%s, %+v: %v, want %v", c.stopped, goals[i].Name, r.Goals[i].Verdict, want)
			}
		}
		if c.stopped == "" && (r.Edges != 5*9*10*10*10*10 || r.Goals[0].Goal != 1 || r.Goals[0].From != 100_000 || r.Goals[2].From != 0) {
			t.Errorf("%+v", r)
		}
	}
	r := decide(t, grid{}, []LeadsTo[uint64]{{Goal: func(*uint64) bool { return true }}}, LivenessOptions[uint64, uint8]{})
	if r.Goals[0].Verdict != VerdictHolds || r.Goals[0].Pending != 0 {
		t.Errorf("a goal that is reached at once: %+v", r)
	}
	empty, err := Eventually(context.Background(), maze{}, []LeadsTo[mazeState]{{Goal: func(*mazeState) bool { return false }}}, LivenessOptions[mazeState, byte]{})
	if err != nil || !empty.Complete || empty.Goals[0].From != 0 {
		t.Errorf("a system without initial states: %+v, %v", empty, err)
	}
}

func TestEventuallyInterrupted(t *testing.T) {
	g := grid{counters: 8, top: 200} // never ends
	goals := []LeadsTo[uint64]{{Goal: func(*uint64) bool { return false }}}
	looking, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := LivenessOptions[uint64, uint8]{}
	o.Progress, o.Every = func(p Progress) {
		if p.Distinct > 1 {
			cancel() // who looks ends it
		}
	}, time.Millisecond
	r, err := Eventually(looking, g, goals, o)
	if err != nil || r.Stopped != "interrupted" || r.Complete || r.Distinct < 2 || r.Goals[0].Verdict != VerdictUnknown || r.Goals[0].From == 0 {
		t.Errorf("interrupted: %+v, %v", r, err)
	}
}
