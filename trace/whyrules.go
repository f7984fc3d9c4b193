package trace

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
)

// Difference is the first step of a run under a bug's rules that ZooKeeper's rules would have taken in another
// way, from the same state.
type Difference struct {
	Mutant     *mutant.Mutant
	Step       int    // from 1; 0 if the rules agree in every step of the run
	Action     string // of the step
	Wrong      Deed   // what the bug's rules did
	Right      Deed   // what ZooKeeper's do
	Impossible bool   // ZooKeeper's rules don't have the step at all; Right says what they have
	Hidden     bool   // both look alike: the difference is in what a server remembers

	// If the rules agree in every step: the first place where they differ in what could have happened.
	After         int      // so many steps
	Missing, More []string // actions that only ZooKeeper's rules have there, and that only the bug's have
}

// Deed is what one set of rules made of a step.
type Deed struct {
	Text    string
	Changes []string // Changes, and what was sent
}

// differ compares the rules of a mutant with ZooKeeper's along a run. It is nil for a run under ZooKeeper's.
func differ(t *Trace) (*Difference, error) {
	name := t.Config.Ensemble.Rules.Name
	if name == "" {
		return nil, nil
	}
	m, err := mutant.Find(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.place(), err)
	}
	wrong, err := t.System()
	if err != nil {
		return nil, err
	}
	c := wrong.Config
	ensemble := *c.Ensemble
	ensemble.Rules = election.Standard()
	c.Ensemble = &ensemble
	right, err := cluster.New(c)
	if err != nil {
		return nil, err
	}
	d := &Difference{Mutant: &m}
	_, err = Replay(t, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		if d.Step == 0 && d.compare(wrong, right, before, a, after) {
			d.Step, d.Action = i+1, a.String()
		}
		d.enabled(i, wrong, right, before)
		if i == len(t.Steps)-1 {
			d.enabled(i+1, wrong, right, after)
		}
	})
	if d.Step > 0 {
		d.After, d.Missing, d.More = 0, nil, nil
	}
	return d, err
}

// enabled compares what can happen after so many steps, unless another place is known.
func (d *Difference) enabled(after int, wrong, right *cluster.System, s *cluster.State) {
	if len(d.Missing)+len(d.More) > 0 {
		return
	}
	var there cluster.State // Actions notes in a state what it left out
	wrong.Copy(&there, s)
	has := wrong.Actions(&there, nil)
	right.Copy(&there, s)
	should := right.Actions(&there, nil)
	d.After, d.Missing, d.More = after, lacks(has, should), lacks(should, has)
}

// lacks are the actions of the second list that are not in the first.
func lacks(list, other []cluster.Action) (names []string) {
	for _, a := range other {
		if !slices.Contains(list, a) {
			names = append(names, a.String())
		}
	}
	return names
}

// compare tells whether ZooKeeper's rules take a step in another way, and says how both take it.
func (d *Difference) compare(wrong, right *cluster.System, before *cluster.State, a cluster.Action, after *cluster.State) bool {
	var from, other cluster.State // Actions notes in a state what it left out
	right.Copy(&from, before)
	enabled := right.Actions(&from, nil)
	if !slices.Contains(enabled, a) {
		d.Impossible = true
		d.Wrong = deed(wrong, before, a, after)
		d.Right = Deed{Text: fmt.Sprintf("%v can't happen; %s", a, instead(right, &from, enabled, "nothing is enabled"))}
		return true
	}
	right.Copy(&other, before)
	right.Apply(&other, a)
	if bytes.Equal(wrong.Encode(after, nil), right.Encode(&other, nil)) && sameOutputs(&after.Out, &other.Out) {
		return false
	}
	d.Wrong, d.Right = deed(wrong, before, a, after), deed(right, before, a, &other)
	if d.Wrong.Text == d.Right.Text && slices.Equal(d.Wrong.Changes, d.Right.Changes) {
		d.Hidden = true
	}
	return true
}

func sameOutputs(a, b *election.Outputs) bool {
	return slices.Equal(a.Notes, b.Notes) && slices.Equal(a.Packets, b.Packets) && slices.Equal(a.Facts, b.Facts) &&
		a.Decided == b.Decided && (!a.Decided || a.Decision == b.Decision) && a.Connect == b.Connect &&
		a.Close == b.Close && a.HangUp == b.HangUp && a.Writes == b.Writes
}

// deed puts a step into words: the sentence, what changed, and what was sent.
func deed(y *cluster.System, before *cluster.State, a cluster.Action, after *cluster.State) Deed {
	d := Deed{Text: NewNarrator(y).Step(before, a, after), Changes: Changes(before, after)}
	for i := range after.Servers {
		if was, is := before.Servers[i], after.Servers[i]; after.Up.Has(i) && is.State != election.Looking &&
			was.State == is.State && was.Vote != is.Vote {
			d.Changes = append(d.Changes, fmt.Sprintf("%v tells who asks: %v", is.SID, is.Vote.Candidate))
		}
	}
	sid := func(pos uint8) election.SID { return y.Ensemble.Members[pos].SID }
	for _, n := range after.Out.Notes {
		d.Changes = append(d.Changes, fmt.Sprintf("vote to %v: %v %v, round %d", sid(n.To), n.Vote.State, n.Vote.Candidate, int64(n.Vote.Round)))
	}
	for _, p := range after.Out.Packets {
		d.Changes = append(d.Changes, fmt.Sprintf("packet to %v: %s", sid(p.To), describePacket(p.Packet)))
	}
	if len(d.Changes) == 0 {
		d.Changes = []string{"nothing that others see changes"}
	}
	return d
}
