package gauntlet

import (
	"context"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// A schedule may do all that the case may, and all kinds of faults.
func TestFreely(t *testing.T) {
	for _, m := range append(mutant.All(), mutant.Controls()...) {
		j := &job{&Options{}, &m}
		c, err := j.freely()
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
			continue
		}
		free := map[string]int{}
		c.Limits.Each(func(name, _ string, value *int) { free[name] = *value })
		own, err := m.Config()
		if err != nil {
			t.Fatal(err)
		}
		own.Limits.Each(func(name, _ string, value *int) {
			if free[name] >= 0 && (*value < 0 || *value > free[name]) {
				t.Errorf("%s: %s is %d in its case, and %d in schedules", m.ID, name, *value, free[name])
			}
		})
		if free["crashes"] < 2 || c.Ensemble.Rules.Name != m.ID || c.Ensemble.Fine != m.Case.Fine {
			t.Errorf("%s: %v", m.ID, c.Limits)
		}
	}
}

// ZooKeeper's own rules survive what kills the mutants: neither the case nor the faults are what is noticed.
func TestStandardSurvives(t *testing.T) {
	for _, m := range append(mutant.All(), mutant.Controls()...) {
		j := &job{&Options{Seed: 1, Schedules: 100}, &m}
		c, err := j.freely()
		if err != nil {
			t.Fatal(err)
		}
		c.Ensemble.Rules = election.Standard()
		list := trace.Suited(c.Phases, props.All())
		cell, err := j.sample(context.Background(), c, trace.Walk, list)
		if err != nil || cell.Verdict != Survived {
			t.Errorf("case of %s, in schedules: %+v, %v", m.ID, cell, err)
		}
		if c, err = m.Case.Config(); err != nil {
			t.Fatal(err)
		}
		r, traces, err := trace.Search(context.Background(), c, list, explore.Options{MaxStates: 5_000})
		if err != nil || len(traces) > 0 {
			t.Errorf("case of %s: %+v, %v", m.ID, r.Violations, err)
		}
	}
}
