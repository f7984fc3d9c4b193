package proptest_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
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
