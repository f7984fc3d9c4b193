package props

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Kind is how a property speaks.
type Kind uint8

const (
	Always     Kind = iota // in every step
	Sometimes              // in at least one step of all runs, or the runs were too weak
	Eventually             // from the end of a run, under a fair schedule without faults
	Lesson                 // a plausible statement that is false: its violation is expected
)

func (k Kind) String() string {
	return [...]string{"always", "sometimes", "eventually", "lesson"}[k&3]
}

// Outcome of a check. The values and their order are those of package explore.
type Outcome uint8

const (
	Silent    Outcome = iota // nothing to say about this step
	Held                     // checked
	Witnessed                // checked, and the situation it speaks about occurred
	Violated
)

// Step is what a property looks at. Initial states are not steps.
type Step struct {
	System        *cluster.System
	Before, After *cluster.State
	Action        cluster.Action
}

// actor is the server that stepped, or nil for a step of the network or a crash.
func (st Step) actor() *election.Server {
	if st.After.Actor < 0 {
		return nil
	}
	return st.After.Servers[st.After.Actor]
}

func (st Step) members() []election.Member { return st.System.Ensemble.Members }

// sids are the members of a set.
func (st Step) sids(set election.Set) []election.SID {
	var list []election.SID
	for i := range st.members() {
		if set.Has(i) {
			list = append(list, st.sid(i))
		}
	}
	return list
}

func (st Step) sid(pos int) election.SID { return st.System.Ensemble.Members[pos].SID }

// Property is one statement. Check may be nil for one that needs a whole run.
type Property struct {
	ID    string // P1..P21 of the catalogue, empty for what is not of it
	Name  string
	Doc   string
	Kind  Kind
	Track cluster.Track // the history it needs
	// Speaks are the marks of the steps that it speaks of: of a step that has none of them it is Silent, and need
	// not be asked. 0 is all steps.
	Speaks cluster.Marks
	// Doubts are the marks of the steps that it has to look at: of one that has none of them, but one of Speaks, it
	// says Held. 0 is all.
	Doubts cluster.Marks
	// Own: it looks at nothing but the server that steps, before and after, its input and what it puts out, at disks that
	// the step wrote, which are its own, and at what is the same throughout a run. So of a step that is known already it
	// says what it said.
	Own   bool
	Check func(st Step) (Outcome, error)
}

// held is the outcome of a check that found nothing wrong.
func held(witnessed bool) (Outcome, error) {
	if witnessed {
		return Witnessed, nil
	}
	return Held, nil
}

func violated(format string, args ...any) (Outcome, error) {
	return Violated, fmt.Errorf(format, args...)
}

// judged turns an error of the model into an outcome; that it was asked is the witness.
func judged(err error) (Outcome, error) {
	if err != nil {
		return Violated, err
	}
	return Witnessed, nil
}

// Names of the properties that a whole run is judged by.
const (
	ElectionEnds   = "election-ends"
	EpochRegister  = "epoch-register"
	ClientRegister = "client-register"
)

// All are the properties that must hold, in the order of the catalogue, then the situations that must
// occur, then what a whole run is judged by.
func All() []Property {
	return slices.Concat(epochProperties(), decisionProperties(), diskProperties(), garbledProperties(), historyProperties(), conductProperties(), dutyProperties(), []Property{
		{Name: "a-leader-serves", Kind: Sometimes, Doc: "a leader gets as far as BROADCAST", Speaks: cluster.Happened(election.Serving), Own: true, Check: aLeaderServes},
		{ID: "P10", Name: ElectionEnds, Kind: Eventually,
			Doc: "faults over and a quorum up: one serving leader, followed by all that are up"},
		{ID: "P17", Name: EpochRegister, Kind: Always,
			Doc: "epoch -> leader is a write-once register, checked by porcupine over each run"},
		{ID: "P17", Name: ClientRegister, Kind: Always,
			Doc: "clients' writes and synced reads are linearizable, and no client sees plain reads go back, over each run"},
	})
}

// StepProperties are those of All that are checked step by step.
func StepProperties() []Property {
	return slices.DeleteFunc(All(), func(p Property) bool { return p.Check == nil })
}

// Reducible tells whether a search for these properties may be reduced: they are of [StepProperties]. What commutes, and what
// nothing can tell apart, is known with these in mind; others may look at what they do not.
func Reducible(list []Property) bool {
	own := StepProperties()
	for _, p := range list {
		known := func(q Property) bool {
			return q.Name == p.Name && reflect.ValueOf(q.Check).Pointer() == reflect.ValueOf(p.Check).Pointer()
		}
		if p.Check != nil && !slices.ContainsFunc(own, known) {
			return false
		}
	}
	return true
}

// Find looks a property up by its name or catalogue number, or a lesson or goal by its name.
func Find(name string) (Property, error) {
	for _, p := range All() {
		if p.Name == name || p.ID == name {
			return p, nil
		}
	}
	for _, l := range Lessons() {
		if l.Name == name {
			return l.Property, nil
		}
	}
	for _, g := range Goals() {
		if g.Name == name {
			return g.Property(), nil
		}
	}
	return Property{}, fmt.Errorf("unknown property %q", name)
}

// TrackOf is the history that the properties need together.
func TrackOf(list []Property) cluster.Track {
	var t cluster.Track
	for _, p := range list {
		t = t.Or(p.Track)
	}
	return t
}

func aLeaderServes(st Step) (Outcome, error) {
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.Serving {
			return Witnessed, nil
		}
	}
	return Silent, nil
}
