package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// lassoStates bounds the graphs of simpler clusters: each is over in a few seconds.
const lassoStates = 300_000

// lassoShrinker keeps the best lasso so far.
type lassoShrinker struct {
	ctx     context.Context
	goal    props.Goal
	options ShrinkOptions
	best    *Trace
}

// shrinkLasso makes a run without an end shorter: it leaves out servers and limits, with the same steps or
// with another lasso, which the graph of the smaller cluster shows. Nothing certifies that there is no shorter.
func shrinkLasso(ctx context.Context, t *Trace, p props.Property, o ShrinkOptions) (*Shrunk, error) {
	s := &lassoShrinker{ctx: ctx, options: o}
	for _, g := range props.Goals() {
		if g.Name == p.Name {
			s.goal = g
		}
	}
	if s.goal.Name == "" {
		return nil, fmt.Errorf("%s: a run without an end that violates %s can't be shrunk", t.place(), p.Name)
	}
	stem, loop := t.Actions()[:t.Loop], t.Actions()[t.Loop:]
	s.best = NewLasso(p.Name, t.Config, stem, loop)
	for again := true; again && ctx.Err() == nil; {
		again = s.servers() || s.tighten() || s.search(s.best.Config, 0) || s.simpler()
	}
	v, err := Replay(s.best, nil)
	if err != nil {
		return nil, &InternalError{err}
	}
	evidence := strings.Join(strings.Fields(v.Evidence.Error()), " ")
	s.best.Name, s.best.Comments = t.Name, []Comment{{After: Header, Text: fmt.Sprintf(" %s is violated: %s", p.Name, evidence)}}
	return &Shrunk{Trace: s.best, Violation: &props.Violation{Property: p.Name, Evidence: v.Evidence},
		Doubt: "not certified: it is a run without an end, and a search for shorter ones counts steps to states"}, nil
}

// try takes a lasso that is fair and misses the goal.
func (s *lassoShrinker) try(t *Trace) bool {
	if s.ctx.Err() != nil {
		return false
	}
	v, err := Replay(t, nil)
	if err != nil || !v.Violated || v.Property != s.goal.Name || v.ForEver == "" {
		return false
	}
	s.best = t
	if s.options.Shorter != nil {
		s.options.Shorter(len(t.Steps), len(t.Config.Disks))
	}
	return true
}

// same is the best lasso in another cluster.
func (s *lassoShrinker) same(c cluster.Config) *Trace {
	actions := s.best.Actions()
	return NewLasso(s.goal.Name, c, actions[:s.best.Loop], actions[s.best.Loop:])
}

// tighten takes the same steps within lower limits, and from emptier disks.
func (s *lassoShrinker) tighten() bool {
	did := false
	s.best.Config.Limits.Each(func(name, _ string, value *int) {
		now := limit(&s.best.Config.Limits, name)
		if !s.best.Config.Ensemble.Fine && (name == "lags" || name == "inbox") {
			return
		}
		for v := 0; (now == cluster.Unlimited || v < now) && v <= len(s.best.Steps)+1; v++ {
			c := s.best.Config
			setLimit(&c.Limits, name, v)
			if s.try(s.same(c)) {
				did = true
				return
			}
		}
	})
	for i := range s.best.Config.Disks {
		for _, d := range simplerDisks(s.best.Config.Disks[i]) {
			c := s.best.Config
			c.Disks = slices.Clone(c.Disks)
			if c.Disks[i] = d; s.try(s.same(c)) {
				did = true
				break
			}
		}
	}
	return did
}

// search takes a lasso that the graph of a cluster shows, if it is shorter; in a simpler cluster also one that is
// as long.
func (s *lassoShrinker) search(c cluster.Config, longer int) bool {
	o := s.options.Options
	if o.MaxStates == 0 || o.MaxStates > lassoStates {
		o.MaxStates = lassoStates
	}
	goals := []props.Goal{s.goal}
	r, err := Eventually(s.ctx, c, goals, o)
	if err != nil {
		return false
	}
	t := Lassos(c, goals, r)[0]
	return t != nil && len(t.Steps) < len(s.best.Steps)+longer && s.try(t)
}

// servers takes the same steps without those of a server.
func (s *lassoShrinker) servers() bool {
	x := &shrinker{plausible: plausible(s.best.Config)}
	for i := range s.best.Config.Disks {
		actions := s.best.Actions()
		c, stem, ok := x.without(s.best.Config, i, actions[:s.best.Loop])
		_, loop, _ := x.without(s.best.Config, i, actions[s.best.Loop:])
		if ok && s.try(NewLasso(s.goal.Name, c, stem, loop)) {
			return true
		}
	}
	return false
}

// simpler searches simpler clusters.
func (s *lassoShrinker) simpler() bool {
	x := &shrinker{plausible: plausible(s.best.Config), best: run{config: s.best.Config}}
	return slices.ContainsFunc(x.simplerClusters(), func(c cluster.Config) bool {
		return c.Limits.Calm == 1 && s.search(c, 1)
	})
}
