package props_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// featuresOf are the features of a run, step by step.
func featuresOf(t *testing.T, servers, limits, script string) [][]uint64 {
	t.Helper()
	cfg := config(t, servers, "", limits, nil)
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	before, after := &y.Init()[0], new(cluster.State)
	var list [][]uint64
	for _, a := range actions(t, script) {
		if !contains(y.Actions(before, nil), a) {
			t.Fatalf("%v is not enabled", a)
		}
		y.Copy(after, before)
		y.Apply(after, a)
		list = append(list, props.Features(props.Step{System: y, Before: before, After: after, Action: a}, nil))
		before, after = after, before
	}
	return list
}

func actions(t *testing.T, script string) []cluster.Action {
	t.Helper()
	var list []cluster.Action
	for _, line := range slices.DeleteFunc(strings.Split(script, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" }) {
		a, err := cluster.ParseAction(line)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

const elected = `
	start 1
	start 2
	deliver 2->1
	deliver 1->2
	decide 2
	decide 1
	offer 2
	packet 1->2
	packet 2->1
	packet 1->2
	packet 2->1
	packet 1->2
	packet 2->1`

// TestFeaturesAreAboutRelations: the same story in other epochs and with other sids has the same features.
func TestFeaturesAreAboutRelations(t *testing.T) {
	one := featuresOf(t, "1:1,1.8 2:1,1.8", "", elected)
	two := featuresOf(t, "4:3,3.5 9:3,3.5", "", strings.NewReplacer("1", "4", "2", "9").Replace(elected))
	for i := range one {
		if i > 0 && len(one[i]) != 4 {
			t.Errorf("step %d has %d features", i+1, len(one[i]))
		}
		if !slices.Equal(one[i], two[i]) {
			t.Errorf("step %d: %x and %x", i+1, one[i], two[i])
		}
	}
	behind := featuresOf(t, "1:1,1.8 2:1,1.7", "", elected[:strings.Index(elected, "decide")])
	if last := len(behind) - 1; slices.Equal(behind[last], one[last]) {
		t.Error("a log that is shorter has the same features")
	}
}

// TestFeaturesTellSituationsApart: every step of an election comes to something new, and the same again does not.
func TestFeaturesTellSituationsApart(t *testing.T) {
	seen := map[uint64]bool{}
	for i, list := range featuresOf(t, "1:1,8 2:1,8", "", elected) {
		fresh := 0
		for _, f := range list {
			if !seen[f] {
				seen[f] = true
				fresh++
			}
		}
		if fresh == 0 {
			t.Errorf("step %d comes to nothing new", i+1)
		}
	}
	again := featuresOf(t, "1:1,8 2:1,8", "resets=2 rounds=1", "start 1\nstart 2\nreset 1-2\nreset 1-2")
	if last := len(again) - 1; !slices.Equal(again[last], again[last-1]) {
		t.Error("a second reset comes to something new")
	}
}

// TestFeaturesAreSomeThousand: fewer than can be counted are too few to guide, and so many that every walk meets a new one
// say nothing.
func TestFeaturesAreSomeThousand(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8 3:1,7", "", "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 writes=3 giveups=2 rounds=12 epochs=12", nil)
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	var before, after cluster.State
	var enabled []cluster.Action
	var buf []uint64
	for seed := range uint64(1000) {
		c := props.NewSeeded(9, seed)
		y.Copy(&before, &y.Init()[0])
		for range 200 {
			if enabled = y.Actions(&before, enabled[:0]); len(enabled) == 0 {
				break
			}
			a := enabled[props.Pick(c, enabled)]
			y.Copy(&after, &before)
			y.Apply(&after, a)
			buf = props.Features(props.Step{System: y, Before: &before, After: &after, Action: a}, buf[:0])
			for _, f := range buf {
				seen[f] = true
			}
			before, after = after, before
		}
	}
	if len(seen) < 1000 || len(seen) > 10_000 {
		t.Errorf("1000 runs of three servers have %d features", len(seen))
	}
}
