package ensemble

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/model"
)

// judgeTime is the most that a search may take. What takes longer is unknown.
const judgeTime = time.Minute

func (o operation) String() string {
	verb := "reads"
	if o.Kind == write {
		verb = "writes"
	}
	return fmt.Sprintf("client %d %s %s", o.Client, verb, o.what())
}

// what is the value, and where it is, for people.
func (o *operation) what() string {
	text := fmt.Sprintf("%s = %s", o.Register[strings.LastIndexByte(o.Register, '/')+1:], o.Value)
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

// byRegister sorts the operations of a history by what they are on.
func byRegister(ops []operation) map[string][]operation {
	parts := map[string][]operation{}
	for _, o := range ops {
		parts[o.Register] = append(parts[o.Register], o)
	}
	return parts
}

// clientOps are operations on one register as the model has them, which numbers the values. It is not told the zxids: whether
// these are in order is asked by other checks, and what reads returned must make sense without them.
func clientOps(ops []operation) []model.ClientOp {
	numbers := map[string]uint64{firstValue: 0}
	var list []model.ClientOp
	for _, o := range ops {
		number, known := numbers[o.Value]
		if !known {
			number = uint64(len(numbers))
			numbers[o.Value] = number
		}
		kind := model.SyncedRead
		if o.Kind == write {
			kind = model.Write
		}
		list = append(list, model.ClientOp{Client: o.Client, Kind: kind, Value: number, Name: o.what(),
			Call: o.Call, Return: o.Return, Unknown: o.Outcome == unknown})
	}
	return list
}

// notLinearizable is a register that is none, or of which that is not known.
type notLinearizable struct {
	register string
	result   porcupine.CheckResult
	why      error
}

func (n *notLinearizable) is(result porcupine.CheckResult, register string) bool {
	return n.result == result && n.register == register
}

// linearizable finds the registers whose operations, writes and reads that should not be stale, are not those of one.
func linearizable(ops []operation) []notLinearizable {
	var list []notLinearizable
	for name, part := range byRegister(ops) {
		ops := clientOps(part)
		if result, _ := model.CheckClients(ops, judgeTime); result != porcupine.Ok {
			list = append(list, notLinearizable{name, result, model.ClientEvidence(ops)})
		}
	}
	slices.SortFunc(list, func(a, b notLinearizable) int { return cmp.Compare(a.register, b.register) })
	return list
}

// picture draws the history of a register that is none. It shows why, and decides nothing: an error is only told.
func (r *report) picture(register string, ops []operation) string {
	path := filepath.Join(r.dir, "history-"+filepath.Base(register)+".html")
	f, err := os.Create(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if err := model.WriteClientsHTML(f, clientOps(byRegister(ops)[register])); err != nil {
		return err.Error()
	}
	return "picture in " + path
}

// staleRead is a read that returned less than what an operation had returned before the read was called.
type staleRead struct{ read, missed operation }

func staleReads(ops []operation) []staleRead {
	known := slices.DeleteFunc(slices.Clone(ops), func(o operation) bool { return o.Outcome != answered })
	var list []staleRead
	for _, part := range byRegister(known) {
		goesBack(part, func(before, after operation) {
			if after.Kind != write {
				list = append(list, staleRead{after, before})
			}
		})
	}
	slices.SortFunc(list, func(a, b staleRead) int { return cmp.Compare(a.read.Call, b.read.Call) })
	return list
}
