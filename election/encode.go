package election

import (
	"encoding/binary"
	"slices"
)

// Codec turns servers and votes into short bytes and back: equal values give equal bytes and the other
// way round. It is short because it knows the disks that the servers started with: a vote for a leader
// with just the zxid and epoch of that disk is one byte.
type Codec struct {
	e     *Ensemble
	first [MaxServers]Disk
	zxids []Zxid // of those disks, ascending
}

// NewCodec makes the codec of an ensemble whose members start with these disks, by position.
func NewCodec(e *Ensemble, disks []Disk) *Codec {
	c := &Codec{e: e}
	copy(c.first[:], disks)
	for _, d := range disks {
		if i, known := slices.BinarySearch(c.zxids, d.Zxid); !known {
			c.zxids = slices.Insert(c.zxids, i, d.Zxid)
		}
	}
	return c
}

// Leader byte: low five bits a position or one of these, bit 5 "with the first disk's zxid and epoch",
// the top two bits the state.
const (
	oddVote  = 29 // round and version follow, then the vote itself
	stranger = 30 // a SID follows
	nobody   = 31
	isFirst  = 1 << 5
)

// Server flags.
const (
	fDiskMoved = 1 << (4 + iota)
	fMemoryDiffers
	fWaiting
	fOffered
	fVote
	fProposal
	fRecvset
	fOutofelection
	fTerm
	fInbox
	fStage
	fHand
)

func (c *Codec) appendZxid(b []byte, z Zxid) []byte {
	for i, known := range c.zxids {
		if known == z {
			return append(b, byte(i))
		}
	}
	if z.Counter() == 0 {
		return binary.AppendUvarint(append(b, 0xfe), uint64(z.Epoch()))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xff), uint64(z))
}

func (c *Codec) readZxid(b []byte) (Zxid, []byte) {
	switch b[0] {
	case 0xfe:
		epoch, b := Uvarint(b[1:])
		return NewZxid(uint32(epoch), 0), b
	case 0xff:
		return Zxid(binary.BigEndian.Uint64(b[1:])), b[9:]
	}
	return c.zxids[b[0]], b[1:]
}

// Uvarint reads what AppendUvarint wrote, and returns the rest of the bytes.
func Uvarint(b []byte) (uint64, []byte) {
	if b[0] < 0x80 {
		return uint64(b[0]), b[1:]
	}
	v, n := binary.Uvarint(b)
	return v, b[n:]
}

// AppendUvarint appends a number, in one byte below 128: nearly always.
func AppendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

func (c *Codec) appendCandidate(b []byte, v Candidate, state State) []byte {
	pos, member := c.e.Position(v.Leader)
	head := byte(state) << 6
	switch {
	case member:
		if d := &c.first[pos]; d.Zxid == v.Zxid && d.CurrentEpoch == v.PeerEpoch {
			return append(b, head|byte(pos)|isFirst)
		}
		b = append(b, head|byte(pos))
	case v == Candidate{Leader: NoServer}:
		return append(b, head|nobody)
	default:
		b = append(b, head|stranger, byte(v.Leader))
	}
	return AppendUvarint(c.appendZxid(b, v.Zxid), uint64(v.PeerEpoch))
}

func (c *Codec) readCandidate(b []byte) (v Candidate, state State, rest []byte) {
	head := b[0]
	state, b = State(head>>6), b[1:]
	switch pos := head & 31; {
	case head&isFirst != 0:
		d := &c.first[pos]
		return Candidate{Zxid: d.Zxid, PeerEpoch: d.CurrentEpoch, Leader: c.e.Members[pos].SID}, state, b
	case pos == nobody:
		return Candidate{Leader: NoServer}, state, b
	case pos == stranger:
		v.Leader, b = SID(b[0]), b[1:]
	default:
		v.Leader = c.e.Members[pos].SID
	}
	v.Zxid, b = c.readZxid(b)
	epoch, b := Uvarint(b)
	v.PeerEpoch = uint32(epoch)
	return v, state, b
}

// AppendVote appends a vote; one of the expected round and version is shorter.
func (c *Codec) AppendVote(b []byte, v *Vote, round uint64, version uint8) []byte {
	if v.Round != round || v.Version != version {
		b = append(AppendUvarint(append(b, oddVote), v.Round), v.Version)
	}
	return c.appendCandidate(b, v.Candidate, v.State)
}

// ReadVote is the inverse of AppendVote with the same expectation. It returns the rest of the bytes.
func (c *Codec) ReadVote(b []byte, v *Vote, round uint64, version uint8) []byte {
	v.Round, v.Version = round, version
	if b[0] == oddVote {
		v.Round, b = Uvarint(b[1:])
		v.Version, b = b[0], b[1:]
	}
	v.Candidate, v.State, b = c.readCandidate(b)
	return b
}

