package trace

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// facts tells what the step means for epochs.
func (t *telling) facts() {
	for _, f := range t.after.Out.Facts {
		switch f.Kind {
		case election.Heard:
			t.heard(f)
		case election.EpochFixed:
			t.say("; fixes epoch %d having heard %s, writes acceptedEpoch %d", f.Epoch, t.set(t.hearers()), f.Epoch)
		case election.AckCounted:
			t.say("; counts it")
		case election.Established:
			t.say("; establishes epoch %d by the acks of %s, writes currentEpoch %d", f.Epoch, t.set(election.Set(f.Max)), f.Epoch)
		case election.Serving:
			t.say("; serves epoch %d, in sync with %s", f.Epoch, t.set(election.Set(f.Max)))
			t.committed()
		case election.Synced:
			t.synchronised(f)
		case election.Ahead:
			t.say("; refuses it: server %v is more recent than its leader", t.sid(int(f.Peer)))
		case election.GaveUp:
			if t.action.Kind == cluster.Packet {
				t.say("; refuses it, having promised more, and is LOOKING again in round %d", t.is().Round)
			}
		case election.Committed:
			t.say("; commits %v", f.Txn)
		case election.Replied:
			t.say("; tells the client that %v is done", f.Txn)
		}
	}
	if v, was := t.is(), t.was(); v.State != election.Leading && v.AcceptedEpoch > was.AcceptedEpoch && t.before.Up.Has(t.after.Actor) {
		t.say("; writes acceptedEpoch %d", v.AcceptedEpoch)
	}
}

func (t *telling) heard(f election.Fact) {
	if t.action.Kind == cluster.Packet {
		t.say("; hears acceptedEpoch %d", f.Epoch)
	}
	if v := t.is(); v.Heard() != 0 {
		t.say("; heard so far: %s", t.set(v.Heard()))
	}
}

// hearers are whom the leader had heard when it fixed its epoch: the table is cleared in that step.
func (t *telling) hearers() election.Set {
	s := t.was().Heard()
	for _, f := range t.after.Out.Facts {
		if f.Kind == election.Heard && t.y.Ensemble.Rules.CountsHeard(t.y.Ensemble, int(f.Peer)) {
			s = s.With(int(f.Peer))
		}
	}
	return s
}

// fault tells of a fault, or of its end.
func (t *telling) fault() {
	a := t.action
	switch a.Kind {
	case cluster.Crash:
		t.crash()
	case cluster.Cut:
		t.say("the link between server %v and server %v is cut; what was on it is lost", a.From, a.To)
	case cluster.Heal:
		t.say("the link between server %v and server %v is back", a.From, a.To)
		t.resent()
	case cluster.Reset:
		t.say("the connections between server %v and server %v are lost and back", a.From, a.To)
		t.resent()
	case cluster.Drop:
		t.say("the next vote on its way from server %v to server %v is lost", a.From, a.To)
	case cluster.Dup:
		t.say("the next vote on its way from server %v to server %v will come twice", a.From, a.To)
	case cluster.Calm:
		t.say("from now on nothing fails, and messages are faster than time-outs")
	case cluster.Wipe:
		t.say("server %v, which is down, loses its disk", a.From)
	case cluster.Garble:
		t.say("bytes come to server %v from server %v that are no notification; it skips them", a.To, a.From)
	case cluster.Stranger:
		t.say("a vote comes to server %v from server %v for a server that is not in the ensemble", a.To, a.From)
	default:
		t.say("%v", a)
	}
}

// resent: a new connection sends the last vote of each again, if there is one.
func (t *telling) resent() {
	for _, way := range [2][2]election.SID{{t.action.From, t.action.To}, {t.action.To, t.action.From}} {
		if i, ok := t.y.Ensemble.Position(way[0]); ok && t.inFlight(way[1]).Has(i) {
			t.say("; %v sends %v its last vote again", way[0], way[1])
		}
	}
}

func (t *telling) crash() {
	t.say("server %v crashes", t.action.From)
	if n := t.action.N; n > 0 {
		t.say(" after disk write %d of its next step", n)
	}
	t.lost()
	disk := t.is().Disk
	t.say("; its disk is %v", disk)
	if !t.y.Ensemble.Rules.Recovers(disk) {
		t.say(", which it can't be started from again")
	}
}
