package election

// History is what a leader chooses a synchronisation by: its transaction logs, the committed
// transactions that it keeps in memory, and the last one that it has applied - (e,0) in an epoch e in
// which none has been yet.
type History struct {
	Logged, Committed []Txn
	Last              Zxid
}

// SyncPlan is that choice: Kind Diff (what the learner misses), Trunc (back to the last transaction that
// both have, then what it misses) or Snap (the whole tree). Zxid is what that packet says, Txns what
// follows as PROPOSAL and COMMIT, From the zxid after which live proposals are forwarded.
type SyncPlan struct {
	Kind PacketKind
	Zxid Zxid
	Txns []Txn
	From Zxid
}

// PlanSync is LearnerHandler.syncFollower for a learner whose last zxid is peer. The plan's Txns are
// appended to buf.
func PlanSync(h History, peer Zxid, buf []Txn) SyncPlan {
	minimum, maximum := h.Last, h.Last
	if n := len(h.Committed); n > 0 {
		minimum, maximum = h.Committed[0].Zxid, h.Committed[n-1].Zxid
	}
	p := SyncPlan{From: peer, Txns: buf}
	switch {
	case peer == h.Last:
		p.Kind, p.Zxid = Diff, peer
	case peer > maximum && peer.Counter() != 0 && peer != NoZxid:
		p.Kind, p.Zxid, p.From = Trunc, maximum, maximum
	case minimum <= peer && peer <= maximum:
		if p.queue(h.Committed, peer, NoZxid, maximum); p.Kind == 0 {
			p.Kind, p.Zxid = Snap, h.Last // and what is forwarded follows the peer's zxid all the same
		}
	case peer < minimum && len(h.Logged) > 0 && h.Logged[0].Zxid <= peer:
		p.queue(h.Logged, peer, minimum, maximum)
		if p.From < minimum { // a gap between the logs and the memory
			p.Kind = 0
			break
		}
		p.queue(h.Committed, p.From, NoZxid, maximum)
	}
	if p.Kind == 0 {
		return SyncPlan{Kind: Snap, Zxid: h.Last, From: h.Last, Txns: buf}
	}
	return p
}

// queue is LearnerHandler.queueCommittedProposals: the transactions up to a limit that the peer does not
// have. The first one that is not below the peer's zxid says whether the peer's last is history (DIFF) or
// not (TRUNC to the one before), and never a TRUNC over the border of an epoch. Who is at (e,0) has no
// transaction there, and gets a DIFF in any case.
func (p *SyncPlan) queue(txns []Txn, peer, limit, last Zxid) {
	fresh := peer.Counter() == 0
	before := NoZxid
	for _, t := range txns {
		if limit != NoZxid && t.Zxid > limit {
			break
		}
		if t.Zxid < peer {
			before = t.Zxid
			continue
		}
		if p.Kind == 0 {
			switch {
			case t.Zxid == peer:
				p.Kind, p.Zxid = Diff, last
				continue
			case fresh:
				p.Kind, p.Zxid = Diff, last
			case t.Zxid.Epoch() != peer.Epoch():
				return
			default:
				p.Kind, p.Zxid = Trunc, before
			}
		}
		if t.Zxid > p.From { // else it is there twice
			p.Txns, p.From = append(p.Txns, t), t.Zxid
		}
	}
	if p.Kind == 0 && fresh {
		p.Kind, p.Zxid = Diff, last
	}
}

// sendSync synchronises a learner and forwards to it from then on (LearnerHandler.run, Leader.startForwarding).
// Until the leader serves, all its history counts as committed; later what is outstanding follows without
// a COMMIT, and to voters only.
func (s *Server) sendSync(e *Ensemble, to int, peer Zxid, out *Outputs) {
	applied, last := int(s.log.n), s.Zxid
	if s.Phase == Broadcast {
		applied, last = int(s.committed), s.lastApplied()
	}
	out.history = out.history[:0]
	for i := int(s.log.snap); i < applied; i++ {
		out.history = append(out.history, s.log.At(i))
	}
	plan := e.Rules.PlanSync(s, History{Logged: out.history, Committed: out.history, Last: last}, peer, out.missing[:0])
	out.missing = plan.Txns
	out.send(to, Packet{Kind: plan.Kind, Epoch: s.Epoch, Zxid: plan.Zxid, Count: uint8(applied)})
	for _, t := range plan.Txns {
		out.send(to, Packet{Kind: Proposal, Epoch: s.Epoch, Zxid: t.Zxid, Value: t.Value})
		out.send(to, Packet{Kind: Commit, Epoch: s.Epoch, Zxid: t.Zxid})
	}
	for i := applied; i < int(s.log.n) && to < e.Voters; i++ {
		t := s.log.At(i)
		out.send(to, Packet{Kind: Proposal, Epoch: s.Epoch, Zxid: t.Zxid, Value: t.Value})
	}
	s.forwarding = s.forwarding.With(to)
	out.send(to, Packet{Kind: NewLeader, Epoch: s.Epoch})
}

