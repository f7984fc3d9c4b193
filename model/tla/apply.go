package tla

import "math/bits"

// Apply takes the enabled action a in place.
func (y *System) Apply(s *State, a Action) {
	m := &y.member[(a.I-1)%room]
	switch a.Kind {
	case ReceiveNotmsg:
		y.receive(s, m, uint(number(int(a.I)-1, int(a.J)-1)))
	case HandleNotmsg:
		y.handle(s, m)
	case WaitNewNotmsg:
		y.waitNew(s, m)
	case NotmsgTimeout:
		s.put(m, &y.recv, y.none())
	case ZabTimeout:
		y.zabTimeout(s, m)
	}
}

// zabTimeout begins the next round with everything forgotten but what is in the channels.
func (y *System) zabTimeout(s *State, m *member) {
	self := m.id | s.word[m.base%maxWords]&y.round + y.oneRound
	for w := range y.words {
		s.word[(m.base+uint(w))%maxWords] &= y.incoming[w%maxWords]
	}
	s.word[m.base%maxWords] |= self
	y.broadcast(s, m, self)
}

// receive takes the oldest message of the k-th other server from the channel. A LOOKING server queues it.
func (y *System) receive(s *State, m *member, k uint) {
	l := &m.links[k%room]
	from := &s.word[l.in.word%maxWords]
	in := *from >> (l.in.shift % 64) & y.channel
	message := in & y.code
	*from ^= (in ^ in>>(y.codeBits%64)) << (l.in.shift % 64)
	self := s.word[m.base%maxWords] & y.code
	if self>>(y.state%64) != looking {
		if message>>(y.state%64) == looking {
			y.send(s, l.out, self)
		}
		return
	}
	queue := s.get(m, &y.recv)
	if queue == y.none() {
		queue = 0
	}
	s.put(m, &y.recv, queue|(message|uint64(k)<<(y.codeBits%64))<<(y.place[bits.Len64(queue)]%64))
	if message < self&y.round { // LOOKING, and in a round before
		y.send(s, l.out, self)
	}
}

// waitNew looks at one more message: a better vote is put back, to be handled, and any other is dropped. Without one the
// server decides. The mark of a time-out is no message, and stays where it is.
func (y *System) waitNew(s *State, m *member) {
	first := &s.word[m.base%maxWords]
	queue := s.get(m, &y.recv)
	if queue == 0 || queue == y.none() {
		agreeing := y.agreeing(s.get(m, &y.received), *first)
		y.settle(s, m, *first, agreeing, true)
		return
	}
	rest := queue >> (y.slotBits % 64)
	if queue&y.leader > *first&y.leader {
		*first &^= y.wait
		rest |= queue & y.slot << (y.place[bits.Len64(rest)] % 64)
	}
	s.put(m, &y.recv, rest)
}

// settle ends an election: the server leads or follows the proposal's leader, in the proposal's round. The voters are those
// of leadingVoteSet: of other servers as the table has them, and whether the server itself is one.
func (y *System) settle(s *State, m *member, proposal, voters uint64, self bool) {
	first := &s.word[m.base%maxWords]
	if proposal&y.leader != m.id {
		*first = *first&^y.code | proposal&y.proposal | following<<(y.state%64)
		return
	}
	*first = *first&^y.code | proposal&y.proposal | leading<<(y.state%64)
	set := uint64(0)
	for k := range y.peers {
		if voters&y.entry(uint64(k)) != 0 {
			set |= 1 << k
		}
	}
	if self {
		set |= 1 << y.peers
	}
	s.put(m, &y.set, set)
}

// send appends a message to a channel that is not full.
func (y *System) send(s *State, to slot, message uint64) {
	w := &s.word[to.word%maxWords]
	*w |= message << ((to.shift + y.behind[bits.Len64(*w>>(to.shift%64)&y.channel)]) % 64)
}

func (y *System) broadcast(s *State, m *member, message uint64) {
	for k := range y.peers {
		y.send(s, m.links[k%room].out, message)
	}
}
