package props

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// Violation is a property that a step or a run broke, and the evidence.
type Violation struct {
	Property string
	Evidence error
}

func (v *Violation) Error() string { return v.Property + ": " + v.Evidence.Error() }

// Tally counts how often a property was checked and how often its situation occurred.
type Tally struct{ Checked, Witnessed uint64 }

// Count adds an outcome.
func (t *Tally) Count(o Outcome) {
	if o >= Held {
		t.Checked++
	}
	if o == Witnessed {
		t.Witnessed++
	}
}

// Judge follows a run: every step against the properties, and at the end what only a run can show. It
// keeps the claims and observations of the epoch register as the run goes.
type Judge struct {
	System     *cluster.System
	Properties []Property
	Tallies    []Tally

	clock int64
	ops   []model.EpochOp
	open  [election.MaxServers]int // index+1 in ops of a leader's claim that has not returned

	clients clients
}

// NewJudge makes a judge of the given properties, All or some of them.
func NewJudge(y *cluster.System, list []Property) *Judge {
	return &Judge{System: y, Properties: list, Tallies: make([]Tally, len(list))}
}

// Begin starts a run.
func (j *Judge) Begin() {
	j.clock, j.ops, j.open = 0, j.ops[:0], [election.MaxServers]int{}
	j.clients.begin()
}

// Step records a step and checks it; the first violated property in order is returned.
func (j *Judge) Step(before *cluster.State, a cluster.Action, after *cluster.State) *Violation {
	j.Record(a, after)
	st := Step{System: j.System, Before: before, After: after, Action: a}
	marks := j.System.Marks(before, a, after)
	for i := range j.Properties {
		p := &j.Properties[i]
		if p.Check == nil || p.Speaks != 0 && p.Speaks&marks == 0 {
			continue
		}
		if p.Doubts != 0 && p.Doubts&marks == 0 {
			j.Tallies[i].Count(Held)
			continue
		}
		outcome, err := p.Check(st)
		j.Tallies[i].Count(outcome)
		if outcome == Violated {
			return &Violation{p.Name, err}
		}
	}
	return nil
}

// Record keeps what the registers of epochs and of clients need. Of epochs: a claim is called when a leader fixes its epoch and
// returns when it has established it; a learner that synchronises observes. A leader that gives up or
// crashes in between leaves its claim unknown.
func (j *Judge) Record(a cluster.Action, after *cluster.State) {
	j.clock++
	j.clients.record(after, j.clock)
	if a.Kind == cluster.Crash {
		j.open[after.Actor] = 0
	}
	for _, f := range after.Out.Facts {
		actor := after.Actor
		sid := after.Servers[actor].SID
		switch f.Kind {
		case election.EpochFixed:
			j.ops = append(j.ops, model.EpochOp{Server: sid, Leader: sid, Epoch: f.Epoch, Kind: model.Claim,
				Call: 2 * j.clock, Unknown: true})
			j.open[actor] = len(j.ops)
		case election.Established:
			if k := j.open[actor]; k > 0 {
				j.ops[k-1].Return, j.ops[k-1].Unknown = 2*j.clock+1, false
			}
			j.open[actor] = 0
		case election.GaveUp:
			j.open[actor] = 0
		case election.Synced:
			j.ops = append(j.ops, model.EpochOp{Server: sid, Leader: after.Servers[f.Peer].SID, Epoch: f.Epoch,
				Kind: model.Observe, Call: 2 * j.clock, Return: 2*j.clock + 1})
		}
	}
}

// Clients is what clients have seen in the run so far.
func (j *Judge) Clients() []model.ClientOp { return j.clients.ops }

// History is the epoch register's history of the run so far, for a picture of it.
func (j *Judge) History() []model.EpochOp { return j.ops }

// End judges the run as a whole from its last state: the epoch register by porcupine, and whether a
// fair schedule ends the election. The state is not changed.
func (j *Judge) End(last *cluster.State) *Violation {
	for i := range j.Properties {
		outcome, err := j.end(&j.Properties[i], last)
		j.Tallies[i].Count(outcome)
		if outcome == Violated {
			return &Violation{j.Properties[i].Name, err}
		}
	}
	return nil
}

// end judges one property of the whole run; others are silent.
func (j *Judge) end(p *Property, last *cluster.State) (Outcome, error) {
	switch p.Name {
	case EpochRegister:
		if len(j.ops) == 0 {
			return Held, nil
		}
		if result, _ := model.CheckEpochs(j.ops, 0); result != porcupine.Ok {
			return violated("the epoch register is not a write-once register (porcupine: %v): %w", result, registerEvidence(j.ops))
		}
		return held(len(j.ops) > 1)
	case ClientRegister:
		if !j.System.Plausible() || j.System.Limits.Wipes > 0 || last.Doubtful() {
			return Silent, nil
		}
		return j.clients.judge()
	case ElectionEnds:
		end := Settle(j.System, last)
		switch {
		case end.Err != nil:
			return Violated, end.Err
		case !end.Possible:
			return Silent, nil
		}
		return Witnessed, nil // a quorum can run, and ended its election
	}
	return Silent, nil
}

func registerEvidence(ops []model.EpochOp) error {
	if err := model.EpochEvidence(ops); err != nil {
		return err
	}
	return fmt.Errorf("%d operations", len(ops))
}
