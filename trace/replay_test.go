package trace_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

var update = flag.Bool("update", false, "write the traces of the lessons again")

// lessonConfig is the cluster of a lesson.
func lessonConfig(t *testing.T, l props.LessonCase) cluster.Config {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(l.Cluster), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits(l.Limits); err != nil {
		t.Fatal(err)
	}
	c.Ensemble.Fine = l.Fine
	return c
}

// lessonTrace finds the shortest way to a lesson, or takes the one that is known where a search would take
// too long.
func lessonTrace(t *testing.T, l props.LessonCase) *trace.Trace {
	t.Helper()
	c := lessonConfig(t, l)
	if l.Way != "" {
		found := trace.New(l.Name, c, l.Actions())
		found.Comments = []trace.Comment{{After: trace.Header, Text: " A known way: a search would take too long."}}
		return found
	}
	_, found, err := trace.Search(context.Background(), c, []props.Property{l.Property}, explore.Options{})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %d, %v", len(found), err)
	}
	found[0].Comments = []trace.Comment{{After: trace.Header, Text: " Shortest: found breadth-first."}}
	return found[0]
}

// The committed trace of every lesson is the shortest there is, if a search can tell, and replays to its violation.
func TestLessons(t *testing.T) {
	for _, l := range props.Lessons() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", l.Name+".zkt")
			found := lessonTrace(t, l)
			if *update {
				if err := found.WriteFile(path); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := trace.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(found.Format()), string(golden.Format()); got != want {
				t.Errorf("found\n%s\ncommitted\n%s", got, want)
			}
			v, err := trace.Replay(golden, nil)
			if err != nil || !v.Violated || v.Property != l.Name || v.Step != len(golden.Steps) || v.Evidence == nil {
				t.Errorf("got %v, %v", v, err)
			}
			golden.Property = ""
			if v, err = trace.Replay(golden, nil); err != nil || v.Violated {
				t.Errorf("a lesson breaks no property, but: %v, %v", v, err)
			}
		})
	}
}

func parse(t *testing.T, lines ...string) *trace.Trace {
	t.Helper()
	p, err := trace.Parse("x.zkt", []byte(file(lines...)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReplayRefuses(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{three, "start 1", "# now", "start 2", "deliver 3->1"},
			"x.zkt:6: deliver 3->1 is not enabled; enabled: start 3, deliver 2->1, deliver 1->2"},
		{[]string{three, "start 1", "start 1"}, "x.zkt:4: start 1 is not enabled; enabled: start 2, start 3"},
		{[]string{three, "limits crashes=1", "start 1", "crash 1", "start 2", "crash 2"},
			"x.zkt:7: crash 2 is not enabled; enabled: start 3 (limits reached: crashes)"},
		{[]string{"cluster 1:0,0", "limits rounds=0", "start 1"}, "x.zkt:4: start 1 is not enabled; nothing is (limits reached: rounds)"},
		{[]string{"cluster 1:0,0 2:0,0 3:0,0 4:0,0 5:0,0", "start 1", "start 2", "start 3", "heal 1-2"},
			"x.zkt:6: heal 1-2 is not enabled; enabled: start 4, start 5, deliver 2->1, deliver 3->1, deliver 1->2, deliver 3->2 and 2 more"},
	} {
		v, err := trace.Replay(parse(t, c.lines...), nil)
		if err == nil {
			t.Errorf("%v: got %v", c.lines, v)
		} else if err.Error() != c.want {
			t.Errorf("got\n%v, want\n%s", err, c.want)
		}
	}
	made := trace.New("", parse(t, three, "start 1").Config, []cluster.Action{{Kind: cluster.Decide, From: 1}})
	if _, err := trace.Replay(made, nil); err == nil ||
		err.Error() != "trace: step 1: decide 1 is not enabled; enabled: start 1, start 2, start 3" {
		t.Errorf("got %v", err)
	}
}

// A whole-run property is judged at the end; a violation of a step ends the replay there.
func TestVerdict(t *testing.T) {
	p := parse(t, "property P10", three, "start 1", "start 2")
	v, err := trace.Replay(p, nil)
	if err != nil || v.Violated || v.Steps != 2 || v.String() != "holds: election-ends in 2 steps" {
		t.Errorf("got %v, %v", v, err)
	}
	golden, err := trace.ReadFile("testdata/not-maximum-of-all.zkt")
	if err != nil {
		t.Fatal(err)
	}
	golden.Steps = append(golden.Steps, trace.Step{Action: cluster.Action{Kind: cluster.Crash, From: 1}}) // not enabled, never reached
	shown := 0
	v, err = trace.Replay(golden, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		if i != shown || a != golden.Steps[i].Action || before == after {
			t.Errorf("step %d is shown as %d %v", shown, i, a)
		}
		shown++
	})
	if err != nil || !v.Violated || v.Step != 5 || shown != 5 {
		t.Errorf("got %v, %v after %d steps", v, err, shown)
	}
}

