package props_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// breaking is the change of rules that a mutant is.
func breaking(t *testing.T, id string) func(*election.Rules) {
	t.Helper()
	m, err := mutant.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return m.Apply
}

// TestEpochBeforeHistory is ZOOKEEPER-4643: a follower whose currentEpoch reaches the disk before the
// history does, and that crashes between, is the newest of all when it comes back, without what had been
// committed. It takes two terms to get there.
func TestEpochBeforeHistory(t *testing.T) {
	const script = `
		start 2
		start 3
		deliver 3->2
		deliver 2->3
		decide 3
		decide 2
		offer 3
		packet 2->3
		packet 3->2
		packet 2->3
		packet 3->2
		packet 2->3
		giveup 3
		start 1
		deliver 3->1
		deliver 1->3
		decide 3
		decide 1
		offer 3
		packet 1->3
		packet 3->1
		packet 1->3
		crash 1 1
		crash 3
		giveup 2
		restart 1`
	for name, rules := range map[string]func(*election.Rules){"leader-completeness": breaking(t, "ZK-4643"), "": nil} {
		cfg := config(t, "1:1,7 2:1,8 3:1,8", "", "crashes=2 restarts=1 giveups=1 rounds=6 epochs=6", rules)
		list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.Name == "epoch-has-history" }) // sees it at the crash
		if rules == nil {                                                                                            // the standard rules leave a disk here that nobody can load: lesson unrecoverable-disk
			cfg.Limits.Restarts = 0
		}
		cfg.Track = props.TrackOf(list)
		r := newRun(t, cfg, list)
		steps := script
		if rules == nil {
			steps = strings.TrimSuffix(strings.TrimSpace(script), "restart 1")
		}
		v := r.play(t, steps)
		if v == nil {
			v = r.calmly(200)
		}
		if got := violatedProperty(v); got != name {
			t.Errorf("noticed: %q (%v), want %q", got, v, name)
		}
	}
}

func violatedProperty(v *props.Violation) string {
	if v == nil {
		return ""
	}
	return v.Property
}
