package bridge

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model/tla"
)

// Bridge holds the elections of one cluster against the module. It is immutable and safe for concurrent use.
type Bridge struct {
	system *cluster.System
	module *tla.System
	n      int
	quorum int

	// The module's s1 has the greatest id. A vote is always somebody's own first one, which no election changes, so
	// servers are numbered by these, the best first, and what TotalOrderPredicate compares is the number.
	number    []int                // by position: the module's server, from 0
	position  []int                // its inverse
	candidate []election.Candidate // by number: the server's own vote

	pool sync.Pool // of crossings
}

// Step is what the module takes for one step of the engine.
type Step struct {
	Actions     []tla.Action // in order; none: nothing that the module speaks of has happened
	Differences Differences  // where it had to be helped
}

// New is the bridge of a cluster that the module can speak about: an election and nothing behind it, thread by thread,
// in plain FIFO channels, of servers that all vote and weigh the same, with no faults and a limit of rounds.
func New(y *cluster.System) (*Bridge, error) {
	e := y.Ensemble
	n := len(e.Members)
	switch {
	case !e.Fine:
		return nil, errors.New("bridge: the module has threads: the grain must be fine")
	case y.Phases != cluster.ElectionOnly:
		return nil, errors.New("bridge: the module ends with the election: phases must be election")
	case !y.FIFO:
		return nil, errors.New("bridge: the module has plain FIFO channels")
	case e.Voters != n || e.Hierarchical():
		return nil, errors.New("bridge: the module's servers all vote, and weigh the same")
	case n < 2 || n > tla.MaxServers:
		return nil, fmt.Errorf("bridge: %d servers are not 2..%d", n, tla.MaxServers)
	}
	if err := speaksOf(y.Limits); err != nil {
		return nil, err
	}
	b := &Bridge{system: y, n: n, quorum: n/2 + 1, number: make([]int, n)}
	for pos := range n {
		b.position = append(b.position, pos)
	}
	own := func(pos int) election.Candidate {
		d := y.Disks[pos]
		return election.Candidate{Leader: e.Members[pos].SID, Zxid: d.Zxid, PeerEpoch: d.CurrentEpoch}
	}
	slices.SortFunc(b.position, func(p, q int) int {
		if election.Beats(e, own(p), own(q)) {
			return -1
		}
		return 1
	})
	for i, pos := range b.position {
		b.number[pos] = i
		b.candidate = append(b.candidate, own(pos))
	}
	rounds := y.Limits.Rounds
	var err error
	// One message more than the engine's limits: the module's step comes first, and what a limit loses is lost then.
	b.module, err = tla.New(tla.Config{Servers: n, MaxClock: rounds - 1, MaxSum: n * rounds,
		MaxRecv: y.Limits.Inbox + 1, MaxChan: y.Limits.ChannelLen + 1})
	if err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	b.pool.New = func() any {
		return &crossing{was: newPicture(n), is: newPicture(n), bare: newPicture(n), want: newPicture(n)}
	}
	return b, nil
}

// speaksOf refuses limits that let in what the module does not have.
func speaksOf(l cluster.Limits) error {
	for _, x := range []struct {
		name   string
		budget int
	}{{"crashes", l.Crashes}, {"restarts", l.Restarts}, {"cuts", l.Cuts}, {"resets", l.Resets}, {"drops", l.Drops},
		{"dups", l.Dups}, {"wipes", l.Wipes}, {"garbles", l.Garbles}, {"lags", l.Lags}, {"calm", l.Calm}} {
		if x.budget != 0 {
			return fmt.Errorf("bridge: limit %s: the module has none", x.name)
		}
	}
	if l.Rounds < 1 {
		return fmt.Errorf("bridge: limit rounds: %d, and a bridge needs one", l.Rounds)
	}
	return nil
}

// Step checks one step of the engine: from the state that the module has before it, the module's actions, helped only by
// the named differences, lead to the state that it has after it. The record of the step, Out, must still be in after.
func (b *Bridge) Step(before *cluster.State, by cluster.Action, after *cluster.State) (Step, error) {
	x := b.pool.Get().(*crossing)
	defer b.pool.Put(x)
	x.Step, x.b = Step{}, b
	err := b.read(x.was, before, false)
	if err == nil {
		err = b.read(x.is, after, true)
	}
	if err == nil {
		err = x.take(by)
	}
	if err == nil {
		x.settle(after)
		err = b.compare(x.want, x.is)
	}
	if err != nil {
		return x.Step, fmt.Errorf("bridge: %v: %w", by, err)
	}
	return x.Step, nil
}

// Begins checks the initial state: the module comes to it from InitL by a NotmsgTimeout of every server.
func (b *Bridge) Begins(s *cluster.State) error {
	is := newPicture(b.n)
	if err := b.read(is, s, false); err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	init := b.module.Init()[0]
	for i := range b.n {
		b.module.Apply(&init, tla.Action{Kind: tla.NotmsgTimeout, I: uint8(i + 1)})
	}
	return b.compare(b.module.View(&init), is)
}

// server is how the engine names the module's server of a number.
func (b *Bridge) server(i int) string {
	return fmt.Sprintf("server %v (s%d)", b.candidate[i].Leader, i+1)
}
