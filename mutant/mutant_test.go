package mutant_test

import (
	"context"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

func config(t *testing.T, m *mutant.Mutant) cluster.Config {
	t.Helper()
	c, err := m.Config()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestProbe(t *testing.T) {
	for _, m := range mutant.All() {
		t.Run(m.ID, func(t *testing.T) {
			c := config(t, &m)
			i := slices.IndexFunc(props.Goals(), func(g props.Goal) bool { return g.Name == m.Property })
			if i >= 0 {
				r, err := trace.Eventually(context.Background(), c, props.Goals(), explore.Options{MaxStates: 4 << 20})
				if err != nil {
					t.Fatal(err)
				}
				for k, g := range r.Goals {
					if g.Lasso != nil {
						t.Logf("goal %s stem %d loop %d", props.Goals()[k].Name, len(g.Lasso.Stem), len(g.Lasso.Loop))
					}
				}
				t.Logf("goals: %d states %s %v", r.Distinct, r.Stopped, r.Elapsed)
			}
			list := props.All()
			o := explore.Options{MaxStates: 6 << 20, All: m.Alone}
			r, _, err := trace.Search(context.Background(), c, list, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.Violations {
				p := list[v.Property]
				t.Logf("kill %s %s in %d steps", p.ID, p.Name, len(v.Trace))
			}
			t.Logf("%d states, %s, %v, alone %v", r.Distinct, r.Stopped, r.Elapsed, m.Alone)
			p, err := props.Find(m.Property)
			if err != nil {
				t.Fatal(err)
			}
			if p.Check == nil {
				return
			}
			r, _, err = trace.Search(context.Background(), c, []props.Property{p}, explore.Options{MaxStates: 12 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Violations) == 0 {
				t.Errorf("%s does not notice in %d states %s", p.Name, r.Distinct, r.Stopped)
			} else {
				t.Logf("%s notices after %d steps, %d states, %v", p.Name, len(r.Violations[0].Trace), r.Distinct, r.Elapsed)
			}
		})
	}
}
