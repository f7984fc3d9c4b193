package model

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

func claim(leader election.SID, call, ret int64) EpochOp {
	return EpochOp{Kind: Claim, Epoch: 5, Server: leader, Leader: leader, Call: call, Return: ret}
}

func unknown(leader election.SID, call int64) EpochOp {
	return EpochOp{Kind: Claim, Epoch: 5, Server: leader, Leader: leader, Call: call, Unknown: true}
}

func observe(server, leader election.SID, call, ret int64) EpochOp {
	return EpochOp{Kind: Observe, Epoch: 5, Server: server, Leader: leader, Call: call, Return: ret}
}

func inEpoch(epoch uint32, o EpochOp) EpochOp {
	o.Epoch = epoch
	return o
}

func TestCheckEpochs(t *testing.T) {
	for _, test := range []struct {
		name     string
		ops      []EpochOp
		want     porcupine.CheckResult
		evidence string
	}{
		{"nothing", nil, porcupine.Ok, ""},
		{"one leader", []EpochOp{claim(1, 1, 3), observe(2, 1, 4, 4), observe(3, 1, 5, 6)}, porcupine.Ok, ""},
		{"the same leader twice", []EpochOp{claim(1, 1, 3), claim(1, 5, 6)}, porcupine.Ok, ""},
		{"two leaders of two epochs", []EpochOp{claim(1, 1, 3), inEpoch(6, claim(2, 1, 3))}, porcupine.Ok, ""},
		{"two leaders", []EpochOp{claim(1, 1, 3), claim(2, 2, 4)}, porcupine.Illegal,
			"epoch 5 has two leaders: server 1 claims epoch 5 for 1 at 1..3, but server 2 claims epoch 5 for 2 at 2..4"},
		{"an attempt that was not finished", []EpochOp{unknown(2, 1), claim(1, 2, 3)}, porcupine.Ok, ""},
		{"attempts only", []EpochOp{unknown(2, 1), unknown(1, 2), unknown(3, 2)}, porcupine.Ok, ""},
		{"an attempt that was seen", []EpochOp{unknown(2, 1), observe(3, 2, 2, 2)}, porcupine.Ok, ""},
		{"an attempt that was seen, and another leader", []EpochOp{unknown(2, 1), observe(3, 2, 2, 2), claim(1, 5, 6)},
			porcupine.Illegal, "but server 1 claims"},
		{"both attempts were seen", []EpochOp{unknown(1, 1), unknown(2, 1), observe(3, 1, 2, 2), observe(3, 2, 3, 3)},
			porcupine.Illegal, "server 3 observes epoch 5 for 1 at 2..2, but server 3 observes epoch 5 for 2 at 3..3"},
		{"seen while it is claimed", []EpochOp{claim(1, 1, 9), observe(2, 1, 4, 4)}, porcupine.Ok, ""},
		{"seen when the claim is called", []EpochOp{claim(1, 4, 9), observe(2, 1, 3, 4)}, porcupine.Ok, ""},
		{"seen before the claim", []EpochOp{claim(1, 5, 9), observe(2, 1, 3, 4)}, porcupine.Illegal,
			"epoch 5 has a leader that did not claim it by then: server 2 observes epoch 5 for 1 at 3..4"},
		{"seen before one claim, after an unknown", []EpochOp{claim(1, 5, 9), unknown(1, 2), observe(2, 1, 3, 4)}, porcupine.Ok, ""},
		{"seen, never claimed", []EpochOp{observe(2, 1, 3, 4)}, porcupine.Illegal, "server 2 observes epoch 5 for 1"},
		{"seen, claimed by others", []EpochOp{unknown(3, 1), observe(2, 1, 3, 4)}, porcupine.Illegal, "server 2 observes"},
		{"the lowest epoch first", []EpochOp{inEpoch(9, observe(2, 1, 3, 4)), inEpoch(7, observe(2, 1, 3, 4))}, porcupine.Illegal, "epoch 7 "},
		{"two leaders, whatever the clock", []EpochOp{claim(1, 3, 1), claim(2, 2, 4)}, porcupine.Illegal, "two leaders"},
		{"a wrong clock", []EpochOp{claim(1, 3, 1)}, porcupine.Unknown, "returns before it is called: server 1 claims"},
		{"an unfinished look", []EpochOp{{Kind: Observe, Epoch: 5, Server: 2, Leader: 1, Unknown: true}, claim(3, 1, 2)}, porcupine.Ok, ""},
	} {
		if got, _ := CheckEpochs(test.ops, time.Minute); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		err := EpochEvidence(test.ops)
		if (err == nil) != (test.evidence == "") || err != nil && !strings.Contains(err.Error(), test.evidence) {
			t.Errorf("%s: evidence %v, want %q", test.name, err, test.evidence)
		}
	}
}

