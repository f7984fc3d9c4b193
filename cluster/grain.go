package cluster

import "github.com/zkcheck/zkcheck/election"

// In the fine grain the threads of a server take steps of their own: the receive path lets a
// notification in and answers (deliver), the election thread takes it from its queue later (handle),
// and a server's notification to itself comes in like any other. Within the budget of lags a thread is
// also caught in the middle of a step, and the others go on beside it.

// listens tells whether the receive path of one position can take a notification of another now.
func (y *System) listens(s *State, from, to int) bool {
	if from == to {
		if !s.Up.Has(to) {
			return false
		}
	} else if !y.reachable(s, from, to) {
		return false
	}
	if !y.Ensemble.Fine {
		return true
	}
	v := s.Servers[to]
	if v.Held() {
		return false
	}
	if v.State == election.Looking && v.Queued() >= y.Limits.Inbox {
		s.cut |= 1 << cutInbox
		return false
	}
	return true
}

// loopBack: a server tells itself, by the receive queue: in order, nothing replaced.
func (y *System) loopBack(s *State, c *channel, v *election.Vote) {
	if c.n == MaxChannel {
		copy(c.msgs[:c.n-1], c.msgs[1:c.n])
		c.n--
		s.cut |= 1 << cutChannel
	}
	c.msgs[c.n] = *v
	c.n++
}

// divided appends a step of a server's own, and the same caught halfway where that can be.
func (y *System) divided(s *State, i int, kind Kind, input election.InputKind, buf []Action) []Action {
	a := Action{Kind: kind, From: y.sid(i)}
	buf = append(buf, a)
	if y.Limits.Lags != 0 {
		buf = y.lagging(s, i, &election.Input{Kind: input}, a, buf)
	}
	return buf
}

// lagging appends a step caught halfway, if it has a middle and the budget allows.
func (y *System) lagging(s *State, i int, in *election.Input, a Action, buf []Action) []Action {
	if !y.Ensemble.Fine || !s.Servers[i].Divides(y.Ensemble, in) || !y.afford(s, cutLags) {
		return buf
	}
	a.N = 1
	return append(buf, a)
}

// lag follows the spending of lags: when none is left, what only a thread caught halfway could show is
// dead.
func (y *System) lag(s *State, a Action) {
	if a.N > 0 && a.Kind.divisible() {
		s.spend(cutLags, y.Limits.Lags)
	}
	if y.left(s, cutLags) > 0 {
		return
	}
	for i := range s.Servers {
		if s.Up.Has(i) && s.Servers[i].HasPast(y.Ensemble) {
			y.changeServer(s, i).ForgetPast(y.Ensemble)
		}
	}
}
