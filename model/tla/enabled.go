package tla

import "slices"

// Actions appends the steps that are possible in s and lead to states within the constraint, server by server. Those that
// lead outside it counts.
//
// What there is to receive depends on little more than chance, and a processor that has to guess guesses wrong. So an action
// is written down first, and counts if it is one.
func (y *System) Actions(s *State, buf []Action) []Action {
	n := len(buf)
	buf = slices.Grow(buf, y.most)[:n+y.most]
	s.cut = 0
	for i := range y.servers {
		m := &y.member[i%room]
		self := s.word[m.base%maxWords]
		queue := s.get(m, &y.recv)
		lacks, answers := 0, self&y.round // a LOOKING server answers who is in a round before
		settled := self&y.code>>(y.state%64) != looking
		if settled {
			answers = 1 << (y.state % 64) // another one answers who is LOOKING, which is round and leader and nothing else
		} else if queue != y.none() {
			lacks = one(queue&y.lastSlot != 0) | y.noSlot // the mark of a time-out leaves when a message comes
		}
		some, full := uint64(0), 0
		for k := range y.peers {
			l := &m.links[k%room]
			in := s.word[l.in.word%maxWords] >> (l.in.shift % 64) & y.code
			blocked := one(s.word[l.out.word%maxWords]&l.last != 0)
			present := one(in != 0)
			outside := present & (lacks | blocked&one(in < answers))
			buf[n] = l.receive
			n += present ^ outside
			s.cut += outside
			some |= in
			full |= blocked
		}
		if settled {
			outside := full | one(!y.clockFits(s, self&y.round, self&y.round+y.oneRound))
			buf[n] = Action{Kind: ZabTimeout, I: uint8(i + 1)}
			n += 1 ^ outside
			s.cut += outside
			continue
		}
		n = y.whileLooking(s, m, uint8(i+1), queue, some, full, buf, n)
	}
	return buf[:n]
}

// whileLooking puts at buf[n] what a LOOKING server can do by itself, and returns the next n. The queue is its own, some are
// all channels to it together, and full is 1 if some channel from it is.
func (y *System) whileLooking(s *State, m *member, i uint8, queue, some uint64, full int, buf []Action, n int) int {
	self := s.word[m.base%maxWords]
	if self&y.wait != 0 {
		buf[n] = Action{Kind: WaitNewNotmsg, I: i}
		n++
	} else if queue != 0 {
		outside := y.handlingCut(s, m, self&y.code, queue, full)
		buf[n] = Action{Kind: HandleNotmsg, I: i}
		n += 1 ^ outside
		s.cut += outside
	}
	if queue|some == 0 {
		outside := one(y.config.MaxRecv == 0)
		buf[n] = Action{Kind: NotmsgTimeout, I: i}
		n += 1 ^ outside
		s.cut += outside
	}
	return n
}

// handlingCut is 1 if handling the head of the queue leads out of the constraint, and 0 if not.
func (y *System) handlingCut(s *State, m *member, self, queue uint64, full int) int {
	message := queue & y.code
	switch {
	case message == y.none():
		return full
	case message>>(y.state%64) == looking:
		if message <= self {
			return 0 // only a vote that changes is sent
		}
		return full | one(!y.clockFits(s, self&y.round, message&y.round))
	}
	// The votes of outOfElection may take the server to another round. With those of receiveVotes it stays in its own.
	if !y.binding || y.clockFits(s, self&y.round, message&y.round) {
		return 0
	}
	from := y.sender(queue)
	table := y.entered(s.get(m, &y.outside), from, message)
	return one(y.elects(m, y.agreeing(table, message)|y.entry(from), table, self, message))
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

// none is the message that a time-out leaves.
func (y *System) none() uint64 { return none << (y.state % 64) }

// one is 1 for true.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
