package trace

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Of longer lists only a part is named.
const (
	fewTxns = 4
	longLog = 8
)

// txns names transactions: "2.1=1, 2.2=2", or how many they are.
func txns(list []election.Txn) string {
	if n := len(list); n > fewTxns {
		return fmt.Sprintf("%d transactions up to %v", n, list[n-1])
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// history writes a log, of a long one the end.
func history(l *election.Log) string {
	n := l.Len()
	if n <= longLog {
		return l.String()
	}
	names := make([]string, fewTxns)
	for i := range names {
		names[i] = l.At(n - fewTxns + i).String()
	}
	return fmt.Sprintf("[%d earlier, %s]", n-fewTxns, strings.Join(names, " "))
}

// beyond is what one log holds after the part that it shares with another.
func beyond(l, other *election.Log) []election.Txn {
	var list []election.Txn
	for i := range l.Len() {
		if list != nil || i >= other.Len() || l.At(i) != other.At(i) {
			list = append(list, l.At(i))
		}
	}
	return list
}

// write tells of a client's write. A leader that has no counter left for it steps down, so that the next
// zxid has a new epoch.
func (t *telling) write() {
	v, was := t.is(), t.was()
	t.say("a client writes at server %v", v.SID)
	for _, f := range t.after.Out.Facts {
		switch f.Kind {
		case election.Proposed:
			t.say(": %v is proposed and logged", f.Txn)
			if v.Unflushed() && t.y.Ensemble.Fine {
				t.say(", not flushed yet")
			}
		case election.RolledOver:
			t.say(", whose counters end before %v: it gives up LEADING so that a new epoch begins",
				election.NewZxid(was.Epoch, t.y.Ensemble.LastCounter))
			t.afterTerm()
		}
	}
}

// flush tells what of a log reaches the disk.
func (t *telling) flush() {
	t.say("the log of server %v reaches its disk: %s", t.is().SID, txns(beyond(t.is().OnDisk(), t.was().OnDisk())))
}

// afterTerm tells what became of the log of a term that is over, and how the server looks again.
func (t *telling) afterTerm() {
	v, was := t.is(), t.was()
	if flushed := beyond(v.OnDisk(), was.OnDisk()); len(flushed) > 0 {
		t.say(", flushes %s", txns(flushed))
	}
	dropped, again := beyond(was.History(), v.History()), beyond(v.History(), was.History())
	switch {
	case len(dropped) > 0 && len(again) == 0 && !was.Syncing():
		t.say(", drops %s, which waited for UPTODATE", txns(dropped))
	case len(dropped)+len(again) > 0:
		t.say(", drops what it has of the synchronisation and is back at %s", history(v.History()))
	}
	if v.Stage() == election.Entering {
		return // the next round has not begun
	}
	t.say(": LOOKING again in round %d, %s", v.Round, t.votes(v))
	t.waits()
}

// lost tells what a crash takes, which is what is in memory only, and leaves.
func (t *telling) lost() {
	v, was := t.is(), t.was()
	if !t.before.Up.Has(t.after.Actor) {
		return
	}
	var lost []election.Txn
	for _, txn := range beyond(was.History(), was.OnDisk()) {
		if !v.OnDisk().Has(txn) {
			lost = append(lost, txn)
		}
	}
	if len(lost) > 0 {
		t.say("; lost with its memory: %s", txns(lost))
	}
	if len(beyond(v.OnDisk(), was.OnDisk()))+len(beyond(was.OnDisk(), v.OnDisk())) > 0 {
		t.say("; its log is %s", history(v.OnDisk()))
	}
}

// synchronised tells what a learner's log is when it acks NEWLEADER.
func (t *telling) synchronised(f election.Fact) {
	v := t.is()
	t.say(": its log is %s", history(v.OnDisk()))
	if waiting := beyond(v.History(), v.OnDisk()); len(waiting) > 0 {
		t.say(", %s waits for UPTODATE", txns(waiting))
	}
	t.say("; writes currentEpoch %d", f.Epoch)
}

// learns tells what a packet of a synchronisation, or of the broadcast after it, does to a learner's log.
func (t *telling) learns(p election.Packet) {
	v, was := t.is(), t.was()
	switch p.Kind {
	case election.Diff:
		t.say(" and goes on from its own log, %s", history(v.History()))
	case election.Trunc:
		t.truncated(p)
	case election.Snap:
		t.say(": in memory its history is %s", history(v.History()))
	case election.Proposal, election.Inform:
		switch {
		case v.Syncing():
			t.say(", which waits for its COMMIT")
		case v.Phase != election.Broadcast:
			t.say(", which waits for UPTODATE")
		case v.Unflushed() && t.y.Ensemble.Fine:
			t.say(" and logs it, not flushed yet")
		default:
			t.say(" and logs it")
		}
	case election.Commit:
		if v.Committed() == was.Committed() {
			t.say(" and passes it over")
		}
	case election.UpToDate:
		t.say(" and serves epoch %d", v.Epoch)
		if logged := beyond(v.OnDisk(), was.OnDisk()); len(logged) > 0 {
			t.say("; logs %s", txns(logged))
		} else if waited := beyond(v.History(), v.OnDisk()); len(waited) > 0 {
			t.say("; logs %s, not flushed yet", txns(waited))
		}
	}
}

// truncated tells what a TRUNC cuts.
func (t *telling) truncated(p election.Packet) {
	if cut := beyond(t.was().History(), t.is().History()); len(cut) > 0 {
		t.say(" and cuts %s from its log", txns(cut))
	} else {
		t.say(", its last zxid is %v now", p.Zxid)
	}
	if v := t.is(); v.OnDisk().Len() != v.History().Len() {
		t.say(" in memory")
	}
}

// counted tells what an ack of a proposal does.
func (t *telling) counted(z election.Zxid) {
	v := t.is()
	at, ok := v.History().Find(z)
	switch was := t.was(); {
	case !ok || at < was.Committed():
		t.say(" and passes it over")
	case at >= v.Committed():
		t.say(", which is not committed yet")
	}
}

// committed tells what a leader that begins to serve commits: all of its history.
func (t *telling) committed() {
	if n := t.after.Commits() - t.before.Commits(); n > 0 {
		list := make([]election.Txn, n)
		for i := range list {
			list[i], _ = t.after.Commit(t.before.Commits() + i)
		}
		t.say(", which commits %s", txns(list))
	}
}

// packets tells what left on the connections between learners and leaders: bursts are put together.
func (t *telling) packets(list []election.Sent) {
	for len(list) > 0 {
		n := 1
		switch first := list[0].Packet; first.Kind {
		case election.Ack:
			for n < len(list) && list[n].Packet.Kind == election.Ack {
				n++
			}
			t.say("; acks %s", acked(list[:n]))
		case election.Diff, election.Trunc, election.Snap:
			n = t.bursts(list)
		default:
			for n < len(list) && list[n].Packet == first {
				n++
			}
			t.say("; sends %s to %s", describePacket(first), t.receivers(list[:n]))
		}
		list = list[n:]
	}
}

func acked(list []election.Sent) string {
	names := make([]string, len(list))
	for i, s := range list {
		if names[i] = s.Packet.Zxid.String(); s.Packet.Zxid == 0 {
			names[i] = fmt.Sprintf("NEWLEADER(%d)", s.Packet.Epoch)
		}
	}
	return strings.Join(names, ", ")
}

func (t *telling) receivers(list []election.Sent) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = t.sid(int(s.To)).String()
	}
	return strings.Join(names, ", ")
}

