package cluster

import "github.com/zkcheck/zkcheck/election"

// stays tells whether a server that has decided never looks again. Every way back to an election asks for a
// round that is left, but for a new process, and that needs a crash and a restart.
func (y *System) stays(s *State, i int) bool {
	v := s.Servers[i]
	return s.Up.Has(i) && v.State != election.Looking && v.Round >= uint64(y.Limits.Rounds) &&
		(y.left(s, restartsLimit) <= 0 || y.left(s, crashesLimit) <= 0)
}

// settle forgets what notifications say to servers that stay, and once there are no others the votes, which
// nobody asks for any more.
//
// A server that is not LOOKING asks of a notification only whether its sender is, and answers with its own vote. The
// other one who looks is the sender: whether what it would send is the tail of the queue already decides whether
// a time-out tells anything, and whether the next message coalesces or takes the tail's place. So the tail is kept
// where it is that. Where it is not it will never be: a LOOKING server tells everybody whenever its vote
// changes, so that the tail is its vote until it decides, and in one term a vote changes once, to a new epoch. But a
// decision can take the clock back, and who then looks again can say once more what it said in a later round.
//
// Of most of it nothing comes at all (idle), and that is forgotten. So a step may be gone that led back to the same canonical
// state, the delivery of what is forgotten.
func (y *System) settle(s *State) {
	settled := true
	for to := range s.Servers {
		if !y.stays(s, to) {
			settled = settled && y.gone(s, to)
			continue
		}
		y.strand(s, to)
		for from := range y.n {
			list := y.flying(s, from, to)
			switch {
			case len(list) == 0 || from == to:
			case y.idle(s, from, &list[0]):
				y.hush(s, from, to)
			case y.mute(s, from, list):
				s.changeChannel(from, to)
			}
		}
	}
	if settled {
		y.silence(s)
	}
}

// idle tells whether nothing comes of a message to a server that stays, whether it is delivered or not: what is sent next takes
// its place. It says that its sender has decided, and is not answered; or its sender stays, too, and asks for no answer. Who is
// down has nothing on its way, and what a LOOKING server said last is that it looks.
func (y *System) idle(s *State, from int, m *election.Vote) bool {
	return y.oneSlot() && (y.stays(s, from) || m.State != election.Looking)
}

// oneSlot tells whether a channel has one slot for what is unsent, and loses and doubles nothing.
func (y *System) oneSlot() bool {
	l := &y.Limits
	return !y.FIFO && l.ChannelLen == 1 && l.Drops == 0 && l.Dups == 0
}

// hush forgets a message of which nothing comes. Of those to a leader that may serve one is kept, that of the first of the
// others, as what it is to the leader: something that arrives, and after which it stays.
func (y *System) hush(s *State, from, to int) {
	x := y.channel(s, from, to)
	if x.n > 0 && s.Servers[to].State == election.Leading && y.Phases.include(election.Synchronization) && from == 1-min(to, 1) {
		left := mutedDecided
		if x.msgs[0].State == election.Looking {
			left = mutedLooking
		}
		if x.msgs[0] != left {
			s.changeChannel(from, to).msgs[0] = left
		}
		return
	}
	x = s.changeChannel(from, to)
	x.n, x.hasLast = 0, false
}

// flying is what is on its way from one position to another, or else kept to be sent again.
func (y *System) flying(s *State, from, to int) []election.Vote {
	c := y.channel(s, from, to)
	if c.n == 0 && c.hasLast {
		return c.msgs[:1]
	}
	return c.msgs[:c.n]
}

// says is what a server would send now.
func (y *System) says(s *State, i int) election.Vote {
	if v := s.Servers[i]; v.State != election.Looking {
		return y.Ensemble.Rules.Answer(v)
	}
	return s.Servers[i].Ballot()
}

// What is left of muted notifications.
var (
	mutedLooking = election.Vote{Version: election.WireVersion}
	mutedDecided = election.Vote{State: election.Observing, Version: election.WireVersion}
)

// mute leaves of notifications whether their sender was LOOKING. No server is in round 0, and there are no observers.
func (y *System) mute(s *State, from int, list []election.Vote) (changed bool) {
	for k := range list {
		m := &list[k]
		was := *m
		switch {
		case k == len(list)-1 && s.Up.Has(from) && (*m == y.says(s, from) || m.Round > s.Servers[from].Round):
		case m.State == election.Looking:
			*m = mutedLooking
		default:
			*m = mutedDecided
		}
		changed = changed || *m != was
	}
	return changed
}

// silence forgets votes where all servers stay or are down for good, but for the leader, whom a learner acks to.
func (y *System) silence(s *State) {
	for i := range s.Servers {
		if !s.Up.Has(i) {
			continue
		}
		was := y.says(s, i)
		v := &s.Servers[i].Vote
		silent := election.Vote{Candidate: election.Candidate{Leader: v.Leader}}
		if *v == silent {
			continue
		}
		y.changeServer(s, i).Vote = silent
		for to := range y.n {
			if list := y.flying(s, i, to); len(list) > 0 && list[len(list)-1] == was {
				list[len(list)-1] = y.says(s, i)
				s.changeChannel(i, to)
			}
		}
	}
}

// strand forgets what a learner has promised that stays with a connection that is lost: it hears of no leader again, and
// nobody hears of its promise. What is on disks matters to those who count transactions on them; that is after
// discovery, in which a learner comes no further than its promise.
func (y *System) strand(s *State, i int) {
	v := s.Servers[i]
	if s.links[i].status != broken || y.Phases != ThroughDiscovery {
		return
	}
	if v.Epoch == 0 && v.AcceptedEpoch == v.CurrentEpoch && v.Disk.AcceptedEpoch == v.CurrentEpoch {
		return
	}
	v = y.changeServer(s, i)
	v.Epoch, v.AcceptedEpoch, v.Disk.AcceptedEpoch = 0, v.CurrentEpoch, v.CurrentEpoch
}
