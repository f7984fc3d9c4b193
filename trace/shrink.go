package trace

import (
	"context"
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// ShrinkOptions bound the searches of a shrinking. Of the embedded options Workers, MaxStates, MaxMemory, Progress
// and Every count. The limits of a search make a certificate weaker or spare it; they never make a wrong one.
type ShrinkOptions struct {
	explore.Options
	Shorter func(steps, servers int) // called with every better run; may be nil
}

// Shrunk is a counterexample that has been made as short and simple as could be.
type Shrunk struct {
	*Trace                     // with its certificate, if there is one
	Violation *props.Violation // nil of a lasso
	Doubt     string           // why it is not known that there is none shorter; empty if it is
}

// Minimal tells whether the certificate says that no run of fewer steps does the same in this cluster, under
// these limits. A run of no steps needs none.
func (t *Trace) Minimal() bool {
	return len(t.Steps) == 0 || t.Certificate != nil && t.Certificate.Bound == len(t.Steps)-1
}

// Shrink looks for the shortest run in the simplest cluster that violates what this one violates: it leaves
// out steps, servers, faults and limits, lowers numbers, and searches what is left, until nothing helps. In
// the end a search of that very cluster either finds a shorter run, or certifies that none is there.
//
// The property is the one that the trace violates. One without a name is found by a replay; one that only the
// caller knows has to be given. A trace that violates nothing is an error. Comments are lost, but for what is
// violated. The same trace and limits lead to the same bytes, unless the context ends before.
func Shrink(ctx context.Context, t *Trace, p props.Property, o ShrinkOptions) (*Shrunk, error) {
	if p.Name == "" {
		v, err := Replay(t, nil)
		if err != nil {
			return nil, err
		}
		if !v.Violated {
			return nil, fmt.Errorf("%s: it violates nothing, and only a counterexample can be shrunk: %v", t.place(), v)
		}
		if p, err = props.Find(v.Property); err != nil {
			return nil, err
		}
		if t.Loop != NoLoop && v.ForEver != "" {
			return shrinkLasso(ctx, t, p, o)
		}
	}
	s := &shrinker{ctx: ctx, property: p, options: o, inVain: map[string]int{}}
	if err := s.begin(t); err != nil {
		return nil, err
	}
	s.shrink()
	return s.result(t.Name), nil
}

// shrinker keeps the best run so far.
type shrinker struct {
	ctx       context.Context
	property  props.Property
	options   ShrinkOptions
	plausible bool // the cluster was plausible to begin with, and stays so

	best        run
	inVain      map[string]int // to what depth a simpler cluster was searched, and nothing was found
	searched    bool           // all simpler clusters than that of best, and nothing was found
	smallest    int            // with how many servers chance has looked for a run with one less
	certificate *Certificate   // of best, and nil until it has been looked for
	doubt       string
}

// run is a run that violates the property, at its last step or at its end.
type run struct {
	violation *props.Violation
	config    cluster.Config
	actions   []cluster.Action
}

// begin takes the trace as the first run.
func (s *shrinker) begin(t *Trace) error {
	c := t.Config
	c.Track = s.property.Track
	y, err := cluster.New(c)
	if err != nil {
		return fmt.Errorf("%s: %w", t.place(), err)
	}
	s.plausible = y.Plausible()
	s.best.actions = t.Actions()
	if !s.try(c, s.best.actions) {
		return fmt.Errorf("%s: it does not violate %s, and only a counterexample can be shrunk", t.place(), s.property.Name)
	}
	return nil
}

// shrink makes the run shorter until nothing helps. The limits are tightened when chance has had its way
// within the wide ones: they bound what is searched.
func (s *shrinker) shrink() {
	passes := []func() bool{s.steps, s.beginning, s.walks, s.detours, s.servers, s.grain, s.plain, s.disks, s.pairs}
	s.repeat(passes)
	passes = append(passes, s.phases, s.limits)
	for s.ctx.Err() == nil {
		s.repeat(passes)
		switch {
		case s.smaller():
		case !s.searched && (s.shortcuts() || s.simpler(quickStates)):
		case s.certificate == nil && s.doubt == "" && s.certify():
		default:
			return
		}
	}
	if s.certificate == nil && s.doubt == "" && len(s.best.actions) > 0 {
		s.doubt = "not certified: the shrinking was stopped"
	}
}

// repeat makes the passes in turn until none of them helps.
func (s *shrinker) repeat(passes []func() bool) {
	for again := true; again; {
		again = false
		for _, pass := range passes {
			again = pass() || again
		}
	}
}

// result is the best run as a trace.
func (s *shrinker) result(name string) *Shrunk {
	b := &s.best
	t := New("", b.config, b.actions)
	if _, err := props.Find(s.property.Name); err == nil {
		t.Property, t.Certificate = s.property.Name, s.certificate
	}
	evidence := strings.Join(strings.Fields(b.violation.Evidence.Error()), " ")
	text := fmt.Sprintf(" %s is violated after %s: %s", s.property.Name, steps(len(b.actions)), evidence)
	t.Name, t.Comments = name, []Comment{{After: Header, Text: text}}
	return &Shrunk{Trace: t, Violation: b.violation, Doubt: s.doubt}
}
