package cluster

import "github.com/zkcheck/zkcheck/election"

// Bits of the first byte of an encoded state.
const (
	bHurried = 1 << iota
	bCuts
	bSpent
	bLinks
)

// Encode appends the state: equal states give equal bytes, different states different ones. The record
// of the last step is not part of it.
func (y *System) Encode(s *State, b []byte) []byte {
	at := len(b)
	b = election.AppendUvarint(append(b, 0), uint64(s.Started))
	b = election.AppendUvarint(b, uint64(s.Up))
	if y.Track.Hurry && !s.unhurried {
		b[at] |= bHurried
	}
	cuts, links := election.Set(0), election.Set(0)
	for i := range s.Servers {
		cuts |= s.cuts[i]
		if s.links[i].status != noLink {
			links = links.With(i)
		}
	}
	if cuts != 0 {
		b[at] |= bCuts
		for _, c := range s.cuts {
			b = election.AppendUvarint(b, uint64(c))
		}
	}
	if s.spent != [len(limitFields)]uint16{} {
		b[at] |= bSpent
		b = encodeSpent(&s.spent, b)
	}
	if y.Track.Epochs {
		b = append(b, s.epochs.n)
		for _, e := range s.epochs.list[:s.epochs.n] {
			b = append(election.AppendUvarint(b, uint64(e.epoch)), byte(e.leader))
		}
	}
	if y.Track.Commits {
		head := s.commits.n
		if s.commits.doubtful {
			head |= 0x80
		}
		b = append(b, head)
		for i, t := range s.commits.txns[:s.commits.n] {
			b = append(y.codec.AppendZxid(b, t.Zxid), t.Value)
			b = election.AppendUvarint(b, uint64(s.commits.epochs[i]))
		}
	}
	if s.Calm() {
		b = election.AppendUvarint(election.AppendUvarint(b, uint64(s.lap.resends)), uint64(s.lap.giveUps))
	}
	if y.Track.Replies {
		b = append(b, s.replies.n)
		for _, t := range s.replies.txns[:s.replies.n] {
			b = append(y.codec.AppendZxid(b, t.Zxid), t.Value)
		}
	}
	for i := range s.Servers {
		b = y.encodeServer(s, i, b)
	}
	if links != 0 {
		b[at] |= bLinks
		b = election.AppendUvarint(b, uint64(links))
		for i := range s.links {
			if links.Has(i) {
				b = y.encodeLink(&s.links[i], b)
			}
		}
	}
	return y.encodeChannels(s, b)
}

// Decode is the inverse of Encode.
func (y *System) Decode(s *State, b []byte) {
	y.resize(s)
	s.Out.Reset()
	s.Actor, s.cut = -1, 0
	head := b[0]
	started, b := election.Uvarint(b[1:])
	up, b := election.Uvarint(b)
	s.Started, s.Up = election.Set(started), election.Set(up)
	s.unhurried = y.Track.Hurry && head&bHurried == 0
	for i := range s.cuts {
		s.cuts[i] = 0
		if head&bCuts != 0 {
			var c uint64
			c, b = election.Uvarint(b)
			s.cuts[i] = election.Set(c)
		}
	}
	s.spent = [len(limitFields)]uint16{}
	if head&bSpent != 0 {
		b = decodeSpent(&s.spent, b)
	}
	s.epochs.n = 0
	if y.Track.Epochs {
		s.epochs.n, b = b[0], b[1:]
		for i := range s.epochs.list[:s.epochs.n] {
			var epoch uint64
			epoch, b = election.Uvarint(b)
			s.epochs.list[i] = establishment{uint32(epoch), election.SID(b[0])}
			b = b[1:]
		}
	}
	s.commits.n, s.commits.doubtful = 0, false
	if y.Track.Commits {
		s.commits.n, s.commits.doubtful, b = b[0]&0x7f, b[0]&0x80 != 0, b[1:]
		for i := range s.commits.txns[:s.commits.n] {
			t := &s.commits.txns[i]
			t.Zxid, b = y.codec.ReadZxid(b)
			t.Value, b = b[0], b[1:]
			var epoch uint64
			epoch, b = election.Uvarint(b)
			s.commits.epochs[i] = uint32(epoch)
		}
	}
	s.lap = lap{}
	if s.Calm() {
		var resends, giveUps uint64
		resends, b = election.Uvarint(b)
		giveUps, b = election.Uvarint(b)
		s.lap = lap{election.Set(resends), election.Set(giveUps)}
	}
	s.replies.n = 0
	if y.Track.Replies {
		s.replies.n, b = b[0], b[1:]
		for i := range s.replies.txns[:s.replies.n] {
			t := &s.replies.txns[i]
			t.Zxid, b = y.codec.ReadZxid(b)
			t.Value, b = b[0], b[1:]
		}
	}
	for i := range s.Servers {
		b = y.decodeServer(s, i, b)
	}
	links := uint64(0)
	if head&bLinks != 0 {
		links, b = election.Uvarint(b)
	}
	for i := range s.links {
		s.links[i].status, s.links[i].up.n, s.links[i].down.n = noLink, 0, 0
		if election.Set(links).Has(i) {
			b = y.decodeLink(&s.links[i], b)
		}
	}
	y.decodeChannels(s, b)
}

