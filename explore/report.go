package explore

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// The reasons a search stopped early, as Report.Stopped names them.
const (
	stoppedViolation   = "violation"
	stoppedInterrupted = "interrupted"
	stoppedTime        = "time"
	stoppedStates      = "states"
	stoppedDepth       = "depth"
	stoppedMemory      = "memory"
	stoppedDisk        = "disk"
	stoppedClass       = "class" // never reported: what was wrong with the class is an error
)

// maxWorkers keeps the states that all workers together have under way below the free part of the smallest visited set.
const maxWorkers = 128

// Options are the limits of a search. Workers never changes a result.
type Options struct {
	Workers   int       // 0: GOMAXPROCS; more than 128 are taken as 128
	MaxDepth  int       // states at this depth are not expanded, walks end there; 0: none
	MaxStates uint64    // stop after the batch that found this many distinct states; breadth-first only; 0: none
	MaxMemory uint64    // bytes; without a Disk, stop before the visited set grows past it; 0: none
	Disk      *Disk     // where to put what MaxMemory has no room for; breadth-first only; nil: nowhere
	All       bool      // go on after a violation, one per property; default stops at the first
	Reduce    Reduction // breadth-first only
	// MaxViolations is how many violating steps of each property are looked for: 0 and 1 for one. Without All the search stops
	// when one property has as many. Breadth-first only.
	MaxViolations int
	Progress      func(Progress) // called about every Every from one goroutine, never after the search returned
	Every         time.Duration  // 0: one second
}

// Tally counts one property's answers: Checked all that were not Silent, Witnessed those that were Witnessed.
type Tally struct{ Checked, Witnessed uint64 }

// count adds one answer and reports whether it was a violation.
func (t *Tally) count(o Outcome) bool {
	switch o {
	case Silent:
		return false
	case Witnessed:
		t.Witnessed++
	}
	t.Checked++
	return o == Violated
}

// addMany adds one answer that was given many times. None was a violation.
func (t *Tally) addMany(o Outcome, times uint64) {
	if o == Silent {
		return
	}
	t.Checked += times
	if o == Witnessed {
		t.Witnessed += times
	}
}

// add adds other's counts.
func (t *Tally) add(other Tally) {
	t.Checked += other.Checked
	t.Witnessed += other.Witnessed
}

// Violation is a way to a step that a property rejects: Trace leads from Init()[Init] to it, and its last action is the
// rejected step. An empty trace means that the initial state itself is rejected.
type Violation[A any] struct {
	Property int
	Init     int
	Walk     uint64 // the walk that found it; 0 in breadth-first search
	Trace    []A
}

// Report is what a search found out. All fields but Elapsed (and, of walks, MemoryBytes) depend only on the system, the
// properties and the limits, unless the search was stopped by its context (or walks by memory).
type Report[A any] struct {
	Complete  bool      // every reachable state, within the system's own bounds, was expanded; never true of walks
	Stopped   string    // "", "violation", "interrupted", "time", "states", "depth", "memory", "disk"
	Err       error     // why the disk stopped it
	Reduce    Reduction // what was left out
	Distinct  uint64    // distinct states; of walks only when asked for
	Generated uint64    // initial states (of walks, once per walk) and steps; breadth-first also those that a constraint forbids
	Depth     int       // deepest level that had a state, an initial state's being 0; of walks the longest walk
	Walks     uint64    // walks that ended
	Cut       uint64    // OR of the Bounder's bits
	// Levels counts the distinct states at each depth, of the depths whose states are all known; breadth-first only. All steps
	// but those from the last of these levels have been judged; from the last one too if the search is complete.
	Levels         []uint64
	Tallies        []Tally
	Violations     []Violation[A] // at most one (or MaxViolations) per property, in property order
	Rejected       uint64         // of walks: how many had a violation; one at most unless All are wanted
	RejectedBy     []uint64       // of walks: that number by property
	Features       *Incidence     // of walks, if their features are counted
	Collision      float64        // probability that two distinct states shared a fingerprint, n(n-1)/2^75
	Elapsed        time.Duration
	MemoryBytes    uint64  // visited set, parents and frontier
	MeanStateBytes float64 // of distinct states; of walks, if they are counted, of all
}

// violations is how many violating steps of a property are looked for.
func (o *Options) violations() int { return max(o.MaxViolations, 1) }

// workers is the number of workers to start.
func (o *Options) workers() int {
	n := o.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return min(n, maxWorkers)
}

// stopReason names the reason a context ended.
func stopReason(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return stoppedTime
	}
	return stoppedInterrupted
}

// newTallies returns n tallies with room behind them, so that two workers' tallies never share a cache line.
func newTallies(n int) []Tally {
	const room = 8
	return make([]Tally, n+room)[:n]
}
