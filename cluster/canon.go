package cluster

// Canon makes equal what nothing can tell apart any more.
func (y *System) Canon(s *State) {
	y.canonHurry(s)
	for i := range s.Servers {
		if s.Up.Has(i) {
			s.Servers[i].Canon(y.Ensemble)
		}
	}
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
