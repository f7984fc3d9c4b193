package trace

import (
	"context"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// TestWhyLasso: of a run without an end the steps that it does not need are struck out, and no share is given.
func TestWhyLasso(t *testing.T) {
	c, r := decideGoals(t, "1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0", func(r *election.Rules) {
		refresh := r.RefreshVote
		r.RefreshVote = func(s *election.Server) {
			if s.State == election.Leading {
				refresh(s)
			}
		}
	})
	for i, x := range Lassos(c, props.Goals(), r) {
		if x == nil {
			continue
		}
		e, err := Why(context.Background(), x, WhyOptions{States: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if e.Property.Name != props.Goals()[i].Name || e.Odds != nil || e.Decided != 0 || e.Trace.Loop != x.Loop {
			t.Errorf("got %+v", e)
		}
		kept := make([]bool, len(e.Steps))
		for k, s := range e.Steps {
			kept[k] = s.Needed
		}
		if v, err := Replay(e.Trace.only(kept), nil); err != nil || !v.Violated || v.Property != x.Property {
			t.Errorf("the needed steps don't do: %v, %v", v, err)
		}
		for k := range kept {
			if !kept[k] {
				continue
			}
			kept[k] = false
			if v, err := Replay(e.Trace.only(kept), nil); err == nil && v.Violated {
				t.Errorf("step %d, %v, is not needed", k+1, e.Steps[k].Action)
			}
			kept[k] = true
		}
		t.Logf("%d of %d steps are needed", e.NeededSteps(), len(e.Steps))
		return
	}
	t.Error("no lasso")
}
