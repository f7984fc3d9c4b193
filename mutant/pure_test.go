package mutant_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// TestAskingChangesNothing: no rule changes a server when the engine only asks what can happen, in the fine grain what
// can be caught halfway. Else a schedule would depend on who has looked at it.
func TestAskingChangesNothing(t *testing.T) {
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		for seed := range uint64(60) {
			c := props.NewSeeded(seed, 1)
			cfg := props.Setup(c)
			cfg.Ensemble.Fine, cfg.Limits.Lags, cfg.Limits.Inbox = true, cluster.Unlimited, 4
			m.Apply(&cfg.Ensemble.Rules)
			if a, ok := changedByAsking(t, cfg, c); ok {
				t.Errorf("%s: asking what can happen changes a state of seed %d, after %v", m.ID, seed, a)
				break
			}
		}
	}
}

// changedByAsking takes a random schedule, and returns the step after which to ask makes a difference.
func changedByAsking(t *testing.T, cfg cluster.Config, c props.Choices) (last cluster.Action, changed bool) {
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var now cluster.State
	y.Copy(&now, &y.Init()[0])
	var was, is []byte
	var enabled []cluster.Action
	for range 120 {
		was = y.Encode(&now, was[:0])
		enabled = y.Actions(&now, enabled[:0])
		if is = y.Encode(&now, is[:0]); !bytes.Equal(was, is) {
			return last, true
		}
		if len(enabled) == 0 {
			break
		}
		last = enabled[props.Pick(c, enabled)]
		y.Apply(&now, last)
	}
	return last, false
}
