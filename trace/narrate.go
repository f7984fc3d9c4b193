package trace

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// Narrator says in words what a step did.
type Narrator struct{ y *cluster.System }

// NewNarrator makes a narrator of the steps of a system.
func NewNarrator(y *cluster.System) *Narrator { return &Narrator{y} }

// Step is the sentence for a step, without an end to its line: Wrap makes lines of it.
func (n *Narrator) Step(before *cluster.State, a cluster.Action, after *cluster.State) string {
	t := &telling{y: n.y, before: before, after: after, action: a}
	switch a.Kind {
	case cluster.Deliver:
		if n.y.Ensemble.Fine {
			t.receive()
		} else {
			t.handle(a.From)
		}
	case cluster.Handle:
		t.handle(t.sid(int(after.In.From)))
	case cluster.Resume:
		t.resume()
	case cluster.Answer:
		t.say("the receive path of server %v goes on", a.From)
		if a.N > 0 {
			t.say(", with what it had read")
		}
	case cluster.Packet:
		t.packet()
	case cluster.Start, cluster.Restart:
		t.boot()
	case cluster.Timeout:
		t.timeout()
	case cluster.Decide:
		t.say("finalizeWait of server %v is over and nothing came", a.From)
	case cluster.Offer:
		t.say("server %v, elected, counts its own acceptedEpoch %d", a.From, t.was().AcceptedEpoch)
	case cluster.GiveUp:
		t.giveUp()
	case cluster.Write:
		t.write()
	case cluster.Flush:
		t.flush()
	default:
		t.fault()
		return t.text.String()
	}
	if after.In.Halfway && a.Kind != cluster.Answer {
		t.say("; there it is caught halfway")
	}
	t.decision()
	t.facts()
	t.sent()
	if a.Kind == cluster.Start || a.Kind == cluster.Restart {
		t.waiting()
	}
	return t.text.String()
}

// telling is one sentence under way.
type telling struct {
	y             *cluster.System
	before, after *cluster.State
	action        cluster.Action
	text          strings.Builder
}

func (t *telling) say(format string, args ...any) { fmt.Fprintf(&t.text, format, args...) }

// was and is are the server that stepped, before and after.
func (t *telling) was() *election.Server { return t.before.Servers[t.after.Actor] }
func (t *telling) is() *election.Server  { return t.after.Servers[t.after.Actor] }

func (t *telling) sid(pos int) election.SID { return t.y.Ensemble.Members[pos].SID }

