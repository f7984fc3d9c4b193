package trace

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

const (
	smallerWalks = 3000 // that are taken in a cluster of one server less
	smallerSteps = 200  // of each, which may be more than the best run has
	longRun      = 20   // steps of a run that is short enough for others to deal with
)

// smaller looks by chance in clusters of one server less for a run of any length, makes that one short, and takes it
// if it is shorter than the best in the end. A run that was found among many servers can be a detour that no
// leaving out leads back from, and its cluster too large to be certified.
func (s *shrinker) smaller() bool {
	best := s.best
	if s.smallest == len(best.config.Disks) || len(best.actions) <= longRun {
		return false
	}
	s.smallest = len(best.config.Disks)
	for i := len(best.config.Disks) - 1; i >= 0; i-- {
		cfg, _, ok := s.without(best.config, i, nil)
		if !ok {
			continue
		}
		other := &shrinker{ctx: s.ctx, property: s.property, options: s.options, plausible: s.plausible, inVain: s.inVain}
		other.options.Shorter = nil
		if !other.meet(cfg, uint64(i)) {
			continue
		}
		other.shrink()
		if len(other.best.actions) < len(best.actions) {
			s.take(other.best.violation, other.best.config, other.best.actions)
			s.smallest, s.searched, s.certificate, s.doubt = other.smallest, other.searched, other.certificate, other.doubt
			return true
		}
	}
	return false
}

// meet takes random runs of a cluster until one violates the property.
func (s *shrinker) meet(cfg cluster.Config, seed uint64) bool {
	for run := range uint64(smallerWalks) {
		c := props.NewSeeded(seed, run)
		if s.ctx.Err() != nil {
			return false
		}
		if s.play(cfg, smallerSteps, func(enabled []cluster.Action) (a cluster.Action, ok bool) {
			if len(enabled) == 0 {
				return a, false
			}
			return enabled[props.Pick(c, enabled)], true
		}) {
			return true
		}
	}
	return false
}
