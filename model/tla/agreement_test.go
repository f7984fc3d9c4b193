package tla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
)

// view is the second implementation's state as the packed one shows its own. What never changes must not have changed.
func (s *refState) view(tb testing.TB) []Server {
	vote := func(v refVote, round int, state string) Vote {
		if v.zxid != (refZxid{}) || v.epoch != 0 {
			tb.Fatalf("a vote is %+v: zxid and epoch never change", v)
		}
		at := slices.Index([]string{"LOOKING", "FOLLOWING", "LEADING"}, state)
		return Vote{v.leader, round, ServerState(at)}
	}
	message := func(n refMessage) Message {
		if n.kind == refNone {
			return Message{}
		}
		return Message{n.source, vote(n.vote, n.round, n.state)}
	}
	var servers []Server
	for _, i := range s.servers() {
		if len(s.history[i]) > 0 || s.currentEpoch[i] != 0 || s.lastProcessed[i] != (refProcessed{}) {
			tb.Fatalf("server %d: history, currentEpoch and lastProcessed never change", i)
		}
		x := Server{Vote: vote(s.currentVote[i], s.logicalClock[i], s.state[i]), Waits: s.waitNotmsg[i]}
		for _, n := range s.recvQueue[i] {
			x.Queue = append(x.Queue, message(n))
		}
		for _, j := range s.servers() {
			x.Voters = append(x.Voters, s.leadingVoteSet[i][j])
			rv, ooe := s.receiveVotes[i][j], s.outOfElection[i][j]
			x.ReceiveVotes = append(x.ReceiveVotes, vote(rv.vote, rv.round, rv.state))
			x.OutOfElection = append(x.OutOfElection, vote(ooe.vote, ooe.round, ooe.state))
			var in []Message
			for _, n := range s.electionMsgs[j][i] {
				in = append(in, message(n))
			}
			x.In = append(x.In, in)
		}
		servers = append(servers, x)
	}
	return servers
}

// refOf is the inverse of view, but for the versions.
func refOf(servers []Server) *refState {
	s := refInit(len(servers))
	name := func(v Vote) string { return v.State.String() }
	message := func(n Message) refMessage {
		if n == (Message{}) {
			return refMessage{kind: refNone}
		}
		return refMessage{refNotification, n.From, name(n.Vote), n.Round, refVote{leader: n.Leader}}
	}
	for i, x := range servers {
		i++
		s.state[i], s.currentVote[i].leader, s.logicalClock[i], s.waitNotmsg[i] = name(x.Vote), x.Leader, x.Round, x.Waits
		for _, n := range x.Queue {
			s.recvQueue[i] = append(s.recvQueue[i], message(n))
		}
		for j := range servers {
			if x.Voters[j] {
				s.leadingVoteSet[i][j+1] = true
			}
			rv, ooe := x.ReceiveVotes[j], x.OutOfElection[j]
			s.receiveVotes[i][j+1] = refEntry{refVote{leader: rv.Leader}, rv.Round, name(rv), 0}
			s.outOfElection[i][j+1] = refEntry{refVote{leader: ooe.Leader}, ooe.Round, name(ooe), 0}
			for _, n := range x.In[j] {
				s.electionMsgs[j+1][i] = append(s.electionMsgs[j+1][i], message(n))
			}
		}
	}
	return s
}

