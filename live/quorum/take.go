package quorum

import (
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// take lets a state take the next thing that a peer has done. There is more than one outcome where a thread
// can be caught halfway.
func (b *belief) take(st *state, peer int) []*state {
	in := b.queue[peer][st.taken[peer]]
	next := st.clone()
	next.taken[peer]++
	s := &next.server
	leader, _ := b.e.Position(s.Vote.Leader)
	switch {
	case s.State == election.Following && peer == leader:
		b.learn(next, peer, in)
	case s.State == election.Leading && in.closed:
		b.step(next, &election.Input{Kind: election.Disconnected, From: uint8(peer)})
	case s.State == election.Leading && in.write:
		b.step(next, &election.Input{Kind: election.Write, Value: 1})
	case s.State == election.Leading:
		step := election.Input{Kind: election.PacketIn, From: uint8(peer), Packet: in.packet}
		if s.Divides(b.e, &step) {
			half, halfway := next.clone(), step
			halfway.Halfway = true
			b.step(half, &halfway)
			b.step(next, &step)
			return []*state{next, half}
		}
		was := len(next.unseen[peer])
		b.step(next, &step)
		return b.snapshots(next, peer, was)
	}
	return []*state{next}
}

// snapshots are the states that a learner's thread can come to: a snapshot has the zxid of the moment when it is
// sent, which is after the one when it was chosen (LearnerHandler.run).
func (b *belief) snapshots(st *state, peer, was int) []*state {
	list, o := []*state{st}, &st.beside
	if len(st.unseen[peer]) <= was || st.unseen[peer][was].Kind != election.Snap {
		return list
	}
	with := func(z election.Zxid) {
		c := st.clone()
		c.unseen[peer] = slices.Clone(st.unseen[peer])
		c.unseen[peer][was].Zxid = z
		list = append(list, c)
	}
	if o.starting {
		with(election.NewZxid(st.server.Epoch, 0))
	}
	for i := range o.unapplied {
		with(st.server.History().At(st.server.Committed() - 1 - int(i)).Zxid)
	}
	return list
}

// learn is a follower that takes what its leader did.
func (b *belief) learn(st *state, leader int, in input) {
	if in.closed {
		b.giveUp(st)
		return
	}
	s, p := &st.server, in.packet
	switch p.Kind {
	case election.Diff, election.Trunc, election.Snap:
		st.mode = p.Kind
		st.beside.begins(s, p)
	case election.NewLeader:
		b.newLeader(st, leader, p)
		return
	case election.Commit:
		if b.failsCommit(st) {
			b.giveUp(st)
			return
		}
		if b.allow.skips && s.Syncing() && st.mode != election.Diff {
			st.beside.skipped = append(slices.Clip(st.beside.skipped), p.Zxid)
		}
	case election.Proposal:
		if s.Phase != election.Broadcast && !s.Syncing() {
			st.beside.since++
			if b.early {
				b.say(st, leader, Said{Kind: election.Ack, Zxid: p.Zxid})
			}
		}
	case election.UpToDate:
		// Learner.syncWithLeader acks UPTODATE as it acks NEWLEADER. No leader looks at that, and the engine leaves
		// it out.
		b.say(st, leader, Said{Kind: election.Ack, Zxid: election.NewZxid(s.Epoch, 0)})
		st.beside.behind = nil
	}
	b.step(st, &election.Input{Kind: election.PacketIn, From: uint8(leader), Packet: p, Snapshot: in.snapshot})
}