// lastApplied is what a serving leader has applied last: (e,0) before the first transaction of its epoch.
func (s *Server) lastApplied() Zxid {
	if n := s.committed; n > 0 && s.log.zxids[n-1].Epoch() == s.Epoch {
		return s.log.zxids[n-1]
	}
	return NewZxid(s.Epoch, 0)
}

// beginSync is a learner at DIFF, TRUNC or SNAP (Learner.syncWithLeader). A TRUNC is on disk at once, a
// snapshot in memory only. All that a learner has now is history of its leader, so committed.
func (s *Server) beginSync(p Packet, snapshot *Log, out *Outputs) {
	s.Phase, s.sync = Synchronization, p.Kind
	switch p.Kind {
	case Trunc:
		n := s.log.upTo(p.Zxid)
		s.log.truncate(n)
		s.Zxid = p.Zxid
		if out.write() {
			s.disk.truncate(min(n, s.disk.n))
			s.Disk.Zxid = p.Zxid
		}
	case Snap:
		s.log.take(snapshot, logLen(p.Count))
		s.log.snap = s.log.n
		s.Zxid = p.Zxid
	}
	s.committed = s.log.n
}

// KeepHistory enters what was synchronised into the log, in memory: the transactions whose COMMIT has
// come. The others wait for UPTODATE.
func (s *Server) KeepHistory() {
	if s.pending > s.log.n-s.committed {
		s.pending = s.log.n - s.committed
		s.Zxid = s.log.zxids[s.committed-1]
	}
}

// SaveHistory is KeepHistory and the flush to the disk: one disk write, if there is something to write.
// After a SNAP or TRUNC it is a snapshot, otherwise the log is flushed.
func (s *Server) SaveHistory(out *Outputs) {
	s.KeepHistory()
	if s.sync == Diff || s.sync == 0 {
		s.flush(out)
	} else {
		s.snapshot(out)
	}
}

// unsaved tells whether SaveHistory would write.
func (s *Server) unsaved() bool {
	k := Server{core: s.core}
	k.log.copyFrom(&s.log)
	k.KeepHistory()
	n := k.log.n - k.pending
	if s.sync == Diff || s.sync == 0 {
		return s.disk.n < n
	}
	return s.Disk.Zxid != k.Zxid || s.disk.n != n || s.disk.snap != s.log.snap || !s.disk.agree(&s.log, n)
}

// snapshot writes the tree in memory to the disk.
func (s *Server) snapshot(out *Outputs) {
	n := s.log.n - s.pending
	if s.Disk.Zxid == s.Zxid && s.disk.n == n && s.disk.snap == s.log.snap && s.disk.agree(&s.log, n) {
		return
	}
	if out.write() {
		s.disk.take(&s.log, n)
		s.Disk.Zxid = s.Zxid
	}
}

// flush brings the log on the disk to what is logged: one disk write, if there is something to write.
func (s *Server) flush(out *Outputs) {
	n := s.log.n - s.pending
	if s.disk.n >= n || !out.write() {
		return
	}
	for i := s.disk.n; i < n; i++ {
		s.disk.append(s.log.At(int(i)))
	}
	s.Disk.Zxid = s.disk.End()
}

// stopSync leaves a term's history behind: what waited for UPTODATE was never logged, a snapshot that
// never reached the disk is given up with the memory it is in (Learner.shutdown), and what is logged is
// flushed (SyncRequestProcessor.shutdown).
func (s *Server) stopSync(out *Outputs) {
	if s.sync == Snap {
		s.log.copyFrom(&s.disk)
		s.Zxid = s.Disk.Zxid
	} else {
		s.log.truncate(s.log.n - s.pending)
		s.pending = 0
		s.flush(out)
	}
	s.sync, s.pending, s.committed = 0, 0, 0
}