// That what must occur did not occur is no pass.
func TestVacuousVerdict(t *testing.T) {
	p := parse(t, "property a-leader-serves", "cluster 1:1,8", "start 1", "decide 1", "offer 1")
	v, err := trace.Replay(p, nil)
	if err != nil || v.Vacuous || v.String() != "holds: a-leader-serves in 3 steps" {
		t.Errorf("got %v, %v", v, err)
	}
	p.Steps = p.Steps[:2]
	v, err = trace.Replay(p, nil)
	if err != nil || !v.Vacuous || v.Violated || v.String() != "unknown: a-leader-serves was not witnessed in 2 steps" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestOutcomesAreThoseOfExplore(t *testing.T) {
	for want, got := range map[explore.Outcome]props.Outcome{explore.Silent: props.Silent, explore.Held: props.Held,
		explore.Witnessed: props.Witnessed, explore.Violated: props.Violated} {
		if explore.Outcome(got) != want {
			t.Errorf("%v is %d here and %d there", want, got, want)
		}
	}
}

// small is a cluster that is searched in no time.
func small(t *testing.T) cluster.Config {
	c, err := cluster.ParseConfig([]string{"1:0,0", "2:0,0"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c.Limits.Rounds = 1
	return c
}

// wrong are properties that are false, of a step and of a whole run.
func wrong() []props.Property {
	return []props.Property{{Name: "a-leader-serves", Check: func(st props.Step) (props.Outcome, error) {
		if st.Action.Kind == cluster.Decide {
			return props.Violated, os.ErrInvalid
		}
		return props.Silent, nil
	}}}
}

// A violation that its replay does not confirm is never handed out.
func TestSearchRefusesWhatReplayDenies(t *testing.T) {
	_, found, err := trace.Search(context.Background(), small(t), wrong(), explore.Options{})
	want := "internal error: the search saw a violation of a-leader-serves at step 4, " +
		"its replay says unknown: a-leader-serves was not witnessed in 4 steps"
	if len(found) != 0 || err == nil || err.Error() != want {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestWalks(t *testing.T) {
	var reports []*trace.Report
	for _, workers := range []int{1, 2} {
		r, found, err := trace.Walks(context.Background(), small(t), props.All(),
			trace.WalkOptions{Options: explore.Options{Workers: workers}, Seed: 1, Walks: 64, Steps: 60})
		if err != nil || len(found) > 0 || r.Walks != 64 {
			t.Fatalf("got %+v, %v, %v", r, found, err)
		}
		reports = append(reports, r)
	}
	if !slices.Equal(reports[0].Tallies, reports[1].Tallies) || reports[0].Generated != reports[1].Generated {
		t.Errorf("one worker: %+v, two: %+v", reports[0], reports[1])
	}
	for i, p := range props.All() {
		if p.Check == nil && reports[0].Tallies[i].Checked != 64 {
			t.Errorf("%s was checked in %d of 64 walks", p.Name, reports[0].Tallies[i].Checked)
		}
	}
	lesson := props.Lessons()[0]
	_, found, err := trace.Walks(context.Background(), lessonConfig(t, lesson), []props.Property{lesson.Property},
		trace.WalkOptions{Seed: 1, Walks: 2000, Steps: 60})
	if err != nil || len(found) != 1 || found[0].Property != lesson.Name {
		t.Errorf("got %v, %v", found, err)
	}
}
