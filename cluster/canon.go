package cluster

import (
	"math"

	"github.com/zkcheck/zkcheck/election"
)

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
				y.rewrite(s, i, withoutVotes)
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

// forgetting is what is cleared of a server's tables: for ForgetDead with live in the upper half, leads in the lower.
type forgetting uint64

const (
	withoutVotes = forgetting(math.MaxUint64 - iota)
	withoutWait
)

func withoutDead(live, leads election.Set) forgetting {
	return forgetting(live)<<32 | forgetting(leads)
}

func (f forgetting) forget(e *election.Ensemble, v *election.Server) bool {
	switch f {
	case withoutVotes:
		return v.ForgetVotes(e)
	case withoutWait:
		return v.ForgetWait(e)
	}
	return v.ForgetDead(e, election.Set(f>>32), election.Set(f))
}

// rewrite clears something of a server's tables, and notes the change if there is one.
func (y *System) rewrite(s *State, i int, f forgetting) {
	if a := s.met[i]; a != nil {
		if b := s.recall.rewritten(a, f); b != a {
			s.changed.add(s.serverPart(i))
			s.become(i, b)
		}
	} else if f.forget(y.Ensemble, s.Servers[i]) {
		s.changed.add(s.serverPart(i))
	}
}

// forgetTables clears what is dead in the tables of LOOKING servers by all that can still come.
func (y *System) forgetTables(s *State) {
	var o outlook
	for i := range s.Servers {
		v := s.Servers[i]
		if !s.Up.Has(i) || v.State != election.Looking || !v.HasVotes() {
			continue
		}
		if !o.done {
			y.outlook(s, &o)
		}
		if v.Waiting && !o.grows && !o.renews && !election.Beats(y.Ensemble, o.best, v.Proposal) {
			y.rewrite(s, i, withoutWait)
		} else if !o.grows {
			y.rewrite(s, i, withoutDead(o.live, o.leads))
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
		*y.changeServer(s, i) = election.NewServer(y.Ensemble, i, y.Disks[i])
		s.Servers[i].SetHistory(&y.logs[i])
	}
}
