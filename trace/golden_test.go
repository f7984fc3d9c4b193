package trace_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestGoldenCounts searches clusters exhaustively, all safety properties on, and compares the counts
// with the committed ones. Searches of more than a few seconds are marked full, and are made where
// ZKCHECK_FULL is set; those of minutes are huge, and want ZKCHECK_FULL=all. go test -run TestGoldenCounts -rewrite ./trace writes the file anew.
func TestGoldenCounts(t *testing.T) {
	full := os.Getenv("ZKCHECK_FULL") != ""
	datadriven.RunTest(t, "testdata/golden.txt", func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd != "search" {
			d.Fatalf(t, "unknown command %q", d.Cmd)
		}
		if d.HasArg("full") && !full || d.HasArg("huge") && os.Getenv("ZKCHECK_FULL") != "all" || testing.Short() {
			return d.Expected
		}
		c, err := config(d.Input)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		list := props.StepProperties()
		r, traces, err := trace.Search(context.Background(), c, list, explore.Options{})
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		for _, x := range traces {
			t.Errorf("%s: %s is violated:\n%s", d.Pos, x.Property, x.Format())
		}
		t.Logf("%s: %d states in %v, %.0f a second", strings.Split(d.Input, "\n")[1], r.Distinct, r.Elapsed,
			float64(r.Distinct)/r.Elapsed.Seconds())
		return report(r, list)
	})
}

// config reads "cluster ...", "limits ...", "grain ..." and "phases ..." lines.
func config(input string) (c cluster.Config, err error) {
	for _, line := range strings.Split(strings.TrimSpace(input), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "cluster":
			c, err = cluster.ParseConfig(strings.Fields(rest), "", "")
		case "limits":
			c.Limits, err = cluster.ParseLimits(rest)
		case "grain":
			c.Ensemble.Fine = rest == "fine"
		case "phases":
			c.Phases, err = cluster.ParsePhases(rest)
		default:
			err = fmt.Errorf("%q is no line of a search", line)
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

func report(r *trace.Report, list []props.Property) string {
	var b strings.Builder
	fmt.Fprintf(&b, "complete=%v distinct=%d generated=%d depth=%d cut=%s\n", r.Complete, r.Distinct, r.Generated,
		r.Depth, strings.Join(cluster.CutNames(r.Cut), ","))
	for i, p := range list {
		fmt.Fprintf(&b, "%s checked=%d witnessed=%d\n", p.Name, r.Tallies[i].Checked, r.Tallies[i].Witnessed)
	}
	return b.String()
}
