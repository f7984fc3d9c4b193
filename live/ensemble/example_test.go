package ensemble_test

import (
	"fmt"
	"time"

	"github.com/zkcheck/zkcheck/live/ensemble"
)

// The faults of a run are known before it: the same seed draws them again. Who leads is known only then.
func Example() {
	for _, s := range ensemble.Schedule(4, 5, 15*time.Second) {
		fmt.Printf("%5d ms  %v\n", s.At.Milliseconds(), s)
	}
	// Output:
	//  2000 ms  crash leader
	//  7906 ms  restart
	//  9944 ms  crash leader
	// 10111 ms  restart
}
