package cluster

import "github.com/zkcheck/zkcheck/election"

// Canon makes equal what nothing can tell apart any more.
func (y *System) Canon(s *State) {
	y.canonHurry(s)
	for i := range s.Servers {
		if s.Up.Has(i) {
			s.Servers[i].ForgetVotes(y.Ensemble)
		} else if y.gone(s, i) {
			for from := range y.n {
				y.channel(s, from, i).hasLast = false
			}
			if y.Phases == ElectionOnly || y.Phases == ThroughDiscovery {
				s.Servers[i] = election.NewServer(y.Ensemble, i, y.Disks[i])
				s.Servers[i].SetHistory(&y.logs[i])
			}
		}
	}
}

// gone: a server that is down for good.
func (y *System) gone(s *State, i int) bool {
	return !s.Up.Has(i) && s.Started.Has(i) && y.left(s, restartsLimit) <= 0
}

func (y *System) canonHurry(s *State) {
	if !s.unhurried {
		return
	}
	if s.Faults() > 0 {
		s.unhurried = false
	}
	for i := range s.Servers {
		if s.Servers[i].Round > 1 {
			s.unhurried = false
		}
	}
}
