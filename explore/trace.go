package explore

import (
	"fmt"
	"slices"
)

const parentBlock = 1 << 16

// parents remembers for every state, by sequence number, the claim that won: who found it, by which action. For the first
// roots states it is the index of the initial state instead.
type parents struct {
	roots  uint64
	count  uint64
	blocks [][]uint64 // of parentBlock entries each, so that growing never copies
}

func (p *parents) add(claim uint64) {
	if p.count%parentBlock == 0 {
		p.blocks = append(p.blocks, make([]uint64, parentBlock))
	}
	p.blocks[p.count/parentBlock][p.count%parentBlock] = claim
	p.count++
}

func (p *parents) bytes() uint64 { return uint64(len(p.blocks)) * parentBlock * 8 }

// path returns the initial state and the action indices that lead to the state with this sequence number.
func (p *parents) path(sequence uint64) (init int, indices []int) {
	for sequence >= p.roots {
		claim := p.blocks[sequence/parentBlock][sequence%parentBlock]
		indices = append(indices, int(claim&maxActions))
		sequence = claim >> actionBits
	}
	slices.Reverse(indices)
	return int(p.blocks[sequence/parentBlock][sequence%parentBlock]), indices
}

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
