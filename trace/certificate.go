package trace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// Certificate says that no run of the trace's cluster, under its limits and rules, with at most Bound steps
// violates its property. It is what a breadth-first search found, which looked at so many distinct states: all
// that are no farther away. It says nothing of other clusters, or of wider limits.
type Certificate struct {
	Bound  int
	States uint64

	line int // in the file, 0 if it was not read from one
}

func (c *Certificate) String() string { return fmt.Sprintf("bound=%d states=%d", c.Bound, c.States) }

// maxCertified bounds the states of a certificate: no search of ours counts as many.
const maxCertified = 1 << 48

// parseCertificate is the inverse of String.
func parseCertificate(value string) (*Certificate, error) {
	words := strings.Fields(value)
	if len(words) == 2 {
		bound, first := strings.CutPrefix(words[0], "bound=")
		states, second := strings.CutPrefix(words[1], "states=")
		b, ok := number(bound, MaxSteps)
		n, ok2 := number(states, maxCertified)
		if first && second && ok && ok2 && n > 0 {
			return &Certificate{Bound: int(b), States: n}, nil
		}
	}
	return nil, fmt.Errorf("certificate %q: want bound=STEPS states=NUMBER", value)
}

// suits says what is wrong with a certificate of this trace, if anything is.
func (c *Certificate) suits(t *Trace) error {
	switch {
	case t.Loop != NoLoop:
		return fmt.Errorf("a certificate is of a run that ends, and this one has a loop")
	case t.Property == "":
		return fmt.Errorf("a certificate is of one property, and none is named")
	case c.Bound >= len(t.Steps):
		return fmt.Errorf("the certificate is of runs of at most %s, and this one has %d", steps(c.Bound), len(t.Steps))
	}
	return nil
}

// decidable is a property as one of steps, where a step shows it: whether an election ends is a question to
// the state, though an expensive one. The registers are judged by what was heard on the way.
func decidable(p props.Property) (props.Property, bool) {
	if p.Name == props.ElectionEnds {
		p.Check = func(st props.Step) (props.Outcome, error) {
			if v := props.NewJudge(st.System, []props.Property{p}).End(st.After); v != nil {
				return props.Violated, v.Evidence
			}
			return props.Held, nil
		}
	}
	return p, p.Check != nil
}

// bounded is a breadth-first search of a cluster for one property.
type bounded struct {
	report   *Report
	panics   bool // the engine panics on some ways, which were not followed
	violated bool // by the actions, which may be none
	actions  []cluster.Action
}

// searchTo looks for the shortest run that violates the property: of at most so many steps, behind some that are
// taken already.
func searchTo(ctx context.Context, c cluster.Config, p props.Property, taken []cluster.Action, depth int, o explore.Options) (*bounded, error) {
	p, ok := decidable(p)
	if !ok {
		return nil, fmt.Errorf("%s is judged on whole runs", p.Name)
	}
	c.Track = p.Track
	y, err := cluster.New(c)
	if err != nil {
		return nil, err
	}
	calm := &steady{System: y, taken: taken}
	b := &bounded{report: &Report{Stopped: "depth", Distinct: 1, Levels: []uint64{1}}}
	if b.violated = calm.endsViolated(p); b.violated || depth == 0 { // no step is looked at
		b.panics = calm.panicked.Load()
		return b, nil
	}
	o.MaxDepth, o.All, o.MaxViolations = depth, false, 1
	r := explore.BreadthFirst(ctx, calm, calm.guarded(adapt(y, []props.Property{p})), o)
	b = &bounded{report: r, panics: calm.panicked.Load()}
	if len(r.Violations) > 0 {
		b.violated, b.actions = true, r.Violations[0].Trace
	}
	return b, nil
}

// certified is what the search certifies: of the levels whose states are all known.
func (b *bounded) certified() *Certificate {
	c := &Certificate{Bound: len(b.report.Levels) - 1}
	for _, n := range b.report.Levels {
		c.States += n
	}
	return c
}

