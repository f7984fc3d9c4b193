package trace

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// chooser says which of the enabled actions comes next; false ends the run.
type chooser func(enabled []cluster.Action) (cluster.Action, bool)

// try plays what is enabled of the actions and takes the run if it fails as it should and is no longer than
// the best.
func (s *shrinker) try(cfg cluster.Config, actions []cluster.Action) bool {
	return s.play(cfg, len(s.best.actions), follow(actions))
}

// follow chooses the actions in turn, those that are enabled.
func follow(actions []cluster.Action) chooser {
	return func(enabled []cluster.Action) (cluster.Action, bool) {
		for len(actions) > 0 {
			a := actions[0]
			actions = actions[1:]
			if slices.Contains(enabled, a) {
				return a, true
			}
		}
		return cluster.Action{}, false
	}
}

// play plays a run of so many steps at most, and takes it if it fails as it should. A cluster that no run of
// ZooKeeper leaves behind is not taken for one that is.
func (s *shrinker) play(cfg cluster.Config, most int, next chooser) (better bool) {
	defer func() {
		if recover() != nil { // a broken engine may panic on another way: not what is wanted
			better = false
		}
	}()
	if s.best.violation != nil && s.ctx.Err() != nil { // the run to begin with is looked at in any case
		return false
	}
	y, err := cluster.New(cfg)
	if err != nil || s.plausible && !y.Plausible() {
		return false
	}
	judge := props.NewJudge(y, []props.Property{s.property})
	judge.Begin()
	before, after := &y.Init()[0], new(cluster.State)
	var enabled, taken []cluster.Action
	for len(taken) < most {
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
	if s.property.Check == nil {
		if v := judge.End(before); v != nil {
			return s.take(v, cfg, taken)
		}
	}
	return false
}

func (s *shrinker) take(v *props.Violation, cfg cluster.Config, actions []cluster.Action) bool {
	s.best, s.searched, s.certificate, s.doubt = run{v, cfg, actions}, false, nil, ""
	if s.options.Shorter != nil {
		s.options.Shorter(len(actions), len(cfg.Disks))
	}
	return true
}

// steps leaves out stretches of steps, long ones first.
func (s *shrinker) steps() bool {
	before := len(s.best.actions)
	for size := before; size > 0; size /= 2 {
		for at := len(s.best.actions) - size; at >= 0; at-- {
			if at+size <= len(s.best.actions) {
				s.try(s.best.config, slices.Delete(slices.Clone(s.best.actions), at, at+size))
			}
		}
	}
	return len(s.best.actions) < before
}

// pairSteps is how many steps a run has at most that is short enough to leave out any two of them.
const pairSteps = 60

// pairs leaves out two steps, as a crash and its restart.
func (s *shrinker) pairs() bool {
	before := len(s.best.actions)
	for i := len(s.best.actions) - 1; i >= 0; i-- {
		for k := i - 1; k >= 0 && i < len(s.best.actions) && len(s.best.actions) <= pairSteps; k-- {
			actions := slices.Delete(slices.Clone(s.best.actions), i, i+1)
			s.try(s.best.config, slices.Delete(actions, k, k+1))
		}
	}
	return len(s.best.actions) < before
}

// later is the best run's cluster with the disks that it has after each step, and what is left of the run
// from there: every server that was up starts, and the rest follows.
func (s *shrinker) later() []run {
	var ways []run
	y, err := cluster.New(s.best.config)
	if err != nil {
		return nil
	}
	state := y.Init()[0]
	for i, a := range s.best.actions {
		cfg, rest := s.best.config, []cluster.Action(nil)
		cfg.Disks = nil
		for k := range state.Servers {
			v := state.Servers[k]
			cfg.Disks = append(cfg.Disks, v.Disk)
			if state.Up.Has(k) {
				rest = append(rest, cluster.Action{Kind: cluster.Start, From: v.SID})
			}
		}
		for _, b := range s.best.actions[i:] {
			if b.Kind == cluster.Restart { // or a first start
				rest = append(rest, cluster.Action{Kind: cluster.Start, From: b.From})
			}
			rest = append(rest, b)
		}
		if !slices.ContainsFunc(cfg.Disks, func(d election.Disk) bool { return !election.Recovers(d) }) {
			ways = append(ways, run{config: cfg, actions: rest})
		}
		if i < len(s.best.actions)-1 { // the last step is a broken engine's, and may be a panic of it
			y.Apply(&state, a)
		}
	}
	return ways
}

// beginning leaves out the beginning of the run: what it left on the disks is what they start with.
func (s *shrinker) beginning() bool {
	before := len(s.best.actions)
	ways := s.later()
	for i := len(ways) - 1; i > 0; i-- {
		if s.play(ways[i].config, before-1, follow(ways[i].actions)) {
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
		if i < len(ways)-1 && slices.Equal(ways[i].config.Disks, ways[i+1].config.Disks) {
			continue
		}
		did = s.walk(ways[i].config, nil, uint64(i), len(s.best.actions)-1) || did
	}
	return did
}

// detours tries random runs that leave the best one after some of its steps, the last first.
func (s *shrinker) detours() bool {
	before := len(s.best.actions)
	for i := before - 2; i > 0; i-- {
		if at := min(i, len(s.best.actions)); at > 0 {
			s.walk(s.best.config, s.best.actions[:at], uint64(i), len(s.best.actions)-1)
		}
	}
	return len(s.best.actions) < before
}

// walk tries random runs of a cluster that begin with some steps.
func (s *shrinker) walk(cfg cluster.Config, first []cluster.Action, seed uint64, most int) bool {
	did := false
	for run := range uint64(walksEach) {
		c := props.NewSeeded(seed, run)
		begin := follow(first)
		if s.play(cfg, most, func(enabled []cluster.Action) (cluster.Action, bool) {
			a, ok := begin(enabled)
			if !ok && len(enabled) > 0 {
				a, ok = enabled[props.Pick(c, enabled)], true
			}
			return a, ok
		}) {
			did, most = true, len(s.best.actions)-1
		}
	}
	return did
}
