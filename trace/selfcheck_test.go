package trace_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestReductions searches clusters with and without reductions: nothing that counts differs, and how much is saved is golden.
// "full" blocks are searched where ZKCHECK_FULL is set, "huge" ones where it is all. go test -run TestReductions -rewrite ./trace writes the file anew.
func TestReductions(t *testing.T) {
	datadriven.RunTest(t, "testdata/reduced.txt", func(t *testing.T, d *datadriven.TestData) string {
		full := os.Getenv("ZKCHECK_FULL")
		if testing.Short() || d.HasArg("full") && full == "" || d.HasArg("huge") && full != "all" {
			return d.Expected
		}
		c, err := config(d.Input)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		s, err := trace.CheckReductions(context.Background(), c, trace.Suited(c.Phases, props.StepProperties()), explore.Options{})
		if err != nil || !s.Full.Complete {
			d.Fatalf(t, "%v, %s", err, s.Full.Stopped)
		}
		for _, difference := range s.Differences {
			t.Errorf("%s: %s", d.Pos, difference)
		}
		times := func(all, reduced uint64) float64 { return float64(all) / float64(reduced) }
		return fmt.Sprintf("states      %d -> %d, %.1f times less\ntransitions %d -> %d by sleep alone -> %d, %.1f times less\n",
			s.Full.Distinct, s.Reduced.Distinct, times(s.Full.Distinct, s.Reduced.Distinct),
			s.Full.Generated-1, s.Steps.Generated-1, s.Reduced.Generated-1, times(s.Full.Generated-1, s.Reduced.Generated-1))
	})
}

// TestReductionsOfBrokenRules: a reduction knows nothing of the rules, or knows that they are ZooKeeper's. So of every bug
// the searches with and without show the same.
func TestReductionsOfBrokenRules(t *testing.T) {
	depth := 8
	if os.Getenv("ZKCHECK_FULL") != "" {
		depth = 13
	}
	violated := 0
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		c, err := m.Config()
		if err != nil {
			t.Fatal(err)
		}
		s, err := trace.CheckReductions(context.Background(), c, trace.Suited(c.Phases, props.StepProperties()),
			explore.Options{MaxDepth: depth})
		if err != nil {
			t.Fatalf("%s: %v", m.ID, err)
		}
		for _, difference := range s.Differences {
			t.Errorf("%s: %s", m.ID, difference)
		}
		violated += len(s.Full.Violations)
	}
	if violated < 20 {
		t.Errorf("only %d properties are violated within %d steps", violated, depth)
	}
}
