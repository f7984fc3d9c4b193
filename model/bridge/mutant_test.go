package bridge

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/mutant"
)

// notModules are the mutants of the catalogue that act in elections of these ensembles as the module never does.
var notModules = strings.Fields(`ZK-1419 ZK-1082 smaller-zxid even-quorum ZK-1732-round ZK-275 ZK-159-round fickle recvset-kept
	stale-round-counted round-not-incremented new-round-on-change no-finalize-wait ZK-975 ZK-481 no-answer-to-lagging ZK-1514
	ZK-569 ZK-159 ZK-480 ZK-3537 ZK-975-leading one-notice-joins`)

// report walks with a mutant until a step is not the module's.
func report(t *testing.T, m mutant.Mutant, rounds int) (step string, err error) {
	t.Helper()
	var c Counts
	for i := range rounds {
		for k, e := range ensembles {
			b := mustBridge(t, mustSystem(t, e.servers, e.limits, m.Apply))
			taken, err := walk(b, rand.New(rand.NewPCG(9, uint64(i*len(ensembles)+k))), 200, i%4 < 2, i%3*40, &c)
			if err != nil {
				return taken[len(taken)-1].String(), err
			}
		}
	}
	return "", nil
}

// A bug in the engine's election is reported with its step; who breaks other rules is the module's as before.
func TestMutantsAreReported(t *testing.T) {
	wanted := map[string]bool{}
	for _, id := range notModules {
		wanted[id] = true
	}
	for _, m := range append(mutant.All(), mutant.Controls()...) {
		rounds := 2
		if wanted[m.ID] {
			rounds = 100
		}
		step, err := report(t, m, rounds)
		switch {
		case (err != nil) != wanted[m.ID]:
			t.Errorf("%s (%s): %q: %v", m.ID, m.Title, step, err)
		case err != nil && !strings.Contains(err.Error(), step):
			t.Errorf("%s: the step %q is not named: %v", m.ID, step, err)
		case err != nil:
			t.Log(m.ID, err)
		}
	}
}
