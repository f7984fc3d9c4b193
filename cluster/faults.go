package cluster

import "github.com/zkcheck/zkcheck/election"

// faultActions appends the faults that the budgets allow, and heals.
func (y *System) faultActions(s *State, buf []Action) []Action {
	if y.flawless && !s.anyCut() {
		return buf
	}
	for i := range s.Servers {
		buf = y.crashActions(s, i, buf)
	}
	for a := range y.n {
		for b := a + 1; b < y.n; b++ {
			buf = y.linkFaults(s, a, b, buf)
		}
	}
	if y.Limits.Drops > 0 || y.Limits.Dups > 0 {
		buf = y.messageFaults(s, buf)
	}
	if y.Limits.Garbles > 0 {
		buf = y.garbles(s, buf)
	}
	return buf
}

// anyCut tells whether something is left to heal.
func (s *State) anyCut() bool {
	for _, c := range s.cuts {
		if c != 0 {
			return true
		}
	}
	return false
}

// garbles: what comes on a connection that no server of the ensemble could have sent. A vote for a stranger
// is of a voter that is configured otherwise, LOOKING like the one that it comes to.
func (y *System) garbles(s *State, buf []Action) []Action {
	for from := range y.n {
		for to := range y.n {
			if !y.reachable(s, from, to) || !y.listens(s, from, to) || !y.afford(s, garblesLimit) {
				continue
			}
			buf = append(buf, Action{Kind: Garble, From: y.sid(from), To: y.sid(to)})
			if from < y.Ensemble.Voters && s.Servers[from].State == election.Looking && s.Servers[to].State == election.Looking {
				buf = append(buf, Action{Kind: Stranger, From: y.sid(from), To: y.sid(to)})
			}
		}
	}
	return buf
}

// strangersVote is that of a voter for somebody who is as good as itself, has a larger sid, and is not in the
// ensemble.
func (y *System) strangersVote(s *State, from int) election.Vote {
	v := s.Servers[from].Ballot()
	v.Candidate = s.Servers[from].Initial(y.Ensemble)
	for v.Leader = election.NoServer - 1; v.Leader > 0; v.Leader-- {
		if _, member := y.Ensemble.Position(v.Leader); !member {
			break
		}
	}
	return v
}

func (y *System) crashActions(s *State, i int, buf []Action) []Action {
	sid := y.sid(i)
	if s.Up.Has(i) {
		if y.Limits.Crashes > 0 && y.afford(s, crashesLimit) {
			buf = append(buf, Action{Kind: Crash, From: sid})
			if y.twoWrites(s, i) {
				buf = append(buf, Action{Kind: Crash, From: sid, N: 1})
			}
		}
		return buf
	}
	if !s.Started.Has(i) {
		return buf
	}
	if y.Limits.Restarts > 0 && y.Ensemble.Rules.Recovers(s.Servers[i].Disk) &&
		y.afford(s, restartsLimit) && y.roundsLeft(s, 0) {
		buf = append(buf, Action{Kind: Restart, From: sid})
	}
	if y.Limits.Wipes > 0 && s.Servers[i].Disk != (election.Disk{}) && y.afford(s, wipesLimit) {
		buf = append(buf, Action{Kind: Wipe, From: sid})
	}
	return buf
}

// interruptible is the one step of a server that can make more than one disk write: a learner's
// NEWLEADER, or the offer of a leader that is a quorum by itself.
func (y *System) interruptible(s *State, i int) (election.Input, bool) {
	l := &s.links[i]
	if l.status == connected && l.down.n > 0 && y.reachable(s, i, int(l.leader)) {
		in := election.Input{Kind: election.PacketIn, From: l.leader, Packet: l.down.list[0]}
		return in, y.inScope(&in.Packet)
	}
	v := s.Servers[i]
	if v.State == election.Leading && v.Stage() == election.Whole && !v.Offered && y.epochsLeft(s, v, v.AcceptedEpoch) {
		return election.Input{Kind: election.Offer}, true
	}
	return election.Input{}, false
}

// twoWrites: the next step of a server makes two disk writes. In the coarse grain the packets before
// NEWLEADER are a part of it.
func (y *System) twoWrites(s *State, i int) bool {
	in, ok := y.interruptible(s, i)
	if !ok {
		return false
	}
	v := s.Servers[i]
	if y.Ensemble.Fine || in.Kind != election.PacketIn || !gathered(v, &in.Packet) && in.Packet.Kind != election.NewLeader {
		return v.Interruptible(y.Ensemble, &in)
	}
	s.lookFrom(i) // what the last step put out has been dealt with
	list := s.links[i].down.list[:s.links[i].down.n]
	for k := range list {
		in.Packet, in.Snapshot = list[k], s.Servers[in.From].History()
		if !gathered(s.ahead.Server, &in.Packet) {
			break
		}
		y.giveAhead(s, &in)
	}
	return s.ahead.Interruptible(y.Ensemble, &in)
}

