package proptest

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// Shrink looks for a shorter run, in a simpler cluster, that violates the same property: it leaves out
// steps, servers, limits and disks, and walks at random where it may be near, until nothing helps. What
// rapid has shrunk gets shorter still, because here a step keeps its meaning when one before it goes.
func (f *Failure) Shrink() *Failure {
	if f.Violation == nil {
		return f
	}
	s := &shrinker{best: *f}
	if s.best.property.Name == "" { // not made by this package
		s.best.property, _ = props.Find(f.Violation.Property)
	}
	for again := true; again; {
		again = false
		for _, pass := range []func() bool{s.steps, s.beginning, s.walks, s.servers, s.grain, s.limits, s.disks} {
			again = pass() || again
		}
	}
	return &s.best
}

// shrinker keeps the best run so far.
type shrinker struct{ best Failure }

// chooser says which of the enabled actions comes next; false ends the run.
type chooser func(enabled []cluster.Action) (cluster.Action, bool)

// try plays what is enabled of the actions and takes the run if it fails as it should and is no longer
// than the best.
func (s *shrinker) try(cfg cluster.Config, actions []cluster.Action) bool {
	return s.play(cfg, len(s.best.Actions), func(enabled []cluster.Action) (cluster.Action, bool) {
		for len(actions) > 0 {
			a := actions[0]
			actions = actions[1:]
			if slices.Contains(enabled, a) {
				return a, true
			}
		}
		return cluster.Action{}, false
	})
}

// play plays a run of so many steps at most, and takes it if it fails as it should.
func (s *shrinker) play(cfg cluster.Config, steps int, next chooser) (better bool) {
	defer func() {
		if recover() != nil { // a broken engine may panic on another way: not what is wanted
			better = false
		}
	}()
	property := s.best.property
	y, err := cluster.New(cfg)
	if err != nil {
		return false
	}
	judge := props.NewJudge(y, []props.Property{property})
	judge.Begin()
	before, after := &y.Init()[0], new(cluster.State)
	var enabled, taken []cluster.Action
	for len(taken) < steps {
		enabled = y.Actions(before, enabled[:0])
		a, ok := next(enabled)
		if !ok {
			break
		}
		y.Copy(after, before)
		y.Apply(after, a)
		taken = append(taken, a)
		if v := judge.Step(before, a, after); v != nil {
			return s.take(v, cfg, taken)
		}
		before, after = after, before
	}
	if property.Check == nil {
		if v := judge.End(before); v != nil {
			return s.take(v, cfg, taken)
		}
	}
	return false
}

func (s *shrinker) take(v *props.Violation, cfg cluster.Config, actions []cluster.Action) bool {
	s.best.Violation, s.best.Config, s.best.Actions = v, cfg, actions
	return true
}

// steps leaves out stretches of steps, long ones first.
func (s *shrinker) steps() bool {
	before := len(s.best.Actions)
	for size := before; size > 0; size /= 2 {
		for at := len(s.best.Actions) - size; at >= 0; at-- {
			if at+size <= len(s.best.Actions) {
				s.try(s.best.Config, slices.Delete(slices.Clone(s.best.Actions), at, at+size))
			}
		}
	}
	return len(s.best.Actions) < before
}

// later is the best run's cluster with the disks that it has after each step, and what is left of the run
// from there: every server that was up starts, and the rest follows.
func (s *shrinker) later() []Failure {
	var ways []Failure
	y, err := cluster.New(s.best.Config)
	if err != nil {
		return nil
	}
	state := y.Init()[0]
	for i, a := range s.best.Actions {
		cfg, rest := s.best.Config, []cluster.Action(nil)
		cfg.Disks = nil
		for k := range state.Servers {
			v := &state.Servers[k]
			cfg.Disks = append(cfg.Disks, v.Disk)
			if state.Up.Has(k) {
				rest = append(rest, cluster.Action{Kind: cluster.Start, From: v.SID})
			}
		}
		for _, b := range s.best.Actions[i:] {
			if b.Kind == cluster.Restart { // or a first start
				rest = append(rest, cluster.Action{Kind: cluster.Start, From: b.From})
			}
			rest = append(rest, b)
		}
		if !slices.ContainsFunc(cfg.Disks, func(d election.Disk) bool { return !election.Recovers(d) }) {
			ways = append(ways, Failure{Config: cfg, Actions: rest})
		}
		y.Apply(&state, a)
	}
	return ways
}