// steady is the system of an engine that may panic. Where it does the way ends: in the state before any start.
type steady struct {
	*cluster.System
	taken    []cluster.Action // before the search begins
	panicked atomic.Bool
}

// Cursor implements explore.Navigator: there is none, for its steps would not be those of this system.
func (y *steady) Cursor(bool) explore.Cursor[cluster.State, cluster.Action] { return nil }

// Init implements explore.System.
func (y *steady) Init() []cluster.State {
	initial := y.System.Init()
	for _, a := range y.taken {
		y.System.Apply(&initial[0], a)
	}
	return initial
}

// endsViolated tells whether a run that ends where the search begins violates the property: a search looks at
// steps, and some properties are judged at the end of a run that takes none.
func (y *steady) endsViolated(p props.Property) (violated bool) {
	defer func() {
		if recover() != nil {
			y.panicked.Store(true)
			violated = false
		}
	}()
	return props.NewJudge(y.System, []props.Property{p}).End(&y.Init()[0]) != nil
}

// Actions implements explore.System.
func (y *steady) Actions(s *cluster.State, buf []cluster.Action) (enabled []cluster.Action) {
	defer func() {
		if recover() != nil {
			y.panicked.Store(true)
			enabled = buf
		}
	}()
	return y.System.Actions(s, buf)
}

// Apply implements explore.System.
func (y *steady) Apply(s *cluster.State, a cluster.Action) {
	defer func() {
		if recover() != nil {
			y.panicked.Store(true)
			y.Copy(s, &y.System.Init()[0])
		}
	}()
	y.System.Apply(s, a)
}

// guarded are properties that say nothing where asking them is a panic.
func (y *steady) guarded(list []explore.Property[cluster.State, cluster.Action]) []explore.Property[cluster.State, cluster.Action] {
	for i := range list {
		check := list[i].Check
		list[i].Check = func(before *cluster.State, by cluster.Action, after *cluster.State) (outcome explore.Outcome) {
			defer func() {
				if recover() != nil {
					y.panicked.Store(true)
					outcome = explore.Silent
				}
			}()
			return check(before, by, after)
		}
	}
	return list
}

// ErrUnverified is that a certificate was neither confirmed nor refuted.
var ErrUnverified = errors.New("the certificate was not verified")

// Verify replays the trace, and repeats the search that its certificate speaks of: it has to find nothing, in
// exactly as many states. A search that a limit of o or the context ends is an error that wraps ErrUnverified.
func Verify(ctx context.Context, t *Trace, o explore.Options) error {
	c := t.Certificate
	switch {
	case c == nil && len(t.Steps) == 0:
		return fmt.Errorf("%s: there is no certificate to verify, for no run is shorter than one of 0 steps", t.place())
	case c == nil:
		return fmt.Errorf("%s: there is no certificate to verify", t.place())
	}
	where := t.place()
	if c.line > 0 && t.Name != "" {
		where = fmt.Sprintf("%s:%d", t.Name, c.line)
	}
	if err := c.suits(t); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	p, err := props.Find(t.Property)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	v, err := Replay(t, nil)
	switch {
	case err != nil:
		return err
	case !v.Violated || v.Step != len(t.Steps):
		return fmt.Errorf("%s: the certificate is of a run that violates %s in its last step, and the replay says %v", where, p.Name, v)
	}
	b, err := searchTo(ctx, t.Config, p, nil, c.Bound, o)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	found := b.certified()
	switch {
	case b.violated:
		return fmt.Errorf("%s: the certificate is wrong: a run of %s violates %s", where, steps(len(b.actions)), p.Name)
	case b.panics:
		return fmt.Errorf("%s: the certificate is wrong: the engine panics in some run of at most %s", where, steps(c.Bound))
	case found.Bound < c.Bound:
		return fmt.Errorf("%s: %w: %s ended the search, which has nothing against runs of at most %s", where, ErrUnverified,
			b.report.Stopped, steps(found.Bound))
	case *found != (Certificate{Bound: c.Bound, States: c.States}):
		return fmt.Errorf("%s: the certificate is wrong: it says %d states, and the search has %d", where, c.States, found.States)
	}
	return nil
}
