package bridge

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/model/tla"
)

// verdict is what a server makes of a vote of one that leads or follows.
type verdict struct {
	leaves  bool
	counted []bool // if it leaves: whose votes were equal
}

// reading is which votes a server counts with such a vote.
type reading struct {
	own       bool // its own, where it is in a table
	allRounds bool // those of another round in outOfElection
}

// The module's reading, but for its third way to leave, and ZooKeeper's.
var (
	modules = reading{}
	codes   = reading{own: true, allRounds: true}
)

// judge is receivedFollowingNotification, by a reading: a quorum of equal votes, in receiveVotes or in outOfElection, that
// the leader itself confirms. The vote is entered already.
func (x *crossing) judge(i int, w *tla.Server, n tla.Message, by reading) verdict {
	if n.Round == w.Round {
		if v := x.count(i, w, w.ReceiveVotes, n, by); v.leaves {
			return v
		}
	}
	return x.count(i, w, w.OutOfElection, n, by)
}

func (x *crossing) count(i int, w *tla.Server, table []tla.Vote, n tla.Message, by reading) verdict {
	v := verdict{counted: make([]bool, x.b.n)}
	votes := 0
	for j, e := range table {
		sameRound := e.Round == n.Round || by.allRounds && e.State != tla.Looking
		if e.Leader == n.Leader && sameRound && (by.own || j != i) {
			v.counted[j] = true
			votes++
		}
	}
	v.leaves = votes >= x.b.quorum
	if n.Leader == i+1 {
		v.leaves = v.leaves && n.Round == w.Round
	} else if e := table[n.Leader-1]; e.Leader == 0 || e.State != tla.Leading {
		v.leaves = false
	}
	return v
}

// enter puts a vote into the tables as ZooKeeper does, where the last one stays.
func enter(w *tla.Server, n tla.Message) {
	if n.Round == w.Round {
		w.ReceiveVotes[n.From-1] = n.Vote
	}
	w.OutOfElection[n.From-1] = n.Vote
}

// leave is the end of an election in which a server was told.
func leave(i int, w *tla.Server, n tla.Message, v verdict) {
	w.Vote = tla.Vote{Leader: n.Leader, Round: n.Round, State: tla.Following}
	if n.Leader == i+1 {
		w.State = tla.Leading
		copy(w.Voters, v.counted)
	}
}

// ownTold is a vote that a server has sent itself when it led or followed, and hears when it is LOOKING again.
func (x *crossing) ownTold(i int, n tla.Message) {
	w := &x.want[i]
	enter(w, n)
	if v := x.judge(i, w, n, codes); v.leaves {
		leave(i, w, n, v)
	}
}

// handleTold is HandleNotmsg with the vote of another server that leads or follows.
func (x *crossing) handleTold(i int, n tla.Message, rest []tla.Message) error {
	x.bare.copyFrom(x.was)
	if x.was[i].OutOfElection[n.From-1].Round > n.Round {
		// The module would keep the vote of the later round.
		x.note(OlderPut)
		x.bare[i].OutOfElection[n.From-1] = tla.Vote{}
	}
	if err := x.runBare(x.one(tla.HandleNotmsg, i)); err != nil {
		return err
	}
	table := x.was[i]
	table.ReceiveVotes, table.OutOfElection = slices.Clone(table.ReceiveVotes), slices.Clone(table.OutOfElection)
	enter(&table, n)
	if err := x.queue(i, rest); err != nil {
		return err
	}
	w := &x.want[i]
	left := w.State != tla.Looking
	word := n.State == tla.Leading && n.Round == x.was[i].Round
	if left != (word || x.judge(i, &table, n, modules).leaves) {
		return fmt.Errorf("%s: the bridge reads the votes in another way than the module", x.b.server(i))
	}
	code := x.judge(i, &table, n, codes)
	switch {
	case left && !code.leaves:
		x.note(LeadersWord)
		w.Vote = x.was[i].Vote
	case !left && code.leaves:
		switch {
		case x.judge(i, &table, n, reading{own: true}).leaves:
			x.note(OwnCounted)
		default:
			x.note(OtherRounds)
		}
		leave(i, w, n, code)
	case left && w.State == tla.Leading && !slices.Equal(w.Voters, code.counted):
		x.voters(i, &table, n, code)
	}
	return nil
}

// voters: both leave and lead, and who is in leadingVoteSet differs.
func (x *crossing) voters(i int, table *tla.Server, n tla.Message, code verdict) {
	x.note(OwnCounted)
	if v := x.judge(i, table, n, reading{own: true}); !v.leaves || !slices.Equal(v.counted, code.counted) {
		x.note(OtherRounds)
	}
	copy(x.want[i].Voters, code.counted)
}
