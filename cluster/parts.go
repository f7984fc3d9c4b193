package cluster

import "github.com/zkcheck/zkcheck/election"

// A state has parts: the head, which is all that is of no single server or connection, the servers, the links, by
// learner, and the election channels, by from*n+to. A step changes few of them, and who changes a part says so, so
// that a Cursor can take a step back, and write a state down, at the price of what changed.

// partSet is a set of parts of a state: the head is number 0, then come the servers, the links and the channels.
type partSet []uint64

// parts is how many parts a state has.
func (y *System) parts() int { return 1 + 2*y.n + y.n*y.n }

// headPart is the number of the head.
const headPart = 0

func (s *State) serverPart(i int) int  { return 1 + i }
func (s *State) linkPart(i int) int    { return 1 + len(s.Servers) + i }
func (s *State) channelPart(i int) int { return 1 + 2*len(s.Servers) + i }

func (p partSet) add(part int) { p[part>>6] |= 1 << (part & 63) }

// changeHead, changeServer, changeLink and changeChannel are the only ways to what a step may change: they note
// that it does.
func (s *State) changeHead() { s.changed.add(headPart) }

func (y *System) changeServer(s *State, i int) *election.Server {
	s.changed.add(s.serverPart(i))
	if v := s.Servers[i]; v != &s.own[i] {
		s.own[i].CopyFrom(v, y.Ensemble.Voters)
		s.Servers[i], s.met[i] = &s.own[i], nil
	}
	return &s.own[i]
}

// become makes a server one that is known.
func (s *State) become(i int, a *acquaintance) { s.Servers[i], s.met[i] = &a.server, a }

// give gives a server an input, and adds what it puts out.
func (y *System) give(s *State, i int, in *election.Input) {
	again := s.again
	if a := s.met[i]; a != nil && in.Snapshot == nil && s.Out.HaltAfter == 0 {
		t := s.recall.step(a, in)
		s.changed.add(s.serverPart(i))
		s.become(i, t.became)
		if s.took, s.again = t, true; again {
			s.took = nil
		}
		if !t.silent {
			s.Out.Replay(&t.out)
		}
		return
	}
	s.took, s.again = nil, true
	y.changeServer(s, i).Step(y.Ensemble, in, &s.Out)
}

func (s *State) changeLink(learner int) *link {
	s.changed.add(s.linkPart(learner))
	return &s.links[learner]
}

func (s *State) changeChannel(from, to int) *channel {
	i := from*len(s.Servers) + to
	s.changed.add(s.channelPart(i))
	return &s.notes[i]
}
