package model

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

// mustPrecede is the definition of the two levels: whatever one order must have of time.
func mustPrecede(a, b ClientOp, by level) bool {
	if a.Unknown || a.Return >= b.Call {
		return false
	}
	return b.Kind == Write || by == linearizable && b.Kind == SyncedRead || by == monotone && a.Client == b.Client
}

// legalByTrying tries all orders of the operations, with and without each write whose outcome is unknown.
func legalByTrying(ops []ClientOp, by level) bool {
	zxids := map[uint64]election.Zxid{} // by value, as somebody knows it
	for i, o := range ops {
		switch {
		case o.Unknown && o.Kind != Write:
			return legalByTrying(slices.Delete(slices.Clone(ops), i, i+1), by)
		case o.Value == 0 || o.Zxid == 0:
		case zxids[o.Value] != 0 && zxids[o.Value] != o.Zxid:
			return false // no write without an answer is missing here: its value was not read, so nobody contradicts it
		default:
			zxids[o.Value] = o.Zxid
		}
	}
	return extends(ops, by, zxids, 0, 0)
}

// extends tries all operations that may come next: the register has a value, and the newest write had a zxid.
func extends(left []ClientOp, by level, zxids map[uint64]election.Zxid, value uint64, newest election.Zxid) bool {
	if !slices.ContainsFunc(left, func(o ClientOp) bool { return !o.Unknown }) {
		return true // the rest never happened
	}
	for i, o := range left {
		if slices.ContainsFunc(left, func(a ClientOp) bool { return mustPrecede(a, o, by) }) {
			continue
		}
		rest := append(slices.Clone(left[:i]), left[i+1:]...)
		zxid := zxids[o.Value]
		switch {
		case o.Kind != Write && o.Value == value && extends(rest, by, zxids, value, newest):
			return true
		case o.Kind == Write && (zxid == 0 || zxid > newest) && extends(rest, by, zxids, o.Value, max(newest, zxid)):
			return true
		}
	}
	return false
}

// unpruned is what porcupine says of all operations, after what each knows of zxids is told to the writes.
func unpruned(ops []ClientOp) bool {
	ops = slices.Clone(ops)
	for i := range ops {
		for _, o := range ops {
			if w := &ops[i]; w.Kind == Write && w.Zxid == 0 && !(o.Unknown && o.Kind != Write) && o.Value == w.Value {
				w.Zxid = o.Zxid
			}
		}
	}
	return porcupine.CheckOperations(ClientModel(), clientOperations(ops))
}

// compareClients holds all ways to judge a history against each other.
func (c *tally) compareClients(t tester, ops []ClientOp) {
	legal := unpruned(ops)
	got, info := CheckClients(ops, 0)
	if (got == porcupine.Ok) != legal || legal != (len(info.PartialLinearizations()) == 0) {
		t.Fatalf("%v is legal %v, but said to be %v, after a search of %d parts", ops, legal, got, len(info.PartialLinearizations()))
	}
	pruned, violation := PruneClients(ops)
	if again := unpruned(pruned); again != legal || violation == legal {
		t.Fatalf("%v is legal %v, pruned to %v it is %v (violation %v)", ops, legal, pruned, again, violation)
	}
	if err := ClientEvidence(ops); (err == nil) != legal {
		t.Fatalf("%v is legal %v, the evidence is: %v", ops, legal, err)
	}
	err := CheckMonotone(ops)
	if len(ops) <= 6 {
		if byTrying := legalByTrying(ops, linearizable); byTrying != legal {
			t.Fatalf("%v is legal %v, by trying all orders %v", ops, legal, byTrying)
		}
		if byTrying := legalByTrying(ops, monotone); byTrying != (err == nil) {
			t.Fatalf("%v is monotone by trying all orders %v, but: %v", ops, byTrying, err)
		}
	}
	if legal {
		c.legal++
	} else {
		c.illegal++
	}
	if err != nil {
		c.violations++
	}
}

// All histories of up to three operations at times 0..2: writes of two values by one client, synced reads of three by another, plain reads
// of three by both.
func TestClientsExhaustively(t *testing.T) {
	var alphabet []ClientOp
	for call := range int64(3) {
		for value := range uint64(3) {
			for ret := call; ret < 3; ret++ {
				alphabet = append(alphabet, syncs(1, value, call, ret), reads(1, value, call, ret), reads(2, value, call, ret))
				if value > 0 {
					alphabet = append(alphabet, writes(2, value, call, ret))
				}
			}
			if value > 0 {
				alphabet = append(alphabet, attempts(2, value, call))
			}
		}
	}
	var count tally
	try := func(ops ...ClientOp) {
		if !writtenTwice(ops) {
			count.compareClients(t, ops)
		}
	}
	for i, a := range alphabet {
		try(a)
		for j, b := range alphabet[:i+1] {
			try(a, b)
			for _, c := range alphabet[:j+1] {
				try(a, b, c)
			}
		}
	}
	t.Logf("%d legal, %d illegal, %d not monotone", count.legal, count.illegal, count.violations)
}

