package cluster

import "github.com/zkcheck/zkcheck/election"

// Canonical makes states equal that nothing can tell apart: in both the same actions are enabled, in the
// same order, every step property says the same of each of them, limits cut the same off, and they lead to states that
// nothing can tell apart. It is for who keeps states apart; a run need not know of it.
//
// What holds under any rules is done always. What a rule makes dead is cleared only where every rule is
// ZooKeeper's, and what needs a view of all that can still come only where System.foresees.
func (y *System) Canonical(s *State) {
	if s.unhurried && y.hurried(s) {
		s.changeHead()
		s.unhurried = false
	}
	looking := false
	for i := range s.Servers {
		switch {
		case s.Up.Has(i):
			if y.standard && s.Servers[i].State == election.Looking {
				looking = true
				s.noteServer(i, s.Servers[i].ForgetVotes(y.Ensemble))
			}
		case y.gone(s, i):
			y.bury(s, i)
		}
	}
	if !y.foresees() {
		return
	}
	y.settle(s)
	if s.unhurried && !y.elects(s) {
		s.changeHead()
		s.unhurried = false
	}
	if looking {
		y.forgetTables(s)
	}
}

// noteServer notes that a server is another one, if it is.
func (s *State) noteServer(i int, changed bool) {
	if changed {
		s.changed.add(s.serverPart(i))
	}
}

// forgetTables clears what is dead in the tables of LOOKING servers by all that can still come.
func (y *System) forgetTables(s *State) {
	var o outlook
	for i := range s.Servers {
		v := &s.Servers[i]
		if !s.Up.Has(i) || v.State != election.Looking || !v.HasVotes() {
			continue
		}
		if !o.done {
			y.outlook(s, &o)
		}
		if v.Waiting && !o.grows && !o.renews && !election.Beats(y.Ensemble, o.best, v.Proposal) {
			s.noteServer(i, v.ForgetWait(y.Ensemble))
		} else if !o.grows {
			s.noteServer(i, v.ForgetDead(y.Ensemble, o.live, o.leads))
		}
	}
}

// hurried: quiet-round-elects-maximum, the one that asks, speaks of runs without a fault in which all are in
// the first round. Faults are not undone, and without one no round goes back.
func (y *System) hurried(s *State) bool {
	if s.Faults() > 0 {
		return true
	}
	for i := range s.Servers {
		if s.Servers[i].Round > 1 {
			return true
		}
	}
	return false
}

// gone tells whether a server is down for good.
func (y *System) gone(s *State, i int) bool {
	return s.Started.Has(i) && !s.Up.Has(i) && y.left(s, restartsLimit) <= 0 && y.Limits.Wipes == 0
}

// bury forgets what was last sent to a server that is down for good, and its disk where nobody asks any more what is on the
// disks of a quorum: before the broadcast nothing is committed.
func (y *System) bury(s *State, i int) {
	for from := range y.n {
		if y.channel(s, from, i).hasLast {
			s.changeChannel(from, i).hasLast = false
		}
	}
	if y.Phases == ElectionOnly || y.Phases == ThroughDiscovery {
		*s.changeServer(i) = election.NewServer(y.Ensemble, i, y.Disks[i])
		s.Servers[i].SetHistory(&y.logs[i])
	}
}
