package trace

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// seat is a server and its disk.
type seat struct {
	member election.Member
	disk   election.Disk
}

func seats(c *cluster.Config) []seat {
	list := make([]seat, len(c.Disks))
	for i, m := range c.Ensemble.Members {
		list[i] = seat{m, c.Disks[i]}
	}
	return list
}

// seated is the same cluster of other servers.
func seated(c cluster.Config, list []seat) (cluster.Config, bool) {
	var members []election.Member
	for _, x := range list {
		members = append(members, x.member)
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		return c, false
	}
	e.Rules, e.Fine, e.LastCounter = c.Ensemble.Rules, c.Ensemble.Fine, c.Ensemble.LastCounter
	disks := make([]election.Disk, len(list))
	for _, x := range list {
		i, _ := e.Position(x.member.SID)
		disks[i] = x.disk
	}
	c.Ensemble, c.Disks = e, disks
	return c, true
}

// without is a cluster without one of its servers, and a run without its steps. Where the disks that are left are
// not plausible any more, because it was one of a quorum that had promised an epoch, the others promise it.
func (s *shrinker) without(c cluster.Config, i int, actions []cluster.Action) (cluster.Config, []cluster.Action, bool) {
	gone := c.Ensemble.Members[i].SID
	list := slices.Delete(seats(&c), i, i+1)
	c, ok := seated(c, list)
	if ok && s.plausible && !plausible(c) {
		epoch := uint32(0)
		for _, x := range list {
			epoch = max(epoch, x.disk.CurrentEpoch)
		}
		for i := range list {
			list[i].disk.AcceptedEpoch = max(list[i].disk.AcceptedEpoch, epoch)
		}
		c, ok = seated(c, list)
	}
	return c, slices.DeleteFunc(slices.Clone(actions), func(a cluster.Action) bool {
		return slices.Contains(sids(a), gone)
	}), ok
}

func plausible(c cluster.Config) bool {
	y, err := cluster.New(c)
	return err == nil && y.Plausible()
}

// servers leaves out servers, two at a time where one of them makes no smaller quorum. Where the rest of the run
// does not show it alone, chance may.
func (s *shrinker) servers() bool {
	did := false
	for i := len(s.best.config.Disks) - 1; i >= 0; i-- {
		cfg, actions, ok := s.without(s.best.config, i, s.best.actions)
		if !ok {
			continue
		}
		if s.try(cfg, actions) || s.walk(cfg, nil, uint64(i), len(s.best.actions)) {
			did = true
			continue
		}
		for k := i - 1; k >= 0; k-- {
			cfg, actions, ok := s.without(cfg, k, actions)
			if ok && (s.try(cfg, actions) || s.walk(cfg, nil, uint64(k), len(s.best.actions))) {
				did = true
				i--
				break
			}
		}
	}
	return did
}

// grain takes the same run in the coarse grain, where what is received is handled at once.
func (s *shrinker) grain() bool {
	if !s.best.config.Ensemble.Fine {
		return false
	}
	cfg := coarse(s.best.config)
	var actions []cluster.Action
	for _, a := range s.best.actions {
		switch {
		case a.Kind == cluster.Handle, a.Kind == cluster.Resume, a.Kind == cluster.Answer, a.Kind == cluster.Flush,
			a.Kind == cluster.Deliver && a.From == a.To:
			continue
		case a.Kind != cluster.Crash:
			a.N = 0
		}
		actions = append(actions, a)
	}
	return s.try(cfg, actions)
}

func coarse(c cluster.Config) cluster.Config {
	e := *c.Ensemble
	e.Fine = false
	c.Ensemble, c.Limits.Lags, c.Limits.Inbox = &e, 0, cluster.DefaultLimits().Inbox
	return c
}

// plain makes what is special about the cluster ordinary: its channels, observers, weights and numbers.
func (s *shrinker) plain() bool {
	did := false
	if cfg := s.best.config; cfg.FIFO {
		cfg.FIFO = false
		did = s.try(cfg, s.best.actions)
	}
	if cfg := s.best.config; cfg.Ensemble.LastCounter != noRollOver {
		e := *cfg.Ensemble
		e.LastCounter = noRollOver
		cfg.Ensemble = &e
		did = s.try(cfg, s.best.actions) || did
	}
	if s.best.config.Ensemble.Hierarchical() {
		did = s.reseat(func(_ int, x *seat) { x.member.Group, x.member.Weight = 0, 0 }) || did
	}
	for i := range s.best.config.Disks {
		switch m := s.best.config.Ensemble.Members[i]; {
		case m.Observer && !s.best.config.Ensemble.Hierarchical():
			did = s.reseat(func(k int, x *seat) { x.member.Observer = x.member.Observer && k != i }) || did
		case m.Group > 0 && m.Weight > 1:
			did = s.reseat(func(k int, x *seat) {
				if k == i {
					x.member.Weight = 1
				}
			}) || did
		}
	}
	return s.names() || did
}

// reseat takes the same run with servers that are changed.
func (s *shrinker) reseat(change func(i int, x *seat)) bool {
	list := seats(&s.best.config)
	for i := range list {
		change(i, &list[i])
	}
	cfg, ok := seated(s.best.config, list)
	return ok && s.try(cfg, s.best.actions)
}

