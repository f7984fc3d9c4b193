package trace_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

func explain(t *testing.T, x *trace.Trace, states int) *trace.Explanation {
	t.Helper()
	e, err := trace.Why(context.Background(), x, trace.WhyOptions{States: states})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rest is the needed steps of an explanation, but one.
func rest(e *trace.Explanation, without int) *trace.Trace {
	var actions []cluster.Action
	for i, s := range e.Steps {
		if s.Needed && i != without {
			actions = append(actions, s.Action)
		}
	}
	return trace.New(e.Property.Name, e.Trace.Config, actions)
}

// violates tells whether a trace runs and breaks its property in its last step.
func violates(x *trace.Trace) bool {
	v, err := trace.Replay(x, nil)
	return err == nil && v.Violated && v.Property == x.Property && v.Step == len(x.Steps)
}

// wandering takes random steps until a property is violated.
func wandering(t *testing.T, p props.Property, servers, limits string, run uint64) *trace.Trace {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	x := trace.New(p.Name, c, nil)
	y, err := x.System()
	if err != nil {
		t.Fatal(err)
	}
	choices := props.NewSeeded(5, run)
	before, after := &y.Init()[0], new(cluster.State)
	for range 150 {
		enabled := y.Actions(before, nil)
		if len(enabled) == 0 {
			break
		}
		a := enabled[props.Pick(choices, enabled)]
		y.Copy(after, before)
		y.Apply(after, a)
		x.Steps = append(x.Steps, trace.Step{Action: a})
		if outcome, _ := p.Check(props.Step{System: y, Before: before, After: after, Action: a}); outcome == props.Violated {
			return x
		}
		before, after = after, before
	}
	return nil
}

// TestNeededSteps: what a violation needs runs and violates the property, and can't spare a single step.
// Runs that were not made short have others.
func TestNeededSteps(t *testing.T) {
	p, err := props.Find("two-leading-one-round")
	if err != nil {
		t.Fatal(err)
	}
	found, struck := 0, 0
	for run := range uint64(400) {
		x := wandering(t, p, "1:1,8 2:1,8 3:1,8 4:1,7", "crashes=1 restarts=1 cuts=1 drops=1 writes=1", run)
		if x == nil {
			continue
		}
		found++
		e := explain(t, x, 1)
		if !e.Every || !violates(rest(e, -1)) {
			t.Fatalf("run %d: the needed steps don't do:\n%s", run, x.Format())
		}
		for i, s := range e.Steps {
			if s.Needed && violates(rest(e, i)) {
				t.Errorf("run %d: step %d, %v, is not needed:\n%s", run, i+1, s.Action, x.Format())
			}
			for _, k := range s.BuildsOn {
				if k > i || !e.Steps[k-1].Needed {
					t.Errorf("run %d: step %d builds on step %d", run, i+1, k)
				}
			}
		}
		struck += len(e.Steps) - e.NeededSteps()
	}
	t.Logf("%d violations, %d steps struck out", found, struck)
	if found < 5 || struck == 0 {
		t.Errorf("%d violations, %d steps struck out: too few to say anything", found, struck)
	}
}

// TestShortestNeedAll: of the shortest counterexamples every step is needed.
func TestShortestNeedAll(t *testing.T) {
	files, err := filepath.Glob("testdata/*.zkt")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		x, err := trace.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := explain(t, x, 1000)
		if n := e.NeededSteps(); n != len(x.Steps) && !strings.Contains(file, "acks-stay-true") {
			t.Errorf("%s: %d of %d steps are needed", file, n, len(x.Steps))
		}
		if e.Rules != nil {
			t.Errorf("%s: %+v, but these are ZooKeeper's rules", file, e.Rules)
		}
	}
}

