package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// storyStep is what one start led to.
type storyStep struct {
	Start   election.SID  `json:"start"`
	First   []standing    `json:"votes_at_first"` // when the server has started
	Votes   []standing    `json:"votes"`          // when all messages have arrived
	Servers []storyServer `json:"servers"`        // when who has waited has decided
	Leader  *election.SID `json:"leader"`         // null if there is none
}

// standing is how many servers vote for one.
type standing struct {
	Server election.SID `json:"server"`
	Votes  int          `json:"votes"`
}

type storyServer struct {
	Server election.SID `json:"server"`
	State  string       `json:"state"`
	Vote   string       `json:"vote"`
	Note   string       `json:"note,omitempty"` // why it does not get on with the leader
}

// storyPatience bounds the steps after one start; what needs more is an endless exchange.
const storyPatience = 10_000

// startOrder reads the order of starts.
func (f *electFlags) startOrder(c *cluster.Config, given election.Set) ([]election.SID, error) {
	var order []election.SID
	for _, name := range strings.Split(f.order, ",") {
		n, err := strconv.ParseUint(name, 10, 8)
		if err != nil || election.SID(n) == election.NoServer || strconv.FormatUint(n, 10) != name {
			return nil, fmt.Errorf("--start-order %s: %q is not a server", f.order, name)
		}
		sid := election.SID(n)
		if i, ok := c.Ensemble.Position(sid); !ok || !given.Has(i) {
			return nil, fmt.Errorf("--start-order %s: server %v is not among the servers given", f.order, sid)
		}
		if slices.Contains(order, sid) {
			return nil, fmt.Errorf("--start-order %s: server %v starts twice", f.order, sid)
		}
		order = append(order, sid)
	}
	return order, nil
}

func (f *electFlags) story(out io.Writer, c cluster.Config, given election.Set) error {
	order, err := f.startOrder(&c, given)
	if err != nil {
		return err
	}
	c.Limits.Rounds, c.Limits.Epochs = cluster.Unlimited, cluster.Unlimited
	y, err := cluster.New(c)
	if err != nil {
		return err
	}
	t := &teller{y: y, s: &y.Init()[0]}
	for _, sid := range order {
		if err := t.start(sid); err != nil {
			return err
		}
	}
	if f.json {
		return writeJSON(out, t.answer())
	}
	return t.print(out)
}

// teller plays a story.
type teller struct {
	y       *cluster.System
	s       *cluster.State
	buf     []cluster.Action
	steps   []storyStep
	patient int
	outside map[election.SID]string // who refuses the leader that there is, and why, after this start
}

// start starts a server, lets all messages arrive, and then lets those decide who have waited. Who is
// LOOKING still, although there is a leader, asks again: observers, and servers of weight 0.
func (t *teller) start(sid election.SID) error {
	step := storyStep{Start: sid}
	t.patient, t.outside = storyPatience, map[election.SID]string{}
	if !t.take(cluster.Start, sid) {
		return fmt.Errorf("server %v can't be started", sid)
	}
	step.First = t.tally()
	for t.any(cluster.Deliver) {
	}
	step.Votes = t.tally()
	t.settle()
	for i := range t.s.Servers {
		if v := t.s.Servers[i]; t.leads() && v.State == election.Looking && t.take(cluster.Timeout, v.SID) {
			t.settle()
		}
	}
	if t.patient <= 0 {
		return fmt.Errorf("after the start of server %v the messages have no end", sid)
	}
	step.Servers = t.servers()
	for i := range step.Servers {
		if step.Servers[i].State == election.Leading.String() {
			step.Leader = &step.Servers[i].Server
		}
	}
	t.steps = append(t.steps, step)
	return nil
}

// settle goes on until nothing is left to do.
func (t *teller) settle() {
	for t.any(cluster.Decide) || t.any(cluster.Deliver) || t.any(cluster.Offer) || t.any(cluster.Packet) {
	}
}

func (t *teller) leads() bool {
	for i := range t.s.Servers {
		if t.s.Up.Has(i) && t.s.Servers[i].State == election.Leading {
			return true
		}
	}
	return false
}

// take takes the action of a kind by a server.
func (t *teller) take(k cluster.Kind, sid election.SID) bool {
	return t.first(func(a cluster.Action) bool { return a.Kind == k && a.From == sid })
}

// any takes the first action of a kind.
func (t *teller) any(k cluster.Kind) bool {
	return t.first(func(a cluster.Action) bool { return a.Kind == k })
}