// bursts tells of whole synchronisations, and of equal ones together. It returns how many packets they are.
func (t *telling) bursts(list []election.Sent) (n int) {
	length := func(list []election.Sent) int {
		for i, s := range list {
			if s.Packet.Kind == election.NewLeader || s.To != list[0].To {
				return i + 1
			}
		}
		return len(list)
	}
	size := length(list)
	text, learners := describeBurst(list[:size]), list[:1:1]
	for n = size; n < len(list); n += size {
		if size = length(list[n:]); describeBurst(list[n:n+size]) != text {
			break
		}
		learners = append(learners, list[n])
	}
	t.say("; synchronises %s by %s", t.receivers(learners), text)
	return n
}

// describeBurst writes a synchronisation: "DIFF(1.2) with 1.2=1, NEWLEADER(2)". A proposal without a COMMIT
// is outstanding.
func describeBurst(list []election.Sent) string {
	var committed, outstanding []election.Txn
	text := ""
	for i, s := range list {
		switch p := s.Packet; p.Kind {
		case election.Snap:
			text = fmt.Sprintf("SNAP(%v) of %d transactions", p.Zxid, p.Count)
			if p.Count == 1 {
				text = fmt.Sprintf("SNAP(%v) of 1 transaction", p.Zxid)
			}
		case election.Diff, election.Trunc:
			text = describePacket(p)
		case election.Proposal:
			txn := election.Txn{Zxid: p.Zxid, Value: p.Value}
			if i+1 < len(list) && list[i+1].Packet.Kind == election.Commit {
				committed = append(committed, txn)
			} else {
				outstanding = append(outstanding, txn)
			}
		case election.NewLeader:
			if len(committed) > 0 {
				text += " with " + txns(committed)
			}
			if len(outstanding) > 0 {
				text += ", then " + txns(outstanding) + " uncommitted"
			}
			text += ", " + describePacket(p)
		}
	}
	return text
}

