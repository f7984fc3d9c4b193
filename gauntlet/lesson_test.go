package gauntlet

import (
	"context"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// unteaching is a mutant that is said to unteach the first lesson, on servers of its own if there are any.
func unteaching(t *testing.T, id, servers string) *job {
	t.Helper()
	m, err := mutant.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	l := props.Lessons()[0]
	m.Property, m.Control, m.Case = l.Name, false, mutant.Case{Servers: l.Cluster, Limits: l.Limits}
	if servers != "" {
		m.Case.Servers = servers
	}
	return &job{&Options{Memory: 1 << 30}, &m}
}

// A lesson that is no longer taught is a kill; one that still is, or never was there, is none.
func TestUnteaches(t *testing.T) {
	for _, x := range []struct {
		mutant, servers string
		verdict         Verdict
		reason          string
	}{
		{"no-finalize-wait", "", Killed, ""},
		{"wait-forgets", "", Survived, "no property: lesson two-leading-one-round is still taught"},
		{"no-finalize-wait", "1:1,8", Survived, "lesson two-leading-one-round is not taught by ZooKeeper's rules: no property: "},
	} {
		c, err := exhaustive(context.Background(), unteaching(t, x.mutant, x.servers))
		if err != nil || c.Verdict != x.verdict || !strings.HasPrefix(c.Reason, x.reason) {
			t.Errorf("%s %s: %+v, %v", x.mutant, x.servers, c, err)
		}
		if x.verdict == Killed && (c.Steps != 9 || violatedAnyway(c.Trace)) {
			t.Errorf("%s: the way to the lesson has %d steps, or is taken for a false alarm", x.mutant, c.Steps)
		}
	}
}

// What ZooKeeper's own rules do in the very same run is not the mutant's doing.
func TestViolatedAnyway(t *testing.T) {
	j := unteaching(t, "wait-forgets", "")
	c, err := j.mutant.Config()
	if err != nil {
		t.Fatal(err)
	}
	cell, err := j.search(context.Background(), c, []props.Property{props.Lessons()[0].Property})
	if err != nil || cell.Verdict != Killed || !violatedAnyway(cell.Trace) {
		t.Errorf("a lesson under a control's rules: %+v, %v", cell, err)
	}
	m, err := mutant.Find("ZK-1419")
	if err != nil {
		t.Fatal(err)
	}
	if cell, err = exhaustive(context.Background(), &job{&Options{}, &m}); err != nil || violatedAnyway(cell.Trace) {
		t.Errorf("ZooKeeper's rules violate what ZK-1419 does: %+v, %v", cell, err)
	}
}

// A panic under a mutant's rules is a kill, and one under ZooKeeper's rules too is none.
func TestPanics(t *testing.T) {
	m, err := mutant.Find("wait-forgets")
	if err != nil {
		t.Fatal(err)
	}
	j := &job{&Options{Schedules: 10}, &m}
	broken := props.Property{Name: "breaks", Check: func(st props.Step) (props.Outcome, error) {
		if st.System.Ensemble.Rules.Name != "" {
			panic("under a mutant")
		}
		return props.Held, nil
	}}
	c, err := j.freely()
	if err != nil {
		t.Fatal(err)
	}
	cell, err := j.sample(context.Background(), c, 0, []props.Property{broken})
	if err != nil || cell.Verdict != Killed || cell.Property != Panicked || cell.Reason != "under a mutant" {
		t.Errorf("got %+v, %v", cell, err)
	}
	broken.Check = func(props.Step) (props.Outcome, error) { panic("always") }
	cell, err = j.sample(context.Background(), c, 0, []props.Property{broken})
	if err != nil || cell.Verdict != FalseAlarm || cell.Reason != "schedules panic under ZooKeeper's own rules too: always" {
		t.Errorf("got %+v, %v", cell, err)
	}
}
