package bridge

import (
	"context"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
)

func TestEveryTransitionIsTheModules(t *testing.T) {
	for _, c := range []struct{ servers, limits string }{
		{"1:0,0 2:0,0", "rounds=2 channel-len=4 giveups=1 timeouts=1 inbox=3"},
		{"1:0,0 2:0,0 3:0,0", "rounds=1 channel-len=4 giveups=0 timeouts=0 inbox=1"},
	} {
		b := mustBridge(t, mustSystem(t, c.servers, c.limits, nil))
		var total Counts
		props := []explore.Property[cluster.State, cluster.Action]{b.Property(&total)}
		r := explore.BreadthFirst(context.Background(), b.system, props, explore.Options{MaxStates: 2_000_000})
		t.Log(c, r.Distinct, r.Generated, r.Complete, cluster.CutNames(r.Cut), r.Elapsed, r.Tallies)
		for _, v := range r.Violations {
			t.Error(v.Trace)
		}
		t.Log(total.Steps(), "steps", total.Exact(), "exact", total.Still(), "still")
		for _, d := range All() {
			t.Log(d, total.Of(d))
		}
	}
}