// tally counts verdicts, so that a test can say that it saw enough of both.
type tally struct{ legal, illegal, violations int }

func (c *tally) demand(t *testing.T, percent int) {
	t.Helper()
	t.Logf("%d legal, %d illegal, %d of these by two known leaders", c.legal, c.illegal, c.violations)
	all := c.legal + c.illegal
	if all < 1000 {
		return // the command line asked for few cases
	}
	if least := all * percent / 100; c.legal < least || c.illegal < least || c.illegal-c.violations < least/4 {
		t.Errorf("vacuous: too few of one verdict: %+v", *c)
	}
}

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Fatalf(format string, args ...any)
}

// compare checks a history with and without pruning, and the evidence; and that pruning says violation only where there is one.
func (c *tally) compare(t tester, ops []EpochOp) bool {
	legal := porcupine.CheckOperations(EpochModel(), operations(ops))
	pruned, violation := Prune(ops)
	if got := porcupine.CheckOperations(EpochModel(), operations(pruned)); got != legal || violation && legal {
		t.Fatalf("%v is legal %v, pruned to %v it is %v (violation %v)", ops, legal, pruned, got, violation)
	}
	if err := EpochEvidence(ops); (err == nil) != legal {
		t.Fatalf("%v is legal %v, the evidence is: %v", ops, legal, err)
	}
	if len(pruned) > 6 {
		t.Fatalf("%v: %d operations left by pruning: %v", ops, len(pruned), pruned)
	}
	switch {
	case legal:
		c.legal++
	case violation:
		c.violations++
		fallthrough
	default:
		c.illegal++
	}
	return legal
}

