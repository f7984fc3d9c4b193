package cluster

import "github.com/zkcheck/zkcheck/election"

// Bits of the first byte of an encoded state.
const (
	bHurried = 1 << iota
	bCuts
	bSpent
)

// Encode appends the state: equal states give equal bytes, different states different ones. The record
// of the last step is not part of it. The parts of the state follow each other, and where one ends shows when it
// is read.
func (y *System) Encode(s *State, b []byte) []byte {
	b = y.encodeHead(s, b)
	for i := range s.Servers {
		b = y.encodeServer(s, i, b)
	}
	for i := range s.links {
		b = y.encodeLink(&s.links[i], b)
	}
	for i := range s.notes {
		b = y.encodeChannel(s, i, b)
	}
	return b
}

// Decode is the inverse of Encode.
func (y *System) Decode(s *State, b []byte) {
	y.resize(s)
	y.forgetStep(s)
	b = y.decodeHead(s, b)
	for i := range s.Servers {
		b = y.decodeServer(s, i, b)
	}
	for i := range s.links {
		b = y.decodeLink(&s.links[i], b)
	}
	for i := range s.notes {
		b = y.decodeChannel(s, i, b)
	}
}

// forgetStep makes s a state that no step led to.
func (y *System) forgetStep(s *State) {
	s.Out.Reset()
	s.Actor, s.cut, s.tried.known = -1, 0, 0
	clear(s.changed)
}

// encodePart appends one part.
func (y *System) encodePart(s *State, part int, b []byte) []byte {
	switch i := part - 1; {
	case part == headPart:
		return y.encodeHead(s, b)
	case i < y.n:
		return y.encodeServer(s, i, b)
	case i < 2*y.n:
		return y.encodeLink(&s.links[i-y.n], b)
	default:
		return y.encodeChannel(s, i-2*y.n, b)
	}
}

// decodePart is the inverse of encodePart for a state whose parts before are the right ones.
func (y *System) decodePart(s *State, part int, b []byte) []byte {
	switch i := part - 1; {
	case part == headPart:
		return y.decodeHead(s, b)
	case i < y.n:
		return y.decodeServer(s, i, b)
	case i < 2*y.n:
		return y.decodeLink(&s.links[i-y.n], b)
	default:
		return y.decodeChannel(s, i-2*y.n, b)
	}
}

// encodeHead writes who is up, and the history of the run.
func (y *System) encodeHead(s *State, b []byte) []byte {
	at := len(b)
	b = election.AppendUvarint(append(b, 0), uint64(s.Started))
	b = election.AppendUvarint(b, uint64(s.Up))
	if y.Track.Hurry && !s.unhurried {
		b[at] |= bHurried
	}
	cuts := election.Set(0)
	for _, c := range s.cuts {
		cuts |= c
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
		b = y.encodeCommits(&s.commits, b)
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
	return b
}

func (y *System) decodeHead(s *State, b []byte) []byte {
	bits := b[0]
	started, b := election.Uvarint(b[1:])
	up, b := election.Uvarint(b)
	s.Started, s.Up = election.Set(started), election.Set(up)
	s.unhurried = y.Track.Hurry && bits&bHurried == 0
	for i := range s.cuts {
		s.cuts[i] = 0
		if bits&bCuts != 0 {
			var c uint64
			c, b = election.Uvarint(b)
			s.cuts[i] = election.Set(c)
		}
	}
	s.spent = [len(limitFields)]uint16{}
	if bits&bSpent != 0 {
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
		b = y.decodeCommits(&s.commits, b)
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
	return b
}

func (y *System) encodeCommits(h *commitHistory, b []byte) []byte {
	first := h.n
	if h.doubtful {
		first |= 0x80
	}
	b = append(b, first)
	for i, t := range h.txns[:h.n] {
		b = append(y.codec.AppendZxid(b, t.Zxid), t.Value)
		b = election.AppendUvarint(b, uint64(h.epochs[i]))
	}
	return b
}

func (y *System) decodeCommits(h *commitHistory, b []byte) []byte {
	h.n, h.doubtful, b = b[0]&0x7f, b[0]&0x80 != 0, b[1:]
	for i := range h.txns[:h.n] {
		t := &h.txns[i]
		t.Zxid, b = y.codec.ReadZxid(b)
		t.Value, b = b[0], b[1:]
		var epoch uint64
		epoch, b = election.Uvarint(b)
		h.epochs[i] = uint32(epoch)
	}
	return b
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
	v := s.Servers[i]
	if y.Track.Initials {
		vote := election.Vote{Candidate: s.initials[i]}
		b = y.codec.AppendVote(b, &vote, 0, 0)
	}
	if a := s.met[i]; a != nil {
		return append(b, a.encoded...)
	}
	if s.Up.Has(i) {
		return y.codec.Append(b, v)
	}
	return y.codec.AppendStopped(b, v)
}

func (y *System) decodeServer(s *State, i int, b []byte) []byte {
	v := &s.own[i]
	s.Servers[i], s.met[i] = v, nil
	if y.Track.Initials {
		var vote election.Vote
		b = y.codec.ReadVote(b, &vote, 0, 0)
		s.initials[i] = vote.Candidate
	}
	if s.Up.Has(i) {
		return s.readServer(y, i, b)
	}
	return y.codec.ReadStopped(b, v, i)
}

// readServer reads a server with a process, which a cursor may know.
func (s *State) readServer(y *System, i int, b []byte) []byte {
	if s.recall == nil {
		return y.codec.Read(b, &s.own[i], i)
	}
	a := s.recall.read(i, b)
	if a == nil {
		rest := y.codec.Read(b, &s.own[i], i)
		a = s.recall.meet(&s.own[i], b, len(b)-len(rest))
	}
	s.become(i, a)
	return b[len(a.encoded):]
}
