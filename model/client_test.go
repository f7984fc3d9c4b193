package model

import (
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/election"
)

func writes(client int, value uint64, call, ret int64) ClientOp {
	return ClientOp{Client: client, Kind: Write, Value: value, Call: call, Return: ret}
}

func attempts(client int, value uint64, call int64) ClientOp {
	return ClientOp{Client: client, Kind: Write, Value: value, Call: call, Unknown: true}
}

func syncs(client int, value uint64, call, ret int64) ClientOp {
	return ClientOp{Client: client, Kind: SyncedRead, Value: value, Call: call, Return: ret}
}

func reads(client int, value uint64, call, ret int64) ClientOp {
	return ClientOp{Client: client, Kind: PlainRead, Value: value, Call: call, Return: ret}
}

func at(zxid election.Zxid, o ClientOp) ClientOp {
	o.Zxid = zxid
	return o
}

// Known histories. What is legal has no evidence.
var clientHistories = []struct {
	name         string
	ops          []ClientOp
	linearizable string // part of the evidence
	monotone     string
}{
	{"nothing", nil, "", ""},
	{"the initial value", []ClientOp{syncs(1, 0, 1, 2), reads(2, 0, 1, 2)}, "", ""},
	{"a write is read", []ClientOp{writes(1, 7, 1, 2), syncs(2, 7, 3, 4), reads(3, 7, 5, 6)}, "", ""},
	{"a write is read while it is under way", []ClientOp{writes(1, 7, 1, 9), syncs(2, 7, 3, 4), reads(3, 7, 3, 4)}, "", ""},
	{"new, then old, while the write is under way", []ClientOp{writes(1, 7, 1, 9), syncs(2, 7, 3, 4), syncs(3, 0, 5, 6)},
		"a synced read is stale: client 2 syncs and reads 7 at 3..4, then client 3 syncs and reads 0 at 5..6; yet the initial value is older than 7", ""},
	{"one stale read of two", []ClientOp{writes(1, 7, 1, 2), syncs(2, 0, 3, 4), syncs(2, 7, 5, 6)},
		"a synced read is stale: client 1 writes 7 at 1..2, then client 2 syncs and reads 0 at 3..4; yet the initial value is older than 7",
		""},
	{"a plain read may be stale", []ClientOp{writes(1, 7, 1, 2), reads(2, 0, 3, 4)}, "", ""},
	{"a lost write", []ClientOp{writes(1, 7, 1, 2), writes(1, 8, 3, 4), syncs(2, 7, 5, 6)},
		"an acknowledged write is lost, the last synced read misses it: client 1 writes 8 at 3..4, then client 2 syncs and reads 7 at 5..6; " +
			"yet 7 is older than 8: client 1 writes 7 at 1..2, then client 1 writes 8 at 3..4", ""},
	{"an unknown write is seen later", []ClientOp{attempts(1, 7, 1), syncs(2, 0, 3, 4), writes(3, 8, 5, 6), syncs(2, 7, 7, 8)}, "", ""},
	{"an unknown write is never seen", []ClientOp{attempts(1, 7, 1), syncs(2, 0, 3, 4)}, "", ""},
	{"an unknown write is seen, then not", []ClientOp{attempts(1, 7, 1), syncs(2, 7, 3, 4), syncs(3, 0, 5, 6)},
		"a synced read is stale: client 2 syncs and reads 7 at 3..4, then client 3 syncs and reads 0 at 5..6", ""},
	{"an unknown write is seen, then not, then again", []ClientOp{attempts(1, 7, 1), syncs(2, 7, 2, 3), writes(3, 8, 4, 5),
		syncs(2, 8, 6, 7), syncs(2, 7, 8, 9)},
		"a synced read is stale", "client 2 goes back: client 2 syncs and reads 8 at 6..7, then client 2 syncs and reads 7"},
	{"an unknown write is seen before it is called", []ClientOp{attempts(1, 7, 5), syncs(2, 7, 3, 4)},
		"a value that was not written yet: client 2 syncs and reads 7 at 3..4, then client 1 writes 7 at 5..?", "not written yet"},
	{"nobody wrote it", []ClientOp{writes(1, 7, 1, 2), reads(2, 8, 3, 4)},
		"a value that nobody wrote: client 2 reads 8 at 3..4", "nobody wrote"},
	{"an unfinished read says nothing", []ClientOp{{Client: 1, Kind: SyncedRead, Value: 9, Unknown: true}, writes(1, 7, 1, 2)}, "", ""},
	{"concurrent writes in either order", []ClientOp{writes(1, 7, 1, 5), writes(2, 8, 1, 5), syncs(3, 7, 6, 7), syncs(4, 7, 8, 9)},
		"", ""},
	{"concurrent writes in both orders", []ClientOp{writes(1, 7, 1, 5), writes(2, 8, 1, 5), syncs(3, 7, 6, 7), syncs(4, 8, 8, 9)},
		"client 1 writes 7 at 1..5, then client 4 syncs and reads 8 at 8..9; yet 8 is older than 7: client 2 writes 8 at 1..5, then client 3", ""},
	{"concurrent writes, seen in both orders", []ClientOp{writes(1, 7, 1, 5), writes(2, 8, 1, 5), reads(3, 7, 6, 7), reads(3, 8, 8, 9),
		reads(4, 8, 6, 7), reads(4, 7, 8, 9)}, "", "goes back: client "},
	{"concurrent writes against their zxids", []ClientOp{at(2, writes(1, 7, 1, 5)), at(1, writes(2, 8, 1, 5)), syncs(3, 8, 6, 7)},
		"client 1 writes 7 (zxid 2) at 1..5, then client 3 syncs and reads 8 at 6..7; " +
			"yet 8 is older than 7: client 2 writes 8 (zxid 1) at 1..5 has a smaller zxid than client 1 writes 7 (zxid 2) at 1..5", ""},
	{"zxids go back", []ClientOp{at(2, writes(1, 7, 1, 2)), at(1, writes(2, 8, 3, 4))},
		"the writes are out of order", "the writes are out of order"},
	{"a reader knows the zxid", []ClientOp{attempts(1, 7, 1), at(5, reads(2, 7, 2, 9)), at(4, writes(3, 8, 1, 9)), syncs(2, 8, 10, 11)},
		"a synced read is stale: client 2 reads 7 (zxid 5) at 2..9, then client 2 syncs and reads 8 at 10..11", "client 2 goes back"},
	{"two zxids of a write", []ClientOp{at(2, writes(1, 7, 1, 2)), at(3, syncs(2, 7, 3, 4))},
		"a write has two zxids", "a write has two zxids"},
	{"two writes of a zxid", []ClientOp{at(2, writes(1, 7, 1, 2)), at(2, writes(2, 8, 1, 2))},
		"two writes have one zxid", "two writes have one zxid"},
	{"zxids of the initial value do not matter", []ClientOp{at(9, syncs(1, 0, 1, 2)), at(2, writes(1, 7, 3, 4)), at(8, reads(1, 0, 1, 2))},
		"", ""},
	{"a client goes back", []ClientOp{writes(1, 7, 1, 2), reads(2, 7, 3, 4), reads(2, 0, 5, 6)},
		"", "client 2 goes back: client 2 reads 7 at 3..4, then client 2 reads 0 at 5..6; yet the initial value is older than 7"},
	{"two clients of two servers", []ClientOp{writes(1, 7, 1, 2), writes(1, 8, 3, 4), reads(2, 8, 5, 6), reads(3, 7, 7, 8), reads(3, 8, 9, 10)},
		"", ""},
	{"a client goes to a server behind", []ClientOp{writes(1, 7, 1, 2), writes(1, 8, 3, 4), reads(2, 8, 5, 6), reads(2, 7, 7, 8)},
		"", "client 2 goes back: client 2 reads 8 at 5..6, then client 2 reads 7 at 7..8; yet 7 is older than 8: client 1 writes 7 at 1..2, then client 1 writes 8"},
	{"reads that overlap may go either way", []ClientOp{writes(1, 7, 1, 2), reads(2, 7, 3, 6), reads(2, 0, 4, 5)}, "", ""},
	{"a client does not see its own write", []ClientOp{writes(1, 7, 1, 2), reads(1, 0, 3, 4)},
		"", "client 1 goes back: client 1 writes 7 at 1..2, then client 1 reads 0"},
	{"a client does not see what it does not know", []ClientOp{attempts(1, 7, 1), reads(1, 0, 3, 4), reads(1, 7, 5, 6)}, "", ""},
	{"a plain read shows that an unknown write happened", []ClientOp{attempts(1, 7, 1), reads(2, 7, 2, 3), writes(3, 8, 4, 5), syncs(4, 7, 6, 7)},
		"is lost", ""},
	{"a write that is older than what was read before", []ClientOp{at(9, writes(1, 7, 1, 9)), reads(2, 7, 2, 3), at(5, writes(3, 8, 4, 5))},
		"the writes are out of order", "the writes are out of order: client 2 reads 7 at 2..3, then client 3 writes 8 (zxid 5) at 4..5"},
	{"three clients disagree", []ClientOp{writes(1, 7, 1, 9), writes(2, 8, 1, 9), writes(3, 9, 1, 9), reads(4, 7, 10, 11), reads(4, 8, 12, 13),
		reads(5, 8, 10, 11), reads(5, 9, 12, 13), reads(6, 9, 10, 11), reads(6, 7, 12, 13)}, "", "; and "},
}

