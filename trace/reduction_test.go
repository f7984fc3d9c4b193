package trace_test

import (
	"context"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestReductions: without steps that can sleep a search finds every state at its depth, and without states that nothing can
// tell apart none that it did not; limits cut the same off, and what occurs is still met.
func TestReductions(t *testing.T) {
	for _, input := range []string{
		"cluster 1:1,8 2:1,8 3:1,7\nlimits rounds=1 epochs=1",
		"cluster 1:1,8 2:1,8\nlimits rounds=2 epochs=2 writes=1 crashes=1 restarts=1",
		"cluster 1:1,8 2:1,7\nlimits rounds=2 timeouts=0 lags=1 writes=1 cuts=1\ngrain fine",
	} {
		c, err := config(input)
		if err != nil {
			t.Fatal(err)
		}
		list := props.StepProperties()
		var reports [3]*trace.Report
		for i, r := range []explore.Reduction{explore.ReduceNone, explore.ReduceSteps, explore.ReduceAll} {
			var traces []*trace.Trace
			reports[i], traces, err = trace.Search(context.Background(), c, list, explore.Options{Reduce: r})
			if err != nil || len(traces) > 0 || !reports[i].Complete {
				t.Fatalf("%s, %v: %v, %d violations, complete: %v", input, r, err, len(traces), reports[i].Complete)
			}
		}
		none, steps, all := reports[0], reports[1], reports[2]
		if steps.Distinct != none.Distinct || !slices.Equal(steps.Levels, none.Levels) || steps.Cut != none.Cut {
			t.Errorf("%s: %d states at depths %v, but without the steps that sleep %d at %v", input, none.Distinct, none.Levels, steps.Distinct, steps.Levels)
		}
		if steps.Generated >= none.Generated {
			t.Errorf("%s: of %d steps none sleeps", input, none.Generated)
		}
		if all.Distinct >= none.Distinct || all.Depth > none.Depth || all.Cut != none.Cut {
			t.Errorf("%s: %d states down to depth %d, but canonical ones %d down to %d", input, none.Distinct, none.Depth, all.Distinct, all.Depth)
		}
		for i := range list {
			for _, r := range []*trace.Report{steps, all} {
				if met := none.Tallies[i].Witnessed > 0; met != (r.Tallies[i].Witnessed > 0) {
					t.Errorf("%s: %s is witnessed in one search and not in the other", input, list[i].Name)
				}
			}
		}
	}
}
