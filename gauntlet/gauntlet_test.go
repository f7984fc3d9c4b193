package gauntlet_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/gauntlet"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/trace"
)

// few are limits in numbers alone, so that nothing depends on the machine.
var few = gauntlet.Options{Seed: 1, Schedules: 200, Memory: 1 << 30}

func run(t *testing.T, mutants []mutant.Mutant, o gauntlet.Options, strategies ...string) *gauntlet.Matrix {
	t.Helper()
	list := gauntlet.Strategies()
	if len(strategies) > 0 {
		list = nil
		for _, name := range strategies {
			s, err := gauntlet.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
	}
	m, err := gauntlet.Run(context.Background(), mutants, list, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func find(t *testing.T, ids ...string) []mutant.Mutant {
	t.Helper()
	var list []mutant.Mutant
	for _, id := range ids {
		m, err := mutant.Find(id)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// Every strategy but porcupine finds that votes are in no order; each counterexample is a trace that names
// the mutant, and its replay shows what was found.
func TestKills(t *testing.T) {
	m := run(t, find(t, "ZK-1419"), few)
	for _, c := range m.Rows[0].Cells {
		if c.Strategy == "porcupine" {
			if c.Verdict != gauntlet.Survived || c.Schedules != few.Schedules || c.Reason != "bounds: 200 schedules of 200 steps" {
				t.Errorf("got %+v", c)
			}
			continue
		}
		if c.Verdict != gauntlet.Killed || c.Minimised < 3 || c.Minimised > 20 || c.Minimised > c.Steps || c.Trace == nil {
			t.Errorf("got %+v", c)
			continue
		}
		x, err := trace.Parse("t.zkt", c.Trace.Format())
		if err != nil {
			t.Fatal(err)
		}
		v, err := trace.Replay(x, nil)
		if err != nil || !v.Violated || v.Property != c.Property || x.Config.Ensemble.Rules.Name != "ZK-1419" {
			t.Errorf("%s: %v, %v\n%s", c.Strategy, v, err, x.Format())
		}
	}
	if len(m.Survivors()) != 0 || m.KilledBy(0) != 1 || m.KilledBy(len(m.Strategies)-1) != 0 {
		t.Errorf("survivors %v", m.Survivors())
	}
}

// What a search of the case finds, and the first schedule that kills, are as they were.
func TestGoldenKills(t *testing.T) {
	golden := []struct {
		id, property  string
		states        uint64
		steps         int
		walk          string // the property that walk kills by
		first, killed uint64 // of schedules
	}{
		{"ZK-1419", "winner-is-maximum", 14, 3, "winner-is-maximum", 1, 126},
		{"even-quorum", "majority", 82, 4, "majority", 1, 200},
		{"no-resend", "calm-election-ends", 105, 5, "election-ends", 5, 65},
		{"ZK-1291", "promised-before-told", 17, 8, "promised-before-told", 1, 200},
		{"ack-before-flush", "committed-is-durable", 268, 25, "committed-is-durable", 3, 122},
		{"ZK-4394", "learner-stays", 44540, 24, "learner-stays", 8, 57},
		{"ZK-1492", "lost-leader-leaves", 108, 14, "election-ends", 1, 123},
	}
	var ids []string
	for _, g := range golden {
		ids = append(ids, g.id)
	}
	for i, r := range run(t, find(t, ids...), few, "exhaustive", "walk").Rows {
		g, c, w := golden[i], r.Cells[0], r.Cells[1]
		if c.Property != g.property || c.States != g.states || c.Steps != g.steps {
			t.Errorf("%s: %s in %d states and %d steps, want %+v", g.id, c.Property, c.States, c.Steps, g)
		}
		if w.Property != g.walk || w.First != g.first || w.Rejected != g.killed {
			t.Errorf("%s: %s in schedule %d, of all %d, want %+v", g.id, w.Property, w.First, w.Rejected, g)
		}
	}
}

// flat is a matrix without seconds.
func flat(m *gauntlet.Matrix) []gauntlet.Cell {
	var cells []gauntlet.Cell
	for _, r := range m.Rows {
		for _, c := range r.Cells {
			c.Seconds, c.Trace = 0, nil
			cells = append(cells, c)
		}
	}
	return cells
}

// The same seed and limits are the same matrix, for any number of workers; another seed is another one.
func TestDeterminism(t *testing.T) {
	bugs := find(t, "ZK-1419")
	alone := few
	alone.Workers = 1
	once, again := flat(run(t, bugs, few)), flat(run(t, bugs, alone))
	if !slices.Equal(once, again) {
		t.Errorf("%+v\nis not\n%+v", once, again)
	}
	other := few
	other.Seed = 2
	if slices.Equal(once, flat(run(t, bugs, other))) {
		t.Error("another seed changes nothing")
	}
}

// Of random schedules it is known how many kill; of a search there is no such number.
func TestPerThousand(t *testing.T) {
	bugs := find(t, "ZK-1419")
	cell := run(t, bugs, few, "walk").Rows[0].Cells[0]
	if rate, ok := cell.PerThousand(); !ok || rate < 500 || rate > 1000 || cell.Schedules != few.Schedules {
		t.Errorf("%v per 1,000, %+v", rate, cell)
	}
	if cell = run(t, bugs, few, "exhaustive").Rows[0].Cells[0]; cell.All {
		t.Errorf("a search has no rate: %+v", cell)
	}
}

// A control that is killed is a false alarm, and no bug that was found.
func TestFalseAlarm(t *testing.T) {
	bugs := find(t, "ZK-1419")
	bugs[0].Control = true
	m := run(t, bugs, few)
	if len(m.FalseAlarms()) != 1 || len(m.Bugs()) != 0 || len(m.Controls()) != 1 || m.KilledBy(0) != 0 {
		t.Errorf("%d false alarms, %d bugs", len(m.FalseAlarms()), len(m.Bugs()))
	}
}

// ZooKeeper's rules survive what kills the mutants: the case, or the faults there, are not what is noticed.
func TestControls(t *testing.T) {
	for _, r := range run(t, mutant.Controls(), few, "walk", "pct", "swarm", "guided", "rapid", "fuzz", "porcupine").Rows {
		if alarms := r.Alarms(); len(alarms) > 0 {
			t.Errorf("control %s is killed: %+v\n%s", r.Mutant.ID, alarms, format(alarms[0].Trace))
		}
	}
}

func format(t *trace.Trace) []byte {
	if t == nil {
		return nil
	}
	return t.Format()
}

// What is not looked at is unknown, and says which bound was met.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	bugs := find(t, "ZK-1419", "ZK-1419")
	o := few
	o.Progress = func(p gauntlet.Progress) {
		if p.Strategy == "rapid" {
			cancel(errors.New("enough"))
		}
	}
	m, err := gauntlet.Run(ctx, bugs, gauntlet.Strategies(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Interrupted || len(m.Rows) != 1 || m.Rows[0].Cells[len(m.Rows[0].Cells)-1].Strategy != "rapid" {
		t.Fatalf("got %+v", m)
	}
	if c := m.Rows[0].Cells[len(m.Rows[0].Cells)-1]; c.Verdict != gauntlet.Unknown || c.Reason != "interrupted, 0 checks" {
		t.Errorf("got %+v", c)
	}
	if !m.Rows[0].Killed() || !m.Rows[0].Settled() {
		t.Error("what was killed before is settled")
	}
}

func TestFindStrategy(t *testing.T) {
	if _, err := gauntlet.Find("luck"); err == nil || !strings.HasPrefix(err.Error(), `unknown strategy "luck"; there are exhaustive, `) {
		t.Errorf("got %v", err)
	}
}
