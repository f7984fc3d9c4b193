package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/zkcheck/zkcheck/election"
)

// This part of the scenarios is about logs, and the packets that make them equal.

// setStage puts up a cluster, with what a scenario may change of its ensemble.
func setStage(t *testing.T, d *datadriven.TestData, c Config) *stage {
	g := &stage{logs: c.Limits.Writes > 0}
	if d.HasArg("grain") {
		var grain string
		d.ScanArgs(t, "grain", &grain)
		c.Ensemble.Fine = grain == "fine"
	}
	if d.HasArg("last-counter") {
		var last uint64
		d.ScanArgs(t, "last-counter", &last)
		c.Ensemble.LastCounter = uint32(last)
	}
	plan := c.Ensemble.Rules.PlanSync
	c.Ensemble.Rules.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
		if g.snap {
			return election.SyncPlan{Kind: election.Snap, Zxid: h.Last, From: h.Last, Txns: buf}
		}
		return plan(s, h, peer, buf)
	}
	c.Track = Track{Commits: g.logs, Replies: g.logs}
	y, err := New(c)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	g.y, g.s = y, y.Init()[0]
	return g
}

// up starts everybody who has never been started.
func (g *stage) up(t *testing.T, d *datadriven.TestData) string {
	for i := range g.s.Servers {
		if !g.s.Started.Has(i) {
			g.act(t, d, Action{Kind: Start, From: g.y.sid(i)}.String(), false)
		}
	}
	return g.run(t, d, nil)
}

// pretend makes LOOKING servers LEADING, whoever was elected (QuorumPeer.setPeerState).
func (g *stage) pretend(sids []election.SID) string {
	for _, sid := range sids {
		pos, _ := g.y.Ensemble.Position(sid)
		v := g.s.Servers[pos]
		v.State, v.Phase = election.Leading, election.Discovery
		v.Vote = election.Vote{Candidate: v.Proposal, Round: v.Round}
	}
	return g.state(sids)
}

// log is a line for the log in memory, what of it is known to be committed, and the one on the disk where they
// differ.
func (g *stage) log(s *State, i int) string {
	v := s.Servers[i]
	if !g.logs {
		return ""
	}
	if !s.Up.Has(i) {
		return "\n  disk log " + logText(v.OnDisk())
	}
	text := "\n  log " + logText(v.History())
	if v.Phase >= election.Synchronization {
		text += fmt.Sprintf(" committed %d", v.Committed())
	}
	disk := logText(v.OnDisk())
	switch {
	case disk == logText(v.History()):
		return text
	case len(text)+len(disk) > 80:
		return text + "\n  disk log " + disk
	}
	return text + ", disk log " + disk
}

// logText writes a log; a bar ends what came in a snapshot.
func logText(l *election.Log) string {
	words := make([]string, 0, election.MaxLog+1)
	for i := range l.Len() {
		words = append(words, l.At(i).String())
		if i+1 == l.Snapshot() {
			words = append(words, "|")
		}
	}
	return "[" + strings.Join(words, " ") + "]"
}

// packets are those on the links, of each learner what it is sent and what it sends.
func (g *stage) packets() string {
	var b strings.Builder
	for learner := range g.s.links {
		l := &g.s.links[learner]
		if l.status == noLink {
			continue
		}
		sid, leader := g.y.sid(learner), g.y.sid(int(l.leader))
		if l.down.n > 0 {
			fmt.Fprintf(&b, "%v->%v%s\n", leader, sid, packetTexts(l.down.list[:l.down.n]))
		}
		if l.up.n > 0 {
			fmt.Fprintf(&b, "%v->%v%s\n", sid, leader, packetTexts(l.up.list[:l.up.n]))
		}
	}
	if b.Len() == 0 {
		return "empty"
	}
	return b.String()
}

// packetTexts lists packets, in lines that are not too long.
func packetTexts(list []election.Packet) string {
	lines := []string{""}
	for i, p := range list {
		text := p.Kind.String()
		switch p.Kind {
		case election.Diff, election.Trunc, election.Snap, election.AckEpoch:
			text += " " + p.Zxid.String()
		case election.Proposal, election.Inform:
			text += " " + election.Txn{Zxid: p.Zxid, Value: p.Value}.String()
		case election.Commit, election.Ack:
			if p.Zxid != 0 { // else of NEWLEADER
				text += " " + p.Zxid.String()
			}
		}
		if i+1 < len(list) {
			text += ","
		}
		if last := len(lines) - 1; len(lines[last])+len(text) < 85 {
			lines[last] += " " + text
		} else {
			lines = append(lines, " "+text)
		}
	}
	return strings.Join(lines, "\n    ")
}

// histories groups the servers by their logs, and says what clients were told.
func (g *stage) histories() string {
	var b strings.Builder
	var seen election.Set
	log := func(i int) string {
		if v := g.s.Servers[i]; g.s.Up.Has(i) {
			return strings.ReplaceAll(logText(v.History()), " |", "")
		}
		return strings.ReplaceAll(logText(g.s.Servers[i].OnDisk()), " |", "")
	}
	for i := range g.s.Servers {
		if seen.Has(i) {
			continue
		}
		var same election.Set
		for j := range g.s.Servers {
			if log(i) == log(j) {
				same = same.With(j)
			}
		}
		seen |= same
		fmt.Fprintf(&b, "%s %s\n", g.set(same), log(i))
	}
	told := make([]string, g.s.Replies())
	for i := range told {
		told[i] = g.s.Reply(i).String()
	}
	fmt.Fprintf(&b, "told [%s]\n", strings.Join(told, " "))
	return b.String()
}
