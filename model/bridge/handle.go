package bridge

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/model/tla"
)

// handle is the election thread with the next message of its queue, the server's own or another's.
func (x *crossing) handle(i int) error {
	was := &x.was[i]
	if len(was.Queue) == 0 {
		return fmt.Errorf("the module's recvQueue is empty")
	}
	n, rest := was.Queue[0], was.Queue[1:]
	if n.From == i+1 {
		x.want.copyFrom(x.was)
		x.want[i].Queue = slices.Delete(x.want[i].Queue, 0, 1)
		x.handleOwn(i, n)
		return nil
	}
	if was.Waits {
		if err := x.run(x.one(tla.WaitNewNotmsg, i)); err != nil {
			return err
		}
		if !x.want[i].Waits {
			return x.queue(i, append(rest, n)) // at the tail
		}
		return x.queue(i, rest)
	}
	if n.State != tla.Looking {
		return x.handleTold(i, n, rest)
	}
	if err := x.run(x.one(tla.HandleNotmsg, i)); err != nil {
		return err
	}
	if err := x.queue(i, rest); err != nil {
		return err
	}
	w := &x.want[i]
	if w.Round != was.Round {
		w.ReceiveVotes[i] = tla.Vote{} // recvset is cleared of the server's own vote, too
	}
	if w.Waits && !x.hasQuorum(w) {
		x.note(OwnUnheard)
		w.Waits = false
	}
	if w.Vote != was.Vote {
		x.tellOwn(i)
	}
	return nil
}

// queue is what is left of the queue, of which the module has what is not the server's own.
func (x *crossing) queue(i int, rest []tla.Message) error {
	w := &x.want[i]
	if !leavesOthers(rest, i, w.Queue) {
		return fmt.Errorf("%s: recvQueue: the engine leaves %v, the module %v", x.b.server(i), rest, w.Queue)
	}
	w.Queue = append(w.Queue[:0], rest...)
	return nil
}

// hasQuorum tells whether recvset, in which a server has its own vote only when it has heard it, has a quorum for its vote.
func (x *crossing) hasQuorum(w *tla.Server) bool {
	votes := 0
	for _, v := range w.ReceiveVotes {
		if same(v, w.Vote) {
			votes++
		}
	}
	return votes >= x.b.quorum
}

// same is VoteEqual.
func same(a, b tla.Vote) bool { return a.Leader == b.Leader && a.Round == b.Round }

// handleOwn is the election thread with a message of the server's own. The module has nothing of it; what follows is the
// module's HandleNotmsg and WaitNewNotmsg, of a message from itself.
func (x *crossing) handleOwn(i int, n tla.Message) {
	w := &x.want[i]
	better := n.Leader < w.Leader
	switch {
	case w.Waits && better:
		x.note(OwnEndsWait)
		w.Waits = false
		w.Queue = append(w.Queue, n)
		return
	case w.Waits:
		return
	case n.State != tla.Looking:
		x.note(OwnTold)
		x.ownTold(i, n)
		return
	case n.Round < w.Round:
		return
	case n.Round > w.Round:
		x.note(OwnStale)
		clear(w.ReceiveVotes)
		w.Vote = tla.Vote{Leader: min(n.Leader, i+1), Round: n.Round}
		x.tellAll(i)
	case better:
		x.note(OwnStale)
		w.Leader = n.Leader
		x.tellAll(i)
	}
	w.ReceiveVotes[i] = n.Vote
	if x.hasQuorum(w) {
		x.note(OwnHeard)
		w.Waits = true
	}
}

// tellAll is BroadcastNotmsg, and the message to itself.
func (x *crossing) tellAll(i int) {
	m := tla.Message{From: i + 1, Vote: x.want[i].Vote}
	for j := range x.want {
		x.want[j].In[i] = append(x.want[j].In[i], m)
	}
}
