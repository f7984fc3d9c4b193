package cluster

import "github.com/zkcheck/zkcheck/election"

// A calm run is what a promise about the end of an election is about. No consensus ends in a network that
// may be arbitrarily slow (Fischer, Lynch, Paterson 1985); ZooKeeper's elections end because its time-outs
// are longer than its network is slow: what was sent arrives, and is dealt with, before the 200 ms of
// finalizeWait are over, and those before a notification time-out, initLimit or syncLimit is. A calm run is one in which that is so, and in which nothing fails any more: no faults, and nobody starts or writes.

// Calm tells whether the run has become calm.
func (s *State) Calm() bool { return s.spent[cutCalm] > 0 }

// speed is when an action happens in a calm run: all of one speed before any of the next.
type speed uint8

const (
	atOnce  speed = iota // messages, and what threads do with them
	silence              // finalizeWait, over when nothing comes
	timeOut              // the time-outs of seconds
	never                // not in a calm run
)

func (a Action) speed() speed {
	switch a.Kind {
	case Deliver, Packet, Offer, Handle, Resume, Answer, Flush:
		if a.N > 0 {
			return never // no thread is caught halfway any more
		}
		return atOnce
	case Decide:
		if a.N > 0 {
			return never
		}
		return silence
	case Timeout, GiveUp:
		if a.N > 0 {
			return never
		}
		return timeOut
	}
	return never
}

// lap is which time-outs have ended since all that were running had: by position, the notification time-outs,
// and what ends a term. No time-out ends twice in a lap. So they take turns, in any order: ZooKeeper's are of
// lengths that stay within bounds of each other, and a server whose time-out never comes while others have
// theirs a thousand times is not what a promise is about.
type lap struct{ resends, giveUps election.Set }

// end notes that a time-out has ended; for the second time, in a new lap.
func (l *lap) end(kind *election.Set, pos int) {
	if kind.Has(pos) {
		*l = lap{}
	}
	*kind = kind.With(pos)
}

// had tells whether the time-out of an action has ended in this lap.
func (y *System) had(s *State, a Action) bool {
	pos, _ := y.Ensemble.Position(a.From)
	return a.Kind == Timeout && s.lap.resends.Has(pos) || a.Kind == GiveUp && s.lap.giveUps.Has(pos)
}

// calmActions keeps the actions from at on that happen next in a calm run.
func (y *System) calmActions(s *State, buf []Action, at int) []Action {
	next, fresh := never, false
	for _, a := range buf[at:] {
		next = min(next, a.speed())
		fresh = fresh || a.speed() == timeOut && !y.had(s, a)
	}
	kept := buf[:at]
	for _, a := range buf[at:] {
		if next != never && a.speed() == next && !(fresh && next == timeOut && y.had(s, a)) {
			kept = append(kept, a)
		}
	}
	return kept
}

// FairnessClass puts the actions of a calm run into classes, from 0 on, for weak fairness: what can always
// happen does, by each of a server's threads and on each connection. -1 is no promise: an action before
// the run is calm. In an ensemble of more than four a class is the time-outs of a server, or all else that it does.
func (y *System) FairnessClass(s *State, a Action) int {
	if !s.Calm() {
		return -1
	}
	from, _ := y.Ensemble.Position(a.From)
	to, _ := y.Ensemble.Position(a.To)
	slow := a.speed() == timeOut
	own := [...]Kind{Timeout, GiveUp, Decide, Offer, Handle, Resume, Answer, Flush}
	switch {
	case y.n > 4 && (a.Kind == Deliver || a.Kind == Packet):
		return y.n + to
	case y.n > 4 && slow:
		return from
	case y.n > 4:
		return y.n + from
	case a.Kind == Deliver:
		return len(own)*y.n + from*y.n + to
	case a.Kind == Packet:
		return len(own)*y.n + y.n*y.n + from*y.n + to
	}
	for k, kind := range own {
		if a.Kind == kind {
			return k*y.n + from
		}
	}
	return -1
}