// describePacket writes a packet with what it is about: "LEADERINFO(2)", "PROPOSAL 2.1=1".
func describePacket(p election.Packet) string {
	switch p.Kind {
	case election.Diff, election.Trunc, election.Snap:
		return fmt.Sprintf("%v(%v)", p.Kind, p.Zxid)
	case election.Proposal, election.Inform:
		return fmt.Sprintf("%v %v", p.Kind, election.Txn{Zxid: p.Zxid, Value: p.Value})
	case election.Commit:
		return fmt.Sprintf("%v %v", p.Kind, p.Zxid)
	}
	s := fmt.Sprintf("%v(%d)", p.Kind, p.Epoch)
	if p.NoCount {
		s += ", not to be counted,"
	}
	return s
}

// packet tells of a packet between a learner and its leader. In the coarse grain a learner takes the packets
// before NEWLEADER in the same step.
func (t *telling) packet() {
	v, was, p := t.is(), t.was(), t.after.In.Packet
	switch what := p.Kind.String(); {
	case p.Kind == election.NewLeader && was.Syncing() && !t.y.Ensemble.Fine:
		t.say("server %v takes the rest of the synchronisation of server %v, up to %s", v.SID, t.action.From, describePacket(p))
	case p.Kind == election.NewLeader && !t.y.Ensemble.Fine:
		t.say("server %v takes the synchronisation of server %v up to %s", v.SID, t.action.From, describePacket(p))
	case p.Kind == election.Ack && p.Zxid != 0:
		t.say("server %v takes the ack of %v of server %v", v.SID, p.Zxid, t.action.From)
		t.counted(p.Zxid)
	case p.Kind == election.Ack:
		t.say("server %v takes the ack of NEWLEADER(%d) of server %v", v.SID, p.Epoch, t.action.From)
	default:
		switch p.Kind {
		case election.Diff, election.Trunc, election.Snap, election.Proposal, election.Commit, election.Inform, election.NewLeader:
			what = describePacket(p)
		}
		t.say("server %v takes %s of server %v", v.SID, what, t.action.From)
		if t.action.Kind == cluster.Packet {
			t.learns(p)
		}
	}
}
