package cluster

import "github.com/zkcheck/zkcheck/election"

func (y *System) channel(s *State, from, to int) *channel { return &s.notes[from*y.n+to] }

// reachable tells whether two positions have an election connection. It comes up as soon as both run
// and the link is not cut: QuorumCnxManager connects when there is something to send, and a server
// that enters an election has something to send to everybody.
func (y *System) reachable(s *State, a, b int) bool {
	return a != b && s.Up.Has(a) && s.Up.Has(b) && !s.cuts[a].Has(b)
}

// sendNote puts a notification into the send queue of its receiver (QuorumCnxManager.toSend).
func (y *System) sendNote(s *State, from, to int, v *election.Vote) {
	c := s.changeChannel(from, to)
	if from == to {
		y.loopBack(s, c, v)
		return
	}
	if !y.reachable(s, from, to) {
		c.n, c.hasLast, c.msgs[0] = 0, true, *v
		return
	}
	switch {
	case c.n > 0 && c.msgs[c.n-1] == *v && !y.FIFO: // coalesces with the tail
	case int(c.n) < y.Limits.ChannelLen:
		c.msgs[c.n] = *v
		c.n, c.hasLast = c.n+1, false
	case y.FIFO: // the receive queue is bounded too, and loses its oldest
		copy(c.msgs[:c.n-1], c.msgs[1:c.n])
		c.msgs[c.n-1] = *v
		s.cut |= 1 << cutChannel
	default: // the newest replaces the one unsent; a longer channel might have sent that
		c.msgs[c.n-1] = *v
		s.cut |= 1 << cutChannel
	}
}

// pop takes the head of an election channel.
func (y *System) pop(s *State, from, to int) election.Vote {
	v := s.changeChannel(from, to).pop()
	y.forget(s, from, to)
	return v
}

// forget clears the last message sent where no connection will ever send it again: a field that is
// dead must not tell states apart.
func (y *System) forget(s *State, from, to int) {
	if y.channel(s, from, to).hasLast && (from == to || y.reachable(s, from, to) && !y.mayReconnect(s)) {
		s.changeChannel(from, to).hasLast = false
	}
}

// mayReconnect tells whether a budget is left that could take a connection away and bring it back.
func (y *System) mayReconnect(s *State) bool {
	return y.left(s, cutsLimit) > 0 || y.left(s, resetsLimit) > 0 ||
		y.left(s, crashesLimit) > 0 && y.left(s, restartsLimit) > 0
}

// forgetAll follows the spending of a budget.
func (y *System) forgetAll(s *State) {
	if y.mayReconnect(s) {
		return
	}
	for from := range y.n {
		for to := range y.n {
			y.forget(s, from, to)
		}
	}
}

// connect brings up the election connection of two positions if nothing is in the way.
func (y *System) connect(s *State, a, b int) {
	if y.reachable(s, a, b) {
		for _, c := range [2]*channel{s.changeChannel(a, b), s.changeChannel(b, a)} {
			if y.Ensemble.Rules.ResendsLast() {
				c.connect()
			}
		}
		y.forget(s, a, b)
		y.forget(s, b, a)
	}
}

// disconnect loses all connections between two positions with what was in flight.
func (y *System) disconnect(s *State, a, b int) {
	s.changeChannel(a, b).collapse()
	s.changeChannel(b, a).collapse()
	for _, p := range [2][2]int{{a, b}, {b, a}} {
		l := &s.links[p[0]]
		if int(l.leader) == p[1] && l.status == connected {
			s.changeLink(p[0]).breakOff()
			y.tellLeader(s, p[1], p[0])
		}
	}
}

// hangUp: a learner closes the connection to its leader.
func (y *System) hangUp(s *State, learner int) {
	l := s.changeLink(learner)
	was, leader := l.status, int(l.leader)
	l.status, l.leader, l.up.n, l.down.n = noLink, 0, 0, 0
	if was == connected {
		y.tellLeader(s, leader, learner)
	}
}

func (y *System) tellLeader(s *State, leader, learner int) {
	y.give(s, leader, &election.Input{Kind: election.Disconnected, From: uint8(learner)})
}

// sendPacket puts a packet on the link of a learner: up when the learner itself sends it.
func (y *System) sendPacket(s *State, from, to int, p election.Packet) {
	if l := &s.links[from]; l.status != noLink && int(l.leader) == to {
		s.changeLink(from).up.push(p)
	} else if l := &s.links[to]; l.status == connected && int(l.leader) == from {
		s.changeLink(to).down.push(p)
	}
}

// takePacket makes the head of the link from one position to another the input.
func (y *System) takePacket(s *State, from, to int) {
	in := &s.In
	*in = election.Input{Kind: election.PacketIn, From: uint8(from)}
	if l := &s.links[from]; l.status != noLink && int(l.leader) == to && l.up.n > 0 {
		s.changeLink(from).status = connected
		in.Packet = l.up.pop()
	} else {
		in.Packet = s.changeLink(to).down.pop()
		if in.Packet.Kind == election.Snap { // what a leader had applied is the same as long as it leads
			in.Snapshot = s.Servers[from].History()
		}
	}
}

// gather takes the head of a link. In the coarse grain a learner takes a synchronisation at once, up to a
// packet that writes to its disk: what comes before changes only memory that nobody sees.
func (y *System) gather(s *State, from, to int) {
	y.takePacket(s, from, to)
	for !y.Ensemble.Fine && gathered(s.Servers[to], &s.In.Packet) && s.links[to].down.n > 0 {
		y.give(s, to, &s.In)
		y.takePacket(s, from, to)
	}
}

// gathered: a packet of a synchronisation that does not reach the learner's disk.
func gathered(v *election.Server, p *election.Packet) bool {
	switch p.Kind {
	case election.Diff, election.Snap:
		return true
	case election.Proposal, election.Commit, election.Inform:
		return v.Syncing()
	}
	return false
}

// inScope: packets of phases that the system leaves out stay where they are.
func (y *System) inScope(p *election.Packet) bool {
	return p.Kind == election.LeaderInfo || y.Phases.include(election.Synchronization)
}
