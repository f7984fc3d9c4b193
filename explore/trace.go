package explore

import (
	"fmt"
	"slices"
)

// actionsAlong turns action indices into actions by taking them.
func actionsAlong[S any, A comparable](sys System[S, A], init int, indices []int) []A {
	trace := make([]A, 0, len(indices))
	s := &sys.Init()[init]
	var enabled []A
	for step, index := range indices {
		enabled = sys.Actions(s, enabled[:0])
		if index >= len(enabled) {
			panic(fmt.Sprintf("explore: step %d took action %d of the enabled ones, and now there are only %d: "+
				"the system is not deterministic, or Decode is not the inverse of Encode", step+1, index, len(enabled)))
		}
		trace = append(trace, enabled[index])
		sys.Apply(s, enabled[index])
	}
	return trace
}

// Replay takes a trace from Init()[init] and shows every step to visit, which may be nil. It is an error if an action is not
// enabled where the trace takes it. The states shown are valid until visit returns.
func Replay[S any, A comparable](sys System[S, A], init int, trace []A, visit func(before *S, by A, after *S)) error {
	initial := sys.Init()
	if init < 0 || init >= len(initial) {
		return fmt.Errorf("explore: there is no initial state %d, the system has %d", init, len(initial))
	}
	var before, after S
	sys.Copy(&before, &initial[init])
	var enabled []A
	for step, by := range trace {
		enabled = sys.Actions(&before, enabled[:0])
		if !slices.Contains(enabled, by) {
			return fmt.Errorf("explore: step %d: %v is not enabled", step+1, by)
		}
		sys.Copy(&after, &before)
		sys.Apply(&after, by)
		if visit != nil {
			visit(&before, by, &after)
		}
		sys.Copy(&before, &after)
	}
	return nil
}
