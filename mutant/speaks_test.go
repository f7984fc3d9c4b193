package mutant_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// TestSpeaks: of a step without the marks that a property speaks of it is Silent, and of one without the marks that
// it doubts Held, under ZooKeeper's rules and under those of all mutants. And every property with marks finds some that make it speak.
func TestSpeaks(t *testing.T) {
	list := props.All()
	for _, l := range props.Lessons() {
		list = append(list, l.Property)
	}
	list = slices.DeleteFunc(list, func(p props.Property) bool { return p.Check == nil || p.Speaks == 0 })
	spoke, spared := make([]int, len(list)), make([]int, len(list))
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		for variant := range 4 {
			c, err := m.Config()
			if err != nil {
				t.Fatal(err)
			}
			c.Ensemble.Fine = c.Ensemble.Fine || variant&1 != 0
			c.Track = props.TrackOf(list)
			c.Limits.Crashes, c.Limits.Restarts, c.Limits.Writes = 2, 2, 2
			c.Limits.Cuts, c.Limits.Resets, c.Limits.Garbles, c.Limits.Wipes = 1, 1, 2, variant>>1
			y, err := cluster.New(c)
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(10) {
				speakingWalk(y, seed, func(st props.Step) {
					marks := y.Marks(st.Before, st.Action, st.After)
					for i, p := range list {
						outcome, _ := p.Check(st)
						switch {
						case outcome != props.Silent && p.Speaks&marks == 0:
							t.Fatalf("%s: %s says %v of %v, which has none of its marks", m.ID, p.Name, outcome, st.Action)
						case outcome != props.Held && p.Speaks&marks != 0 && p.Doubts != 0 && p.Doubts&marks == 0:
							t.Fatalf("%s: %s says %v of %v, which gives it no doubts", m.ID, p.Name, outcome, st.Action)
						case outcome != props.Silent:
							spoke[i]++
						case p.Speaks&marks == 0:
							spared[i]++
						}
					}
				})
			}
		}
	}
	for i, p := range list {
		if spoke[i] == 0 || spared[i] == 0 {
			t.Errorf("%s spoke %d times and was spared %d times", p.Name, spoke[i], spared[i])
		}
	}
}

// speakingWalk takes up to 200 random steps, which end where the engine panics, as some mutants do.
func speakingWalk(y *cluster.System, seed uint64, visit func(st props.Step)) {
	r := rand.New(rand.NewPCG(seed, 11))
	now, next := y.Init()[0], cluster.State{}
	var enabled []cluster.Action
	choices := props.Seeded{Rand: r}
	step := func() (ok bool) {
		defer func() {
			if recover() != nil {
				ok = false
			}
		}()
		if enabled = y.Actions(&now, enabled[:0]); len(enabled) == 0 {
			return false
		}
		a := enabled[props.Pick(choices, enabled)]
		y.Copy(&next, &now)
		y.Apply(&next, a)
		visit(props.Step{System: y, Before: &now, After: &next, Action: a})
		now, next = next, now
		return true
	}
	for range 200 {
		if !step() {
			return
		}
	}
}
