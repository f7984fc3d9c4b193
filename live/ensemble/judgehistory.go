package ensemble

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/election"
)

// plural is a number with its noun.
func plural(n int, noun string, more ...string) string {
	if n != 1 {
		if len(more) > 0 {
			noun = more[0]
		} else {
			noun += "s"
		}
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// at writes a time of a history.
func at(ns int64) string { return fmt.Sprintf("%d ms", ns/1e6) }

// judgeLost holds the last reads of every server against what was acknowledged.
func judgeLost(r *report, c *Check) {
	newest := map[string]operation{} // acknowledged write with the largest zxid, by register
	known := map[string]bool{}       // values that were sent
	writes, last := 0, 0
	for _, o := range r.history {
		if o.Kind == write && o.Outcome != unsent {
			known[o.Register+"="+o.Value] = true
		}
		if o.Kind == write && o.Outcome == answered {
			writes++
			if o.Zxid > newest[o.Register].Zxid {
				newest[o.Register] = o
			}
		}
	}
	values := map[hexZxid]operation{}
	seen := map[string]bool{} // server and register
	for _, o := range r.history {
		if o.Outcome != answered {
			continue
		}
		if first, ok := values[o.Zxid]; ok && (first.Value != o.Value || first.Register != o.Register) {
			c.violate("transaction 0x%x changed: %v; later %v", uint64(o.Zxid), first, o)
		}
		values[o.Zxid] = o
		if o.Kind != write && o.Value != firstValue && !known[o.Register+"="+o.Value] {
			c.violate("%v after %s: nobody sent that", o, at(o.Return))
		}
		if o.Client < lastClients || o.Kind != fencedRead {
			continue
		}
		last++
		seen[fmt.Sprint(o.Client, o.Register)] = true
		if w := newest[o.Register]; o.Zxid < w.Zxid {
			c.violate("%v, acknowledged after %s, is lost: server %d has %s (zxid 0x%x) at the end",
				w, at(w.Return), o.Client-lastClients, o.Value, uint64(o.Zxid))
		}
	}
	c.Seen = plural(writes, "acknowledged write") + ", " + plural(last, "last read")
	if want := len(r.config.Members) * len(r.config.Registers); len(seen) < want {
		c.doubt("%d of %d last reads were answered", len(seen), want)
	}
	if writes == 0 {
		c.doubt("vacuous: no write was acknowledged")
	}
}

// judgeOrder looks at acknowledged writes of all registers together.
func judgeOrder(r *report, c *Check) {
	var writes []operation
	for _, o := range r.history {
		if o.Kind == write && o.Outcome == answered {
			writes = append(writes, o)
		}
	}
	c.Seen = plural(len(writes), "acknowledged write")
	if len(writes) == 0 {
		c.doubt("vacuous: no write was acknowledged")
	}
	goesBack(writes, func(before, after operation) {
		c.violate("%v was acknowledged after %s, and %v began after %s", before, at(before.Return), after, at(after.Call))
	})
}

// goesBack finds operations that have a smaller zxid than one that had returned before they were called.
func goesBack(ops []operation, found func(before, after operation)) {
	returned := slices.Clone(ops)
	slices.SortFunc(returned, func(a, b operation) int { return cmp.Compare(a.Return, b.Return) })
	called := slices.Clone(ops)
	slices.SortFunc(called, func(a, b operation) int { return cmp.Compare(a.Call, b.Call) })
	var newest operation
	next := 0
	for _, o := range called {
		for ; next < len(returned) && returned[next].Return < o.Call; next++ {
			if returned[next].Zxid > newest.Zxid {
				newest = returned[next]
			}
		}
		if o.Zxid < newest.Zxid {
			found(newest, o)
		}
	}
}

// judgeSessions looks at each register of each session: reads of any kind, and writes.
func judgeSessions(r *report, c *Check) {
	parts := map[string][]operation{}
	sessions := map[string]bool{}
	reads := 0
	for _, o := range r.history {
		if o.Outcome == answered && o.Session != "" {
			parts[o.Session+o.Register] = append(parts[o.Session+o.Register], o)
			sessions[o.Session] = true
			if o.Kind != write {
				reads++
			}
		}
	}
	c.Seen = plural(len(sessions), "session") + ", " + plural(reads, "read")
	if reads == 0 {
		c.doubt("vacuous: no read was answered")
	}
	for _, part := range parts {
		goesBack(part, func(before, after operation) {
			c.violate("session %s went back: %v after %s; %v after %s", after.Session, before, at(before.Return), after, at(after.Return))
		})
	}
}

// judgeFenced looks at writes, and reads that asked a quorum by writing before.
func judgeFenced(r *report, c *Check) {
	ops := inHistory(r.history, fencedRead)
	r.countHistory(c, ops)
	r.judgeLinearizable(c, ops)
}

// countHistory says what a search looks at, and that it is not nothing.
func (r *report) countHistory(c *Check, ops []operation) {
	reads, writes, unknown := 0, 0, 0
	for _, o := range ops {
		switch {
		case o.Kind != write:
			reads++
		case o.Outcome == answered:
			writes++
		default:
			unknown++
		}
	}
	c.Seen = plural(writes, "write") + ", " + plural(reads, "read") + ", " + plural(unknown, "unknown outcome")
	if reads == 0 || writes == 0 {
		c.doubt("vacuous: %d writes and %d reads", writes, reads)
	}
}

func (r *report) judgeLinearizable(c *Check, ops []operation) {
	bad := linearizable(ops)
	for _, s := range staleReads(ops) {
		if slices.ContainsFunc(bad, func(n notLinearizable) bool { return n.is(porcupine.Illegal, s.read.Register) }) {
			c.violate("%v", s)
		}
	}
	for _, n := range bad {
		switch {
		case n.result == porcupine.Illegal:
			c.violate("no order of the operations on %s explains what they returned; %v (times in ns); %s",
				n.register, n.why, r.picture(n.register, ops))
		case n.why != nil:
			c.doubt("%s: %v", n.register, n.why)
		default:
			c.doubt("%s: no answer within %v", n.register, judgeTime)
		}
	}
}

func (s staleRead) String() string {
	return fmt.Sprintf("stale: %v, called after %s by way of %s, although %v had returned after %s",
		s.read, at(s.read.Call), s.read.Server, s.missed, at(s.missed.Return))
}

// judgeSynced looks at reads behind a sync. ZooKeeper's sync goes to the server that takes itself for the leader, and that one
// answers without asking a quorum: until it has noticed that it was deposed, it and its followers return what was. Such reads are
// told apart and counted, as those of a leader that has not applied yet what it has committed; any other is a violation.
func judgeSynced(r *report, c *Check) {
	ops := inHistory(r.history, fencedRead, syncedRead)
	r.countHistory(c, inHistory(r.history, syncedRead))
	type call struct {
		client int
		at     int64
	}
	explained := map[call]bool{}
	var list []staleRead
	for _, s := range staleReads(ops) {
		if s.read.Kind == syncedRead && (r.deposed(&s.read) || r.behindItself(&s)) {
			explained[call{s.read.Client, s.read.Call}] = true
			list = append(list, s)
		}
	}
	rest := slices.DeleteFunc(ops, func(o operation) bool { return o.Kind == syncedRead && explained[call{o.Client, o.Call}] })
	r.judgeLinearizable(c, rest)
	if len(list) == 0 {
		return
	}
	if c.Verdict == Holds {
		c.Verdict = Known
	}
	c.Seen += fmt.Sprintf("; %d stale, all answered by deposed servers or by leaders behind their own commits", len(list))
	for _, s := range list {
		c.note("%v", s)
	}
}

// applyTime is how far behind its own COMMITs a leader may be for a read to be put down to that.
const applyTime = 20 * time.Millisecond

// behindItself tells whether the server that answered a read was leading, and all writes that it missed had only just been
// answered: COMMIT leaves before the leader has applied a transaction, and a sync of a leader's own client waits for nothing
// (Leader.tryToCommit, CommitProcessor.needCommit), so that who writes through a follower can be answered first.
func (r *report) behindItself(s *staleRead) bool {
	host, _, err := net.SplitHostPort(s.read.Server)
	if err != nil {
		return false
	}
	for _, o := range r.history {
		old := o.Kind == write && o.Outcome == answered && o.Return < s.read.Call-int64(applyTime)
		if old && o.Register == s.read.Register && o.Zxid > s.read.Zxid {
			return false
		}
	}
	for _, m := range r.config.Members {
		if m.Host == host {
			return r.leadsAt(m.SID, s.read.Return/1e6)
		}
	}
	return false
}

// leadsAt tells whether a server's log last said before a time that it serves as a leader.
func (r *report) leadsAt(sid election.SID, ms int64) bool {
	leads := false
	for i := range r.lives {
		if r.lives[i].sid != sid {
			continue
		}
		for _, e := range r.lives[i].events {
			if !e.at.IsZero() && r.ms(e.at) <= ms && (e.kind == serving || e.kind == following) {
				leads = e.kind == serving
			}
		}
	}
	return leads
}

// deposed tells whether the server that answered a read was still in a term when somebody had been answered in a later one before
// the read was called.
func (r *report) deposed(read *operation) bool {
	host, _, err := net.SplitHostPort(read.Server)
	if err != nil {
		return false
	}
	var newest uint32
	for _, o := range r.history {
		if o.Outcome == answered && o.Return < read.Call {
			newest = max(newest, o.epoch())
		}
	}
	for _, m := range r.config.Members {
		if m.Host == host {
			epoch, ok := r.termOf(m.SID, read.Return/1e6)
			return ok && epoch < newest
		}
	}
	return false
}

// termOf is the epoch of the leader that a server was with, or was, when its log last said so before a time.
func (r *report) termOf(sid election.SID, ms int64) (epoch uint32, ok bool) {
	var leader election.SID // that it follows
	met := int64(-1)
	for i := range r.lives {
		if r.lives[i].sid != sid {
			continue
		}
		for _, e := range r.lives[i].events {
			switch t := r.ms(e.at); {
			case e.at.IsZero() || t > ms:
			case e.kind == serving:
				leader, epoch = 0, e.epoch
			case e.kind == following:
				leader, met = r.peer(sid, e.peer), t
			}
		}
	}
	if leader != 0 {
		epoch = r.servedAt(leader, met)
	}
	return epoch, epoch > 0
}

// servedAt is the epoch that a server served between the elections before and after a time, 0 if none.
func (r *report) servedAt(sid election.SID, ms int64) (epoch uint32) {
	for i := range r.lives {
		if r.lives[i].sid != sid {
			continue
		}
		for _, e := range r.lives[i].events {
			switch {
			case e.kind == looking && r.ms(e.at) > ms:
				return epoch
			case e.kind == looking:
				epoch = 0
			case e.kind == serving:
				epoch = e.epoch
			}
		}
	}
	return epoch
}
