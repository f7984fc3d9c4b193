package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// randomHistory is a history of one register that may or may not be one: operations at random times, values of writes that
// exist, some outcomes unknown.
func randomHistory(r *rand.Rand) []operation {
	var ops []operation
	for i := range 2 + r.IntN(7) {
		call := r.Int64N(20)
		o := operation{Client: i, Kind: write, Register: "/r", Value: fmt.Sprint(i), Call: call, Return: call + 1 + r.Int64N(8), Outcome: answered}
		switch r.IntN(5) {
		case 0:
			o.Outcome = unknown
		case 1, 2:
			o.Kind = fencedRead
			if o.Value = fmt.Sprint(r.IntN(9)); r.IntN(4) == 0 {
				o.Value = firstValue
			}
		}
		ops = append(ops, o)
	}
	return ops
}

// unsettled is the history as the model defines it: an unknown write has an interval without an end.
func unsettled(ops []operation) []porcupine.Operation {
	var list []porcupine.Operation
	for _, o := range ops {
		p := porcupine.Operation{ClientId: o.Client, Input: o, Call: o.Call, Return: o.Return}
		if o.Outcome == unknown {
			p.Return = math.MaxInt64
		}
		list = append(list, p)
	}
	return list
}

// To settle unknown outcomes changes no answer.
func TestSettledHistoriesHaveTheSameAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	count := map[porcupine.CheckResult]int{}
	for range 20000 {
		ops := randomHistory(r)
		want := porcupine.CheckOperationsTimeout(registerModel(), unsettled(ops), 0)
		got, bad := linearizable(ops)
		if got != want || (got == porcupine.Illegal) != (len(bad) == 1) {
			t.Fatalf("settled %v (%v), unsettled %v: %v", got, bad, want, ops)
		}
		count[want]++
	}
	if count[porcupine.Ok] < 1000 || count[porcupine.Illegal] < 1000 {
		t.Errorf("vacuous: %v", count)
	}
}

func TestRegistersAreJudgedApart(t *testing.T) {
	write := func(register, value string, call int64) operation {
		return operation{Kind: write, Register: register, Value: value, Zxid: hexZxid(call), Call: call, Return: call + 1, Outcome: answered}
	}
	read := func(register, value string, zxid hexZxid, call int64) operation {
		return operation{Kind: fencedRead, Register: register, Value: value, Zxid: zxid, Call: call, Return: call + 1, Outcome: answered}
	}
	ops := []operation{write("/a", "1", 1), write("/b", "2", 3), read("/a", "1", 1, 5), read("/b", firstValue, 0, 7)}
	if result, bad := linearizable(ops); result != porcupine.Illegal || len(bad) != 1 || bad[0] != "/b" {
		t.Errorf("%v %v", result, bad)
	}
	if list := staleReads(ops); len(list) != 1 || !strings.Contains(list[0].String(), "reads b = first") {
		t.Errorf("%v", list)
	}
	model := registerModel()
	if parts := model.Partition(unsettled(ops)); len(parts) != 2 || len(parts[0]) != 2 {
		t.Errorf("%d parts", len(parts))
	}
}
