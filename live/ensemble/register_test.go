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

// registerModel is the register in the plainest way: inputs are operations.
func registerModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return firstValue },
		Step: func(state, input, _ any) (bool, any) {
			o := input.(operation)
			if o.Kind == write {
				return true, o.Value
			}
			return o.Value == state, state
		},
	}
}

// plainly is the history of a register for it: an unknown write has an interval without an end.
func plainly(ops []operation) []porcupine.Operation {
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

// What the shared model says of operations is what the plainest one says.
func TestLinearizableAgreesWithPlainModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	count := map[bool]int{}
	for range 20000 {
		ops := randomHistory(r)
		want := porcupine.CheckOperations(registerModel(), plainly(ops))
		bad := linearizable(ops)
		if (len(bad) == 0) != want || !want && (bad[0].result != porcupine.Illegal || bad[0].why == nil) {
			t.Fatalf("%v, by the plain model %v: %v", bad, want, ops)
		}
		count[want]++
	}
	if min(count[true], count[false]) < 1000 {
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
	bad := linearizable(ops)
	if len(bad) != 1 || bad[0].register != "/b" || !strings.Contains(bad[0].why.Error(), "client 0 writes b = 2 (zxid 0x3)") {
		t.Errorf("%v", bad)
	}
	if list := staleReads(ops); len(list) != 1 || !strings.Contains(list[0].String(), "reads b = first") {
		t.Errorf("%v", list)
	}
	// No client writes a value twice. Of who does, nothing is known.
	ops = append(ops, write("/a", "1", 9))
	if bad := linearizable(ops); len(bad) != 2 || bad[0].register != "/a" || bad[0].result != porcupine.Unknown || bad[0].why == nil {
		t.Errorf("%v", bad)
	}
}
