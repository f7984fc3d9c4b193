package cluster

import "github.com/zkcheck/zkcheck/election"

// The first byte of a channel is that of its one vote, or one of these, which no vote begins with.
const (
	nothing   = election.NotVote + iota
	lastOnly  // the last message sent follows
	manyNotes // their number follows, then they
)

// encodeChannel: votes are written for the round that their sender is in. A server has a channel to itself in the
// fine grain only.
func (y *System) encodeChannel(s *State, i int, b []byte) []byte {
	from, c := i/y.n, &s.notes[i]
	switch {
	case from == i%y.n && !y.Ensemble.Fine:
		return b
	case c.n == 0 && !c.hasLast:
		return append(b, nothing)
	case c.n == 0:
		b = append(b, lastOnly)
	case c.n > 1:
		b = append(b, manyNotes, c.n)
	}
	for k := range max(1, int(c.n)) {
		b = y.codec.AppendVote(b, &c.msgs[k], s.Servers[from].Round, election.WireVersion)
	}
	return b
}

func (y *System) decodeChannel(s *State, i int, b []byte) []byte {
	from, c := i/y.n, &s.notes[i]
	c.n, c.hasLast = 0, false
	if from == i%y.n && !y.Ensemble.Fine {
		return b
	}
	switch b[0] {
	case nothing:
		return b[1:]
	case lastOnly:
		c.hasLast, b = true, b[1:]
	case manyNotes:
		c.n, b = b[1], b[2:]
	default:
		c.n = 1
	}
	for k := range max(1, int(c.n)) {
		b = y.codec.ReadVote(b, &c.msgs[k], s.Servers[from].Round, election.WireVersion)
	}
	return b
}

// Bits of the first byte of a link, above its status and leader. It is 0 without a link.
const (
	lUp   = 1 << (6 + iota) // packets of the learner: their number follows, then they
	lDown                   // packets of the leader, likewise
)

func (y *System) encodeLink(l *link, b []byte) []byte {
	if l.status == noLink {
		return append(b, 0)
	}
	at := len(b)
	b = append(b, byte(l.status)|l.leader<<2)
	if l.up.n > 0 {
		b[at] |= lUp
		b = y.encodePackets(&l.up, b)
	}
	if l.down.n > 0 {
		b[at] |= lDown
		b = y.encodePackets(&l.down, b)
	}
	return b
}

func (y *System) decodeLink(l *link, b []byte) []byte {
	first := b[0]
	b = b[1:]
	l.status, l.leader, l.up.n, l.down.n = linkStatus(first&3), first>>2&15, 0, 0
	if first&lUp != 0 {
		b = y.decodePackets(&l.up, b)
	}
	if first&lDown != 0 {
		b = y.decodePackets(&l.down, b)
	}
	return b
}

func (y *System) encodePackets(p *packets, b []byte) []byte {
	b = append(b, p.n)
	for i := range p.list[:p.n] {
		b = y.encodePacket(&p.list[i], b)
	}
	return b
}

func (y *System) decodePackets(p *packets, b []byte) []byte {
	p.n, b = b[0], b[1:]
	for i := range p.list[:p.n] {
		b = y.decodePacket(&p.list[i], b)
	}
	return b
}

const (
	pNoCount = 1 << (4 + iota)
	pWrote
	pDisk // zxid and current epoch follow
	pTxn  // zxid, value and count follow
)

func (y *System) encodePacket(p *election.Packet, b []byte) []byte {
	head := byte(p.Kind)
	if p.NoCount {
		head |= pNoCount
	}
	if p.Wrote {
		head |= pWrote
	}
	switch {
	case p.Value|p.Count != 0 || p.Zxid != 0 && p.Current == 0:
		b = append(y.codec.AppendZxid(append(b, head|pTxn), p.Zxid), p.Value, p.Count)
		return election.AppendUvarint(election.AppendUvarint(b, uint64(p.Epoch)), uint64(p.Current))
	case p.Zxid == 0 && p.Current == 0:
		return election.AppendUvarint(append(b, head), uint64(p.Epoch))
	}
	d := election.Disk{Zxid: p.Zxid, AcceptedEpoch: p.Epoch, CurrentEpoch: p.Current}
	return y.codec.AppendDisk(append(b, head|pDisk), &d)
}

func (y *System) decodePacket(p *election.Packet, b []byte) []byte {
	head := b[0]
	*p = election.Packet{Kind: election.PacketKind(head & 15), NoCount: head&pNoCount != 0, Wrote: head&pWrote != 0}
	b = b[1:]
	if head&pDisk != 0 {
		var d election.Disk
		b = y.codec.ReadDisk(b, &d)
		p.Zxid, p.Epoch, p.Current = d.Zxid, d.AcceptedEpoch, d.CurrentEpoch
		return b
	}
	if head&pTxn != 0 {
		p.Zxid, b = y.codec.ReadZxid(b)
		p.Value, p.Count, b = b[0], b[1], b[2:]
	}
	epoch, b := election.Uvarint(b)
	p.Epoch = uint32(epoch)
	if head&pTxn != 0 {
		var current uint64
		current, b = election.Uvarint(b)
		p.Current = uint32(current)
	}
	return b
}
