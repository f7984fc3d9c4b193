package model

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/election"
)

// What clients may see of one register, a node that they write and read, is ordered sequential consistency (Lev-Ari, Bortnikov,
// Keidar, Shraer, 2017), at two levels. There is one order of the operations in which zxids ascend and each read returns what was
// written last, and it agrees with time as far as this:
//
//	[CheckClients]   what returned before a write or a synced read is called comes before it;
//	[CheckMonotone]  what returned before a write is called comes before it, and so does what returned before
//	                 an operation of the same client is called.
//
// So the first makes writes and synced reads linearizable, and of a plain read it asks only that its value was written before the
// read returned. The second lets every read be late, and lets no client see the register go back. ZooKeeper promises the second;
// the first it gives to reads that a quorum had a part in, but a sync may be answered by a leader that was deposed and does not
// know it yet. Where all zxids are known there is but one order of writes, and both speak of it; else each may find its own.

// ClientKind is what a client does.
type ClientKind uint8

const (
	Write      ClientKind = iota + 1
	SyncedRead            // a read that asked the leader, as by sync: it may not be late
	PlainRead             // a read of what the server has that the client is connected to
)

// ClientOp is one operation of a client on the register. It was under way in the closed interval [Call, Return]; tick the clock
// at every call and every return. A client that was given up and comes back as another is another client: ZooKeeper promises
// nothing across the two.
type ClientOp struct {
	Client  int
	Kind    ClientKind
	Value   uint64 // written or read; 0 is the initial value. No two writes write the same, and none writes 0
	Call    int64
	Return  int64         // >= Call; means nothing if Unknown
	Unknown bool          // never answered: a write may have happened, or happen yet, or never. An unknown read says nothing at all
	Zxid    election.Zxid // of the write, or of the write that was read; 0 if it is not known
	Name    string        // of the value, for people; "" is its number
}

func (o ClientOp) String() string {
	verb, zxid, end := "reads", "", fmt.Sprint(o.Return)
	switch o.Kind {
	case Write:
		verb = "writes"
	case SyncedRead:
		verb = "syncs and reads"
	}
	if o.Zxid != 0 {
		zxid = fmt.Sprintf(" (zxid %v)", o.Zxid)
	}
	if o.Unknown {
		end = "?"
	}
	return fmt.Sprintf("client %d %s %s%s at %d..%s", o.Client, verb, o.value(), zxid, o.Call, end)
}

// value is what people call the value.
func (o ClientOp) value() string {
	if o.Name != "" {
		return o.Name
	}
	return fmt.Sprint(o.Value)
}

// content is what is in the register.
type content struct {
	value  uint64
	newest election.Zxid // of what was written so far, as far as it is known
	name   string
}

func (c content) String() string {
	if c.value == 0 {
		return "the initial value"
	}
	return ClientOp{Value: c.value, Name: c.name}.value()
}

// step is the whole sequential meaning of the register. A write that was never answered must be accepted both ways. Here
// it takes effect, unless its zxid has passed; that it has no effect is what it means to happen last of all, which its interval
// without an end always allows.
func (c content) step(o ClientOp) (bool, content) {
	switch {
	case o.Kind != Write:
		return o.Unknown || o.Value == c.value && (o.Value == 0 || o.Zxid == 0 || o.Zxid == c.newest), c
	case o.Zxid != 0 && o.Zxid <= c.newest:
		return o.Unknown, c
	default:
		return true, content{o.Value, max(c.newest, o.Zxid), o.Name}
	}
}

// ClientModel is the register as a porcupine model: inputs are ClientOps, outputs are not used. A write must have the zxid that
// its reads have, as [PruneClients] leaves it.
func ClientModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return content{} },
		Step: func(state, input, _ any) (bool, any) {
			ok, next := state.(content).step(input.(ClientOp))
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return input.(ClientOp).String() },
		DescribeState:     func(state any) string { return state.(content).String() },
	}
}

// CheckClients tells whether the operations could be those of one register, writes and synced reads linearizable: Ok, Illegal, or
// Unknown, which is no pass: time was up (a timeout of 0 is none), or the history was recorded wrongly. [ClientEvidence] has
// the reason in words.
//
// Neither verdict needs to be trusted. Where an order is found it is replayed, which settles it; that takes no search, and the
// info is empty. Where there is none porcupine has to find that too, among the few operations that [PruneClients] leaves.
func CheckClients(ops []ClientOp, timeout time.Duration) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	h, err := newClientHistory(ops)
	if err != nil {
		return porcupine.Unknown, porcupine.LinearizationInfo{}
	}
	order, f := h.order(linearizable)
	if f == nil && h.explains(order) {
		return porcupine.Ok, porcupine.LinearizationInfo{}
	}
	return porcupine.CheckOperationsVerbose(ClientModel(), clientOperations(h.mattering(f)), timeout)
}

// clientOperations turns ops into porcupine's.
func clientOperations(ops []ClientOp) []porcupine.Operation {
	history := make([]porcupine.Operation, len(ops))
	for i, o := range ops {
		history[i] = porcupine.Operation{ClientId: o.Client, Input: o, Call: clientBegin(o), Return: clientEnd(o)}
	}
	return history
}

// clientBegin is when the interval begins in which an operation may happen: a plain read returns what was there at any time before.
func clientBegin(o ClientOp) int64 {
	if o.Kind == PlainRead {
		return math.MinInt64
	}
	return o.Call
}

// clientEnd is when it ends. What was never answered is open for ever: porcupine would take a missing return for a violation.
func clientEnd(o ClientOp) int64 {
	if o.Unknown {
		return math.MaxInt64
	}
	return o.Return
}