// names calls the servers 1, 2, 3 and so on, in the order of their sids, which breaks ties.
func (s *shrinker) names() bool {
	var names []election.SID
	for _, m := range s.best.config.Ensemble.Members {
		names = append(names, m.SID)
	}
	slices.Sort(names)
	fresh := func(sid election.SID) election.SID {
		i, _ := slices.BinarySearch(names, sid)
		return election.SID(i + 1)
	}
	if !slices.ContainsFunc(names, func(sid election.SID) bool { return sid != fresh(sid) }) {
		return false
	}
	list := seats(&s.best.config)
	for i := range list {
		list[i].member.SID = fresh(list[i].member.SID)
	}
	cfg, ok := seated(s.best.config, list)
	actions := slices.Clone(s.best.actions)
	for i, a := range actions {
		for k, sid := range sids(a) {
			*[]*election.SID{&actions[i].From, &actions[i].To}[k] = fresh(sid)
		}
	}
	return ok && s.try(cfg, actions)
}

// phases lets servers go no further than the run needs.
func (s *shrinker) phases() bool {
	for _, p := range []cluster.Phases{cluster.ElectionOnly, cluster.ThroughDiscovery, cluster.ThroughSync} {
		cfg := s.best.config
		if cfg.Phases == p {
			break
		}
		if cfg.Phases = p; len(Suited(p, []props.Property{s.property})) > 0 && s.try(cfg, s.best.actions) {
			return true
		}
	}
	return false
}

// limits lowers every limit to what the run needs.
func (s *shrinker) limits() bool {
	did := false
	if cfg := s.best.config; !cfg.Ensemble.Fine {
		if cfg = coarse(cfg); cfg.Limits != s.best.config.Limits {
			did = s.try(cfg, s.best.actions)
		}
	}
	s.best.config.Limits.Each(func(name, _ string, value *int) {
		if !s.best.config.Ensemble.Fine && (name == "lags" || name == "inbox") {
			return
		}
		now := limit(&s.best.config.Limits, name)
		for v := 0; (now == cluster.Unlimited || v < now) && v <= len(s.best.actions)+1; v++ {
			cfg := s.best.config
			setLimit(&cfg.Limits, name, v)
			if s.try(cfg, s.best.actions) {
				did = true
				return
			}
		}
	})
	return did
}

func limit(l *cluster.Limits, name string) (found int) {
	l.Each(func(n, _ string, value *int) {
		if n == name {
			found = *value
		}
	})
	return found
}

func setLimit(l *cluster.Limits, name string, v int) {
	l.Each(func(n, _ string, value *int) {
		if n == name {
			*value = v
		}
	})
}

// disks lowers what is on the disks: all at once, then each.
func (s *shrinker) disks() bool {
	did := s.redisk(func(int, election.Disk) election.Disk { return election.Disk{} })
	for _, lowered := range lowerings {
		for s.redisk(func(_ int, d election.Disk) election.Disk { return lowered(d) }) {
			did = true
		}
	}
	for i := range s.best.config.Disks {
		for _, d := range simplerDisks(s.best.config.Disks[i]) {
			if s.redisk(func(k int, was election.Disk) election.Disk {
				if k == i {
					return d
				}
				return was
			}) {
				did = true
				break
			}
		}
	}
	return did
}

// lowerings lower a disk by one, of all servers together: what is compared stays as it is.
var lowerings = []func(election.Disk) election.Disk{
	func(d election.Disk) election.Disk {
		if d.CurrentEpoch > 0 {
			d.CurrentEpoch, d.AcceptedEpoch = d.CurrentEpoch-1, d.AcceptedEpoch-1
		}
		if e := d.Zxid.Epoch(); e > 0 {
			d.Zxid = election.NewZxid(e-1, d.Zxid.Counter())
		}
		return d
	},
	func(d election.Disk) election.Disk {
		if d.AcceptedEpoch > d.CurrentEpoch {
			d.AcceptedEpoch--
		}
		return d
	},
	func(d election.Disk) election.Disk {
		if c := d.Zxid.Counter(); c > 1 {
			d.Zxid = election.NewZxid(d.Zxid.Epoch(), c-1)
		}
		return d
	},
}

// simplerDisks are disks with less on them, the simplest first.
func simplerDisks(d election.Disk) []election.Disk {
	var list []election.Disk
	for _, current := range lower(d.CurrentEpoch) {
		for _, accepted := range lower(d.AcceptedEpoch) {
			for _, epoch := range lower(d.Zxid.Epoch()) {
				for _, counter := range lower(d.Zxid.Counter()) {
					x := election.Disk{CurrentEpoch: current, AcceptedEpoch: accepted, Zxid: election.NewZxid(epoch, counter)}
					if x != d && accepted >= current && epoch <= current {
						list = append(list, x)
					}
				}
			}
		}
	}
	return list
}

// lower are a number and some below it, the lowest first.
func lower(n uint32) []uint32 {
	list := []uint32{0, 1, 2, n / 2, n - min(n, 1), n}
	list = slices.DeleteFunc(list, func(v uint32) bool { return v > n })
	slices.Sort(list)
	return slices.Compact(list)
}

// redisk takes the same run from other disks.
func (s *shrinker) redisk(change func(int, election.Disk) election.Disk) bool {
	cfg := s.best.config
	cfg.Disks = slices.Clone(cfg.Disks)
	for i, d := range cfg.Disks {
		cfg.Disks[i] = change(i, d)
	}
	return !slices.Equal(cfg.Disks, s.best.config.Disks) && s.try(cfg, s.best.actions)
}