func (c *Codec) appendTable(b []byte, t *table, round uint64, version uint8) []byte {
	b = AppendUvarint(b, uint64(t.present))
	for i := range c.e.Voters {
		if t.present.Has(i) {
			b = c.AppendVote(b, &t.votes[i], round, version)
		}
	}
	return b
}

func (c *Codec) readTable(b []byte, t *table, round uint64, version uint8) []byte {
	set, b := Uvarint(b)
	t.present = Set(set)
	for i := range c.e.Voters {
		if t.present.Has(i) {
			b = c.ReadVote(b, &t.votes[i], round, version)
		}
	}
	return b
}

// ReadStopped reads a disk as that of the member at a position, which has no process.
func (c *Codec) ReadStopped(b []byte, s *Server, pos int) []byte {
	s.become(c.e.Members[pos].SID, uint8(pos), c.first[pos])
	if b[0] == 0 {
		return b[1:]
	}
	return c.ReadDisk(b[1:], &s.Disk)
}

// AppendStopped is the inverse of ReadStopped.
func (c *Codec) AppendStopped(b []byte, s *Server) []byte {
	if s.Disk == c.first[s.pos] {
		return append(b, 0)
	}
	return c.AppendDisk(append(b, 1), &s.Disk)
}

// AppendDisk appends a member's disk.
func (c *Codec) AppendDisk(b []byte, d *Disk) []byte {
	return AppendUvarint(AppendUvarint(c.appendZxid(b, d.Zxid), uint64(d.AcceptedEpoch)), uint64(d.CurrentEpoch))
}

// ReadDisk is the inverse of AppendDisk.
func (c *Codec) ReadDisk(b []byte, d *Disk) []byte {
	d.Zxid, b = c.readZxid(b)
	accepted, b := Uvarint(b)
	current, b := Uvarint(b)
	d.AcceptedEpoch, d.CurrentEpoch = uint32(accepted), uint32(current)
	return b
}

// flags says which parts of a server are not what the reader would guess.
func (c *Codec) flags(s *Server) uint16 {
	f := uint16(s.State) | uint16(s.Phase)<<2
	if s.Disk != c.first[s.pos] {
		f |= fDiskMoved
	}
	if s.AcceptedEpoch != s.Disk.AcceptedEpoch || s.CurrentEpoch != s.Disk.CurrentEpoch || s.Zxid != s.Disk.Zxid {
		f |= fMemoryDiffers
	}
	if s.Waiting {
		f |= fWaiting
	}
	if s.Offered {
		f |= fOffered
	}
	if s.Vote != (Vote{}) {
		f |= fVote
	}
	if s.Proposal != (Candidate{}) {
		f |= fProposal
	}
	if s.recvset.present != 0 {
		f |= fRecvset
	}
	if s.outofelection.present != 0 {
		f |= fOutofelection
	}
	if s.Epoch|s.candidate|s.heardMax != 0 || s.heard|s.acked|s.newAcked|s.awaitInfo|s.awaitSync|s.inSync != 0 {
		f |= fTerm
	}
	if s.lag.queued > 0 {
		f |= fInbox
	}
	if s.lag.stage != Whole {
		f |= fStage
	}
	if s.lag.hand.kind != noErrand {
		f |= fHand
	}
	return f
}

// Append appends a server.
func (c *Codec) Append(b []byte, s *Server) []byte {
	f := c.flags(s)
	b = AppendUvarint(append(b, byte(f), byte(f>>8)), s.Round)
	if f&fDiskMoved != 0 {
		b = c.AppendDisk(b, &s.Disk)
	}
	if f&fMemoryDiffers != 0 {
		b = c.AppendDisk(b, &Disk{Zxid: s.Zxid, AcceptedEpoch: s.AcceptedEpoch, CurrentEpoch: s.CurrentEpoch})
	}
	if f&fVote != 0 {
		b = c.AppendVote(b, &s.Vote, s.Round, 0)
	}
	if f&fProposal != 0 {
		b = c.appendCandidate(b, s.Proposal, 0)
	}
	if f&fRecvset != 0 {
		b = c.appendTable(b, &s.recvset, s.Round, 0)
	}
	if f&fOutofelection != 0 {
		b = c.appendTable(b, &s.outofelection, s.Round, WireVersion)
	}
	if f&fTerm != 0 {
		b = c.appendTerm(b, s)
	}
	if f&(fInbox|fStage|fHand) != 0 {
		b = c.appendLag(b, &s.lag, s.Round)
	}
	return b
}

