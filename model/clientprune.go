package model

import (
	"cmp"
	"fmt"
	"slices"
)

// Why the pruning is sound. By (a) and (b) of the search for circles, a version matters for [CheckClients] only by its write, its
// zxid, what returned first on it, and the synced read that was called last. So of each version two operations stay:
//
//   - the write, with the zxid that anybody knows, and with an interval that ends when anything on the version had returned: by
//     then it had happened, whether it was answered or not;
//   - the synced read that was called last.
//
// What breaks (a) stays as it is, with the read that shows it. A write that was never answered and whose value nobody read goes:
// an order with it is one without it, and without it is how an order explains it. If versions are on a circle, no order explains
// the operations on these alone; and taking all operations on the others out of an order leaves an order, so they can go.
//
// So where there is no order the search, exponential in operations that overlap, is left with a handful of them.

// PruneClients leaves out operations that cannot change what [CheckClients] says; those that stay are sorted by time. A
// violation means that there is no order of the operations; then only some that show it stay. A history that was recorded
// wrongly is left as it is.
func PruneClients(ops []ClientOp) (pruned []ClientOp, violation bool) {
	h, err := newClientHistory(ops)
	if err != nil {
		return ops, false
	}
	_, f := h.order(linearizable)
	return h.mattering(f), f != nil
}

// mattering are the operations that matter: of all versions, or only of those that are a flaw.
func (h *clientHistory) mattering(f *flaw) []ClientOp {
	var list []ClientOp
	if f == nil {
		list = make([]ClientOp, 0, 2*len(h.versions))
		for i := range h.versions {
			list = h.appendMattering(list, &h.versions[i])
		}
	} else {
		for _, i := range f.versions {
			list = h.appendMattering(list, &h.versions[i])
		}
	}
	slices.SortStableFunc(list, func(a, b ClientOp) int { return cmp.Compare(clientBegin(a), clientBegin(b)) })
	return list
}

// appendMattering appends the operations on a version that matter.
func (h *clientHistory) appendMattering(list []ClientOp, v *version) []ClientOp {
	reads := [3]int{-1, v.denied, v.synced}
	if v.write < 0 {
		reads[0] = v.first
	} else {
		w := h.ops[v.write]
		w.Zxid = v.zxid
		if v.returned < w.Call {
			reads[0] = v.first
		} else {
			w.Return, w.Unknown = v.returned, false
		}
		list = append(list, w)
	}
	for n, i := range reads {
		if i >= 0 && !slices.Contains(reads[:n], i) {
			list = append(list, h.ops[i])
		}
	}
	return list
}

// ClientEvidence is what [CheckClients] found, in words: nil if the history is legal. It is conditions (a) and (b), without
// porcupine's search, so it is quick whatever overlaps.
func ClientEvidence(ops []ClientOp) error { return evidence(ops, linearizable) }

// CheckMonotone tells whether one order of the writes explains what the clients saw, however late, and none of them saw it go
// back: nil, or the reason in words.
func CheckMonotone(ops []ClientOp) error { return evidence(ops, monotone) }

func evidence(ops []ClientOp, by level) error {
	h, err := newClientHistory(ops)
	if err != nil {
		return err
	}
	if _, f := h.order(by); f != nil {
		return fmt.Errorf("client register: %s", f.text)
	}
	return nil
}
