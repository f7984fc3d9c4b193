package cluster_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// TestCanonical walks the system and its canonical form side by side: the same actions are enabled, the properties say the
// same of each, limits cut the same off, and what follows has the same canonical form. By induction that is so for
// ever, wherever it is so in every state.
func TestCanonical(t *testing.T) {
	list := props.StepProperties()
	for _, k := range reductionCases {
		y := reduction(t, k.servers, k.observers, k.limits, k.phases, k.fine)
		rng, changed := rand.New(rand.NewPCG(5, 6)), 0
		var s, c, next, after cluster.State
		for range 40 {
			y.Copy(&s, &y.Init()[0])
			for range 100 {
				y.Copy(&c, &s)
				y.Canonical(&c)
				if !bytes.Equal(y.Encode(&s, nil), y.Encode(&c, nil)) {
					changed++
				}
				enabled := y.Actions(&s, nil)
				if !slices.Equal(enabled, y.Actions(&c, nil)) || y.Cut(&s) != y.Cut(&c) {
					t.Fatalf("%s, %s: other actions are enabled in the canonical form", k.servers, k.limits)
				}
				if len(enabled) == 0 {
					break
				}
				for _, by := range enabled {
					y.Copy(&next, &s)
					y.Apply(&next, by)
					y.Copy(&after, &c)
					y.Apply(&after, by)
					if !slices.Equal(outcomes(y, list, &s, &next, by), outcomes(y, list, &c, &after, by)) || y.Cut(&next) != y.Cut(&after) {
						t.Fatalf("%s, %s: of %v something else is said in the canonical form", k.servers, k.limits, by)
					}
					y.Canonical(&next)
					y.Canonical(&after)
					if !bytes.Equal(y.Encode(&next, nil), y.Encode(&after, nil)) {
						t.Fatalf("%s, %s: %v leads elsewhere from the canonical form", k.servers, k.limits, by)
					}
				}
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
		if changed == 0 {
			t.Errorf("%s, %s: every state was its own canonical form", k.servers, k.limits)
		}
	}
}