// All histories of up to three operations on one epoch: three leaders, times 0..2, known and unknown, claims and observations. Here unknown
// claims are also judged without the model's word for it: some choice of those that took effect must be legal.
func TestPruneExhaustively(t *testing.T) {
	var alphabet []EpochOp
	for leader := election.SID(1); leader <= 3; leader++ {
		for call := range int64(3) {
			unfinished := observe(9, leader, call, 0)
			unfinished.Unknown = true
			alphabet = append(alphabet, unknown(leader, call), unfinished)
			for ret := call; ret < 3; ret++ {
				alphabet = append(alphabet, claim(leader, call, ret), observe(9, leader, call, ret))
			}
		}
	}
	var count tally
	try := func(ops ...EpochOp) {
		if legal := count.compare(t, ops); legal != legalForSomeChoice(ops) {
			t.Fatalf("%v is legal %v, tried one by one it is not", ops, legal)
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
	count.demand(t, 10)
}

// legalForSomeChoice: is there a choice of unknown claims that never happen, the others happening at some time, that is legal?
func legalForSomeChoice(ops []EpochOp) bool {
	for i, o := range ops {
		if !o.Unknown || o.Kind == Observe {
			continue
		}
		without := slices.Delete(slices.Clone(ops), i, i+1)
		with := slices.Clone(ops)
		with[i].Unknown, with[i].Return = false, math.MaxInt64
		return legalForSomeChoice(without) || legalForSomeChoice(with)
	}
	known := slices.DeleteFunc(slices.Clone(ops), func(o EpochOp) bool { return o.Unknown })
	return porcupine.CheckOperations(EpochModel(), operations(known))
}

// anyHistory draws up to nine operations, most of them for one leader: otherwise few histories were legal.
func anyHistory() *rapid.Generator[[]EpochOp] {
	operation := rapid.Custom(func(t *rapid.T) EpochOp {
		leader := rapid.SampledFrom([]election.SID{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}).Draw(t, "leader")
		attempt := rapid.SampledFrom([]election.SID{1, 2, 3}).Draw(t, "attempt")
		call := rapid.Int64Range(0, 12).Draw(t, "call")
		ret := call + rapid.Int64Range(0, 6).Draw(t, "lasts")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0, 1:
			return unknown(attempt, call)
		case 2, 3:
			return claim(leader, call, ret)
		case 4:
			o := observe(4, attempt, call, ret)
			o.Unknown = true
			return o
		default:
			return observe(4, leader, call+3, ret+3)
		}
	})
	return rapid.SliceOfN(operation, 0, 9)
}

func TestPruneRandomly(t *testing.T) {
	var count tally
	rapid.Check(t, func(t *rapid.T) {
		ops := anyHistory().Draw(t, "ops")
		count.compare(t, ops)
		// Two epochs are legal if both are: partitioning and pruning keep them apart.
		other := anyHistory().Draw(t, "other")
		both := slices.Clone(ops)
		for _, o := range other {
			both = append(both, inEpoch(6, o))
		}
		got, _ := CheckEpochs(both, 0)
		want := EpochEvidence(ops) == nil && EpochEvidence(other) == nil
		if (got == porcupine.Ok) != want {
			t.Fatalf("%v: %v, want legal %v", both, got, want)
		}
	})
	count.demand(t, 15)
}

// The case that porcupine alone can't do: many attempts that overlap for ever, and many observers.
func TestCheckEpochsIsQuick(t *testing.T) {
	var ops []EpochOp
	for epoch := range uint32(200) {
		for sid := election.SID(1); sid <= 40; sid++ {
			ops = append(ops, inEpoch(epoch, unknown(sid, 0)), inEpoch(epoch, observe(sid, 1, 1, 100)))
		}
	}
	for want, last := range map[porcupine.CheckResult]EpochOp{porcupine.Ok: claim(1, 3, 4), porcupine.Illegal: observe(9, 99, 3, 4)} {
		if got, _ := CheckEpochs(append(ops[:len(ops):len(ops)], inEpoch(7, last)), time.Minute); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestWriteHTML(t *testing.T) {
	var page bytes.Buffer
	if err := WriteHTML(&page, []EpochOp{claim(1, 1, 3), observe(2, 1, 4, 4)}); err == nil || page.Len() > 0 {
		t.Errorf("a legal history is drawn: %v, %d bytes", err, page.Len())
	}
	if err := WriteHTML(&page, []EpochOp{claim(1, 3, 1), claim(2, 1, 3)}); err == nil || page.Len() > 0 {
		t.Errorf("a history with a wrong clock is drawn: %v, %d bytes", err, page.Len())
	}
	ops := []EpochOp{
		inEpoch(4, claim(8, 1, 2)), unknown(2, 1), claim(1, 5, 9), observe(3, 1, 10, 10), observe(4, 1, 11, 11), claim(6, 12, 13),
	}
	if err := WriteHTML(&page, ops); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for _, want := range []string{
		"<html", "server 1 claims epoch 5 for 1 at 5..9", "server 6 claims epoch 5 for 6 at 12..13", "leader 1",
		fmt.Sprintf("%q", "server 2, left out"), "server 4 observes epoch 5 for 1 at 11..11",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of %d bytes does not contain %q", len(text), want)
		}
	}
	if strings.Contains(text, "epoch 4") {
		t.Error("the page shows epoch 4, which is legal")
	}
}
