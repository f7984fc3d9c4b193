package tla

import "math/bits"

// handle takes the oldest message of the recvQueue. The mark of a time-out has the vote sent again.
func (y *System) handle(s *State, m *member) {
	queue := s.get(m, &y.recv)
	s.put(m, &y.recv, queue>>(y.slotBits%64))
	self := s.word[m.base%maxWords] & y.code
	message, from := queue&y.code, y.sender(queue)
	switch message >> (y.state % 64) {
	case none:
		y.broadcast(s, m, self)
	case looking:
		if message|y.leader >= self { // its round is not before the server's
			y.handleLooking(s, m, self, message, from)
		}
	default:
		y.handleSettled(s, m, self, message, from)
	}
}

// handleLooking handles the vote of a LOOKING server in this round or in a later one. With a quorum the server waits whether
// something better comes.
func (y *System) handleLooking(s *State, m *member, self, message, from uint64) {
	table := s.get(m, &y.received)
	if message > self { // by its round or by its leader
		if message&y.round != self&y.round {
			table = 0
		}
		// In a new round the server's own vote is what a vote has to beat, in the same round its present one, which has the
		// greater leader of the two.
		self = max(message, message&y.round|m.id)
		y.broadcast(s, m, self)
	}
	table = table&^(y.code<<(from*uint64(y.codeBits)%64)) | message<<(from*uint64(y.codeBits)%64)
	s.put(m, &y.received, table)
	first := &s.word[m.base%maxWords]
	*first = *first&^y.code | self
	if 1+bits.OnesCount64(y.agreeing(table, self)) >= y.quorum {
		*first |= y.wait
	}
}

// handleSettled handles the vote of a server that leads or follows. There are three ways to go with it: by the votes of this
// round, by those of servers that have settled, in whatever round, and because the leader of this round says so.
func (y *System) handleSettled(s *State, m *member, self, message, from uint64) {
	if message&y.round == self&y.round {
		table := y.entered(s.get(m, &y.received), from, message)
		s.put(m, &y.received, table)
		if voters := y.agreeing(table, message) | y.entry(from); y.elects(m, voters, table, self, message) {
			y.settle(s, m, message, voters, false)
			return
		}
	}
	table := y.entered(s.get(m, &y.outside), from, message)
	s.put(m, &y.outside, table)
	if voters := y.agreeing(table, message) | y.entry(from); y.elects(m, voters, table, self, message) {
		y.settle(s, m, message, voters, false)
		return
	}
	if message>>(y.state%64) == leading && message&y.round == self&y.round {
		y.believe(s, m, message)
	}
}

// believe settles as a leader says. Of a server that would lead by it the voters are not written down.
func (y *System) believe(s *State, m *member, message uint64) {
	state := uint64(following)
	if message&y.leader == m.id {
		state = leading
	}
	first := &s.word[m.base%maxWords]
	*first = *first&^y.code | message&y.proposal | state<<(y.state%64)
}

// sender is who sent the oldest message of a queue.
func (y *System) sender(queue uint64) uint64 { return queue & y.slot >> (y.codeBits % 64) }

// entry is the bit that stands for an entry of a table.
func (y *System) entry(k uint64) uint64 {
	return 1 << ((k*uint64(y.codeBits) + uint64(y.codeBits) - 1) % 64)
}

// entered is the table with a message entered, unless a later round's is there.
func (y *System) entered(table, from, message uint64) uint64 {
	shift := from * uint64(y.codeBits) % 64
	if table>>shift&y.round > message&y.round {
		return table
	}
	return table&^(y.code<<shift) | message<<shift
}

// agreeing are the entries that have a message's leader and round.
func (y *System) agreeing(table, message uint64) uint64 {
	// What is left of an entry that agrees is zero, and adding all but the last bit to it does not reach the last.
	differing := (table ^ y.each*(message&y.proposal)) & y.proposals
	return ^(differing + y.low) & y.top
}

// elects tells whether the voters, to whom the sender belongs, are a quorum, and the leader does not deny it: it has said
// itself that it leads, or it is the server itself and the round is its own.
func (y *System) elects(m *member, voters, table, self, message uint64) bool {
	if bits.OnesCount64(voters) < y.quorum {
		return false
	}
	leader := message & y.leader
	if leader == m.id {
		return message&y.round == self&y.round
	}
	return table>>((uint64(m.peer[leader%room])*uint64(y.codeBits)+uint64(y.state))%64)&3 == leading
}
