package model

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// Why the pruning is sound. Take the operations of one epoch. An operation that returned is *known*; it succeeded, so it names
// the epoch's leader. The history is legal if and only if
//
//	(a) the known operations name at most one leader, L, and
//	(b) where L was observed, some claim for L, known or not, was called no later than the first observation returned.
//
// Only if: the register is written once, so all that succeeds names the same leader; and an observation that happens at t <=
// its return needs a claim that happens at some moment <= t, which was called no later than that. If: let every claim for L
// happen when it is called and every observation when it returns, claims first where both are at the same moment; by (b) the
// first observation comes after the first claim, and so do the others. All claims for others are unknown by (a): they happen
// at infinity, where the register is taken, without effect. (If nothing is known at all, one of them wins there.) Every
// operation happens within its interval, hence in real-time order.
//
// So an operation can go if (a) and (b) say the same without it:
//   - of the known claims of one leader, all but the one called first: (a) needs one, (b) the earliest call;
//   - of the observations of one leader, all but the one that returned first: (a) needs one, (b) the earliest return;
//   - of the unknown claims of one leader, all but the one called first, and that one too if a known claim of the same leader
//     was called no later: they occur in (b) only, by their call;
//   - all unknown claims for others than a known leader, and so all claims of an epoch of which nothing is known: they occur
//     nowhere. A known leader is one that has a known claim *or was observed*;
//   - unknown observations: they occur nowhere;
//   - where two known leaders break (a): all but what names the first two, which break it still.
//
// Per epoch at most six operations stay, so the search, exponential in operations that overlap, has nothing to explode on.

// Prune leaves out operations that cannot change the verdict, and keeps the order of the others. A violation means that two
// different servers are known to lead one epoch; that needs no search, and no clock.
func Prune(ops []EpochOp) (pruned []EpochOp, violation bool) {
	keep, violation := mattering(ops)
	for i, o := range ops {
		if keep[i] {
			pruned = append(pruned, o)
		}
	}
	return pruned, violation
}

// claimant is a leader in an epoch.
type claimant struct {
	epoch  uint32
	leader election.SID
}

// firsts finds operations by index: the one for each claimant that is first by some time.
type firsts map[claimant]int

func (f firsts) offer(ops []EpochOp, i int, time func(EpochOp) int64) {
	c := claimant{ops[i].Epoch, ops[i].Leader}
	if best, ok := f[c]; !ok || time(ops[i]) < time(ops[best]) {
		f[c] = i
	}
}

func callTime(o EpochOp) int64   { return o.Call }
func returnTime(o EpochOp) int64 { return o.Return }

// mattering tells for each operation whether it matters.
func mattering(ops []EpochOp) (keep []bool, violation bool) {
	claims, unknowns, observations := firsts{}, firsts{}, firsts{}
	leaders := map[uint32][]election.SID{} // the first one or two known leaders of an epoch
	for i, o := range ops {
		switch {
		case o.Kind == Observe && o.Unknown:
			continue
		case o.Unknown:
			unknowns.offer(ops, i, callTime)
			continue
		case o.Kind == Observe:
			observations.offer(ops, i, returnTime)
		default:
			claims.offer(ops, i, callTime)
		}
		known := leaders[o.Epoch]
		if !slices.Contains(known, o.Leader) && len(known) < 2 {
			leaders[o.Epoch] = append(known, o.Leader)
			violation = violation || len(known) == 1
		}
	}

	keep = make([]bool, len(ops))
	for i, o := range ops {
		if !slices.Contains(leaders[o.Epoch], o.Leader) {
			continue
		}
		c := claimant{o.Epoch, o.Leader}
		switch {
		case o.Kind == Observe && o.Unknown:
			// says nothing
		case o.Kind == Observe:
			keep[i] = observations[c] == i
		case o.Unknown:
			claim, claimed := claims[c]
			keep[i] = unknowns[c] == i && !(claimed && ops[claim].Call <= o.Call)
		default:
			keep[i] = claims[c] == i
		}
	}
	return keep, violation
}

// EpochEvidence is what [CheckEpochs] found, in words: nil if the history is legal, otherwise the reason in the lowest epoch
// that has one. It is conditions (a) and (b) above, without a search.
func EpochEvidence(ops []EpochOp) error {
	for _, epoch := range byEpoch(ops, func(o EpochOp) uint32 { return o.Epoch }) {
		if err := epochEvidence(epoch); err != nil {
			return err
		}
	}
	return nil
}

// epochEvidence looks at the operations of one epoch.
func epochEvidence(ops []EpochOp) error {
	pruned, _ := Prune(ops)
	for i, o := range pruned {
		for _, earlier := range pruned[:i] {
			if !o.Unknown && !earlier.Unknown && o.Leader != earlier.Leader {
				return fmt.Errorf("epoch %d has two leaders: %v, but %v", o.Epoch, earlier, o)
			}
		}
	}
	if i := slices.IndexFunc(ops, backwards); i >= 0 {
		return fmt.Errorf("epoch %d: recorded wrongly, an operation returns before it is called: %v", ops[i].Epoch, ops[i])
	}
	for _, o := range pruned {
		if o.Kind == Observe && !slices.ContainsFunc(pruned, func(c EpochOp) bool {
			return c.Kind == Claim && c.Leader == o.Leader && c.Call <= o.Return
		}) {
			return fmt.Errorf("epoch %d has a leader that did not claim it by then: %v", o.Epoch, o)
		}
	}
	return nil
}
