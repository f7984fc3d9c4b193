package trace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/model"
	"github.com/zkcheck/zkcheck/props"
)

// Verdict is what a replay came to.
type Verdict struct {
	Property string // that is violated; else that was asked about, empty for all
	Violated bool
	Step     int    // that violates, from 1; the last one where the run as a whole is judged; 0 if none
	Evidence error  // nil if not Violated
	Vacuous  bool   // asked about is a situation that must occur, and it did not: nothing is known
	Steps    int    // taken: a violation ends the replay
	Loop     int    // after how many steps a loop began that was closed; NoLoop if there is none
	ForEver  string // what a lasso does for ever, in a sentence; empty if the run ends

	Judged  []props.Property // the one that was asked about, or all that suit the phases of the trace
	Tallies []props.Tally    // by judged property
}

func (v *Verdict) String() string {
	switch {
	case v.Violated:
		return fmt.Sprintf("violated: %s at step %d of %d: %v", v.Property, v.Step, v.Steps, v.Evidence)
	case v.Vacuous:
		return fmt.Sprintf("unknown: %s was not witnessed in %s", v.Property, steps(v.Steps))
	case v.Property != "":
		return fmt.Sprintf("holds: %s in %s", v.Property, steps(v.Steps))
	}
	return "holds: all properties in " + steps(v.Steps)
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// shown is how many enabled actions an error names.
const shown = 6

// Replay takes the steps one by one and judges each, and the run at its end. It shows them to visit,
// which may be nil; the states are valid until visit returns. A step that is not enabled is an error, and
// so is a loop that does not lead back to where it began.
func Replay(t *Trace, visit func(i int, before *cluster.State, a cluster.Action, after *cluster.State)) (*Verdict, error) {
	v, _, err := replay(t, visit)
	return v, err
}

// History is what a replay tells the epoch register.
func History(t *Trace) ([]model.EpochOp, error) {
	_, judge, err := replay(t, nil)
	if err != nil {
		return nil, err
	}
	return judge.History(), nil
}

// judged are the properties that a trace is judged by.
func (t *Trace) judged() ([]props.Property, error) {
	if t.Property == "" {
		return Suited(t.Config.Phases, props.All()), nil
	}
	p, err := props.Find(t.Property)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.place(), err)
	}
	return []props.Property{p}, nil
}

// Suited are the properties of a list that say something about servers which go no further than that: who
// never serves ends no election.
func Suited(phases cluster.Phases, list []props.Property) []props.Property {
	if phases == cluster.AllPhases || phases == cluster.ThroughSync {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(p props.Property) bool {
		return p.Kind == props.Sometimes || p.Kind == props.Eventually
	})
}

func (t *Trace) place() string {
	if t.Name == "" {
		return "trace"
	}
	return t.Name
}

// where names a step for a message.
func (t *Trace) where(i int) string {
	if line := t.Steps[i].Line; line > 0 && t.Name != "" {
		return fmt.Sprintf("%s:%d", t.Name, line)
	}
	return fmt.Sprintf("%s: step %d", t.place(), i+1)
}

// System makes the transition system that the trace is of, with the history that its properties need.
func (t *Trace) System() (*cluster.System, error) {
	list, err := t.judged()
	if err != nil {
		return nil, err
	}
	c := t.Config
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.place(), err)
	}
	return y, nil
}

func replay(t *Trace, visit func(int, *cluster.State, cluster.Action, *cluster.State)) (*Verdict, *props.Judge, error) {
	list, err := t.judged()
	if err != nil {
		return nil, nil, err
	}
	y, err := t.System()
	if err != nil {
		return nil, nil, err
	}
	judge := props.NewJudge(y, list)
	judge.Begin()
	verdict := &Verdict{Property: t.Property, Loop: NoLoop, Judged: list, Tallies: judge.Tallies}
	finish := func(v *props.Violation) (*Verdict, *props.Judge, error) {
		if v != nil {
			verdict.Property, verdict.Violated = v.Property, true
			verdict.Step, verdict.Evidence = verdict.Steps, v.Evidence
		}
		verdict.Vacuous = v == nil && len(list) == 1 && list[0].Kind == props.Sometimes && judge.Tallies[0].Witnessed == 0
		return verdict, judge, nil
	}
	before, after := &y.Init()[0], new(cluster.State)
	var enabled []cluster.Action
	turn := &knot{y: y, t: t}
	for i, step := range t.Steps {
		if i == t.Loop {
			turn.begin(before)
		}
		enabled = y.Actions(before, enabled[:0])
		if !slices.Contains(enabled, step.Action) {
			return nil, nil, fmt.Errorf("%s: %v is not enabled; %s", t.where(i), step.Action, instead(y, before, enabled, "nothing is"))
		}
		y.Copy(after, before)
		y.Apply(after, step.Action)
		verdict.Steps = i + 1
		if visit != nil {
			visit(i, before, step.Action, after)
		}
		if v := judge.Step(before, step.Action, after); v != nil {
			return finish(v)
		}
		before, after = after, before
	}
	if t.Loop != NoLoop {
		if v, err := turn.close(verdict, before); err != nil {
			return nil, nil, err
		} else if v != nil {
			return finish(v)
		}
	}
	return finish(judge.End(before))
}

// instead says what is enabled, in the given words if nothing is, and which limits cut something off.
func instead(y *cluster.System, s *cluster.State, enabled []cluster.Action, nothing string) string {
	text := nothing
	if len(enabled) > 0 {
		var names []string
		for _, a := range enabled[:min(shown, len(enabled))] {
			names = append(names, a.String())
		}
		text = "enabled: " + strings.Join(names, ", ")
		if more := len(enabled) - shown; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
	}
	if cut := cluster.CutNames(y.Cut(s)); len(cut) > 0 {
		text += " (limits reached: " + strings.Join(cut, ", ") + ")"
	}
	return text
}
