package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/election"
)

// An epoch has at most one leader, for ever (P1, P17). Seen from outside that is a register per epoch which can be written
// once: a leader that establishes an epoch claims it, a learner that acks its NEWLEADER observes it.

// OpKind is what is done to the register of an epoch.
type OpKind uint8

const (
	Claim   OpKind = iota + 1 // Leader establishes Epoch
	Observe                   // Server sees Leader as the leader of Epoch
)

// EpochOp is one operation on the register of an epoch. It happens at some moment of the closed interval [Call, Return]; tick
// the clock at every call and every return. A claim is called when the leader fixes the epoch and returns when it has written
// currentEpoch. Claims of one leader for one epoch agree with each other, however many they are.
type EpochOp struct {
	Server  election.SID // who acts; of a claim, the leader
	Epoch   uint32
	Leader  election.SID
	Kind    OpKind
	Call    int64
	Return  int64 // >= Call; means nothing if Unknown
	Unknown bool  // never returned: it may have happened, or happen yet, or never. An unknown Observe says nothing at all
}

func (o EpochOp) String() string {
	verb, end := "claims", fmt.Sprint(o.Return)
	if o.Kind == Observe {
		verb = "observes"
	}
	if o.Unknown {
		end = "?"
	}
	return fmt.Sprintf("server %v %s epoch %d for %v at %d..%s", o.Server, verb, o.Epoch, o.Leader, o.Call, end)
}

// register is the state of one epoch: its leader, once there is one.
type register struct {
	leader election.SID
	set    bool
}

func (r register) String() string {
	if !r.set {
		return "no leader"
	}
	return fmt.Sprintf("leader %v", r.leader)
}

// step is the whole sequential meaning of the register: does the operation succeed, and what is the register then? A claim
// that never returned must be accepted both ways. Here it takes effect if the register is free; that it has no effect is what
// it means to happen last of all, which its interval without an end always allows.
func (r register) step(o EpochOp) (bool, register) {
	switch {
	case o.Kind == Observe:
		return o.Unknown || r == register{leader: o.Leader, set: true}, r
	case !r.set:
		return true, register{leader: o.Leader, set: true}
	default:
		return o.Unknown || r.leader == o.Leader, r
	}
}

// EpochModel is the register as a porcupine model: one partition per epoch, inputs are EpochOps, outputs are not used. It
// takes operations, not events.
func EpochModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			return byEpoch(history, func(o porcupine.Operation) uint32 { return o.Input.(EpochOp).Epoch })
		},
		PartitionEvent: func([]porcupine.Event) [][]porcupine.Event {
			panic("model: the epoch register is checked by operations, events carry no intervals")
		},
		Init: func() any { return register{} },
		Step: func(state, input, _ any) (bool, any) {
			ok, next := state.(register).step(input.(EpochOp))
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return input.(EpochOp).String() },
		DescribeState:     func(state any) string { return state.(register).String() },
	}
}

// CheckEpochs tells whether the history could be that of write-once registers: Ok, Illegal, or Unknown, which is no pass: time
// was up (a timeout of 0 is none), or an operation returns before it is called. [EpochEvidence] has the reason in words.
func CheckEpochs(ops []EpochOp, timeout time.Duration) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	pruned, violation := Prune(ops)
	if !violation && slices.ContainsFunc(ops, backwards) {
		return porcupine.Unknown, porcupine.LinearizationInfo{}
	}
	result, info := porcupine.CheckOperationsVerbose(EpochModel(), operations(pruned), timeout)
	if violation {
		result = porcupine.Illegal // whatever the clock says
	}
	return result, info
}

// backwards: the operation returns before it is called, so its history was recorded wrongly.
func backwards(o EpochOp) bool { return !o.Unknown && o.Return < o.Call }

// operations turns ops into porcupine's. The lane of an operation is the number of its server.
func operations(ops []EpochOp) []porcupine.Operation {
	history := make([]porcupine.Operation, len(ops))
	for i, o := range ops {
		history[i] = porcupine.Operation{ClientId: int(o.Server), Input: o, Call: o.Call, Return: end(o)}
	}
	return history
}

// end is when the interval of an operation ends. One that never returned is open for ever: porcupine would take a missing
// return for a violation.
func end(o EpochOp) int64 {
	if o.Unknown {
		return math.MaxInt64
	}
	return o.Return
}

// byEpoch cuts a history into one per epoch, epochs ascending; within one the order stays.
func byEpoch[T any](history []T, epoch func(T) uint32) [][]T {
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(epoch(a), epoch(b)) })
	var parts [][]T
	for start := 0; start < len(sorted); {
		stop := start + 1
		for stop < len(sorted) && epoch(sorted[stop]) == epoch(sorted[start]) {
			stop++
		}
		parts = append(parts, sorted[start:stop])
		start = stop
	}
	return parts
}