// Read is the inverse of Append for the member at a position.
func (c *Codec) Read(b []byte, s *Server, pos int) []byte {
	f := uint16(b[0]) | uint16(b[1])<<8
	s.become(c.e.Members[pos].SID, uint8(pos), c.first[pos])
	s.State, s.Phase = State(f&3), Phase(f>>2&3)
	s.Waiting, s.Offered = f&fWaiting != 0, f&fOffered != 0
	s.Round, b = Uvarint(b[2:])
	if f&fDiskMoved != 0 {
		b = c.ReadDisk(b, &s.Disk)
	}
	memory := s.Disk
	if f&fMemoryDiffers != 0 {
		b = c.ReadDisk(b, &memory)
	}
	s.Zxid, s.AcceptedEpoch, s.CurrentEpoch = memory.Zxid, memory.AcceptedEpoch, memory.CurrentEpoch
	if f&fVote != 0 {
		b = c.ReadVote(b, &s.Vote, s.Round, 0)
	}
	if f&fProposal != 0 {
		s.Proposal, _, b = c.readCandidate(b)
	}
	if f&fRecvset != 0 {
		b = c.readTable(b, &s.recvset, s.Round, 0)
	}
	if f&fOutofelection != 0 {
		b = c.readTable(b, &s.outofelection, s.Round, WireVersion)
	}
	if f&fTerm != 0 {
		b = c.readTerm(b, s)
	}
	if f&(fInbox|fStage|fHand) != 0 {
		b = c.readLag(b, &s.lag, s.Round, f)
	}
	return b
}

// appendLag writes what there is of the fine grain; the flags have told what.
func (c *Codec) appendLag(b []byte, l *lag, round uint64) []byte {
	if l.queued > 0 {
		b = append(b, byte(l.queued))
		for i := range l.inbox[:l.queued] {
			b = c.AppendVote(append(b, l.inbox[i].from), &l.inbox[i].vote, round, WireVersion)
		}
	}
	if l.stage != Whole {
		b = append(b, byte(l.stage))
	}
	if l.stage == Deciding {
		b = c.AppendVote(b, &l.decided, round, 0)
	}
	if h := &l.hand; h.kind != noErrand {
		b = c.AppendVote(append(b, byte(h.kind), h.from), &h.vote, round, WireVersion)
	}
	return b
}

func (c *Codec) readLag(b []byte, l *lag, round uint64, f uint16) []byte {
	if f&fInbox != 0 {
		l.queued, b = queueLen(b[0]), b[1:]
		for i := range l.inbox[:l.queued] {
			l.inbox[i].from = b[0]
			b = c.ReadVote(b[1:], &l.inbox[i].vote, round, WireVersion)
		}
	}
	if f&fStage != 0 {
		l.stage, b = Stage(b[0]), b[1:]
	}
	if l.stage == Deciding {
		b = c.ReadVote(b, &l.decided, round, 0)
	}
	if f&fHand != 0 {
		l.hand.kind, l.hand.from = errandKind(b[0]), b[1]
		b = c.ReadVote(b[2:], &l.hand.vote, round, WireVersion)
	}
	return b
}

// appendTerm writes which of a term's fields are not zero, then those.
func (c *Codec) appendTerm(b []byte, s *Server) []byte {
	fields := termFields(s)
	present := uint64(0)
	for i, v := range fields {
		if v != 0 {
			present |= 1 << i
		}
	}
	b = AppendUvarint(b, present)
	for _, v := range fields {
		if v != 0 {
			b = AppendUvarint(b, uint64(v))
		}
	}
	return b
}

func (c *Codec) readTerm(b []byte, s *Server) []byte {
	present, b := Uvarint(b)
	var f [9]uint32
	for i := range f {
		if present>>i&1 != 0 {
			var v uint64
			v, b = Uvarint(b)
			f[i] = uint32(v)
		}
	}
	s.Epoch, s.candidate = f[0], f[1]
	s.heard, s.acked, s.awaitInfo = Set(f[2]), Set(f[3]), Set(f[4])
	s.awaitSync, s.inSync, s.newAcked = Set(f[5]), Set(f[6]), Set(f[7])
	if f[1] != 0 || f[8] != 0 {
		s.heardMax = f[1] - 1 - f[8]
	}
	return b
}

// termFields: the rare ones last. heardMax is one less than the candidate but for broken rules.
func termFields(s *Server) [9]uint32 {
	f := [9]uint32{s.Epoch, s.candidate, uint32(s.heard), uint32(s.acked), uint32(s.awaitInfo),
		uint32(s.awaitSync), uint32(s.inSync), uint32(s.newAcked)}
	if s.candidate|s.heardMax != 0 {
		f[8] = s.candidate - 1 - s.heardMax
	}
	return f
}
