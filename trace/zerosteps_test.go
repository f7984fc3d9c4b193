package trace_test

import (
	"context"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/trace"
)

// doomed is a run of an election that never ends, whatever is done: it has steps, and needs none.
func doomed(t *testing.T, lines ...string) *trace.Trace {
	t.Helper()
	header := []string{"property election-ends", "cluster 1:1,8 2:1,9", "limits timeouts=0 rounds=2", "mutant smaller-zxid"}
	x, err := trace.Parse("x.zkt", []byte(file(append(header, lines...)...)))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestShrinkToNoSteps: what is violated before the first step shrinks to a run of none, which can be read again:
// no certificate is of runs that are shorter.
func TestShrinkToNoSteps(t *testing.T) {
	for _, x := range []*trace.Trace{doomed(t, "steps 0"), doomed(t, "steps 3", "start 1", "start 2", "deliver 1->2")} {
		s := shrink(t, x)
		if len(s.Steps) != 0 || s.Doubt != "" || s.Certificate != nil || !s.Minimal() {
			t.Errorf("%d steps, %v, %q", len(s.Steps), s.Certificate, s.Doubt)
		}
		again, err := trace.Parse("x.zkt", s.Format())
		if err != nil {
			t.Fatal(err)
		}
		if v, err := trace.Replay(again, nil); err != nil || !v.Violated || v.Property != "election-ends" || v.Step != 0 {
			t.Errorf("the replay says %v, %v", v, err)
		}
	}
}

// TestVerifyLooksAtNoSteps: a run of no steps refutes a certificate as any other does.
func TestVerifyLooksAtNoSteps(t *testing.T) {
	for _, lines := range [][]string{
		{"certificate bound=0 states=1", "steps 1", "start 1"},
		{"certificate bound=1 states=3", "steps 2", "start 1", "start 2"},
	} {
		err := trace.Verify(context.Background(), doomed(t, lines...), explore.Options{})
		if err == nil || !strings.HasSuffix(err.Error(), "the certificate is wrong: a run of 0 steps violates election-ends") {
			t.Errorf("%s: got %v", lines[0], err)
		}
	}
}

// TestNeededOfWholeRuns: of a run that is judged as a whole the last step may be left out as any other.
func TestNeededOfWholeRuns(t *testing.T) {
	if e := explain(t, doomed(t, "steps 3", "start 1", "start 2", "deliver 1->2"), 1000); !e.Every || e.NeededSteps() != 0 {
		t.Errorf("%d steps are needed, every one tried: %v", e.NeededSteps(), e.Every)
	}
	if e := explain(t, doomed(t, "steps 0"), 1000); !e.Every || len(e.Steps) != 0 {
		t.Errorf("%d steps, every one tried: %v", len(e.Steps), e.Every)
	}
}
