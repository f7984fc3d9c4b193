package props

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// FairSteps is the number of steps within which a fair schedule must end an election of n servers: P10.
// Of 20,000 generated runs of 200 steps the worst needed 13.5 % of it.
func FairSteps(n int) int { return 120 * n * n }

// Settlement is how a fair schedule from a state ended.
type Settlement struct {
	Possible bool // a quorum of servers can run
	Steps    int
	Err      error // no single serving leader within FairSteps, with what the servers did at the end
}

// fairLimits: no new faults, and nothing that cuts growth off.
func fairLimits(l cluster.Limits) cluster.Limits {
	f := cluster.DefaultLimits()
	f.Rounds, f.Epochs, f.Timeouts, f.GiveUps = cluster.Unlimited, cluster.Unlimited, cluster.Unlimited, cluster.Unlimited
	f.ChannelLen, f.Inbox = l.ChannelLen, l.Inbox
	f.Restarts = min(l.Restarts+2*election.MaxServers, cluster.MaxBudget)
	return f
}

// Settle runs a fair schedule from the state: faults are over, cut links heal, and where those that run
// are no quorum, all are started. What can be delivered is delivered before any timer runs out, as in a
// network that is faster than ZooKeeper's limits: that is the fairness that its time-outs assume.
// Servers that stop before they serve end no election.
func Settle(y *cluster.System, from *cluster.State) Settlement {
	if y.Phases == cluster.ElectionOnly || y.Phases == cluster.ThroughDiscovery {
		return Settlement{}
	}
	fair, err := y.WithLimits(fairLimits(y.Limits))
	if err != nil {
		return Settlement{Err: err}
	}
	f := &settling{y: fair, want: FairSteps(len(y.Ensemble.Members))}
	fair.Copy(&f.s, from)
	f.repair()
	if !y.Ensemble.IsQuorum(f.s.Up) {
		return Settlement{}
	}
	for !Settled(y.Ensemble, &f.s) && f.steps < f.want {
		if !f.exchange() && !f.each(silence) && !f.each(f.slow) {
			break
		}
	}
	if Settled(y.Ensemble, &f.s) {
		return Settlement{Possible: true, Steps: f.steps}
	}
	return Settlement{Possible: true, Steps: f.steps,
		Err: fmt.Errorf("no single serving leader after %d fair steps: %s", f.steps, describe(y.Ensemble, &f.s))}
}

type settling struct {
	y     *cluster.System
	s     cluster.State
	buf   []cluster.Action
	steps int
	want  int

	rests   int                         // how often exchange took one
	leading [election.MaxServers]uint64 // at the last rest: the round that a leader who did not serve was in
}

func (f *settling) apply(a cluster.Action) {
	f.y.Apply(&f.s, a)
	f.steps++
}

func (f *settling) actions() []cluster.Action {
	f.buf = f.y.Actions(&f.s, f.buf[:0])
	return f.buf
}

// repair ends the faults.
func (f *settling) repair() {
	f.each(func(a cluster.Action) bool { return a.Kind == cluster.Heal })
	if !f.y.Ensemble.IsQuorum(f.s.Up) {
		f.each(func(a cluster.Action) bool { return a.Kind == cluster.Start || a.Kind == cluster.Restart })
	}
	f.steps = 0
}

// each applies the enabled actions that are wanted, once around.
func (f *settling) each(wanted func(cluster.Action) bool) bool {
	todo := append([]cluster.Action(nil), f.actions()...)
	did := false
	for _, a := range todo {
		if wanted(a) && f.enabled(a) && f.steps < f.want {
			f.apply(a)
			did = true
		}
	}
	return did
}

func (f *settling) enabled(a cluster.Action) bool {
	for _, b := range f.actions() {
		if a == b {
			return true
		}
	}
	return false
}

// The three speeds of a fair schedule: messages; then finalizeWait, over when nothing comes; then the
// time-outs of seconds.
func fast(a cluster.Action) bool {
	switch a.Kind {
	case cluster.Deliver, cluster.Packet, cluster.Offer, cluster.Handle, cluster.Resume, cluster.Answer, cluster.Flush:
		return true
	}
	return false
}
func silence(a cluster.Action) bool { return a.Kind == cluster.Decide }
func (f *settling) slow(a cluster.Action) bool {
	if a.Kind == cluster.GiveUp {
		i, _ := f.y.Ensemble.Position(a.From)
		return f.y.Stalled(&f.s, i)
	}
	return a.Kind == cluster.Timeout
}

// exchange delivers messages until none are left, but takes a rest now and then, each a little later than
// the last, so that nobody starves for them: an observer and a LOOKING voter of a lower round answer each
// other for ever (both on the receive path, so the voter's finalizeWait hears nothing of it). It tells
// whether only messages were there to deal with.
func (f *settling) exchange() bool {
	f.rests++
	for range 4*len(f.s.Servers) + f.rests {
		if !f.each(fast) {
			return false
		}
		if Settled(f.y.Ensemble, &f.s) {
			return true
		}
	}
	f.each(silence)
	f.each(f.slow)
	f.initLimit()
	return true
}

// initLimit ends the term of a leader that has not got to serve since the last rest. It is a time, and
// does not begin again when something arrives: servers that promised more than the leader's epoch connect
// and refuse for ever, so that there is always something on its way.
func (f *settling) initLimit() {
	for i := range f.s.Servers {
		v := f.s.Servers[i]
		if !f.s.Up.Has(i) || v.State != election.Leading || v.Phase == election.Broadcast {
			f.leading[i] = 0
			continue
		}
		if f.leading[i] == v.Round {
			f.apply(cluster.Action{Kind: cluster.GiveUp, From: v.SID})
		}
		f.leading[i] = v.Round
	}
}

// Settled: exactly one server serves as leader, and everybody else that is up follows it. Who has
// promised itself to a higher epoch than the leader's is excused: it refuses LEADERINFO for as long as
// that leader serves (lesson refuses-serving-leader).
func Settled(e *election.Ensemble, s *cluster.State) bool {
	leader := -1
	for i := range s.Servers {
		if v := s.Servers[i]; s.Up.Has(i) && v.State == election.Leading {
			if leader >= 0 || v.Phase != election.Broadcast {
				return false
			}
			leader = i
		}
	}
	if leader < 0 {
		return false
	}
	following := election.Set(0).With(leader)
	for i := range s.Servers {
		if !s.Up.Has(i) || i == leader || s.Servers[i].AcceptedEpoch > s.Servers[leader].Epoch {
			continue
		}
		at, alive := s.LeaderOf(i)
		if at != leader || !alive || s.Servers[i].Phase != election.Broadcast {
			return false
		}
		following = following.With(i)
	}
	return e.IsQuorum(following)
}

// describe says in one line what each server is doing.
func describe(e *election.Ensemble, s *cluster.State) string {
	var parts []string
	for i := range s.Servers {
		v := s.Servers[i]
		switch {
		case !s.Up.Has(i):
			parts = append(parts, fmt.Sprintf("%v down", v.SID))
		case v.State == election.Looking:
			parts = append(parts, fmt.Sprintf("%v LOOKING round %d for %v", v.SID, v.Round, v.Proposal.Leader))
		case v.State == election.Leading:
			parts = append(parts, fmt.Sprintf("%v LEADING %v", v.SID, v.Phase))
		default:
			parts = append(parts, fmt.Sprintf("%v %v %v %v", v.SID, v.State, v.Vote.Leader, v.Phase))
		}
	}
	return strings.Join(parts, "; ")
}