func TestCheckClients(t *testing.T) {
	for _, test := range clientHistories {
		want := porcupine.CheckResult(porcupine.Ok)
		if test.linearizable != "" {
			want = porcupine.Illegal
		}
		if got, _ := CheckClients(test.ops, time.Minute); got != want {
			t.Errorf("%s: %v, want %v", test.name, got, want)
		}
		for part, err := range map[string]error{
			test.linearizable: ClientEvidence(test.ops), "monotone " + test.monotone: CheckMonotone(test.ops),
		} {
			part = strings.TrimPrefix(part, "monotone ")
			switch {
			case (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part):
				t.Errorf("%s: evidence %v, want %q", test.name, err, part)
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Errorf("%s: more than one line: %q", test.name, err)
			}
		}
	}
}

func TestClientHistoriesRecordedWrongly(t *testing.T) {
	for want, ops := range map[string][]ClientOp{
		"an operation returns before it is called: client 1 writes 7 at 3..1": {writes(1, 7, 3, 1)},
		"two writes of one value: client 1 writes 7":                          {writes(1, 7, 1, 2), attempts(2, 7, 3)},
		"a write of the initial value":                                        {writes(1, 0, 1, 2)},
		"kind 0 is none":                                                      {{Client: 1}},
	} {
		if got, _ := CheckClients(ops, 0); got != porcupine.Unknown {
			t.Errorf("%s: %v", want, got)
		}
		if pruned, violation := PruneClients(ops); violation || len(pruned) != len(ops) {
			t.Errorf("%s: pruned to %v, violation %v", want, pruned, violation)
		}
		for _, err := range []error{ClientEvidence(ops), CheckMonotone(ops)} {
			if err == nil || !strings.Contains(err.Error(), "recorded wrongly, "+want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}