// beginning leaves out the beginning of the run: what it left on the disks is what they start with.
func (s *shrinker) beginning() bool {
	before := len(s.best.Actions)
	ways := s.later()
	for i := len(ways) - 1; i > 0; i-- {
		if s.try(ways[i].Config, ways[i].Actions) && len(s.best.Actions) < before {
			return true
		}
	}
	return false
}

// walksEach is how many random runs are tried from the disks after each step.
const walksEach = 30

// walks tries random runs that are shorter than the best: what takes chance many steps is often one of
// many ways, and most of them are shorter.
func (s *shrinker) walks() bool {
	did := false
	ways := s.later()
	for i := len(ways) - 1; i >= 0; i-- {
		if i < len(ways)-1 && slices.Equal(ways[i].Config.Disks, ways[i+1].Config.Disks) {
			continue
		}
		for run := range uint64(walksEach) {
			c := props.NewSeeded(uint64(i), run)
			did = s.play(ways[i].Config, len(s.best.Actions)-1, func(enabled []cluster.Action) (a cluster.Action, ok bool) {
				if len(enabled) == 0 {
					return a, false
				}
				return enabled[props.Pick(c, enabled)], true
			}) || did
		}
	}
	return did
}

// servers leaves out servers.
func (s *shrinker) servers() bool {
	did := false
	for i := len(s.best.Config.Disks) - 1; i >= 0; i-- {
		cfg := s.best.Config
		members := slices.Delete(slices.Clone(cfg.Ensemble.Members), i, i+1)
		e, err := election.NewEnsemble(members)
		if err != nil {
			continue
		}
		e.Rules, e.Fine = cfg.Ensemble.Rules, cfg.Ensemble.Fine
		gone := cfg.Ensemble.Members[i].SID
		cfg.Ensemble, cfg.Disks = e, slices.Delete(slices.Clone(cfg.Disks), i, i+1)
		actions := slices.DeleteFunc(slices.Clone(s.best.Actions), func(a cluster.Action) bool {
			return a.From == gone || names(a) && a.To == gone
		})
		did = s.try(cfg, actions) || did
	}
	return did
}

// names tells whether an action names two servers.
func names(a cluster.Action) bool {
	switch a.Kind {
	case cluster.Deliver, cluster.Packet, cluster.Drop, cluster.Dup, cluster.Cut, cluster.Heal, cluster.Reset:
		return true
	}
	return false
}

// limits takes every limit back to its default.
func (s *shrinker) limits() bool {
	did := false
	standard := cluster.DefaultLimits()
	standard.Each(func(name, _ string, value *int) {
		cfg, changed := s.best.Config, false
		cfg.Limits.Each(func(n, _ string, v *int) {
			if n == name && *v != *value {
				*v, changed = *value, true
			}
		})
		did = changed && s.try(cfg, s.best.Actions) || did
	})
	if cfg := s.best.Config; cfg.FIFO {
		cfg.FIFO = false
		did = s.try(cfg, s.best.Actions) || did
	}
	return did
}

// grain takes the same run in the coarse grain, where what is received is handled at once.
func (s *shrinker) grain() bool {
	cfg := s.best.Config
	if !cfg.Ensemble.Fine {
		return false
	}
	e := *cfg.Ensemble
	e.Fine = false
	cfg.Ensemble, cfg.Limits.Lags, cfg.Limits.Inbox = &e, 0, cluster.DefaultLimits().Inbox
	var actions []cluster.Action
	for _, a := range s.best.Actions {
		switch {
		case a.Kind == cluster.Handle, a.Kind == cluster.Resume, a.Kind == cluster.Answer,
			a.Kind == cluster.Deliver && a.From == a.To:
			continue
		case a.Kind != cluster.Crash:
			a.N = 0
		}
		actions = append(actions, a)
	}
	return s.try(cfg, actions)
}

// disks empties disks.
func (s *shrinker) disks() bool {
	did := false
	for i, d := range s.best.Config.Disks {
		if d == (election.Disk{}) {
			continue
		}
		cfg := s.best.Config
		cfg.Disks = slices.Clone(cfg.Disks)
		cfg.Disks[i] = election.Disk{}
		did = s.try(cfg, s.best.Actions) || did
	}
	return did
}
