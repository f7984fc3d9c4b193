package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// Values are written once, so the value that an operation writes or reads says which write it is about. A version is a
// write with all its reads: in an order of the operations that explains them they stand together, the write first. What is left to
// find is an order of the versions.

// version is what is known of a write, and of those who read it. Operations are indices of the history, -1 if there is none.
type version struct {
	value    uint64
	ops      []int // the write first, then what was answered, by call
	write    int
	first    int           // what returned first: by then it was written
	synced   int           // the synced read that was called last: until then nothing newer was
	returned int64         // when first did; of the initial value, before all
	zxid     election.Zxid // if somebody knows it
	told     int           // who knows it
	denied   int           // who knows another
}

var noVersion = version{write: -1, first: -1, synced: -1, told: -1, denied: -1, returned: math.MinInt64}

// clientHistory is operations by versions.
type clientHistory struct {
	ops      []ClientOp
	versions []version // the initial value first, even if nobody read it; the others by value
	of       []int     // version of each operation, -1 if it says nothing
}

// newClientHistory sorts the operations. What can't have been done so is an error.
func newClientHistory(ops []ClientOp) (*clientHistory, error) {
	h := &clientHistory{ops: ops, of: make([]int, len(ops))}
	byValue := make([]int, 0, len(ops))
	for i, o := range ops {
		if err := wronglyRecorded(o); err != nil {
			return nil, err
		}
		h.of[i] = -1
		if o.Kind == Write || !o.Unknown {
			byValue = append(byValue, i)
		}
	}
	slices.SortFunc(byValue, func(a, b int) int { return compareForReplay(&ops[a], &ops[b]) })
	h.versions = append(make([]version, 0, len(byValue)+1), noVersion)
	for start := 0; start < len(byValue); {
		stop := start + 1
		for stop < len(byValue) && ops[byValue[stop]].Value == ops[byValue[start]].Value {
			stop++
		}
		if err := h.add(byValue[start:stop]); err != nil {
			return nil, err
		}
		start = stop
	}
	return h, nil
}

// compareForReplay sorts by values, and on each value the write first.
func compareForReplay(a, b *ClientOp) int {
	switch {
	case a.Value != b.Value:
		return cmp.Compare(a.Value, b.Value)
	case (a.Kind == Write) != (b.Kind == Write):
		if a.Kind == Write {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Call, b.Call)
}

// wronglyRecorded finds what no client can have done.
func wronglyRecorded(o ClientOp) error {
	what := ""
	switch {
	case o.Kind < Write || o.Kind > PlainRead:
		what = fmt.Sprintf("kind %d is none", o.Kind)
	case !o.Unknown && o.Return < o.Call:
		what = "an operation returns before it is called"
	case o.Kind == Write && o.Value == 0:
		what = "a write of the initial value"
	default:
		return nil
	}
	return fmt.Errorf("client register: recorded wrongly, %s: %v", what, o)
}

// add adds the operations on one value. A write that was never answered and whose value nobody read is left out: without it,
// an order that explains the rest explains all, for it may never have happened.
func (h *clientHistory) add(ops []int) error {
	v := noVersion
	v.value, v.ops = h.ops[ops[0]].Value, ops
	for _, i := range ops {
		o := &h.ops[i]
		if o.Kind == Write {
			if v.write >= 0 {
				return fmt.Errorf("client register: recorded wrongly, two writes of one value: %v, and %v", h.ops[v.write], *o)
			}
			v.write = i
		}
		if !o.Unknown && (v.first < 0 || o.Return < h.ops[v.first].Return) {
			v.first = i
		}
		if o.Kind == SyncedRead && (v.synced < 0 || o.Call > h.ops[v.synced].Call) {
			v.synced = i
		}
	}
	switch {
	case v.value == 0:
		h.versions[0].ops, h.versions[0].synced = ops, v.synced
	case v.first < 0:
		return nil
	default:
		v.returned = h.ops[v.first].Return
		h.compareZxids(&v)
		h.versions = append(h.versions, v)
	}
	for _, i := range ops {
		h.of[i] = len(h.versions) - 1
	}
	return nil
}

// compareZxids finds the zxid of a version.
func (h *clientHistory) compareZxids(v *version) {
	for _, i := range v.ops {
		switch zxid := h.ops[i].Zxid; {
		case zxid == 0:
		case v.told < 0:
			v.told = i
		case zxid != h.ops[v.told].Zxid:
			v.denied = i
		}
	}
	if v.told >= 0 {
		v.zxid = h.ops[v.told].Zxid
	}
}