// agree holds the two implementations' successors of one state against each other, and returns those within the constraint.
func agree(t *testing.T, y *System, s *State, r *refState) (within []refStep) {
	t.Helper()
	var want, got []string
	outside := 0
	for _, step := range r.next() {
		if !step.after.within(y.config) {
			outside++
			continue
		}
		within = append(within, step)
		want = append(want, fmt.Sprint(step.action, step.after.view(t)))
	}
	var next State
	actions := y.Actions(s, nil)
	for _, a := range actions {
		y.Copy(&next, s)
		y.Apply(&next, a)
		got = append(got, fmt.Sprint(a, y.View(&next)))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || y.Outside(s) != outside {
		t.Fatalf("%v: from\n%s%d steps outside the constraint, want %d; steps\n%s\nwant\n%s",
			y.config, y.Describe(s), y.Outside(s), outside, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return within
}

// Every thousandth step of the first row, and some of the others, lead to a state that has the second implementation's successors.
func TestStatesOfRowsAgree(t *testing.T) {
	for i, row := range rows {
		y := mustSystem(t, row.config)
		seen := 0
		look := explore.Property[State, Action]{Check: func(_ *State, _ Action, s *State) explore.Outcome {
			if seen++; seen%(1000+3000*i) == 0 {
				var here State
				y.Copy(&here, s)
				r := refOf(y.View(s))
				if !reflect.DeepEqual(r.view(t), y.View(s)) {
					t.Fatalf("%v is read as %v", y.View(s), r.view(t))
				}
				agree(t, y, &here, r)
			}
			return explore.Held
		}}
		props := []explore.Property[State, Action]{look}
		explore.BreadthFirst(context.Background(), y, props, explore.Options{Workers: 1, MaxStates: 300_000})
	}
}

// configurations are of all sizes, with clocks, queues and channels that have room.
var configurations = []Config{
	{1, 0, 0, 1, 1}, {1, 2, 2, 2, 0}, {2, 0, 0, 1, 1}, {2, 3, 6, 3, 2}, {2, 1, 2, 0, 1}, {2, 1, 2, 1, 0},
	{3, 0, 0, 1, 1}, {3, 1, 1, 1, 1}, {3, 2, 6, 2, 2}, {3, 5, 7, 3, 4}, {3, 3, 4, 1, 2},
	{3, 2, 2, 2, 1}, {3, 3, 3, 1, 1}, {3, 2, 4, 2, 2},
	{4, 1, 4, 2, 2}, {4, 3, 5, 3, 3}, {5, 1, 5, 2, 2}, {5, 2, 3, 4, 3}, {6, 1, 3, 2, 2}, {7, 1, 7, 3, 2}, {7, 3, 9, 3, 2},
}

// eachStep walks through a configuration, by both implementations.
func eachStep(t *testing.T, c Config, steps int, visit func(y *System, s *State)) {
	t.Helper()
	y := mustSystem(t, c)
	random := rand.New(rand.NewPCG(1, uint64(c.Servers)))
	s, r := y.Init()[0], refInit(c.Servers)
	for range steps {
		if visit != nil {
			visit(y, &s)
		}
		within := agree(t, y, &s, r)
		if len(within) == 0 {
			s, r = y.Init()[0], refInit(c.Servers)
			continue
		}
		step := within[random.IntN(len(within))]
		y.Apply(&s, step.action)
		r = step.after
	}
}

func TestWalksAgree(t *testing.T) {
	for _, c := range configurations {
		eachStep(t, c, 1000/(c.Servers*c.Servers), nil)
	}
}

// States that nothing has to lead to: everything is by chance, but for what the packed implementation relies on, which the
// property types says is true. That way every branch is taken, however rare what leads to it.
func TestArbitraryStatesAgree(t *testing.T) {
	for _, c := range configurations {
		y := mustSystem(t, c)
		d := &dice{Rand: rand.New(rand.NewPCG(3, uint64(c.Servers))), config: c}
		for range 2000 / (c.Servers * c.Servers) {
			servers := d.servers()
			s := pack(y, servers)
			if r := refOf(servers); r.within(c) {
				agree(t, y, s, r)
			}
		}
	}
}

// dice draws states.
type dice struct {
	*rand.Rand
	config Config
}

func (d *dice) vote(states int) Vote {
	// Few leaders and rounds, so that votes agree.
	return Vote{1 + d.IntN(d.IntN(d.config.Servers)+1), d.IntN(d.config.MaxClock + 1), ServerState(3 - states + d.IntN(states))}
}

func (d *dice) servers() (list []Server) {
	n := d.config.Servers
	for i := range n {
		x := Server{Vote: d.vote(3), Waits: d.IntN(3) == 0, Voters: make([]bool, n), ReceiveVotes: make([]Vote, n),
			OutOfElection: make([]Vote, n), In: make([][]Message, n)}
		if x.Round > 0 && d.IntN(2) == 0 {
			x.Round = 0 // so that the sum is within the constraint
		}
		if x.State == Looking {
			x.Leader = min(x.Leader, i+1)
		}
		for j := range n {
			x.Voters[j] = x.State == Leading && d.IntN(2) == 0
			if j == i {
				continue
			}
			if d.IntN(3) > 0 {
				if x.ReceiveVotes[j] = d.vote(3); x.State == Looking {
					x.ReceiveVotes[j].Round = x.Round
				}
			}
			if d.IntN(3) > 0 {
				x.OutOfElection[j] = d.vote(2)
			}
			for range d.IntN(d.config.MaxChan + 1) {
				x.In[j] = append(x.In[j], Message{j + 1, d.vote(3)})
			}
			for len(x.Queue) < d.config.MaxRecv && d.IntN(2) == 0 {
				x.Queue = append(x.Queue, Message{j + 1, d.vote(3)})
			}
		}
		if len(x.Queue) == 0 && d.config.MaxRecv > 0 && d.IntN(3) == 0 {
			x.Queue = []Message{{}}
		}
		d.Shuffle(len(x.Queue), func(a, b int) { x.Queue[a], x.Queue[b] = x.Queue[b], x.Queue[a] })
		list = append(list, x)
	}
	return list
}
