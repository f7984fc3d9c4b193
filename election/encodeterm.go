package election

import "math/bits"

// ReadStopped reads a disk as that of the member at a position, which has no process.
func (c *Codec) ReadStopped(b []byte, s *Server, pos int) []byte {
	moved := b[0]
	b = c.readDisk(b[1:], s, pos, moved&1 != 0, moved&2 != 0)
	return b
}

// AppendStopped is the inverse of ReadStopped.
func (c *Codec) AppendStopped(b []byte, s *Server) []byte {
	moved, grown := s.Disk != c.first[s.pos], !s.disk.equal(&c.logs[s.pos])
	head := byte(0)
	if moved {
		head |= 1
	}
	if grown {
		head |= 2
	}
	return c.appendDisk(append(b, head), s, moved, grown)
}

// appendDisk appends what of a disk is not as it was at the start.
func (c *Codec) appendDisk(b []byte, s *Server, moved, logMoved bool) []byte {
	if moved {
		b = c.AppendDisk(b, &s.Disk)
	}
	if logMoved {
		b = c.appendLog(b, &s.disk)
	}
	return b
}

// readDisk makes s a server of that disk that has no process.
func (c *Codec) readDisk(b []byte, s *Server, pos int, moved, logMoved bool) []byte {
	s.become(c.e.Members[pos].SID, uint8(pos), c.first[pos])
	if moved {
		b = c.ReadDisk(b, &s.Disk)
	}
	if logMoved {
		return c.readLog(b, &s.disk)
	}
	s.disk.copyFrom(&c.logs[pos])
	return b
}

// appendLog writes how much of the log is the past that all know, how much comes from snapshots, and what
// follows.
func (c *Codec) appendLog(b []byte, l *Log) []byte {
	known := logLen(0)
	for known < min(l.n, c.past.n) && l.zxids[known] == c.past.zxids[known] && l.values[known] == 0 {
		known++
	}
	b = append(b, byte(known), byte(l.snap), byte(l.n-known))
	for i := known; i < l.n; i++ {
		b = append(c.AppendZxid(b, l.zxids[i]), l.values[i])
	}
	return b
}

func (c *Codec) readLog(b []byte, l *Log) []byte {
	known, snap, more := logLen(b[0]), logLen(b[1]), b[2]
	b = b[3:]
	l.take(&c.past, known)
	for range more {
		var t Txn
		t.Zxid, b = c.ReadZxid(b)
		t.Value, b = b[0], b[1:]
		l.append(t)
	}
	l.snap = snap
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
	for ; present != 0; present &= present - 1 {
		b = AppendUvarint(b, uint64(fields[bits.TrailingZeros64(present)&15]))
	}
	for i := range fields[13] {
		b = AppendUvarint(b, uint64(s.acks[i]))
	}
	for i := range c.e.Members {
		if s.awaitSync>>i == 0 {
			break
		}
		if s.awaitSync.Has(i) {
			b = c.AppendZxid(b, s.awaiting[i])
		}
	}
	return b
}

func (c *Codec) readTerm(b []byte, s *Server) []byte {
	present, b := Uvarint(b)
	var f [termSize]uint32
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
	s.committed, s.forwarding = logLen(f[8]), Set(f[9])
	s.sync, s.pending, s.lapsed = PacketKind(f[10]), logLen(f[11]), Set(f[14])
	if f[1] != 0 || f[12] != 0 {
		s.heardMax = f[1] - 1 - f[12]
	}
	for i := range f[13] {
		var v uint64
		v, b = Uvarint(b)
		s.acks[i] = Set(v)
	}
	for i := range c.e.Members {
		if s.awaitSync.Has(i) {
			s.awaiting[i], b = c.ReadZxid(b)
		}
	}
	return b
}

const termSize = 16 // one more than there are

// termFields: the rare ones last. heardMax is one less than the candidate but for broken rules.
func termFields(s *Server) [termSize]uint32 {
	f := [termSize]uint32{s.Epoch, s.candidate, uint32(s.heard), uint32(s.acked), uint32(s.awaitInfo),
		uint32(s.awaitSync), uint32(s.inSync), uint32(s.newAcked), uint32(s.committed), uint32(s.forwarding),
		uint32(s.sync), uint32(s.pending)}
	if s.candidate|s.heardMax != 0 {
		f[12] = s.candidate - 1 - s.heardMax
	}
	f[13] = uint32(s.outstandingAcks())
	f[14] = uint32(s.lapsed)
	return f
}

// outstandingAcks is how many of the slots of acks are in use.
func (s *Server) outstandingAcks() int {
	if s.acks == [MaxOutstanding]Set{} {
		return 0
	}
	n := MaxOutstanding
	for n > 0 && s.acks[n-1] == 0 {
		n--
	}
	return n
}
