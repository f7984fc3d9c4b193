package proptest_test

import (
	"fmt"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
)

// An engine in which any server is a quorum, and a fuzzer's bytes: the first server that starts elects
// itself. Run does the same with rapid: proptest.Run(t, proptest.Options{Rules: anybody}).
func ExampleBytes() {
	anybody := func(r *election.Rules) {
		r.IsQuorum = func(_ *election.Ensemble, set election.Set) bool { return set != 0 }
	}
	failure, err := proptest.Bytes([]byte("every string of bytes is a cluster and a run of it"), proptest.Options{Rules: anybody})
	if err != nil || failure == nil {
		fmt.Println(failure, err)
		return
	}
	shrunk := failure.Shrink()
	fmt.Println(shrunk.Violation.Property)
	for _, action := range shrunk.Actions {
		fmt.Println(action)
	}
	// Output:
	// majority
	// start 1
	// decide 1
}

// A property of one's own, and a test that tells which of the known bugs it would let pass; in a file of
// tests the function is called TestMine.
func ExampleGauntlet() {
	noTwoLeaders := props.Property{Name: "no-two-leaders", Kind: props.Always,
		Check: func(st props.Step) (props.Outcome, error) {
			leading := 0
			for i := range st.After.Servers {
				if s := st.After.Servers[i]; st.After.Up.Has(i) && s.State == election.Leading && s.Phase == election.Broadcast {
					leading++
				}
			}
			if leading > 1 {
				return props.Violated, fmt.Errorf("%d servers serve at once", leading)
			}
			return props.Held, nil
		}}
	_ = func(t *testing.T) {
		report := proptest.Gauntlet(t, []props.Property{noTwoLeaders}, proptest.GauntletOptions{AtLeast: 3})
		for _, missed := range report.Survivors() {
			t.Logf("%s: %s", missed.Mutant.ID, missed.Mutant.Wrong)
		}
	}
}