func writtenTwice(ops []ClientOp) bool {
	written := map[uint64]bool{}
	for _, o := range ops {
		if o.Kind == Write && written[o.Value] {
			return true
		}
		written[o.Value] = written[o.Value] || o.Kind == Write
	}
	return false
}

// anyClientHistory draws operations at random times. Each of the writes writes another value, and most reads read one of these; some zxids
// are known, which may be wrong.
func anyClientHistory(most int) *rapid.Generator[[]ClientOp] {
	return rapid.Custom(func(t *rapid.T) []ClientOp {
		count := uint64(rapid.IntRange(1, most/2+1).Draw(t, "writes"))
		zxids := rapid.SampledFrom([]string{"none", "some", "some", "all"}).Draw(t, "zxids")
		var ops []ClientOp
		for i := range uint64(rapid.IntRange(int(count), most).Draw(t, "operations")) {
			call := rapid.Int64Range(0, 20).Draw(t, "call")
			o := ClientOp{Client: rapid.IntRange(1, 3).Draw(t, "client"), Kind: Write, Value: i + 1, Call: call}
			if i >= count {
				o.Kind = rapid.SampledFrom([]ClientKind{SyncedRead, PlainRead}).Draw(t, "kind")
				o.Value = rapid.Uint64Range(0, count).Draw(t, "value")
				o.Call = min(call+8, 24)
				if rapid.IntRange(0, 40).Draw(t, "nobody's") == 0 {
					o.Value = count + 1
				}
			}
			o.Return = o.Call + rapid.Int64Range(0, 9).Draw(t, "lasts")
			o.Unknown = rapid.IntRange(0, 5).Draw(t, "unknown") == 0
			if zxids == "all" || zxids == "some" && rapid.Bool().Draw(t, "known") {
				o.Zxid = election.Zxid(o.Value)
				if rapid.IntRange(0, 40).Draw(t, "wrong") == 0 {
					o.Zxid++
				}
			}
			ops = append(ops, o)
		}
		return rapid.Permutation(ops).Draw(t, "order")
	})
}

func TestClientsRandomly(t *testing.T) {
	for _, most := range []int{4, 6, 12} {
		var count tally
		rapid.Check(t, func(t *rapid.T) { count.compareClients(t, anyClientHistory(most).Draw(t, "ops")) })
		t.Logf("up to %d operations: %d legal, %d illegal, %d not monotone", most, count.legal, count.illegal, count.violations)
		if all := count.legal + count.illegal; all >= 1000 && min(count.legal, count.illegal, count.violations, all-count.violations) < all/10 {
			t.Errorf("vacuous: %+v", count)
		}
	}
}

// No order of the versions passes for an explanation of what has none.
func TestNoWrongOrderExplains(t *testing.T) {
	explained, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		ops := anyClientHistory(5).Draw(t, "ops")
		h, err := newClientHistory(ops)
		if err != nil {
			t.Fatal(err)
		}
		order := make([]int, len(h.versions))
		for i := range order {
			order[i] = i
		}
		order = append([]int{0}, rapid.Permutation(order[1:]).Draw(t, "order")...)
		switch {
		case !h.explains(order):
			refused++
		case !legalByTrying(ops, linearizable):
			t.Fatalf("%v explains %v", order, ops)
		default:
			explained++
		}
	})
	if all := explained + refused; all >= 1000 && min(explained, refused) < all/10 {
		t.Errorf("vacuous: %d orders explain, %d do not", explained, refused)
	}
}

// execution is a service that is right: one log of writes, a prefix of which each client has seen, and operations that overlap.
type execution struct {
	log      []uint64 // values; the zxid is the index
	seen     []int    // of the log, by client
	underway []*ClientOp
	effect   []bool
	clock    int64
	ops      []*ClientOp
}

// chooser is what a *rapid.T and a seeded generator share: a number below n.
type chooser func(n int) int

func newExecution(clients int) *execution {
	return &execution{log: []uint64{0}, seen: make([]int, clients), underway: make([]*ClientOp, clients), effect: make([]bool, clients)}
}

