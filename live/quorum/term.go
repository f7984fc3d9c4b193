package quorum

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// stage is how far a simulated leader, or a simulated follower, has come.
type stage uint8

const (
	stageNone    stage = iota // there is no connection
	stageInfo                 // FOLLOWERINFO was sent
	stageEpoch                // LEADERINFO was sent
	stageAcked                // ACKEPOCH was sent
	stageSync                 // DIFF, TRUNC or SNAP was sent
	stageNew                  // NEWLEADER was sent
	stageNewAck               // and acked
	stageServing              // UPTODATE was sent
)

// term is the term that goes on.
type term struct {
	on    bool
	leads bool // the server leads

	// Of a simulated leader.
	leader    election.SID
	stage     stage
	accepted  uint32 // what the server said in FOLLOWERINFO
	epoch     uint32
	mode      election.PacketKind // of the synchronisation
	history   []election.Zxid
	last      election.Zxid // of its history, or (e,0)
	had       int           // transactions when it began
	committed int

	// Of simulated followers.
	followers map[election.SID]*follower
}

// happened takes what the server did at a quorum port.
func (s *session) happened(h happening) error {
	k := h.link
	pos, _ := s.belief.e.Position(k.peer)
	switch {
	case h.opened:
		if old := s.links[k.peer]; old != nil {
			old.drop()
		}
		s.links[k.peer] = k
		s.belief.linked = s.belief.linked.With(pos)
		s.note("connects to server %v", k.peer)
		return nil
	case s.links[k.peer] != k:
		return nil // of a connection that is given up
	case ended(h.err):
		s.note("closes the connection with server %v", k.peer)
		k.drop()
		delete(s.links, k.peer)
		s.belief.linked = s.belief.linked.Without(pos)
		if f := s.term.followers[k.peer]; f != nil {
			f.stage = stageNone
		}
		return s.belief.gone(pos)
	case h.err != nil:
		return &Unexplained{What: fmt.Sprintf("to server %v it sends what is no packet: %v", k.peer, h.err)}
	}
	said, ok, err := ofWire(h.packet)
	if err != nil {
		return &Unexplained{What: fmt.Sprintf("to server %v it sends %v with odd data: %v", k.peer, h.packet, err)}
	}
	if !ok {
		return nil
	}
	s.note("sends %v to server %v", said, k.peer)
	if s.term.leads {
		f := s.term.followers[k.peer]
		s.count.follows(f, said, s.belief.states[0].server.Outstanding() > 0)
		f.hears(said)
	} else if said.Kind == election.FollowerInfo {
		s.term.accepted = said.Zxid.Epoch()
	}
	return s.belief.saw(pos, said)
}

// play plays a step. One that makes no sense where the term stands is passed over.
func (s *session) play(step Step) error {
	t := &s.term
	switch {
	case step.Kind == Wait:
		return s.quiet()
	case step.Kind == Restart:
		return s.restart()
	case step.begins():
		if err := s.finish(); err != nil {
			return err
		}
		if step.Kind == Follow {
			return s.follow(step.Peer)
		}
		return s.lead(step.Mode == modeVotes)
	case !t.on:
		return nil
	case t.leads:
		return s.playFollower(step)
	}
	return s.playLeader(step)
}

// vote lets a voter send a notification.
func (s *session) vote(from election.SID, v election.Vote) error {
	n, err := wire.FromVote(v, s.config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.patience)
	defer cancel()
	return s.peers.Send(ctx, from, n)
}

// some are as many of the others as elect a server by their votes: a peer that has to be among them first.
func (s *session) some(first election.SID, n int) []election.SID {
	var list []election.SID
	if first != s.script.Subject {
		list = append(list, first)
	}
	for _, v := range s.voters {
		if v != first && len(list) < n {
			list = append(list, v)
		}
	}
	return list
}

// tell lets voters say who leads.
func (s *session) tell(leader election.SID, list []election.SID) error {
	for _, v := range list {
		state := election.Following
		if v == leader {
			state = election.Leading
		}
		vote := election.Vote{Candidate: election.Candidate{Leader: leader, PeerEpoch: toldEpoch}, Round: s.own.Round, State: state,
			Version: election.WireVersion}
		if err := s.vote(v, vote); err != nil {
			return err
		}
	}
	return nil
}

// tellTime is how long a server may take to do what it was told. Then it is told again: it can close a connection
// that has just been made, and what was sent on it is lost.
const tellTime = time.Second

// follow begins a term of a simulated leader.
func (s *session) follow(leader election.SID) error {
	s.term = term{on: true, leader: leader, stage: stageInfo}
	s.note("all say that server %v leads", leader)
	list := s.some(leader, s.belief.e.Voters/2+1)
	if err := s.belief.told(leader, list); err != nil {
		return err
	}
	for start := time.Now(); s.links[leader] == nil; {
		if err := s.tell(leader, list); err != nil {
			return err
		}
		for again := time.Now(); s.links[leader] == nil && time.Since(again) < tellTime; {
			if err := s.quietFor(time.Millisecond); err != nil {
				return err
			}
		}
		if time.Since(start) > s.patience {
			return &Unexplained{What: "all say who leads, and it does not follow", Could: s.belief.describe(s.belief.states)}
		}
	}
	return s.settle()
}

// over tells whether the server has ended its term.
func (s *session) over() bool {
	return s.term.on && s.belief.all(func(v *election.Server) bool { return v.State == election.Looking })
}

// finish ends the term that goes on, and waits until the server looks for a leader again.
func (s *session) finish() error {
	t := &s.term
	if !t.on {
		return nil
	}
	if !s.over() && !s.left() {
		end := s.hangUp
		if t.leads {
			end = s.depose
		}
		if err := end(); err != nil {
			return err
		}
	}
	if err := s.settle(); err != nil {
		return err
	}
	t.on = false
	for sid := range s.links {
		s.drop(sid)
	}
	return s.entered()
}

// restart kills the process and starts another. It is left alone before: one that has just begun to lead writes a
// snapshot in the place of the one that it has loaded, and a kill that comes then leaves neither.
func (s *session) restart() error {
	if err := s.quiet(); err != nil {
		return err
	}
	s.note("is killed, and starts again")
	s.count["restart"]++
	s.proc.Kill()
	s.term = term{}
	for sid := range s.links {
		s.drop(sid)
	}
	for start := time.Now(); ; {
		down := true
		for _, v := range s.voters {
			down = down && !s.up[v]
		}
		if down {
			break
		}
		select {
		case e := <-s.peers.Events():
			if err := s.event(e); err != nil {
				return err
			}
		case <-s.ports.heard:
		case <-time.After(10 * time.Millisecond):
		}
		if time.Since(start) > s.patience {
			return errors.New("a killed server keeps its connections")
		}
	}
	clear(s.heard)
	s.own = election.Vote{}
	if err := s.belief.killed(); err != nil {
		return err
	}
	if err := s.run(); err != nil {
		return err
	}
	return s.entered()
}

// drop closes a link; nobody reads what the server still says.
func (s *session) drop(sid election.SID) {
	s.links[sid].drop()
	delete(s.links, sid)
	pos, _ := s.belief.e.Position(sid)
	s.belief.linked = s.belief.linked.Without(pos)
	s.belief.put(pos, input{closed: true, deaf: true})
}
