package tla

import "math/bits"

// Actions appends the steps that are possible in s and lead to states within the constraint, server by server. Those that
// lead outside it counts.
func (y *System) Actions(s *State, buf []Action) []Action {
	s.cut = 0
	for i := range y.servers {
		m := &y.member[i]
		self := s.word[m.base%maxWords]
		if self&y.code>>(y.state%64) == looking {
			buf = y.whileLooking(s, m, self, uint8(i+1), buf)
		} else {
			buf = y.whileSettled(s, m, self, uint8(i+1), buf)
		}
	}
	return buf
}

// whileLooking appends what a server can do that is LOOKING.
func (y *System) whileLooking(s *State, m *member, self uint64, i uint8, buf []Action) []Action {
	queue := s.get(m, &y.recv)
	// A full queue takes nothing, but the mark of a time-out leaves before a message is put there.
	full := bits.Len64(queue) > y.roomRecv && queue != y.none()
	silent := true
	for k := range y.peers {
		in := s.get(m, &y.in[k])
		if in == 0 {
			continue
		}
		silent = false
		message := in & y.code
		answer := message < self&y.round // a LOOKING message is nothing but round and leader
		if full || answer && y.full(s, m, k) {
			s.cut++
			continue
		}
		buf = append(buf, Action{ReceiveNotmsg, i, uint8(other(int(i)-1, k) + 1)})
	}
	switch {
	case self&y.wait != 0:
		buf = append(buf, Action{Kind: WaitNewNotmsg, I: i})
	case queue != 0:
		if y.handlingCut(s, m, self&y.code, queue) {
			s.cut++
		} else {
			buf = append(buf, Action{Kind: HandleNotmsg, I: i})
		}
	}
	if queue == 0 && silent {
		if y.config.MaxRecv == 0 {
			s.cut++
		} else {
			buf = append(buf, Action{Kind: NotmsgTimeout, I: i})
		}
	}
	return buf
}

// whileSettled appends what a server can do that leads or follows.
func (y *System) whileSettled(s *State, m *member, self uint64, i uint8, buf []Action) []Action {
	for k := range y.peers {
		in := s.get(m, &y.in[k])
		if in == 0 {
			continue
		}
		if in&y.code>>(y.state%64) == looking && y.full(s, m, k) {
			s.cut++
			continue
		}
		buf = append(buf, Action{ReceiveNotmsg, i, uint8(other(int(i)-1, k) + 1)})
	}
	if !y.clockFits(s, self&y.round, self&y.round+y.oneRound) || y.someFull(s, m) {
		s.cut++
		return buf
	}
	return append(buf, Action{Kind: ZabTimeout, I: i})
}

// handlingCut tells whether handling the head of the queue leads out of the constraint.
func (y *System) handlingCut(s *State, m *member, self, queue uint64) bool {
	message := queue & y.code
	switch {
	case message == y.none():
		return y.someFull(s, m)
	case message>>(y.state%64) == looking:
		// Only a vote that changes is sent.
		return message > self && (y.someFull(s, m) || !y.clockFits(s, self&y.round, message&y.round))
	}
	// The votes of outOfElection may take the server to another round. With those of receiveVotes it stays in its own.
	if !y.binding || y.clockFits(s, self&y.round, message&y.round) {
		return false
	}
	from := y.sender(queue)
	table := y.entered(s.get(m, &y.outside), from, message)
	return y.elects(m, y.agreeing(table, message)|y.entry(from), table, self, message)
}

// clockFits tells whether a server's clock can go from one round to another.
func (y *System) clockFits(s *State, from, to uint64) bool {
	if to > uint64(y.config.MaxClock)*y.oneRound {
		return false
	}
	if !y.binding || to <= from {
		return true
	}
	sum := to - from
	for i := range y.servers {
		sum += s.word[(i*y.words)%maxWords] & y.round
	}
	return sum <= uint64(y.config.MaxSum)*y.oneRound
}

// full tells whether the channel to the k-th other server is, and someFull whether one of the channels to them is.
func (y *System) full(s *State, m *member, k int) bool {
	out := &m.out[k%MaxServers]
	return bits.Len64(s.word[out.word%maxWords]>>(out.shift%64)&y.channel) > y.roomChan
}

func (y *System) someFull(s *State, m *member) bool {
	for k := range y.peers {
		if y.full(s, m, k) {
			return true
		}
	}
	return false
}

// none is the message that a time-out leaves.
func (y *System) none() uint64 { return none << (y.state % 64) }
