package quorum

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// playLeader lets the simulated leader take a step.
func (s *session) playLeader(step Step) error {
	t := &s.term
	if s.links[t.leader] == nil {
		return nil
	}
	switch {
	case step.Kind == HangUp:
		return s.hangUp()
	case step.Kind == LeadsInfo && t.stage == stageInfo && int(t.accepted)+step.N > 0:
		t.epoch, t.stage = uint32(int(t.accepted)+step.N), stageEpoch
		return s.leaderSends(Said{Kind: election.LeaderInfo, Zxid: election.NewZxid(t.epoch, 0)}, nil)
	case (step.Kind == Diff || step.Kind == Trunc || step.Kind == Snap) && t.stage == stageEpoch:
		return s.synchronise(step)
	case step.Kind == Propose && t.stage >= stageSync && len(t.history) < election.MaxLog-2:
		mode := step.Mode
		if file := s.belief.states[0].beside.file; len(file) > 0 && slices.Max(file) > t.last {
			mode = "" // what the server has forgotten was of a leader after those
		}
		z := next(t.last, t.epoch, mode)
		t.last = z
		t.history = append(t.history, z)
		return s.leaderSends(Said{Kind: election.Proposal, Zxid: z}, nil)
	case step.Kind == Commit && t.stage >= stageSync && t.committed < len(t.history):
		t.committed++
		return s.leaderSends(Said{Kind: election.Commit, Zxid: t.history[t.committed-1]}, nil)
	case step.Kind == NewLeads && t.stage == stageSync:
		t.stage = stageNew
		return s.leaderSends(Said{Kind: election.NewLeader, Zxid: election.NewZxid(t.epoch, 0)}, nil)
	case step.Kind == UpToDate && t.stage == stageNew:
		t.stage = stageServing
		return s.leaderSends(Said{Kind: election.UpToDate}, nil)
	}
	return nil
}

// next is the zxid of a leader's transaction behind another one, or behind (e,0).
func next(last election.Zxid, epoch uint32, mode string) election.Zxid {
	if last.Epoch() == epoch || mode == modeOld && last.Epoch() < epoch {
		return last + 1
	}
	return election.NewZxid(epoch, 1)
}

// synchronise sends the first packet of a synchronisation. What the leader has follows from what the server has.
func (s *session) synchronise(step Step) error {
	t := &s.term
	st := s.belief.states[0]
	t.history, t.last = nil, st.server.Zxid
	log := st.server.History()
	for i := range log.Len() {
		t.history = append(t.history, log.At(i).Zxid)
	}
	said := Said{Kind: election.Diff, Zxid: st.server.Zxid}
	var snapshot *election.Log
	switch n := len(t.history); step.Kind {
	case Trunc:
		at := n - 1 - step.N
		if at < 0 || t.history[at] <= st.beside.named || !has(st.beside.file, t.history[at]) || st.beside.differs {
			return nil // the server's log has no such place, and it would end
		}
		t.history = t.history[:at+1]
		t.last = t.history[at]
		said = Said{Kind: election.Trunc, Zxid: t.last}
	case Snap:
		for range step.N {
			if len(t.history) < election.MaxLog-6 {
				t.last = next(t.last, t.epoch, modeOld)
				t.history = append(t.history, t.last)
			}
		}
		if len(t.history) == n {
			return nil
		}
		l := election.NewLog(t.history, true)
		snapshot = &l
		said = Said{Kind: election.Snap, Zxid: l.End()}
	}
	t.stage, t.mode, t.had, t.committed = stageSync, said.Kind, len(t.history), len(t.history)
	return s.leaderSends(said, snapshot)
}

// leaderSends sends a packet of the simulated leader, and waits until the server has dealt with it.
func (s *session) leaderSends(said Said, log *election.Log) error {
	t := &s.term
	s.note("server %v sends %v", t.leader, said)
	s.count.leads(t, said)
	packet, err := toWire(said, t.leader, s.config)
	if err != nil {
		return err
	}
	in := input{packet: toEngine(said, t.epoch), snapshot: log}
	var snapshot *wire.Snapshot
	if log != nil {
		in.packet.Count = uint8(log.Len())
		snapshot = tree(t.history...)
	}
	pos, _ := s.belief.e.Position(t.leader)
	s.belief.put(pos, in)
	if err := s.links[t.leader].send(packet, snapshot); err != nil && !ended(err) {
		return fmt.Errorf("server %v: %w", t.leader, err)
	}
	return s.settle()
}

// hangUp lets the simulated leader close the connection. What it has sent is read.
func (s *session) hangUp() error {
	t := &s.term
	if k := s.links[t.leader]; k != nil {
		s.note("server %v hangs up", t.leader)
		s.count.hungUp(t)
		pos, _ := s.belief.e.Position(t.leader)
		s.belief.put(pos, input{closed: true})
		k.hangUp()
	}
	return s.settle()
}
