package trace

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// quickStates bounds the searches of simpler clusters: each is over in a second. Where the cluster that is left is
// too large to be certified, slowStates does.
const (
	quickStates = 150_000
	slowStates  = 8 * quickStates
)

// search searches a cluster for a run of at most so many steps behind those that are taken, and takes it.
func (s *shrinker) search(cfg cluster.Config, taken []cluster.Action, depth int, states uint64) (*bounded, bool) {
	o := s.options.Options
	if states > 0 && (o.MaxStates == 0 || o.MaxStates > states) {
		o.MaxStates = states
	}
	if s.plausible && !plausible(cfg) {
		return nil, false
	}
	b, err := searchTo(s.ctx, cfg, s.property, taken, depth, o)
	if err != nil {
		return nil, false
	}
	return b, b.violated && s.play(cfg, len(taken)+depth, follow(slices.Concat(taken, b.actions)))
}

// shortcutStates bounds the searches from the middle of a run, and manyLimited how many of them in a row may
// reach that bound before it is left alone: they get wider from the end to the beginning.
const (
	shortcutStates = 60_000
	manyLimited    = 4
)

// shortcuts searches from the states on the way of the best run, the last first, for a shorter end.
func (s *shrinker) shortcuts() bool {
	if _, ok := decidable(s.property); !ok {
		return false
	}
	actions, limited := s.best.actions, 0
	for i := len(actions) - 2; i > 0 && limited < manyLimited; i-- {
		b, found := s.search(s.best.config, actions[:i], len(actions)-i-1, shortcutStates)
		switch {
		case found:
			return true
		case b != nil && b.report.Stopped == "states":
			limited++
		default:
			limited = 0
		}
	}
	return false
}

// simpler searches clusters that are simpler than the best, for a run that is no longer. It takes the first.
func (s *shrinker) simpler(states uint64) bool {
	if _, ok := decidable(s.property); !ok {
		return false
	}
	for _, cfg := range s.simplerClusters() {
		// The file says all of a cluster but its rules, which stay.
		key := fmt.Sprintf("%d states of %s", states, New("", cfg, nil).Format())
		if depth, known := s.inVain[key]; known && depth >= len(s.best.actions) {
			continue
		}
		if _, found := s.search(cfg, nil, len(s.best.actions), states); found {
			return true
		}
		s.inVain[key] = len(s.best.actions)
	}
	s.searched = true
	return false
}

// simplerClusters are the best one without one of its servers, without what is special about it, and with less of
// one limit.
func (s *shrinker) simplerClusters() []cluster.Config {
	var list []cluster.Config
	best := s.best.config
	for i := len(best.Disks) - 1; i >= 0; i-- {
		cfg, _, ok := s.without(best, i, nil)
		if !ok {
			continue
		}
		list = append(list, cfg)
		if i == 0 {
			continue
		}
		if two, _, ok := s.without(cfg, i-1, nil); ok {
			list = append(list, two)
		}
	}
	if best.Ensemble.Fine {
		list = append(list, coarse(best))
	}
	list = append(list, ordinary(best)...)
	least := cluster.Limits{ChannelLen: 1, Inbox: 1}
	least.Each(func(name, _ string, value *int) {
		cfg := best
		fine := name == "lags" || name == "inbox"
		if v := limit(&cfg.Limits, name); v > *value && (best.Ensemble.Fine || !fine) {
			setLimit(&cfg.Limits, name, v-1)
			list = append(list, cfg)
		}
	})
	return list
}

// certify searches the very cluster of the best run for a shortest one, and takes the first of them in the order
// of the search: so all counterexamples of a cluster shrink to the same one. What has been looked at by then is
// the certificate. It tells whether the run is another one now.
func (s *shrinker) certify() (changed bool) {
	if _, ok := decidable(s.property); !ok {
		s.doubt = fmt.Sprintf("not certified: %s is judged on whole runs, and a search looks at states", s.property.Name)
		return false
	}
	was := s.best.actions
	if len(was) == 0 { // nothing is shorter
		return false
	}
	b, found := s.search(s.best.config, nil, len(was), 0)
	if b == nil || b.panics || b.violated && !found {
		s.doubt = "not certified: the engine panics on other ways"
		return found
	}
	s.searched, s.certificate = true, b.certified()
	switch bound := s.certificate.Bound; {
	case found: // and what has been looked at is of the run that was found
	case bound == 0 && len(was) > 1:
		s.certificate, s.doubt = nil, fmt.Sprintf("not certified: %s ended the search", b.report.Stopped)
		return s.simpler(slowStates)
	case bound < len(was)-1:
		s.doubt = fmt.Sprintf("certified for runs of at most %s only, because %s ended the search", steps(bound), b.report.Stopped)
		return s.simpler(slowStates)
	}
	return !slices.Equal(was, s.best.actions)
}

// ordinary are the cluster with other channels, voters only, a simple majority, and nothing on its disks, where it is
// not so.
func ordinary(c cluster.Config) []cluster.Config {
	var list []cluster.Config
	if c.FIFO {
		plain := c
		plain.FIFO = false
		list = append(list, plain)
	}
	voting, flat, empty := seats(&c), seats(&c), seats(&c)
	for i := range voting {
		voting[i].member.Observer = false
		flat[i].member.Group, flat[i].member.Weight = 0, 0
		empty[i].disk = election.Disk{}
	}
	for _, changed := range [][]seat{voting, flat, empty} {
		if cfg, ok := seated(c, changed); ok && !slices.Equal(changed, seats(&c)) {
			list = append(list, cfg)
		}
	}
	return list
}