// advance lets a client call, be served, or be answered.
func (e *execution) advance(choose chooser) {
	c := choose(len(e.seen))
	switch o := e.underway[c]; {
	case o == nil:
		e.clock++
		o = &ClientOp{Client: c, Kind: ClientKind(1 + choose(3)), Call: e.clock}
		if o.Kind == Write {
			o.Value = uint64(len(e.ops) + 1)
		}
		e.underway[c], e.effect[c] = o, false
		e.ops = append(e.ops, o)
	case !e.effect[c]:
		e.effect[c] = true
		newest := len(e.log) - 1
		switch o.Kind {
		case Write:
			e.log = append(e.log, o.Value)
			e.seen[c] = newest + 1
		case SyncedRead:
			e.seen[c] = newest
		case PlainRead:
			e.seen[c] += choose(newest - e.seen[c] + 1)
		}
		o.Value, o.Zxid = e.log[e.seen[c]], election.Zxid(e.seen[c])
	default:
		e.clock++
		o.Return = e.clock
		e.underway[c] = nil
	}
}

// history is what the clients know at the end. A client that is still waiting does not know.
func (e *execution) history() []ClientOp {
	var ops []ClientOp
	for _, o := range e.ops {
		op := *o
		op.Unknown = slices.Contains(e.underway, o)
		ops = append(ops, op)
	}
	return ops
}

func anyExecution(t *rapid.T, clients, least, steps int) []ClientOp {
	e := newExecution(rapid.IntRange(1, clients).Draw(t, "clients"))
	for range rapid.IntRange(least, steps).Draw(t, "steps") {
		e.advance(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
	}
	return e.history()
}

func withoutZxids(ops []ClientOp) []ClientOp {
	ops = slices.Clone(ops)
	for i := range ops {
		ops[i].Zxid = 0
	}
	return ops
}

func TestRightExecutionsPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := anyExecution(t, 4, 0, 60)
		for _, ops := range [][]ClientOp{known, withoutZxids(known)} {
			if got, _ := CheckClients(ops, 0); got != porcupine.Ok {
				t.Fatalf("%v: %v, %v", got, ops, ClientEvidence(ops))
			}
			if err := ClientEvidence(ops); err != nil {
				t.Fatalf("%v: %v", err, ops)
			}
			if err := CheckMonotone(ops); err != nil {
				t.Fatalf("%v: %v", err, ops)
			}
		}
	})
}

// With all zxids known, a read that returns less than it must is noticed, by the one that it concerns.
func TestOneTamperedReadFails(t *testing.T) {
	tampered, stale, back, strange := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		ops := anyExecution(t, 3, 30, 60)
		var readers []int
		for i, o := range ops {
			if o.Kind != Write && !o.Unknown {
				readers = append(readers, i)
			}
		}
		if len(readers) == 0 {
			return
		}
		tampered++
		i := rapid.SampledFrom(readers).Draw(t, "read")
		o := &ops[i]
		var time, client election.Zxid // what it must not be below
		for _, a := range ops {
			if !a.Unknown && a.Return < o.Call {
				time = max(time, a.Zxid)
				if a.Client == o.Client {
					client = max(client, a.Zxid)
				}
			}
		}
		values := map[election.Zxid]uint64{}
		for _, a := range ops {
			if a.Kind == Write && a.Zxid != 0 {
				values[a.Zxid] = a.Value
			}
		}
		o.Zxid = election.Zxid(rapid.Uint64Range(0, uint64(o.Zxid)+1).Draw(t, "zxid"))
		value, written := values[o.Zxid]
		if o.Value = value; o.Zxid != 0 && !written {
			o.Value = 1 << 40
			strange++
		}
		linear, mono := ClientEvidence(ops), CheckMonotone(ops)
		result, _ := CheckClients(ops, 0)
		if (linear == nil) != (result == porcupine.Ok) {
			t.Fatalf("%v, but %v: %v", result, linear, ops)
		}
		switch {
		case o.Value == 1<<40:
			if linear == nil || mono == nil {
				t.Fatalf("nobody wrote what %v: %v, %v", *o, linear, mono)
			}
		case o.Kind == SyncedRead && o.Zxid < time && linear == nil, o.Zxid < client && mono == nil:
			t.Fatalf("%v, but zxid %v had returned, %v to this client: %v, %v", *o, time, client, linear, mono)
		case o.Zxid < client:
			back++
		case o.Kind == SyncedRead && o.Zxid < time:
			stale++
		}
	})
	t.Logf("%d stale, %d going back, %d that nobody wrote", stale, back, strange)
	if tampered >= 1000 && min(stale, back, strange) < 10 {
		t.Errorf("vacuous: %d stale, %d going back, %d that nobody wrote", stale, back, strange)
	}
}

// seeded is an execution of a length, the same for a seed.
func seeded(seed uint64, clients, operations int) []ClientOp {
	r := rand.New(rand.NewPCG(seed, 1))
	e := newExecution(clients)
	for len(e.ops) < operations {
		e.advance(r.IntN)
	}
	return e.history()
}