// TestDifference: the first step that the right rule takes in another way.
func TestDifference(t *testing.T) {
	e := explain(t, parse(t, "property proposal-only-grows", "cluster 1:1,8 2:0,8", "limits rounds=1", "mutant ZK-1419",
		"start 1", "start 2", "deliver 2->1"), 1000)
	d := e.Rules
	if d == nil || d.Step != 3 || d.Action != "deliver 2->1" || d.Impossible {
		t.Fatalf("got %+v", d)
	}
	if want := "1: LOOKING for 1:1,8 -> LOOKING for 2:0,8 in finalizeWait"; !slices.Contains(d.Wrong.Changes, want) {
		t.Errorf("the bug does %q", d.Wrong.Changes)
	}
	if !strings.Contains(d.Right.Text, "1:1,8 is better by EPOCH and stays") || len(d.Right.Changes) != 1 {
		t.Errorf("ZooKeeper does %+v", d.Right)
	}
	// In equal epochs the wrong clause is not wrong.
	e = explain(t, parse(t, "property two-leading-one-round", "cluster 1:1,8 2:1,8 3:1,8", "limits rounds=1", "mutant ZK-1419",
		"start 1", "start 2", "start 3", "deliver 2->1", "deliver 1->2", "decide 2", "deliver 3->1", "deliver 1->3", "decide 3"), 1000)
	if e.Rules == nil || e.Rules.Step != 0 {
		t.Errorf("got %+v", e.Rules)
	}
}

// TestDifferenceInWhatCanHappen: of a run that the right rule would take step by step, what is missing from it.
func TestDifferenceInWhatCanHappen(t *testing.T) {
	e := explain(t, parse(t, "property calm-election-ends", "cluster 1:1,8 2:1,8", "limits drops=1 rounds=1 calm=1",
		"mutant no-resend", "start 1", "start 2", "drop 2->1", "calm", "deliver 1->2", "loop"), 1000)
	d := e.Rules
	if d == nil || d.Step != 0 || d.After != 3 || !slices.Equal(d.Missing, []string{"timeout 2"}) || len(d.More) > 0 {
		t.Errorf("got %+v", d)
	}
	if e.Odds != nil || e.Decided != 0 || e.NeededSteps() != 5 {
		t.Errorf("got %+v", e)
	}
}

// TestDecided: who hears of the better candidate after the other has decided makes two leaders.
func TestDecided(t *testing.T) {
	data, err := os.ReadFile("testdata/two-leading-one-round.zkt")
	if err != nil {
		t.Fatal(err)
	}
	x, err := trace.Parse("x.zkt", data)
	if err != nil {
		t.Fatal(err)
	}
	e := explain(t, x, 100_000)
	if e.Decided != 7 || e.Steps[6].Action.String() != "deliver 3->1" || e.Odds.SureFrom() != 8 {
		t.Errorf("decided at step %d, sure from %d: %+v", e.Decided, e.Odds.SureFrom(), e.Odds.At)
	}
	if again := explain(t, x, 100_000); !reflect.DeepEqual(e.Odds, again.Odds) || !reflect.DeepEqual(e.Steps, again.Steps) {
		t.Error("not the same again")
	}
}

// TestInterrupted: what was found out is explained.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e, err := trace.Why(ctx, parse(t, "property proposal-only-grows", "cluster 1:1,8 2:0,8", "limits rounds=1", "mutant ZK-1419",
		"start 1", "start 2", "deliver 2->1"), trace.WhyOptions{States: 1000})
	if err != nil || e.Every || e.NeededSteps() != 3 || e.Odds.At[0].Known || !e.Odds.At[3].Sure || e.Odds.Why == "" || e.Rules.Step != 3 {
		t.Errorf("got %+v, %+v, %v", e, e.Odds, err)
	}
}

// TestNothingToExplain: a run that holds comes back with its verdict.
func TestNothingToExplain(t *testing.T) {
	e := explain(t, parse(t, three, "start 1"), 10)
	if e.Verdict.Violated || len(e.Steps) > 0 || e.Trace != nil {
		t.Errorf("got %+v", e)
	}
}