// set names the servers of a set, "1, 3".
func (t *telling) set(s election.Set) string {
	var names []string
	for i, m := range t.y.Ensemble.Members {
		if s.Has(i) {
			names = append(names, m.SID.String())
		}
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// votes names the candidate of a LOOKING server.
func (t *telling) votes(v *election.Server) string {
	switch v.Proposal.Leader {
	case v.SID:
		return "votes for itself"
	case election.NoServer:
		return "knows no candidate"
	}
	return "votes for " + v.Proposal.Leader.String()
}

func (t *telling) boot() {
	v := t.is()
	t.say("server %v %ss from disk %v: LOOKING in round %d, %s",
		v.SID, t.action.Kind, t.was().Disk, v.Round, t.votes(v))
	t.waits()
}

// waiting: a new connection brings what was sent to the server last, while it was not there.
func (t *telling) waiting() {
	if senders := t.inFlight(t.action.From); senders != 0 {
		t.say("; the last vote of %s is on its way", t.set(senders))
	}
}

// inFlight are who has a vote on its way to a server.
func (t *telling) inFlight(to election.SID) (senders election.Set) {
	var s cluster.State // Actions notes in a state what it left out
	t.y.Copy(&s, t.after)
	for _, a := range t.y.Actions(&s, nil) {
		if a.Kind == cluster.Deliver && a.To == to {
			if i, ok := t.y.Ensemble.Position(a.From); ok {
				senders = senders.With(i)
			}
		}
	}
	return senders
}

func (t *telling) timeout() {
	t.say("server %v hears nothing for long and still %s", t.is().SID, t.votes(t.is()))
	t.waits()
}

func (t *telling) giveUp() {
	v, was := t.is(), t.was()
	if was.State == election.Leading {
		t.say("server %v gives up LEADING", v.SID)
	} else {
		t.say("server %v gives up %v %v", v.SID, was.State, was.Vote.Leader)
	}
	t.afterTerm()
}

// waits: the step began finalizeWait.
func (t *telling) waits() {
	v := t.is()
	if v.Waiting && !(t.was().Waiting && t.was().Proposal == v.Proposal) {
		t.say("; the votes of %s are a quorum: finalizeWait begins", t.set(v.Tally(t.y.Ensemble)))
	}
}

// handle tells of a notification: which vote it was, and what the receiver made of it.
func (t *telling) handle(from election.SID) {
	v, was := t.is(), t.was()
	vote := t.after.In.Vote
	looking := vote.State == election.Looking
	if sender, _ := t.y.Ensemble.Position(from); sender >= t.y.Ensemble.Voters {
		t.say("server %v is asked by observer %v and answers with its vote", v.SID, from)
		return
	}
	t.say("server %v handles the %v vote %v of server %v (round %d): ", v.SID, vote.State, vote.Candidate, from, int64(vote.Round))
	switch {
	case was.State != election.Looking && looking:
		t.answers()
	case was.State != election.Looking:
		t.say("neither is LOOKING, nothing to do")
	case was.Waiting && !t.y.Ensemble.Rules.EndsWait(was, t.y.Ensemble, int(t.after.In.From), vote):
		t.say("in finalizeWait, it does not beat %v and is forgotten", was.Proposal)
		if looking && int64(vote.Round) < int64(was.Round) {
			t.say("; %v is told of round %d", from, was.Round)
		}
	case !looking:
		t.settled(vote, from)
	default:
		t.looking(vote)
	}
}

// answers: a server that is not LOOKING tells one that is.
func (t *telling) answers() {
	v := t.was()
	t.say("%v answers that it is %v %v", v.SID, v.State, v.Vote.Leader)
}

// receive tells what the receive path does with a notification in the fine grain.
func (t *telling) receive() {
	was, from, vote := t.was(), t.action.From, t.after.In.Vote
	if sender, _ := t.y.Ensemble.Position(from); sender >= t.y.Ensemble.Voters {
		t.say("server %v is asked by observer %v and answers with its vote", was.SID, from)
		return
	}
	t.say("server %v receives the %v vote %v of server %v (round %d): ", was.SID, vote.State, vote.Candidate, from, int64(vote.Round))
	switch {
	case was.State == election.Looking:
		t.say("queued for the election")
		if len(t.after.Out.Notes) > 0 {
			t.say("; %v is told of round %d", from, was.Round)
		}
	case vote.State == election.Looking:
		t.answers()
	default:
		t.say("neither is LOOKING, nothing to do")
	}
}

// resume tells how a main thread goes on that was caught halfway.
func (t *telling) resume() {
	v := t.is()
	switch t.was().Stage() {
	case election.Deciding:
		t.say("server %v goes on: its vote is now %v", v.SID, v.Vote.Candidate)
	case election.Entering:
		t.say("server %v goes on: LOOKING in round %d, %s", v.SID, v.Round, t.votes(v))
	default:
		t.say("server %v goes on", v.SID)
	}
}

// settled tells what a LOOKING server makes of a vote of one that is not.
func (t *telling) settled(vote election.Vote, from election.SID) {
	v := t.is()
	switch {
	case t.after.Out.Decided:
		t.say("that makes a quorum")
	case vote.Leader == v.SID:
		t.say("no quorum says so, or not in round %d", v.Round)
	case vote.Leader == from && vote.State == election.Leading:
		t.say("no quorum says so")
	default:
		t.say("no quorum says so, or server %v itself has not said that it leads", vote.Leader)
	}
	if t.was().Waiting && !v.Waiting && v.State == election.Looking {
		t.say("; finalizeWait ends without a decision")
	}
}

// looking tells what a LOOKING server makes of a LOOKING vote.
func (t *telling) looking(vote election.Vote) {
	v, was := t.is(), t.was()
	switch order, reason := model.Compare(vote.Candidate, was.Proposal); {
	case int64(vote.Round) < int64(was.Round):
		t.say("the round is over, it is told of round %d", was.Round)
		return
	case int64(vote.Round) > int64(was.Round):
		t.say("a newer round than %d, so %v forgets its votes and %s", was.Round, v.SID, t.votes(v))
	case v.Proposal != was.Proposal && was.Proposal.Leader == election.NoServer:
		t.say("the first one, so %v now %s", v.SID, t.votes(v))
	case v.Proposal != was.Proposal && order < 0: // rules other than ZooKeeper's
		t.say("it is smaller than %v by %v, and taken all the same, so %v now %s", was.Proposal, reason, v.SID, t.votes(v))
	case v.Proposal != was.Proposal:
		t.say("it beats %v by %v, so %v now %s", was.Proposal, reason, v.SID, t.votes(v))
	case order == 0:
		t.say("they agree")
	case order > 0:
		t.say("its candidate has no weight")
	default:
		t.say("%v is better by %v and stays", was.Proposal, reason)
	}
	t.waits()
}

// decision tells how the server left LOOKING.
func (t *telling) decision() {
	if !t.after.Out.Decided {
		return
	}
	d := &t.after.Out.Decision
	t.say("; by the votes of %s", t.set(d.Counted))
	if d.From == election.Outofelection {
		t.say(" outside the election")
	}
	if v := t.is(); v.State == election.Leading {
		t.say(" server %v is LEADING", v.SID)
		if v.Disk.Zxid != t.was().Disk.Zxid {
			t.say(" and writes a snapshot of its history, to %v", v.Disk.Zxid)
		}
	} else {
		t.say(" server %v is %v %v", v.SID, v.State, d.Vote.Leader)
	}
}

// sent tells what left the server: notifications and packets.
func (t *telling) sent() {
	out := &t.after.Out
	var to, lost election.Set
	for i := range out.Notes {
		peer := int(out.Notes[i].To)
		if peer == t.after.Actor {
			continue // it tells itself, too
		}
		if t.after.Up.Has(peer) && !t.after.IsCut(t.after.Actor, peer) {
			to = to.With(peer)
		} else {
			lost = lost.With(peer)
		}
	}
	if v, was := t.is(), t.was(); (t.action.Kind == cluster.Deliver || t.action.Kind == cluster.Handle) &&
		(was.State != election.Looking || v.Proposal == was.Proposal && v.Round == was.Round) {
		to, lost = 0, 0 // answers, and told already
	}
	if v := t.is(); to != 0 && v.State == election.Looking && v.Proposal.Leader == election.NoServer {
		t.say("; asks %s", t.set(to)) // an observer
	} else if to != 0 {
		t.say("; sends its vote to %s", t.set(to))
	} else if lost != 0 {
		t.say("; nobody is there to hear")
	}
	t.packets(out.Packets)
}
