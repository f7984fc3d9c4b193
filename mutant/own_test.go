package mutant_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// TestOwn: a property that is Own says the same of all steps that a cursor takes for the same, under ZooKeeper's rules and
// under those of all mutants. Each has been asked about steps that were known already, but for what nobody can know again.
func TestOwn(t *testing.T) {
	list := slices.DeleteFunc(props.StepProperties(), func(p props.Property) bool { return !p.Own })
	again := make([]int, len(list))
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		for variant := range 4 {
			c, err := m.Config()
			if err != nil {
				t.Fatal(err)
			}
			c.Ensemble.Fine = c.Ensemble.Fine || variant == 1
			c.Track = props.TrackOf(list)
			c.Limits.Crashes, c.Limits.Restarts, c.Limits.Writes, c.Limits.Cuts = variant>>1, variant>>1, 2, 1
			c.Limits.Resets, c.Limits.Garbles, c.Limits.Wipes = 1, variant&1, variant>>1
			y, err := cluster.New(c)
			if err != nil {
				t.Fatal(err)
			}
			ownWalks(t, y, m.ID, list, again)
		}
	}
	for i, p := range list {
		if again[i] == 0 {
			t.Errorf("%s spoke of no step that was known", p.Name)
		}
	}
}

// ownWalks takes random walks with one cursor, and counts the known steps of which the properties speak.
func ownWalks(t *testing.T, y *cluster.System, id string, list []props.Property, again []int) {
	cursor := y.Cursor(false)
	var enabled []cluster.Action
	step := func(r *rand.Rand, encoded []byte) (next []byte, ok bool) {
		defer func() {
			if recover() != nil { // as some mutants do
				ok = false
			}
		}()
		before := cursor.Load(encoded)
		if enabled = y.Actions(before, enabled[:0]); len(enabled) == 0 {
			return nil, false
		}
		a := enabled[props.Pick(props.Seeded{Rand: r}, enabled)]
		after := cursor.Step(a)
		if note := y.Note(after); note != nil {
			said, known := (*note).([]props.Outcome)
			outcomes := make([]props.Outcome, len(list))
			for i, p := range list {
				outcomes[i], _ = p.Check(props.Step{System: y, Before: before, After: after, Action: a})
				if known && outcomes[i] != said[i] {
					t.Errorf("%s: %s says %v of %v, and said %v", id, p.Name, outcomes[i], a, said[i])
				}
				if known && outcomes[i] != props.Silent {
					again[i]++
				}
			}
			*note = outcomes
		}
		return cursor.Encode(nil), true
	}
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 12))
		encoded, ok := y.Encode(&y.Init()[0], nil), true
		for range 200 {
			if encoded, ok = step(r, encoded); !ok {
				break
			}
		}
	}
}
