package trace_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// runOf makes a trace of actions apart by commas.
func runOf(t *testing.T, servers, actions string) *trace.Trace {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var list []cluster.Action
	for line := range strings.SplitSeq(actions, ",") {
		a, err := cluster.ParseAction(line)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return trace.New("", c, list)
}

func TestShape(t *testing.T) {
	const servers = "1:1,8 2:1,8 3:1,8"
	for _, c := range []struct {
		what, a, b string
		same       bool
	}{
		{"independent steps in another order", "start 1,start 2,deliver 1->2", "start 2,start 1,deliver 1->2", true},
		{"other names", "start 1,start 2,deliver 1->2,decide 2", "start 3,start 1,deliver 3->1,decide 1", true},
		{"a step that nothing depends on", "start 1,start 3,start 2,deliver 1->2", "start 1,start 2,deliver 1->2", true},
		{"a kind twice in a row", "start 1,start 2,deliver 1->2", "start 1,start 2,deliver 1->2,deliver 1->2", true},
		{"another kind of step", "start 1,start 2,deliver 1->2", "start 1,start 2,deliver 1->2,decide 2", false},
		{"a fault more", "start 1,crash 1,restart 1,decide 1", "start 1,decide 1", false},
		{"a third server is heard", "start 1,start 2,start 3,deliver 1->2,deliver 2->3", "start 1,start 2,start 3,deliver 1->3,deliver 2->3", false},
	} {
		a, b := runOf(t, servers, c.a).Shape(), runOf(t, servers, c.b).Shape()
		if (a == b) != c.same {
			t.Errorf("%s: %q and %q", c.what, a, b)
		}
	}
	if got := runOf(t, servers, "start 2,start 3,start 1,deliver 2->1,decide 1").Shape(); got != "start; start deliver decide" {
		t.Errorf("got %q", got)
	}
}

// TestSearchShapes: several ways to one lesson, no two of one shape, the shortest first, and the same ones for any
// number of workers.
func TestSearchShapes(t *testing.T) {
	lesson := props.Lessons()[0]
	c := lessonConfig(t, lesson)
	var first []byte
	for _, workers := range []int{1, 2, 7} {
		_, traces, err := trace.SearchShapes(context.Background(), c, []props.Property{lesson.Property}, 4, explore.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if len(traces) != 4 {
			t.Fatalf("%d counterexamples, want 4", len(traces))
		}
		shapes := map[string]bool{}
		var text []byte
		for i, x := range traces {
			v, err := trace.Replay(x, nil)
			if err != nil || !v.Violated || v.Step != len(x.Steps) {
				t.Errorf("number %d replays to %v, %v", i+1, v, err)
			}
			if i > 0 && len(x.Steps) < len(traces[i-1].Steps) {
				t.Errorf("number %d has %d steps, and the one before %d", i+1, len(x.Steps), len(traces[i-1].Steps))
			}
			shapes[x.Shape()] = true
			text = append(text, x.Format()...)
		}
		if len(shapes) != 4 {
			t.Errorf("they have %d shapes", len(shapes))
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			t.Errorf("%d workers find others", workers)
		}
	}
	_, one, err := trace.Search(context.Background(), c, []props.Property{lesson.Property}, explore.Options{})
	if err != nil || !bytes.HasPrefix(first, one[0].Format()) {
		t.Errorf("the first is not that of a search for one: %v", err)
	}
}
