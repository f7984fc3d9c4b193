package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// judgeTime is the most that a search may take. What takes longer is unknown.
const judgeTime = time.Minute

// registerModel is a register as porcupine sees it: inputs and outputs are Operations. A write that nobody knows the outcome of
// has an interval without an end, so that it may also happen after everything else, which is to say never.
func registerModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			parts := map[string][]porcupine.Operation{}
			var names []string
			for _, o := range history {
				name := o.Input.(operation).Register
				if parts[name] == nil {
					names = append(names, name)
				}
				parts[name] = append(parts[name], o)
			}
			slices.Sort(names)
			var list [][]porcupine.Operation
			for _, name := range names {
				list = append(list, parts[name])
			}
			return list
		},
		Init: func() any { return firstValue },
		Step: func(state, input, _ any) (bool, any) {
			o := input.(operation)
			if o.Kind == write {
				return true, o.Value
			}
			return o.Value == state, state
		},
		DescribeOperation: func(input, _ any) string { return input.(operation).String() },
		DescribeState:     func(state any) string { return state.(string) },
	}
}

func (o operation) String() string {
	name := o.Register[strings.LastIndexByte(o.Register, '/')+1:]
	verb := "reads"
	if o.Kind == write {
		verb = "writes"
	}
	text := fmt.Sprintf("client %d %s %s = %s", o.Client, verb, name, o.Value)
	if o.Outcome == answered {
		return text + fmt.Sprintf(" (zxid 0x%x)", uint64(o.Zxid))
	}
	return text + " (outcome unknown)"
}

// inHistory are the operations that a search has to explain: writes, whether their outcome is known or not, and reads of the kinds
// asked for that were answered.
func inHistory(history []operation, reads ...kind) []operation {
	var list []operation
	for _, o := range history {
		if o.Kind == write && o.Outcome != unsent || o.Outcome == answered && slices.Contains(reads, o.Kind) {
			list = append(list, o)
		}
	}
	return list
}

// settle takes the unknown outcomes out of a history, so that the search has nothing to explode on. Values are unique, which
// makes it sound. An unknown write whose value nobody read can be left out: if there is an order with it, the order without it is one
// as well, for the reads that follow it read something that was written later; and if there is one without it, it can happen last
// of all. One whose value was read has happened before that read returned.
func settle(ops []operation) []operation {
	read := map[string]int64{} // register and value: first return of a read
	key := func(o *operation) string { return o.Register + "=" + o.Value }
	for i := range ops {
		if o := &ops[i]; o.Kind != write {
			if at, ok := read[key(o)]; !ok || o.Return < at {
				read[key(o)] = o.Return
			}
		}
	}
	var list []operation
	for _, o := range ops {
		if o.Kind == write && o.Outcome == unknown {
			at, seen := read[key(&o)]
			if !seen {
				continue
			}
			o.Return = max(at, o.Call) // read before it was called: no order explains that, whatever its interval
		}
		list = append(list, o)
	}
	return list
}

// intervals turns operations into porcupine's.
func intervals(ops []operation) []porcupine.Operation {
	var list []porcupine.Operation
	for _, o := range ops {
		end := o.Return
		if o.Kind == write && o.Outcome == unknown && end <= o.Call {
			end = math.MaxInt64
		}
		list = append(list, porcupine.Operation{ClientId: o.Client, Input: o, Call: o.Call, Return: end})
	}
	return list
}

// linearizable tells whether the operations are those of registers, and which registers are not if they are not.
func linearizable(ops []operation) (porcupine.CheckResult, []string) {
	parts := map[string][]operation{}
	for _, o := range settle(ops) {
		parts[o.Register] = append(parts[o.Register], o)
	}
	result := porcupine.CheckResult(porcupine.Ok)
	var bad []string
	for name, part := range parts {
		switch porcupine.CheckOperationsTimeout(registerModel(), intervals(part), judgeTime) {
		case porcupine.Illegal:
			bad = append(bad, name)
			result = porcupine.Illegal
		case porcupine.Unknown:
			if result == porcupine.Ok {
				result = porcupine.Unknown
			}
		}
	}
	slices.Sort(bad)
	return result, bad
}

// picture draws the history of a register that is none. It shows why, and decides nothing: an error is only told.
func (r *report) picture(register string, ops []operation) string {
	var part []operation
	for _, o := range settle(ops) {
		if o.Register == register {
			part = append(part, o)
		}
	}
	path := filepath.Join(r.dir, "history-"+filepath.Base(register)+".html")
	f, err := os.Create(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	_, info := porcupine.CheckOperationsVerbose(registerModel(), intervals(part), judgeTime)
	if err := porcupine.Visualize(registerModel(), info, f); err != nil {
		return err.Error()
	}
	return "picture in " + path
}

// staleRead is a read that returned less than what an operation had returned before the read was called.
type staleRead struct{ read, missed operation }

func staleReads(ops []operation) []staleRead {
	parts := map[string][]operation{}
	for _, o := range ops {
		if o.Outcome == answered {
			parts[o.Register] = append(parts[o.Register], o)
		}
	}
	var list []staleRead
	for _, part := range parts {
		goesBack(part, func(before, after operation) {
			if after.Kind != write {
				list = append(list, staleRead{after, before})
			}
		})
	}
	slices.SortFunc(list, func(a, b staleRead) int { return cmp.Compare(a.read.Call, b.read.Call) })
	return list
}
