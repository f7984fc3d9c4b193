package trace_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// asking are the lines to where observer 4 and server 1, which are LOOKING, have told each other all.
var asking = []string{"cluster 1:0,0 2:0,0 3:0,0 4:0,0", "observers 4", "start 1", "start 4", "deliver 4->1", "deliver 1->4",
	"deliver 4->1", "deliver 1->4"}

// asksAgain is what they can do for ever.
var asksAgain = []string{"timeout 4", "deliver 4->1", "deliver 1->4"}

func TestLasso(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   []string
		loop    int
		forEver string
	}{
		{"short", slices.Concat(asking, []string{"loop"}, asksAgain), 6,
			"this can go on for ever: timeout 4, deliver 4->1, deliver 1->4, again and again"},
		{"long", slices.Concat(asking, []string{"loop"}, asksAgain, asksAgain, asksAgain), 6,
			"this can go on for ever: steps 7 to 15, again and again"},
		{"empty", slices.Concat(asking, []string{"loop"}), 6,
			"this can stay as it is for ever; enabled: start 2, start 3, timeout 4"},
		{"nothing enabled", []string{"cluster 1:0,0", "limits rounds=0", "loop"}, 0,
			"this can stay as it is for ever; nothing is enabled (limits reached: rounds)"},
		{"calm", slices.Concat([]string{"limits calm=1"}, asking, []string{"calm"}, asksAgain, []string{"loop"}, asksAgain), 10,
			"this can go on for ever: timeout 4, deliver 4->1, deliver 1->4, again and again"},
		{"none", asking, trace.NoLoop, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.lines...)
			visited := 0
			v, err := trace.Replay(p, func(int, *cluster.State, cluster.Action, *cluster.State) { visited++ })
			if err != nil || v.Loop != c.loop || v.ForEver != c.forEver || v.Violated || visited != len(p.Steps) {
				t.Errorf("got %+v, %v after %d steps", v, err, visited)
			}
		})
	}
}

func TestLassoRefused(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{slices.Concat(asking[:6], []string{"# here", "loop"}, asking[6:]),
			"x.zkt:9: the loop does not lead back to where it began: what is on its way, known or spent is not the same"},
		{slices.Concat(asking[:3], []string{"loop"}, asking[3:]),
			"x.zkt:5: the loop does not lead back to where it began: 4: not started -> LOOKING for 1:0,0"},
		{slices.Concat(asking, []string{"loop", "timeout 4", "timeout 4"}),
			"x.zkt:12: timeout 4 is not enabled; enabled: start 2, start 3, deliver 4->1"},
	} {
		if v, err := trace.Replay(parse(t, c.lines...), nil); err == nil || err.Error() != c.want {
			t.Errorf("got %v, %v, want %s", v, err, c.want)
		}
	}
	made := trace.NewLasso("", parse(t, asking...).Config, []cluster.Action{{Kind: cluster.Start, From: 1}},
		[]cluster.Action{{Kind: cluster.Start, From: 2}})
	want := "trace: loop after step 1: the loop does not lead back to where it began: 2: not started -> LOOKING for 2:0,0"
	if _, err := trace.Replay(made, nil); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	made.Steps = nil
	if _, err := trace.Replay(made, nil); err == nil || err.Error() != "trace: loop after step 1: there are only 0 steps" {
		t.Errorf("got %v", err)
	}
}

// A lasso that is cut off is a run that ends; one that is not stays one.
func TestKeep(t *testing.T) {
	p := parse(t, slices.Concat(asking, []string{"loop"}, asksAgain)...)
	if p.Keep(len(p.Steps)); p.Loop != 6 || len(p.Steps) != 9 {
		t.Errorf("got a loop after %d of %d steps", p.Loop, len(p.Steps))
	}
	if p.Keep(8); p.Loop != trace.NoLoop || len(p.Steps) != 8 {
		t.Errorf("got a loop after %d of %d steps", p.Loop, len(p.Steps))
	}
}

// No beginning of a lasso is taken for a trace, not even where its loop is empty.
func TestTruncatedLassoIsRefused(t *testing.T) {
	for _, loop := range [][]string{nil, asksAgain} {
		b := parse(t, slices.Concat(asking, []string{"loop"}, loop)...).Format()
		for n := range b {
			if _, err := trace.Parse("x.zkt", b[:n]); err == nil {
				t.Errorf("the first %d of %d bytes are taken for a trace", n, len(b))
			}
		}
	}
}

// Who never serves is not asked when an election ends.
func TestSuited(t *testing.T) {
	p := parse(t, "cluster 1:1,8", "phases discovery", "start 1", "decide 1", "offer 1")
	v, err := trace.Replay(p, nil)
	if err != nil || v.Violated || len(v.Judged) != len(v.Tallies) || len(v.Judged) >= len(props.All()) {
		t.Errorf("got %v, %v", v, err)
	}
	if p.Config.Phases = cluster.ThroughSync; len(trace.Suited(p.Config.Phases, props.All())) != len(props.All()) {
		t.Error("a property is left out of a cluster that serves")
	}
}

// Phases stop the servers; a counter makes the leader step down.
func TestPhasesAndCounter(t *testing.T) {
	whole := []string{"start 1", "decide 1", "offer 1", "write 1"}
	for _, c := range []struct{ header, want string }{
		{"phases election", "x.zkt:7: offer 1 is not enabled"},
		{"phases discovery", "x.zkt:8: write 1 is not enabled"},
		{"phases sync", "x.zkt:8: write 1 is not enabled"},
		{"phases all", ""},
		{"counter 2", ""},
		{"counter 1", ""},
	} {
		p := parse(t, append([]string{"cluster 1:1,8\nlimits writes=1", c.header}, whole...)...)
		rolled := false
		v, err := trace.Replay(p, func(_ int, _ *cluster.State, _ cluster.Action, s *cluster.State) {
			rolled = rolled || s.Servers[0].Round > 1
		})
		refused := ""
		if err != nil {
			refused, _, _ = strings.Cut(err.Error(), ";")
		}
		if refused != c.want || rolled != (c.header == "counter 1") {
			t.Errorf("%s: got %v, %v, rolled over: %v", c.header, v, err, rolled)
		}
	}
}
