package quorum

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// saw keeps what explains a packet to a peer.
func (b *belief) saw(peer int, s Said) error {
	return b.observe(fmt.Sprintf("it sends %v to server %v", s, b.e.Members[peer].SID), func(st *state) *state {
		if len(st.unseen[peer]) == 0 || st.unseen[peer][0] != s {
			return nil
		}
		st = st.clone()
		st.unseen[peer] = st.unseen[peer][1:]
		return st
	})
}

// gone keeps what explains that the server closes the connection with a peer: who looks for a leader has none. A
// follower that gives up may have had something to say.
func (b *belief) gone(peer int) error {
	return b.observe(fmt.Sprintf("it closes the connection with server %v", b.e.Members[peer].SID), func(st *state) *state {
		if !st.closing.Has(peer) && st.server.State != election.Looking {
			return nil
		}
		st = st.clone()
		st.closing, st.unseen[peer] = st.closing.Without(peer), nil
		st.beside.owed = nil
		return st
	})
}

// looks keeps what explains the vote that the server begins an election with.
func (b *belief) looks(z election.Zxid, epoch uint32) error {
	return b.observe(fmt.Sprintf("it votes for itself with zxid %v and currentEpoch %d", z, epoch), func(st *state) *state {
		if s := &st.server; s.State != election.Looking || s.Zxid != z || s.CurrentEpoch != epoch {
			return nil
		}
		return st
	})
}

// onDisk keeps what explains the epochs on the disk.
func (b *belief) onDisk(d election.Disk) error {
	return b.observe(fmt.Sprintf("acceptedEpoch is %d and currentEpoch is %d on its disk", d.AcceptedEpoch, d.CurrentEpoch), func(st *state) *state {
		if s := &st.server; s.Disk.AcceptedEpoch != d.AcceptedEpoch || s.Disk.CurrentEpoch != d.CurrentEpoch {
			return nil
		}
		return st
	})
}

// killed is a process that is gone, and a new one on its disk.
func (b *belief) killed() error {
	err := b.observe("its process starts again", func(st *state) *state {
		d := st.server.Disk
		last, there := st.beside.restart(&st.server)
		d.Zxid = last
		if !b.e.Rules.Recovers(d) {
			return nil
		}
		next := &state{server: election.NewServer(b.e, b.pos, d)}
		log := *there
		next.server.SetHistory(&log)
		next.beside.file = st.beside.file
		next.beside.named, next.beside.loaded = st.beside.named, st.beside.named
		b.step(next, &election.Input{Kind: election.Start})
		return next
	})
	b.queue = [election.MaxServers][]input{}
	return err
}
