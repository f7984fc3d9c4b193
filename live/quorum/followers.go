package quorum

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// follower is a simulated follower.
type follower struct {
	stage stage
	mode  election.PacketKind // of its synchronisation
	txns  int                 // in that
	last  election.Zxid       // of the last proposal that it was sent
}

// hears takes what the leader sends.
func (f *follower) hears(s Said) {
	switch s.Kind {
	case election.LeaderInfo:
		f.stage = stageEpoch
	case election.NewLeader:
		f.stage = stageNew
	case election.UpToDate:
		f.stage = stageServing
	case election.Proposal:
		f.last = s.Zxid
	}
}

// lead begins a term of the server: all say that it leads, or as many vote for it as are a quorum with it.
func (s *session) lead(votes bool) error {
	e := s.belief.e
	s.term = term{on: true, leads: true, followers: map[election.SID]*follower{}}
	for _, v := range s.voters {
		s.term.followers[v] = &follower{}
	}
	list := s.some(s.script.Subject, e.Voters/2+1)
	elect := func() error { return s.tell(s.script.Subject, list) }
	if votes {
		s.note("others vote for it")
		s.count["elected"]++
		list = s.some(s.script.Subject, e.Voters/2)
		elect = func() error {
			for _, v := range list {
				if err := s.vote(v, s.own); err != nil {
					return err
				}
			}
			return nil
		}
		if err := s.belief.chosen(list); err != nil {
			return err
		}
	} else {
		s.note("all say that it leads")
		s.count["told"]++
		if err := s.belief.told(s.script.Subject, list); err != nil {
			return err
		}
	}
	for start := time.Now(); time.Since(start) < s.patience && s.ctx.Err() == nil; {
		if err := elect(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(s.ctx, tellTime)
		k, err := s.ports.dial(ctx, s.voters[0]) // it listens as soon as it leads
		cancel()
		if err == nil {
			k.drop()
			return s.settle()
		}
	}
	return &Unexplained{What: "it does not listen at its quorum port", Could: s.belief.describe(s.belief.states)}
}

// left tells whether the server looks for a leader in a new round.
func (s *session) left() bool {
	for _, v := range s.heard {
		if s.own == (election.Vote{}) || int64(v.Round) > int64(s.own.Round) {
			return true
		}
	}
	return false
}

// playFollower lets a simulated follower take a step.
func (s *session) playFollower(step Step) error {
	f := s.term.followers[step.Peer]
	if f == nil {
		return nil
	}
	switch {
	case step.Kind == Info && s.links[step.Peer] == nil:
		return s.joins(step.Peer, f, uint32(max(0, int(s.disk.AcceptedEpoch)+step.N)))
	case s.links[step.Peer] == nil:
		return nil
	case step.Kind == Drop:
		s.note("server %v closes its connection", step.Peer)
		s.count.dropped(f.stage)
		s.drop(step.Peer)
		f.stage = stageNone
		return s.settle()
	case step.Kind == AckEpoch && f.stage == stageEpoch:
		f.stage = stageAcked
		said := s.ackEpoch(step)
		s.count.acks(s, step, said)
		return s.followerSends(step.Peer, said)
	case step.Kind == Ack && f.stage == stageNew:
		f.stage = stageNewAck
		return s.followerSends(step.Peer, Said{Kind: election.Ack, Zxid: election.NewZxid(s.epochOf(), 0)})
	case step.Kind == AckLast && f.stage == stageServing && f.last != 0:
		return s.followerSends(step.Peer, Said{Kind: election.Ack, Zxid: f.last})
	case step.Kind == Request && f.stage == stageServing && s.room():
		return s.request(step)
	}
	return nil
}

// epochOf is the leader's epoch, of which all states speak alike once it has said it.
func (s *session) epochOf() uint32 { return s.belief.states[0].server.Epoch }

// room tells whether the engine's log has room for a transaction.
func (s *session) room() bool {
	v := &s.belief.states[0].server
	return v.History().Len() < election.MaxLog-2 && v.Outstanding() < election.MaxOutstanding-1
}

// joins connects a follower, if the server still leads.
func (s *session) joins(sid election.SID, f *follower, accepted uint32) error {
	for start := time.Now(); ; {
		ctx, cancel := context.WithTimeout(s.ctx, silence)
		k, err := s.ports.dial(ctx, sid)
		cancel()
		if err == nil {
			pos, _ := s.belief.e.Position(sid)
			s.links[sid] = k
			s.belief.linked = s.belief.linked.With(pos)
			break
		}
		if err := s.quiet(); err != nil || s.left() {
			return err
		}
		if time.Since(start) > s.patience {
			return &Unexplained{What: "it does not listen at its quorum port", Could: s.belief.describe(s.belief.states)}
		}
	}
	s.count.joins(s, accepted)
	f.stage, f.last = stageInfo, 0
	return s.followerSends(sid, Said{Kind: election.FollowerInfo, Zxid: election.NewZxid(accepted, 0)})
}

// followerSends sends a packet of a simulated follower, and waits until the server has dealt with it.
func (s *session) followerSends(sid election.SID, said Said) error {
	s.note("server %v sends %v", sid, said)
	packet, err := toWire(said, sid, s.config)
	if err != nil {
		return err
	}
	pos, _ := s.belief.e.Position(sid)
	s.belief.put(pos, input{packet: toEngine(said, s.epochOf())})
	if err := s.links[sid].send(packet, nil); err != nil && !ended(err) {
		return fmt.Errorf("server %v: %w", sid, err)
	}
	return s.settle()
}

// request sends what a client of the follower wants: to delete a node, in a session that nobody knows. That
// fails, and has a transaction. A leader that has just begun to serve is left alone first, but for a hot one: a
// request can then make its last zxid that of a transaction that it has not applied (Leader.startZkServer).
func (s *session) request(step Step) error {
	sid := step.Peer
	if step.Mode != modeHot {
		if err := s.quiet(); err != nil || s.links[sid] == nil {
			return err
		}
	}
	s.note("server %v sends a client's request", sid)
	body := append([]byte{0, 0, 0, 5}, "/none"...)
	data, err := wire.Request{Session: 1, Cxid: 1, Type: wire.TxnDelete, Body: append(body, 255, 255, 255, 255)}.AppendBinary(nil)
	if err != nil {
		return err
	}
	pos, _ := s.belief.e.Position(sid)
	s.belief.put(pos, input{write: true})
	if err := s.links[sid].send(wire.QuorumPacket{Type: wire.PacketRequest, Zxid: election.NoZxid, Data: data}, nil); err != nil && !ended(err) {
		return fmt.Errorf("server %v: %w", sid, err)
	}
	return s.settle()
}

// ackEpoch is what a follower says of itself, beside what the server has.
func (s *session) ackEpoch(step Step) Said {
	said := Said{Kind: election.AckEpoch, Current: int32(max(0, int(s.own.PeerEpoch)+step.N))}
	mode, no := strings.CutSuffix(step.Mode, "-"+noCount)
	if no {
		said.Current = wire.NoCount
	}
	var history []election.Zxid
	log := s.belief.states[0].server.History()
	for i := range log.Len() {
		history = append(history, log.At(i).Zxid)
	}
	name := strings.TrimRight(mode, "0123456789")
	at := len(history) - 1
	if name != mode {
		at -= int(mode[len(mode)-1] - '0')
	}
	at = max(0, at)
	switch name {
	case zxidSame:
		said.Zxid = s.belief.states[0].server.Zxid
	case zxidAhead:
		said.Zxid = s.own.Zxid + 1
	case zxidNobody:
		said.Zxid = election.NoZxid
	case zxidBehind:
		if len(history) > 0 {
			said.Zxid = history[at]
		}
	case zxidBeside:
		for said.Zxid = 1; at >= 0 && at < len(history); at-- {
			if said.Zxid = history[at] + 1; !has(history, said.Zxid) {
				break
			}
		}
	case zxidEpoch:
		said.Zxid = election.NewZxid(s.own.Zxid.Epoch(), 0)
	}
	return said
}

func has(history []election.Zxid, z election.Zxid) bool {
	for _, h := range history {
		if h == z {
			return true
		}
	}
	return false
}

// giveUpTime is how long a leader is given to notice that a voter looks again.
const giveUpTime = 10 * time.Millisecond

// depose ends the server's term: as long as it waits for an epoch a voter looks again; later a quorum makes it
// serve, and leaves it.
func (s *session) depose() error {
	open := func(v *election.Server) bool { return v.State == election.Looking || v.Epoch == 0 }
	serves := func(v *election.Server) bool { return v.State == election.Looking || v.Phase == election.Broadcast }
	if s.belief.all(open) {
		s.count["unfixed"]++
	}
	for s.belief.all(open) && !s.over() && !s.left() {
		s.belief.ending = true
		for _, v := range s.voters {
			vote := election.Vote{Candidate: election.Candidate{Leader: v}, Version: election.WireVersion}
			if err := s.vote(v, vote); err != nil {
				return err
			}
		}
		if err := s.quietFor(giveUpTime); err != nil {
			return err
		}
	}
	for _, v := range s.voters {
		if s.belief.all(serves) || s.left() {
			break
		}
		s.count["unserved"]++
		if err := s.helps(v); err != nil {
			return err
		}
	}
	for sid := range s.links {
		if !s.left() {
			s.drop(sid)
			s.term.followers[sid].stage = stageNone
		}
	}
	return nil
}

// helps lets a follower come again, with what the server has, and follow to the end.
func (s *session) helps(sid election.SID) error {
	f := s.term.followers[sid]
	if s.links[sid] != nil && f.stage < stageNewAck {
		s.drop(sid)
		f.stage = stageNone
	}
	for _, step := range []Step{{Kind: Info, Peer: sid}, {Kind: AckEpoch, Peer: sid, Mode: zxidSame}, {Kind: Ack, Peer: sid}} {
		if err := s.playFollower(step); err != nil {
			return err
		}
	}
	return nil
}
