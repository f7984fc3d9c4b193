package subject_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/subject"
)

func ensemble(t testing.TB, voters, observers int) *election.Ensemble {
	t.Helper()
	var members []election.Member
	for i := range voters + observers {
		members = append(members, election.Member{SID: election.SID(i + 1), Observer: i >= voters})
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// follower reports what one server of a simulated cluster does to a belief about it.
type follower struct {
	b      *subject.Belief
	pos    int
	tamper func(v *election.Vote) // of what it is seen to send

	entering bool // it is LOOKING again, and has not entered the election yet
}

func (f *follower) see(y *cluster.System, a cluster.Action, after *cluster.State) error {
	if a.Kind == cluster.Reset && after.Actor < 0 {
		return nil
	}
	if after.Actor != f.pos {
		return nil
	}
	s, in := after.Servers[f.pos], &after.In
	var err error
	switch a.Kind {
	case cluster.Start:
		f.b.Start(s.Disk)
	case cluster.Deliver:
		err = f.b.Hear(a.From, in.Vote)
	case cluster.GiveUp:
		f.b.MayEnd()
		if f.entering = a.N > 0; !f.entering {
			err = f.b.GaveUp(nil)
		}
	case cluster.Resume:
		if f.entering {
			err = f.b.GaveUp(nil)
		}
		f.entering = false
	}
	if err != nil {
		return err
	}
	for _, n := range after.Out.Notes {
		if int(n.To) == f.pos {
			continue
		}
		v := n.Vote
		if f.tamper != nil {
			f.tamper(&v)
		}
		if err := f.b.Sent(y.Ensemble.Members[n.To].SID, v); err != nil {
			return err
		}
	}
	if after.Out.Decided {
		d := &after.Out.Decision
		return f.b.DecidedFor(d.Vote.State, d.Vote.Candidate)
	}
	return nil
}

// run makes a random run of a cluster in the fine grain, reports what one server does, and returns the
// first thing that its belief does not explain.
func run(t *testing.T, e *election.Ensemble, seed uint64, tamper func(v *election.Vote)) (decisions, most int, err error) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	fine := *e
	fine.Fine = true
	l := cluster.DefaultLimits()
	l.Lags, l.Rounds, l.Inbox, l.GiveUps, l.Timeouts = 6, 6, 6, cluster.Unlimited, 2
	disks := make([]election.Disk, len(e.Members))
	for i := range disks {
		disks[i].Zxid = election.Zxid(r.IntN(3))
	}
	y, err := cluster.New(cluster.Config{Ensemble: &fine, Disks: disks, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{pos: r.IntN(len(e.Members)), tamper: tamper}
	if f.b, err = subject.New(e, e.Members[f.pos].SID, subject.Watch{Sends: true}); err != nil {
		t.Fatal(err)
	}
	s := y.Init()[0]
	var actions []cluster.Action
	for range 250 {
		actions = y.Actions(&s, actions[:0])
		usable := actions[:0]
		for _, a := range actions {
			if a.Kind != cluster.Packet && a.Kind != cluster.Offer { // terms change a disk, which is not seen
				usable = append(usable, a)
			}
		}
		if len(usable) == 0 {
			break
		}
		if _, most := f.b.Unheard(); most >= cluster.MaxChannel {
			break // one more, and the simulated channel loses one
		}
		a := usable[r.IntN(len(usable))]
		y.Apply(&s, a)
		if err := f.see(y, a, &s); err != nil {
			return decisions, most, fmt.Errorf("after %v: %w", a, err)
		}
		if s.Out.Decided && s.Actor == f.pos {
			decisions++
		}
		most = max(most, f.b.Size())
	}
	return decisions, most, nil
}

// TestWhateverTheEngineDoesIsExplained: of any run in the fine grain, a belief explains what each server does.
func TestWhateverTheEngineDoesIsExplained(t *testing.T) {
	for _, e := range []*election.Ensemble{ensemble(t, 3, 0), ensemble(t, 5, 0), ensemble(t, 3, 1)} {
		decisions, most := 0, 0
		for seed := range uint64(40) {
			d, m, err := run(t, e, seed, nil)
			if err != nil && !errors.Is(err, subject.ErrLost) {
				t.Fatalf("%d servers, seed %d: %v", len(e.Members), seed, err)
			}
			decisions, most = decisions+d, max(most, m)
		}
		if decisions < 40 {
			t.Errorf("%d servers: only %d decisions were seen", len(e.Members), decisions)
		}
		t.Logf("%d servers: %d decisions, at most %d states", len(e.Members), decisions, most)
	}
}

// TestWhatTheEngineDoesNotDoIsNot: one wrong field in what a server is seen to send, and it is unexplained.
func TestWhatTheEngineDoesNotDoIsNot(t *testing.T) {
	e := ensemble(t, 3, 0)
	for name, change := range map[string]func(v *election.Vote){
		"leader": func(v *election.Vote) { v.Leader = 77 }, "zxid": func(v *election.Vote) { v.Zxid += 100 },
		"epoch": func(v *election.Vote) { v.PeerEpoch += 9 }, "round": func(v *election.Vote) { v.Round += 50 },
		"state": func(v *election.Vote) { v.State = election.Observing },
	} {
		for seed := range uint64(20) {
			sent := 0
			_, _, err := run(t, e, seed, func(v *election.Vote) {
				if sent++; sent == 3 {
					change(v)
				}
			})
			var unexplained *subject.Unexplained
			if sent >= 3 && !errors.As(err, &unexplained) {
				t.Errorf("%s, seed %d: a wrong notification was explained: %v", name, seed, err)
			}
		}
	}
}

// A stale vote: state is set before currentVote, so an answer at that moment carries the vote of before.
func TestStaleAndMixedAnswersAreExplained(t *testing.T) {
	e := ensemble(t, 3, 0)
	b, err := subject.New(e, 3, subject.Watch{Sends: true})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	own := election.Vote{Candidate: election.Candidate{Leader: 3, Zxid: 5}, Round: 1, Version: 2}
	b.Start(election.Disk{Zxid: 5})
	must(b.Sent(1, own))
	must(b.Sent(2, own))
	must(b.Hear(3, own))
	must(b.Hear(1, own))
	must(b.Sent(1, own)) // a time-out
	must(b.Sent(2, own))
	must(b.Hear(3, own))
	must(b.Decided(election.Leading, nil))
	stale := own
	stale.State, stale.Round = election.Leading, election.NoRound
	must(b.Hear(2, own))
	must(b.Sent(2, stale))
	fresh := own
	fresh.State = election.Leading
	must(b.Hear(2, own))
	must(b.Sent(2, fresh))
	must(b.Settled())
	must(b.Hear(2, own)) // the receive path has read state and vote, and then the leader gives up
	b.MayEnd()
	must(b.GaveUp(nil))
	mixed := own
	must(b.Sent(2, mixed))
	if err := b.Sent(2, stale); err == nil || !strings.Contains(err.Error(), "the server can only have been: ") {
		t.Errorf("a second stale answer: %v", err)
	}
}
