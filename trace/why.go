package trace

import (
	"context"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// WhyOptions bound the work of an explanation.
type WhyOptions struct {
	States   int                       // most states looked at for the shares
	Progress func(horizon, states int) // is told now and then how many states can come until which step; may be nil
}

// Explanation says why a run violates a property.
type Explanation struct {
	Trace    *Trace // that was explained: it ends with the violation
	Verdict  *Verdict
	Property props.Property
	Steps    []Explained
	Every    bool // the steps that are not needed were all found: what is kept can't spare a single one

	Odds    *Odds       // nil if the property is not one of single steps, or the run has no end
	Decided int         // the step that raised the share most, from 1; 0 if none did or that is not known
	Rules   *Difference // nil under ZooKeeper's rules
}

// Explained is a step of an explanation.
type Explained struct {
	Step
	Text     string
	Needed   bool
	BuildsOn []int // the needed steps, from 1, that a needed step builds on directly
}

// Why explains a trace that violates a property. When the context ends the work does, and what was found out by
// then is all that is explained. The verdict of one that does not is all there is to say about
// it, and comes back in an explanation without steps.
func Why(ctx context.Context, t *Trace, o WhyOptions) (*Explanation, error) {
	verdict, err := Replay(t, nil)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Verdict: verdict}
	if !verdict.Violated {
		return e, nil
	}
	if e.Property, err = props.Find(verdict.Property); err != nil {
		return nil, err
	}
	e.Trace = t.until(verdict)
	if err := e.explainSteps(ctx); err != nil {
		return nil, err
	}
	if e.Rules, err = differ(e.Trace); err != nil {
		return nil, err
	}
	if e.Property.Check == nil || e.Trace.Loop != NoLoop {
		return e, nil
	}
	if e.Odds, err = odds(ctx, e.Trace, e.Property, o); err != nil {
		return nil, err
	}
	e.Decided = e.Odds.decided()
	return e, nil
}

// until is a copy of the trace that names the violated property and ends with the violation.
func (t *Trace) until(v *Verdict) *Trace {
	c := *t
	c.Property = v.Property
	c.Steps = t.Steps[:len(t.Steps):len(t.Steps)]
	c.Keep(v.Step)
	return &c
}

// explainSteps puts the steps into words, and finds which are needed.
func (e *Explanation) explainSteps(ctx context.Context) error {
	t := e.Trace
	y, err := t.System()
	if err != nil {
		return err
	}
	narrator := NewNarrator(y)
	_, err = Replay(t, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		e.Steps = append(e.Steps, Explained{Step: t.Steps[i], Text: narrator.Step(before, a, after)})
	})
	if err != nil {
		return err
	}
	builds, err := causesOf(t)
	if err != nil {
		return err
	}
	kept, every := needed(ctx, t, e.Property, builds)
	e.Every = every
	if builds, err = causesOf(t.only(kept)); err != nil {
		return err
	}
	var numbers []int // of the kept steps, in the whole trace
	for i := range e.Steps {
		if !kept[i] {
			continue
		}
		s := &e.Steps[i]
		s.Needed = true
		for _, k := range builds[len(numbers)] {
			s.BuildsOn = append(s.BuildsOn, numbers[k])
		}
		numbers = append(numbers, i+1)
	}
	return nil
}

// NeededSteps is how many steps are needed.
func (e *Explanation) NeededSteps() int {
	n := 0
	for _, s := range e.Steps {
		if s.Needed {
			n++
		}
	}
	return n
}

// decided is the step, from 1, that raised the share most, the first of equals; 0 if none did. It is 0, too, if the horizon is the end
// of the run: where no detour fits, every step that is not taken is the end of it, and the last one decides.
func (o *Odds) decided() int {
	if o.Horizon < len(o.At) {
		return 0
	}
	step, most := 0, 0.0
	for i := 1; i < len(o.At); i++ {
		if was := o.At[i-1]; was.Known && o.At[i].Fails-was.Fails > most {
			step, most = i, o.At[i].Fails-was.Fails
		}
	}
	return step
}

// SureFrom is after how many steps every way to go on within the horizon fails.
func (o *Odds) SureFrom() int {
	from := len(o.At) - 1
	for from > 0 && o.At[from-1].Sure {
		from--
	}
	return from
}