// linkFaults: cut, heal and reset. Observers have no connection to each other.
func (y *System) linkFaults(s *State, a, b int, buf []Action) []Action {
	if a >= y.Ensemble.Voters {
		return buf
	}
	from, to := min(y.sid(a), y.sid(b)), max(y.sid(a), y.sid(b))
	if s.cuts[a].Has(b) {
		return append(buf, Action{Kind: Heal, From: from, To: to})
	}
	if y.Limits.Cuts > 0 && y.afford(s, cutsLimit) {
		buf = append(buf, Action{Kind: Cut, From: from, To: to})
	}
	if y.Limits.Resets > 0 && y.reachable(s, a, b) && y.afford(s, resetsLimit) {
		buf = append(buf, Action{Kind: Reset, From: from, To: to})
	}
	return buf
}

func (y *System) messageFaults(s *State, buf []Action) []Action {
	for from := range y.n {
		for to := range y.n {
			c := y.channel(s, from, to)
			if c.n == 0 || !y.reachable(s, from, to) { // nothing of what a server tells itself is lost
				continue
			}
			if y.Limits.Drops > 0 && y.afford(s, dropsLimit) {
				buf = append(buf, Action{Kind: Drop, From: y.sid(from), To: y.sid(to)})
			}
			if y.Limits.Dups > 0 && y.afford(s, dupsLimit) {
				if int(c.n) == y.Limits.ChannelLen {
					s.cut |= 1 << cutChannel
					continue
				}
				buf = append(buf, Action{Kind: Dup, From: y.sid(from), To: y.sid(to)})
			}
		}
	}
	return buf
}

func (y *System) applyFault(s *State, a Action, from, to int) {
	s.changeHead() // budgets, cuts, and who is up
	switch a.Kind {
	case Crash:
		s.spent[crashesLimit]++
		y.crash(s, from, int(a.N))
	case Restart:
		s.spent[restartsLimit]++
		y.boot(s, from)
	case Wipe:
		s.spent[wipesLimit]++
		*y.changeServer(s, from) = election.NewServer(y.Ensemble, from, election.Disk{})
	case Cut:
		s.spent[cutsLimit]++
		y.disconnect(s, from, to)
		s.cuts[from], s.cuts[to] = s.cuts[from].With(to), s.cuts[to].With(from)
		s.Actor = -1
	case Heal:
		s.cuts[from], s.cuts[to] = s.cuts[from].Without(to), s.cuts[to].Without(from)
		y.connect(s, from, to)
		s.Actor = -1
	case Reset:
		s.spent[resetsLimit]++
		y.disconnect(s, from, to)
		y.connect(s, from, to)
		s.Actor = -1
	case Drop:
		s.spent[dropsLimit]++
		y.pop(s, from, to)
		s.Actor = -1
	case Dup:
		s.spent[dupsLimit]++
		c := s.changeChannel(from, to)
		copy(c.msgs[1:c.n+1], c.msgs[:c.n])
		c.n++
		s.Actor = -1
	case Garble:
		s.spent[garblesLimit]++
		s.Actor = to
		s.In = election.Input{Kind: election.Garbled, From: uint8(from)}
		y.step(s, to)
	case Stranger:
		s.spent[garblesLimit]++
		s.Actor = to
		s.In = election.Input{Kind: election.Notification, From: uint8(from), Vote: y.strangersVote(s, from)}
		y.step(s, to)
	default:
		panic("unknown action " + a.String())
	}
	y.forgetAll(s)
}

// crash stops a process, in the middle of its next step after a disk write if one is given.
func (y *System) crash(s *State, pos, afterWrite int) {
	if afterWrite > 0 {
		in, ok := y.interruptible(s, pos)
		if !ok {
			panic("crash after a disk write, but no step is there to interrupt")
		}
		s.Out.HaltAfter, s.In = afterWrite, in
		if in.Kind == election.PacketIn {
			y.gather(s, int(in.From), pos)
		}
		y.step(s, pos)
		s.Out.Reset()
	}
	for other := range y.n {
		if other != pos {
			y.disconnect(s, pos, other)
			s.changeChannel(pos, other).hasLast = false
		}
	}
	s.changeChannel(pos, pos).n = 0
	y.changeServer(s, pos).Crash()
	s.Up = s.Up.Without(pos)
	l := s.changeLink(pos)
	l.status, l.leader, l.up.n, l.down.n = noLink, 0, 0, 0
}
