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
	logs  []Log  // on those disks
	past  Log    // the longest of them: the others are parts of it
	zxids []Zxid // of those disks, ascending
}

// NewCodec makes the codec of an ensemble whose members start with these disks, by position.
func NewCodec(e *Ensemble, disks []Disk) *Codec {
	c := &Codec{e: e, logs: Histories(disks)}
	copy(c.first[:], disks)
	for i := range c.logs {
		if c.logs[i].n > c.past.n {
			c.past = c.logs[i]
		}
	}
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

// NotVote and the two numbers after it are bytes that no vote begins with: below them are positions.
const NotVote = 26

// Server flags, the rare ones last.
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
	fLogMoved
	fInbox
	fStage
	fHand
	fLogDiffers
	fMemo
)

// AppendZxid appends a zxid: one that the disks started with is one byte.
func (c *Codec) AppendZxid(b []byte, z Zxid) []byte {
	for i, known := range c.zxids {
		if known == z {
			return append(b, byte(i))
		}
	}
	if z.Counter() == 0 {
		return binary.AppendUvarint(append(b, 0xfe), uint64(z.Epoch()))
	}
	return AppendUvarint(AppendUvarint(append(b, 0xff), uint64(z.Epoch())), uint64(z.Counter()))
}

// ReadZxid is the inverse of AppendZxid.
func (c *Codec) ReadZxid(b []byte) (Zxid, []byte) {
	switch b[0] {
	case 0xfe:
		epoch, b := Uvarint(b[1:])
		return NewZxid(uint32(epoch), 0), b
	case 0xff:
		epoch, b := Uvarint(b[1:])
		counter, b := Uvarint(b)
		return NewZxid(uint32(epoch), uint32(counter)), b
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

func (c *Codec) appendCandidate(b []byte, v *Candidate, state State) []byte {
	pos, member := c.e.Position(v.Leader)
	head := byte(state) << 6
	switch {
	case member:
		if d := &c.first[pos]; d.Zxid == v.Zxid && d.CurrentEpoch == v.PeerEpoch {
			return append(b, head|byte(pos)|isFirst)
		}
		b = append(b, head|byte(pos))
	case *v == Candidate{Leader: NoServer}:
		return append(b, head|nobody)
	default:
		b = append(b, head|stranger, byte(v.Leader))
	}
	return AppendUvarint(c.AppendZxid(b, v.Zxid), uint64(v.PeerEpoch))
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
	v.Zxid, b = c.ReadZxid(b)
	epoch, b := Uvarint(b)
	v.PeerEpoch = uint32(epoch)
	return v, state, b
}

// AppendVote appends a vote; one of the expected round and version is shorter.
func (c *Codec) AppendVote(b []byte, v *Vote, round uint64, version uint8) []byte {
	if v.Round != round || v.Version != version {
		b = append(AppendUvarint(append(b, oddVote), v.Round), v.Version)
	}
	return c.appendCandidate(b, &v.Candidate, v.State)
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

// AppendDisk appends a member's disk.
func (c *Codec) AppendDisk(b []byte, d *Disk) []byte {
	return AppendUvarint(AppendUvarint(c.AppendZxid(b, d.Zxid), uint64(d.AcceptedEpoch)), uint64(d.CurrentEpoch))
}

// ReadDisk is the inverse of AppendDisk.
func (c *Codec) ReadDisk(b []byte, d *Disk) []byte {
	d.Zxid, b = c.ReadZxid(b)
	accepted, b := Uvarint(b)
	current, b := Uvarint(b)
	d.AcceptedEpoch, d.CurrentEpoch = uint32(accepted), uint32(current)
	return b
}

// flags says which parts of a server are not what the reader would guess.
func (c *Codec) flags(s *Server) uint32 {
	f := uint32(s.State) | uint32(s.Phase)<<2
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
	if v := &s.Vote; uint64(v.Zxid)|v.Round|uint64(v.PeerEpoch)|uint64(v.Leader)|uint64(v.State)|uint64(v.Version) != 0 {
		f |= fVote
	}
	if p := &s.Proposal; uint64(p.Zxid)|uint64(p.PeerEpoch)|uint64(p.Leader) != 0 {
		f |= fProposal
	}
	if s.recvset.present != 0 {
		f |= fRecvset
	}
	if s.outofelection.present != 0 {
		f |= fOutofelection
	}
	if s.Epoch|s.candidate|s.heardMax != 0 || s.heard|s.acked|s.newAcked|s.awaitInfo|s.awaitSync|s.inSync != 0 ||
		s.sync != 0 || s.pending|s.committed != 0 || s.forwarding|s.lapsed != 0 || s.acks != [MaxOutstanding]Set{} {
		f |= fTerm
	}
	if !s.disk.equal(&c.logs[s.pos]) {
		f |= fLogMoved
	}
	if !s.log.equal(&s.disk) {
		f |= fLogDiffers
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
	if s.Memo != 0 {
		f |= fMemo
	}
	return f
}

// Append appends a server.
func (c *Codec) Append(b []byte, s *Server) []byte {
	f := c.flags(s)
	b = AppendUvarint(AppendUvarint(b, uint64(f)), s.Round)
	b = c.appendDisk(b, s, f&fDiskMoved != 0, f&fLogMoved != 0)
	if f&fMemoryDiffers != 0 {
		b = c.AppendDisk(b, &Disk{Zxid: s.Zxid, AcceptedEpoch: s.AcceptedEpoch, CurrentEpoch: s.CurrentEpoch})
	}
	if f&fVote != 0 {
		b = c.AppendVote(b, &s.Vote, s.Round, 0)
	}
	if f&fProposal != 0 {
		b = c.appendCandidate(b, &s.Proposal, 0)
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
	if f&fLogDiffers != 0 {
		b = c.appendLog(b, &s.log)
	}
	if f&fMemo != 0 {
		b = AppendUvarint(b, uint64(s.Memo))
	}
	return b
}

// Read is the inverse of Append for the member at a position.
func (c *Codec) Read(b []byte, s *Server, pos int) []byte {
	flags, b := Uvarint(b)
	f := uint32(flags)
	round, b := Uvarint(b)
	b = c.readDisk(b, s, pos, f&fDiskMoved != 0, f&fLogMoved != 0)
	s.State, s.Phase, s.Round = State(f&3), Phase(f>>2&3), round
	s.Waiting, s.Offered = f&fWaiting != 0, f&fOffered != 0
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
	if f&fLogDiffers != 0 {
		b = c.readLog(b, &s.log)
	} else {
		s.log.copyFrom(&s.disk)
	}
	if f&fMemo != 0 {
		var memo uint64
		memo, b = Uvarint(b)
		s.Memo = uint32(memo)
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

func (c *Codec) readLag(b []byte, l *lag, round uint64, f uint32) []byte {
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
