package trace_test

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/trace"
)

// A trace is read, replayed and judged; every step can be told in words.
func Example() {
	t, err := trace.Parse("alone.zkt", []byte(`zkcheck trace v1
property majority
cluster 1:1,8
start 1
decide 1
offer 1
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict, err := trace.Replay(t, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		fmt.Printf("%d %v: %s\n", i+1, a, strings.Join(trace.Changes(before, after), "; "))
	})
	fmt.Println(verdict, err)
	// Output:
	// 1 start 1: 1: not started -> LOOKING for 1:1,8 in finalizeWait
	// 2 decide 1: 1: LOOKING for 1:1,8 in finalizeWait -> LEADING, ELECTION -> DISCOVERY
	// 3 offer 1: 1: DISCOVERY -> BROADCAST, epoch 0 -> 2, disk 1,8 -> 2,8
	// holds: majority in 3 steps <nil>
}
