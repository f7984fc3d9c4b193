package quorum

import (
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// beside is what stands beside an engine state: what the engine leaves out, and what another version has.
type beside struct {
	named  election.Zxid // of the newest snapshot on the disk, by its name
	loaded election.Zxid // transactions up to here came out of a snapshot when the process read its disk

	// The transactions in its log files. No snapshot takes them away, so that there can be a hole (ZOOKEEPER-2846).
	file []election.Zxid

	// What a restart would find, if that is not what the engine believes: disk, as long as the engine's disk ends
	// with base.
	differs    bool
	base, disk election.Zxid
	log        *election.Log // that is there then; nil for the engine's

	had     uint8            // transactions in memory when the synchronisation began
	skipped []election.Zxid  // skips-committed: not among the transactions in memory
	since   uint8            // proposals since NEWLEADER
	owed    []election.Zxid  // early-log: what is to be flushed and acked
	behind  *election.Server // early-log: the server, if it gives up before UPTODATE

	// A leader that has begun to serve, and whose last zxid is still that of its history (Leader.startZkServer:
	// the learners' threads go on before).
	starting bool
	old      election.Zxid

	unapplied uint8 // of a leader: the last transactions that are committed and not applied yet (Leader.ToBeAppliedRequestProcessor)
}

// plan is how a leader brings a learner to its history: the rule is given what the leader has in memory, what in
// files, and what it has applied. What is committed and not applied follows.
func (o *beside) plan(rule func(*election.Server, election.History, election.Zxid, []election.Txn) election.SyncPlan,
	s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
	applied := len(h.Committed) - int(o.unapplied)
	behind := h.Committed[applied:]
	h.Committed = h.Committed[:applied]
	switch {
	case o.starting:
		h.Last = o.old
	case len(behind) > 0 && applied > 0 && h.Committed[applied-1].Zxid.Epoch() == behind[0].Zxid.Epoch():
		h.Last = h.Committed[applied-1].Zxid
	case len(behind) > 0:
		h.Last = election.NewZxid(behind[0].Zxid.Epoch(), 0)
	}
	for len(h.Committed) > 0 && h.Committed[0].Zxid <= o.loaded {
		h.Committed = h.Committed[1:]
	}
	if len(o.skipped) > 0 {
		var rest []election.Txn
		for _, t := range h.Committed {
			if !has(o.skipped, t.Zxid) {
				rest = append(rest, t)
			}
		}
		h.Committed = rest
	}
	h.Logged = o.inFiles()
	p := rule(s, h, peer, buf)
	for _, t := range behind {
		if t.Zxid > p.From {
			p.Txns = append(p.Txns, t)
		}
	}
	return p
}

func (o *beside) appendKey(k []byte, c *election.Codec) []byte {
	for _, z := range []election.Zxid{o.named, o.loaded, o.base, o.disk} {
		k = c.AppendZxid(k, z)
	}
	for _, list := range [][]election.Zxid{o.file, o.owed, o.skipped} {
		k = append(k, byte(len(list)))
		for _, z := range list {
			k = c.AppendZxid(k, z)
		}
	}
	k = append(k, o.had, o.since, o.unapplied)
	if o.differs {
		k = append(k, 1)
	}
	if o.starting {
		k = c.AppendZxid(append(k, 3), o.old)
	}
	if o.behind != nil {
		k = c.Append(append(k, 2), o.behind)
	}
	return k
}

// leads: who begins to lead writes a snapshot, whose name is the last zxid in memory (ZooKeeperServer.loadData).
func (o *beside) leads(s *election.Server) {
	o.named = max(o.named, s.Zxid)
	if disk, _ := o.restart(s); s.Zxid > disk {
		o.differ(s, s.Zxid, nil)
	}
}

// inFiles is what a leader finds in its log files.
func (o *beside) inFiles() (list []election.Txn) {
	for _, z := range o.file {
		list = append(list, election.Txn{Zxid: z})
	}
	return list
}

// flushes notes what the engine has flushed, whose log on the disk had that many transactions before.
func (o *beside) flushes(s *election.Server, before int) {
	for i := before; i < s.OnDisk().Len(); i++ {
		o.file = append(slices.Clip(o.file), s.OnDisk().At(i).Zxid)
	}
}

// truncates: the files end with the first transaction that is not before z.
func (o *beside) truncates(z election.Zxid) {
	for i, t := range o.file {
		if t >= z {
			o.file = o.file[:i+1]
			return
		}
	}
}

// begins: a TRUNC loads the disk anew, a SNAP leaves no transaction in memory.
func (o *beside) begins(s *election.Server, p election.Packet) {
	o.since, o.had = 0, uint8(s.History().Len())
	switch p.Kind {
	case election.Trunc:
		o.truncates(p.Zxid)
		o.loaded, o.skipped = o.named, nil
	case election.Snap:
		o.loaded, o.skipped = p.Zxid, nil
	}
}

// differ: a restart finds another zxid than the engine believes, and perhaps another log.
func (o *beside) differ(s *election.Server, disk election.Zxid, log *election.Log) {
	o.differs, o.base, o.disk, o.log = disk != s.Disk.Zxid, s.Disk.Zxid, disk, log
}

// restart is what a restart finds.
func (o *beside) restart(s *election.Server) (last election.Zxid, log *election.Log) {
	switch {
	case !o.differs:
		return s.Disk.Zxid, s.OnDisk()
	case s.Disk.Zxid != o.base:
		return max(s.Disk.Zxid, o.disk), s.OnDisk()
	case o.log != nil:
		return o.disk, o.log
	}
	return o.disk, s.OnDisk()
}

// newLeader is a follower at NEWLEADER.
func (b *belief) newLeader(st *state, leader int, p election.Packet) {
	s := &st.server
	in := election.Input{Kind: election.PacketIn, From: uint8(leader), Packet: p}
	if b.allow.earlyLog {
		behind := *s
		if st.mode == election.Diff {
			behind.SaveCurrentEpoch(p.Epoch, &b.out)
		} else {
			behind.Step(b.e, &in, &b.out)
		}
		st.beside.behind = &behind
		first := s.Committed()
		if st.mode == election.Diff {
			first = int(st.beside.had)
		}
		for i := first; i < s.History().Len(); i++ {
			z := s.History().At(i).Zxid
			st.beside.owed = append(st.beside.owed, z)
			commit := election.Packet{Kind: election.Commit, Epoch: p.Epoch, Zxid: z}
			b.step(st, &election.Input{Kind: election.PacketIn, From: uint8(leader), Packet: commit})
		}
	}
	file := st.beside.file
	b.step(st, &in)
	if st.mode != election.Diff {
		last := s.Zxid
		if st.beside.behind != nil {
			last = st.beside.behind.Zxid
		}
		st.beside.named = max(st.beside.named, last)
		st.beside.file = append(slices.Clip(file), st.beside.owed...)
	}
	st.mode = 0
}

// flushOwed is the log's thread. It can be ahead of the one that acks NEWLEADER (ZOOKEEPER-4685).
func (b *belief) flushOwed(st *state) []*state {
	next := st.clone()
	leader, _ := b.e.Position(next.server.Vote.Leader)
	b.say(next, leader, Said{Kind: election.Ack, Zxid: next.beside.owed[0]})
	next.beside.owed = slices.Clone(next.beside.owed[1:])
	list := next.unseen[leader]
	n := len(list)
	if n < 2 || list[n-2].Kind != election.Ack || list[n-2].Zxid.Counter() != 0 {
		return []*state{next}
	}
	ahead := next.clone()
	ahead.unseen[leader] = slices.Clone(list)
	ahead.unseen[leader][n-2], ahead.unseen[leader][n-1] = list[n-1], list[n-2]
	return []*state{next, ahead}
}

// failsCommit tells whether a COMMIT ends the term.
func (b *belief) failsCommit(st *state) bool {
	s := &st.server
	return b.allow.commitFails && s.Phase == election.Synchronization && !s.Syncing() && st.beside.since == 0
}

// giveUp ends a follower's term.
func (b *belief) giveUp(st *state) {
	s := &st.server
	disk, there := st.beside.restart(s)
	log := *there
	switch {
	case st.beside.behind != nil:
		*s = *st.beside.behind
	case st.mode == election.Trunc && s.Syncing():
		// What was committed behind a TRUNC is in memory, and stays there (Learner.shutdown).
		s.KeepHistory()
	case st.mode == election.Snap:
		// A SNAP that did not come to its end has the disk loaded anew, each time until another synchronisation
		// does (QuorumPeer.setSyncMode).
		b.step(st, &election.Input{Kind: election.GiveUp})
		b.forward(st, disk, &log)
		st.beside.loaded, st.beside.skipped = st.beside.named, nil
		return
	default:
		served := s.Phase == election.Broadcast
		b.step(st, &election.Input{Kind: election.GiveUp})
		if served && disk > s.Zxid {
			b.forward(st, disk, &log)
		}
		return
	}
	st.beside.owed, st.beside.behind = nil, nil
	b.step(st, &election.Input{Kind: election.GiveUp})
	st.beside.differ(s, disk, &log)
}

// forward: whoever has served reads what its log has and its memory has not (ZKDatabase.fastForwardDataBase).
func (b *belief) forward(st *state, last election.Zxid, log *election.Log) {
	d := st.server.Disk
	d.Zxid = last
	round := st.server.Round
	st.server = election.NewServer(b.e, b.pos, d)
	st.server.SetHistory(log)
	st.beside.differs, st.beside.log = false, nil
	b.step(st, &election.Input{Kind: election.Start})
	st.server.Round = round
}