func encodeSpent(spent *[len(limitFields)]uint16, b []byte) []byte {
	present := uint64(0)
	for i, v := range spent {
		if v != 0 {
			present |= 1 << i
		}
	}
	b = election.AppendUvarint(b, present)
	for _, v := range spent {
		if v != 0 {
			b = election.AppendUvarint(b, uint64(v))
		}
	}
	return b
}

func decodeSpent(spent *[len(limitFields)]uint16, b []byte) []byte {
	present, b := election.Uvarint(b)
	for i := range spent {
		if present>>i&1 != 0 {
			var v uint64
			v, b = election.Uvarint(b)
			spent[i] = uint16(v)
		}
	}
	return b
}

// encodeServer: of a server without a process only the disk is left.
func (y *System) encodeServer(s *State, i int, b []byte) []byte {
	v := &s.Servers[i]
	if y.Track.Initials {
		vote := election.Vote{Candidate: s.initials[i]}
		b = y.codec.AppendVote(b, &vote, 0, 0)
	}
	if s.Up.Has(i) {
		return y.codec.Append(b, v)
	}
	return y.codec.AppendStopped(b, v)
}

func (y *System) decodeServer(s *State, i int, b []byte) []byte {
	v := &s.Servers[i]
	if y.Track.Initials {
		var vote election.Vote
		b = y.codec.ReadVote(b, &vote, 0, 0)
		s.initials[i] = vote.Candidate
	}
	if s.Up.Has(i) {
		return y.codec.Read(b, v, i)
	}
	return y.codec.ReadStopped(b, v, i)
}

// encodeChannels writes one bit per direction for "there is something", then those.
func (y *System) encodeChannels(s *State, b []byte) []byte {
	at := len(b)
	for range y.channelBytes() {
		b = append(b, 0)
	}
	bit := 0
	for from := range y.n {
		round := s.Servers[from].Round
		for to := range y.n {
			if to == from && !y.Ensemble.Fine {
				continue
			}
			if c := &s.notes[from*y.n+to]; c.n > 0 || c.hasLast {
				b[at+bit>>3] |= 1 << (bit & 7)
				b = append(b, c.n)
				for k := range max(1, int(c.n)) {
					b = y.codec.AppendVote(b, &c.msgs[k], round, election.WireVersion)
				}
			}
			bit++
		}
	}
	return b
}

// channelBytes is how many bytes the bits of encodeChannels take.
func (y *System) channelBytes() int {
	if y.Ensemble.Fine {
		return (y.n*y.n + 7) / 8
	}
	return (y.n*(y.n-1) + 7) / 8
}

func (y *System) decodeChannels(s *State, b []byte) {
	bits := b
	b = b[y.channelBytes():]
	bit := 0
	for from := range y.n {
		round := s.Servers[from].Round
		for to := range y.n {
			c := &s.notes[from*y.n+to]
			c.n, c.hasLast = 0, false
			if to == from && !y.Ensemble.Fine {
				continue
			}
			if bits[bit>>3]>>(bit&7)&1 != 0 {
				c.n, b = b[0], b[1:]
				c.hasLast = c.n == 0
				for k := range max(1, int(c.n)) {
					b = y.codec.ReadVote(b, &c.msgs[k], round, election.WireVersion)
				}
			}
			bit++
		}
	}
}

func (y *System) encodeLink(l *link, b []byte) []byte {
	b = append(b, byte(l.status)|l.leader<<2, l.up.n, l.down.n)
	for i := range l.up.list[:l.up.n] {
		b = y.encodePacket(&l.up.list[i], b)
	}
	for i := range l.down.list[:l.down.n] {
		b = y.encodePacket(&l.down.list[i], b)
	}
	return b
}

func (y *System) decodeLink(l *link, b []byte) []byte {
	l.status, l.leader = linkStatus(b[0]&3), b[0]>>2
	l.up.n, l.down.n = b[1], b[2]
	b = b[3:]
	for i := range l.up.list[:l.up.n] {
		b = y.decodePacket(&l.up.list[i], b)
	}
	for i := range l.down.list[:l.down.n] {
		b = y.decodePacket(&l.down.list[i], b)
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
