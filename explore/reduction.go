package explore

import "fmt"

// Reduction is what a breadth-first search leaves out. What is violated stays the same, and how soon; Generated and the tallies
// count the steps that were taken.
type Reduction uint8

const (
	// ReduceNone takes every step of every state.
	ReduceNone Reduction = iota
	// ReduceSteps leaves out steps that a System's Commuter knows to lead nowhere else than others do. The states, their number,
	// depths and traces stay the same.
	ReduceSteps
	// ReduceAll also takes states as one that come to the same, as a System's Canonical knows, and does not keep those that another
	// one covers, as its Coverer knows.
	ReduceAll
	reductions
)

// ReductionNames are how reductions are written.
var ReductionNames = [reductions]string{"none", "sleep", "all"}

func (r Reduction) String() string { return ReductionNames[r%reductions] }

// ParseReduction is the inverse of String.
func ParseReduction(s string) (Reduction, error) {
	for i, name := range ReductionNames {
		if s == name {
			return Reduction(i), nil
		}
	}
	return 0, fmt.Errorf("reduction %q: want none, sleep or all", s)
}