func (t *teller) first(wanted func(cluster.Action) bool) bool {
	t.buf = t.y.Actions(t.s, t.buf[:0])
	i := slices.IndexFunc(t.buf, func(a cluster.Action) bool { return wanted(a) && !t.idle(a) })
	if t.patient--; i < 0 || t.patient <= 0 {
		return false
	}
	a := t.buf[i]
	t.y.Apply(t.s, a)
	for _, f := range t.s.Out.Facts {
		if f.Kind == election.GaveUp && a.Kind == cluster.Packet {
			t.outside[a.To] = fmt.Sprintf("promised to epoch %d, it refuses epoch %d of server %v",
				t.s.Servers[t.s.Actor].AcceptedEpoch, t.s.In.Packet.Epoch, a.From)
		}
	}
	return true
}

// idle: who refuses the leader that there is would try again for ever, and rests until the next start.
func (t *teller) idle(a cluster.Action) bool {
	actor := a.From
	if a.Kind == cluster.Deliver || a.Kind == cluster.Packet {
		actor = a.To
	}
	_, outside := t.outside[actor]
	return outside
}

// vote is for whom a server is.
func vote(v *election.Server) election.Candidate {
	if v.State == election.Looking {
		return v.Proposal
	}
	return v.Vote.Candidate
}

// tally counts the voters that are up.
func (t *teller) tally() []standing {
	list := []standing{}
	for i := range t.y.Ensemble.Voters {
		if !t.s.Up.Has(i) {
			continue
		}
		n := standing{Server: t.s.Servers[i].SID}
		for k := range t.y.Ensemble.Voters {
			if t.s.Up.Has(k) && vote(t.s.Servers[k]).Leader == n.Server {
				n.Votes++
			}
		}
		list = append(list, n)
	}
	return list
}

func (t *teller) servers() []storyServer {
	list := []storyServer{}
	for i := range t.s.Servers {
		if v := t.s.Servers[i]; t.s.Up.Has(i) {
			list = append(list, storyServer{v.SID, v.State.String(), vote(v).String(), t.outside[v.SID]})
		}
	}
	return list
}

func (s *storyServer) words() string {
	switch s.State {
	case election.Leading.String():
		return fmt.Sprintf("server %v is LEADING", s.Server)
	case election.Looking.String():
		switch {
		case s.Note != "":
			return fmt.Sprintf("server %v is LOOKING: %s", s.Server, s.Note)
		case strings.HasPrefix(s.Vote, election.NoServer.String()+":"):
			return fmt.Sprintf("server %v is LOOKING and has heard of no candidate", s.Server)
		}
		return fmt.Sprintf("server %v is LOOKING, its vote is %s", s.Server, s.Vote)
	}
	leader, _, _ := strings.Cut(s.Vote, ":")
	return fmt.Sprintf("server %v is %s %s", s.Server, s.State, leader)
}

func (t *teller) print(out io.Writer) error {
	p := &printer{out: out}
	for _, s := range t.steps {
		p.line("start %v", s.Start)
		if len(s.First) > 0 {
			p.labelled("  at first ", describeTally(s.First), "")
		}
		if !slices.Equal(s.First, s.Votes) {
			p.labelled("  then     ", describeTally(s.Votes), "")
		}
		for _, server := range s.Servers {
			p.line("  %s", server.words())
		}
	}
	a := t.answer()
	if a.Winner == nil {
		p.line("nobody leads")
	} else {
		p.line("server %v leads", *a.Winner)
	}
	return p.err
}

func describeTally(list []standing) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, fmt.Sprintf("server %v has %s", n.Server, count(n.Votes, "vote")))
	}
	return strings.Join(parts, ", ")
}

// answer is the story's end.
func (t *teller) answer() elected {
	a := elected{Reason: noQuorum, Voters: t.y.Ensemble.Voters, Comparisons: []comparison{}, Steps: t.steps}
	var up []election.SID
	for i := range t.y.Ensemble.Voters {
		if v := t.s.Servers[i]; t.s.Up.Has(i) {
			up = append(up, v.SID)
		}
	}
	a.Present, a.Missing = len(up), model.Missing(t.y.Ensemble.Members, up)
	for i := range t.s.Servers {
		if v := t.s.Servers[i]; t.s.Up.Has(i) && v.State == election.Leading {
			a.Winner, a.Epoch, a.Zxid = &v.SID, v.Vote.PeerEpoch, v.Vote.Zxid.String()
			a.Reason = "QUORUM" // the first that had one
		}
	}
	return a
}
