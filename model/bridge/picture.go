package bridge

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model/tla"
)

// picture is what a state of the engine is in the module's variables, by number. It has more than the module: what a
// server sends to itself, in In, Queue and the tables, where the module's own entries are empty. It has less of a server
// that is not LOOKING: its tables and its queue are empty, because nothing reads them before ZabTimeout clears them.
type picture []tla.Server

// newPicture is memory for one.
func newPicture(n int) picture {
	p := make(picture, n)
	for i := range p {
		p[i] = tla.Server{Voters: make([]bool, n), ReceiveVotes: make([]tla.Vote, n), OutOfElection: make([]tla.Vote, n),
			In: make([][]tla.Message, n)}
	}
	return p
}

// read reads a state. leadingVoteSet is no part of it, but of the decision: decided asks for that of the last step.
func (b *Bridge) read(p picture, s *cluster.State, decided bool) error {
	r := reader{b: b}
	for i, pos := range b.position {
		x, v := &p[i], s.Servers[pos]
		x.Waits, x.Queue = false, x.Queue[:0]
		clear(x.Voters)
		clear(x.ReceiveVotes)
		clear(x.OutOfElection)
		for j := range x.In {
			x.In[j] = x.In[j][:0]
		}
		for from := range b.n {
			for _, m := range b.system.OnTheWay(s, from, pos) {
				x.In[b.number[from]] = append(x.In[b.number[from]], r.message(from, m))
			}
		}
		switch {
		case !s.Started.Has(pos):
			// As in InitL, and the module's server has had a time-out: what it does first is to send its vote.
			x.Vote, x.Queue = tla.Vote{Leader: i + 1}, append(x.Queue, tla.Message{})
		case v.State == election.Looking:
			x.Vote, x.Waits = r.vote(v.Ballot()), v.Waiting
			r.table(x.ReceiveVotes, v, election.Recvset)
			r.table(x.OutOfElection, v, election.Outofelection)
			for k := range v.Queued() {
				x.Queue = append(x.Queue, r.message(v.Mail(k)))
			}
		default:
			vote := v.Vote
			vote.State = v.State
			x.Vote = r.vote(vote)
			if v.Round != v.Vote.Round { // the module answers with logicalClock, ZooKeeper with the vote's round
				r.err = fmt.Errorf("%s: the logical clock is %d, the round of its vote %d", b.server(i), v.Round, v.Vote.Round)
			}
			if decided && s.Out.Decided && s.Actor == pos && v.State == election.Leading {
				for from := range b.n {
					x.Voters[b.number[from]] = s.Out.Decision.Counted.Has(from)
				}
			}
		}
	}
	return r.err
}

// reader turns the engine's values into the module's, and keeps the first that has none.
type reader struct {
	b   *Bridge
	err error
}

// vote: the module begins in round 0 where the engine, as ZooKeeper, begins in round 1.
func (r *reader) vote(v election.Vote) tla.Vote {
	pos, ok := r.b.system.Ensemble.Position(v.Leader)
	if !ok || v.Candidate != r.b.candidate[r.b.number[pos]] || v.Round == 0 || v.State == election.Observing {
		r.err = fmt.Errorf("the vote %v is nobody's own in the module", v)
		return tla.Vote{}
	}
	state := tla.Looking
	switch v.State {
	case election.Following:
		state = tla.Following
	case election.Leading:
		state = tla.Leading
	}
	return tla.Vote{Leader: r.b.number[pos] + 1, Round: int(v.Round) - 1, State: state}
}

func (r *reader) message(from int, v election.Vote) tla.Message {
	return tla.Message{From: r.b.number[from] + 1, Vote: r.vote(v)}
}

func (r *reader) table(entries []tla.Vote, v *election.Server, t election.Table) {
	votes, present := v.Votes(t)
	for pos := range entries {
		if present.Has(pos) {
			entries[r.b.number[pos]] = r.vote(votes[pos])
		}
	}
}

// copyFrom copies another picture, all of it.
func (p picture) copyFrom(o picture) {
	for i := range p {
		x, y := &p[i], &o[i]
		x.Vote, x.Waits = y.Vote, y.Waits
		copy(x.Voters, y.Voters)
		copy(x.ReceiveVotes, y.ReceiveVotes)
		copy(x.OutOfElection, y.OutOfElection)
		x.Queue = append(x.Queue[:0], y.Queue...)
		for j := range x.In {
			x.In[j] = append(x.In[j][:0], y.In[j]...)
		}
	}
}

// strip takes away what servers send to themselves: what is left is a state of the module.
func (p picture) strip() {
	for i := range p {
		x := &p[i]
		x.In[i], x.ReceiveVotes[i], x.OutOfElection[i] = x.In[i][:0], tla.Vote{}, tla.Vote{}
		x.Queue = slices.DeleteFunc(x.Queue, func(m tla.Message) bool { return m.From == i+1 })
	}
}

// leavesOthers tells whether what is in a queue, other than of the server itself, is what the module has in it.
func leavesOthers(queue []tla.Message, i int, module []tla.Message) bool {
	k := 0
	for _, m := range queue {
		if m.From == i+1 {
			continue
		}
		if k == len(module) || module[k] != m {
			return false
		}
		k++
	}
	return k == len(module)
}

// compare holds what the module says against what the engine did, variable by variable.
func (b *Bridge) compare(want, is picture) error {
	for i := range is {
		w, x := &want[i], &is[i]
		var what string
		var got, says any
		switch {
		case x.Vote != w.Vote:
			what, got, says = "state, currentVote, logicalClock", x.Vote, w.Vote
		case x.Waits != w.Waits:
			what, got, says = "waitNotmsg", x.Waits, w.Waits
		case !slices.Equal(x.Voters, w.Voters):
			what, got, says = "leadingVoteSet", x.Voters, w.Voters
		case !slices.Equal(x.ReceiveVotes, w.ReceiveVotes):
			what, got, says = "receiveVotes", x.ReceiveVotes, w.ReceiveVotes
		case !slices.Equal(x.OutOfElection, w.OutOfElection):
			what, got, says = "outOfElection", x.OutOfElection, w.OutOfElection
		case !slices.Equal(x.Queue, w.Queue):
			what, got, says = "recvQueue", x.Queue, w.Queue
		}
		if what != "" {
			return fmt.Errorf("%s: %s: the engine has %v, the module %v", b.server(i), what, got, says)
		}
		for j := range x.In {
			if !slices.Equal(x.In[j], w.In[j]) {
				return fmt.Errorf("electionMsgs from %s to %s: the engine has %v, the module %v", b.server(j), b.server(i), x.In[j], w.In[j])
			}
		}
	}
	return nil
}
