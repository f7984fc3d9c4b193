package cluster

// A calm run is what a promise about the end of an election is about. No consensus ends in a network that
// may be arbitrarily slow (Fischer, Lynch, Paterson 1985); ZooKeeper's elections end because its time-outs
// are longer than its network is slow: what was sent arrives, and is dealt with, before the 200 ms of
// finalizeWait are over, those before initLimit or syncLimit is, and these in the end before the notification
// time-out, which doubles as long as nothing comes. A calm run is one in which that is so, and in which nothing fails any more: no faults, and nobody starts or writes.

// Calm tells whether the run has become calm.
func (s *State) Calm() bool { return s.spent[cutCalm] > 0 }

// speed is when an action happens in a calm run: all of one speed before any of the next.
type speed uint8

const (
	atOnce  speed = iota // messages, and what threads do with them
	silence              // finalizeWait, over when nothing comes
	timeOut              // initLimit and syncLimit, and connections that are seen to be lost
	resend               // the notification time-out: it doubles up to a minute, so in the end it is the longest
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
	case GiveUp:
		if a.N > 0 {
			return never
		}
		return timeOut
	case Timeout:
		return resend
	}
	return never
}

// calmActions keeps the actions from at on that happen next in a calm run.
func calmActions(buf []Action, at int) []Action {
	next := never
	for _, a := range buf[at:] {
		next = min(next, a.speed())
	}
	kept := buf[:at]
	for _, a := range buf[at:] {
		if next != never && a.speed() == next {
			kept = append(kept, a)
		}
	}
	return kept
}

// FairnessClass puts the actions of a calm run into classes, from 0 on, for weak fairness: what can always
// happen does, by each of a server's threads and on each connection. -1 is no promise: an action before
// the run is calm. In an ensemble of more than four a class is all that a server does.
func (y *System) FairnessClass(s *State, a Action) int {
	if !s.Calm() {
		return -1
	}
	from, _ := y.Ensemble.Position(a.From)
	to, _ := y.Ensemble.Position(a.To)
	own := [...]Kind{Timeout, Decide, Offer, GiveUp, Handle, Resume, Answer, Flush}
	switch {
	case y.n > 4 && (a.Kind == Deliver || a.Kind == Packet):
		return to
	case y.n > 4:
		return from
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
