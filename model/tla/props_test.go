package tla

import (
	"context"
	"os"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
)

// of are the properties for a search of y.
func of(y *System, list []Property) (props []explore.Property[State, Action]) {
	for _, p := range list {
		props = append(props, p.Of(y))
	}
	return props
}

func TestPropertiesHold(t *testing.T) {
	for _, test := range []struct {
		config Config
		full   bool // with ZKCHECK_FULL only
	}{
		{Config{2, 3, 6, 2, 2}, false},
		{Config{3, 0, 0, 1, 1}, false},
		{Config{3, 1, 1, 1, 1}, true},
		{Config{3, 0, 0, 1, 2}, true},
		{Config{3, 1, 2, 1, 1}, true},
	} {
		if test.full && os.Getenv("ZKCHECK_FULL") == "" {
			continue
		}
		y := mustSystem(t, test.config)
		r := explore.BreadthFirst(context.Background(), y, of(y, Properties()), explore.Options{All: true})
		if !r.Complete {
			t.Errorf("%v: stopped by %s", test.config, r.Stopped)
		}
		for i, p := range Properties() {
			t.Logf("%v: %d distinct: %s: %+v", test.config, r.Distinct, p.Name, r.Tallies[i])
			if r.Tallies[i].Witnessed == 0 && test.config.Servers > 2 {
				t.Errorf("%v: %s was never witnessed", test.config, p.Name)
			}
		}
		for _, v := range r.Violations {
			t.Errorf("%v: %s: %v", test.config, Properties()[v.Property].Name, v.Trace)
		}
	}
}

// The shortest ways to the lessons. TLC counts the initial state, too: its trace of the first one has 18 states.
func TestLessonsAreFound(t *testing.T) {
	for _, test := range []struct {
		name   string
		config Config
		steps  int
	}{
		{"two-leading-one-round", Config{3, 0, 0, 1, 1}, 17},
		{"two-leading-one-round", Config{3, 0, 0, 3, 3}, 17},
		{"not-maximum-of-all", Config{3, 0, 0, 1, 1}, 7},
		{"follows-no-leader", Config{3, 1, 1, 1, 1}, 15},
		{"clock-goes-back", Config{3, 1, 1, 1, 1}, 20},
	} {
		for _, p := range Lessons() {
			if p.Name != test.name {
				continue
			}
			y := mustSystem(t, test.config)
			r := explore.BreadthFirst(context.Background(), y, of(y, []Property{p}), explore.Options{})
			if len(r.Violations) != 1 || len(r.Violations[0].Trace) != test.steps {
				t.Errorf("%v: %s: %v, want %d steps", test.config, p.Name, r.Violations, test.steps)
			}
		}
	}
}
