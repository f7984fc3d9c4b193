package props_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// brokenEngine is one of them.
type brokenEngine struct {
	property, how, servers, weights, limits string
	fine, alone                             bool
	rules                                   func(*election.Rules)
	steps                                   int
}

// Engines that go wrong with transactions. Each is searched with every property that looks at steps: alone
// says that to the end no other property notices anything, so that one is not vacuous and no copy of
// another.
var brokenHistory = []brokenEngine{
	{"leader-completeness", "a process forgets the oldest transaction when it starts again", "1:1,8", "",
		"rounds=1 epochs=2 crashes=1 restarts=1", false, true, forgetOldest, 7},
	{"committed-is-durable", "a proposal is acked before it is flushed", "1:1,8 2:1,8", "",
		"rounds=1 writes=1 timeouts=0 inbox=2", true, true, ackUnflushed, 25},
	{"prefix-consistency", "a COMMIT commits all that a follower has", "1:1,8 2:1,8", "",
		"rounds=1 writes=2 timeouts=0", false, true, commitAll, 19},
	{"serving-leader-stays", "a leader that somebody asks looks again", "1:1,8 2:1,8 3:1,8", "1=1,2=1,3=0",
		"rounds=1 timeouts=0", false, true, unseat, 14},
	{"disk-recovers", "recovery refuses a promise", "1:1,8 2:1,8", "", "rounds=1", false, true, pickyRecovery, 8},
	{"replies-are-kept", "a client is told before its write is committed", "1:1,8 2:1,8 3:1,8", "",
		"rounds=2 epochs=2 writes=1 timeouts=0 crashes=1", false, true, replyEarly, 26},

	{"said-is-on-disk", "NEWLEADER is acked before the log is flushed", "1:1,7 2:1,8", "", "rounds=1 timeouts=0 inbox=2",
		true, false, ackBeforeFlush, 22},
	{"said-is-on-disk", "currentEpoch is written at UPTODATE", "1:1,8 2:1,8", "", "rounds=1 timeouts=0", false, false, epochAtUpToDate, 11},
	{"said-is-on-disk", "votes with the last applied zxid, not the last logged", "1:1,8 2:1,8 3:1,8", "",
		"rounds=2 epochs=2 writes=1 timeouts=0 crashes=1", false, false, voteApplied, 15},
	{"epoch-has-history", "currentEpoch is written before the history, ZOOKEEPER-4643", "1:1,7 2:1,8", "",
		"rounds=1 timeouts=0 crashes=1", false, false, epochBeforeHistory, 11},
	{"learner-stays", "a follower fails at a COMMIT before UPTODATE", "1:1,8 2:1,8 3:1,8", "", "rounds=1 writes=1 timeouts=0",
		false, false, failAtCommit, 24},
	{"prefix-consistency", "no TRUNC", "1:1,7 2:1,8 3:1,7", "", "rounds=1 timeouts=0", false, false, noTrunc, 18},
}

func failAtCommit(r *election.Rules) {
	r.Fails = func(s *election.Server, p election.Packet) bool {
		return p.Kind == election.Commit && s.Phase == election.Synchronization && !s.Syncing()
	}
}

func forgetOldest(r *election.Rules) {
	r.Load = func(s *election.Server) {
		l := s.History()
		if s.Disk.CurrentEpoch < 2 || l.Len() == 0 {
			return
		}
		var rest []election.Zxid
		for i := 1; i < l.Len(); i++ {
			rest = append(rest, l.At(i).Zxid)
		}
		*l = election.NewLog(rest, false)
	}
}

func ackUnflushed(r *election.Rules) { r.AcksUnflushed = func() bool { return true } }

func commitAll(r *election.Rules) {
	r.CommitsUpTo = func(s *election.Server, _ election.Zxid) int { return s.History().Len() }
}

func unseat(r *election.Rules) {
	answer := r.Answer
	r.Answer = func(s *election.Server) election.Vote {
		v := answer(s)
		if s.State == election.Leading && s.Phase == election.Broadcast {
			s.State, s.Phase, s.Round = election.Looking, election.Election, s.Round+1
			s.Proposal = election.Candidate{Leader: s.SID, Zxid: s.Zxid, PeerEpoch: s.CurrentEpoch}
		}
		return v
	}
}

func replyEarly(r *election.Rules) { r.RepliesEarly = func() bool { return true } }

func ackBeforeFlush(r *election.Rules) {
	r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
		s.KeepHistory()
		s.SaveCurrentEpoch(p.Epoch, out)
	}
}

func epochBeforeHistory(r *election.Rules) {
	r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
		s.SaveCurrentEpoch(p.Epoch, out)
		s.SaveHistory(out)
	}
}

func epochAtUpToDate(r *election.Rules) {
	r.Synchronise = func(s *election.Server, _ election.Packet, out *election.Outputs) { s.SaveHistory(out) }
	refresh := r.RefreshVote
	r.RefreshVote = func(s *election.Server) {
		s.CurrentEpoch, s.Disk.CurrentEpoch = s.Epoch, s.Epoch
		refresh(s)
	}
}

func voteApplied(r *election.Rules) {
	r.LastLogged = func(s *election.Server) election.Zxid {
		if n := s.Committed(); n > 0 && n < s.History().Len() {
			return s.History().At(n - 1).Zxid
		}
		return s.Zxid
	}
}

func noTrunc(r *election.Rules) {
	r.PlanSync = func(_ *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
		p := election.PlanSync(h, peer, buf)
		if p.Kind == election.Trunc {
			p.Kind = election.Diff
		}
		return p
	}
}

func TestBrokenHistory(t *testing.T) {
	for _, b := range brokenHistory {
		t.Run(b.property+"/"+b.how, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, b.servers, b.weights, b.limits, b.rules)
			cfg.Ensemble.Fine = b.fine
			list := props.StepProperties()
			found := searchAll(t, cfg, list, b.alone)
			noticed := map[string]int{}
			for _, v := range found.Violations {
				noticed[list[v.Property].Name] = len(v.Trace)
			}
			t.Logf("%d states, %s; noticed: %v", found.Distinct, found.Stopped, noticed)
			steps, ok := noticed[b.property]
			switch {
			case !ok:
				t.Fatalf("%s: nobody but %v noticed", b.how, noticed)
			case b.alone && (len(noticed) > 1 || found.Stopped != ""):
				t.Errorf("%s: %v noticed too, in a search that was stopped by %q", b.how, noticed, found.Stopped)
			case steps != b.steps:
				t.Errorf("%s: the shortest way is %d steps, golden are %d", b.how, steps, b.steps)
			}
		})
	}
}

// searchAll looks at every state with all the properties, and goes on after a violation if it shall.
func searchAll(t *testing.T, cfg cluster.Config, list []props.Property, goOn bool) *explore.Report[cluster.Action] {
	t.Helper()
	cfg.Track = props.TrackOf(list)
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var checks []explore.Property[cluster.State, cluster.Action]
	for _, p := range list {
		checks = append(checks, explore.Property[cluster.State, cluster.Action]{Name: p.Name,
			Check: func(before *cluster.State, by cluster.Action, after *cluster.State) explore.Outcome {
				if by.Kind == 0 {
					return explore.Silent // an initial state is no step
				}
				outcome, _ := p.Check(props.Step{System: y, Before: before, After: after, Action: by})
				return explore.Outcome(outcome)
			}})
	}
	return explore.BreadthFirst(context.Background(), y, checks, explore.Options{MaxStates: 1 << 22, All: goOn})
}

// TestEpochBeforeHistory is ZOOKEEPER-4643: a follower whose currentEpoch reaches the disk before the
// history does, and that crashes between, is the newest of all when it comes back, without what had been
// committed. It takes two terms to get there.
func TestEpochBeforeHistory(t *testing.T) {
	const script = `
		start 2
		start 3
		deliver 3->2
		deliver 2->3
		decide 3
		decide 2
		offer 3
		packet 2->3
		packet 3->2
		packet 2->3
		packet 3->2
		packet 2->3
		giveup 3
		start 1
		deliver 3->1
		deliver 1->3
		decide 3
		decide 1
		offer 3
		packet 1->3
		packet 3->1
		packet 1->3
		crash 1 1
		crash 3
		giveup 2
		restart 1`
	for name, rules := range map[string]func(*election.Rules){"leader-completeness": epochBeforeHistory, "": nil} {
		cfg := config(t, "1:1,7 2:1,8 3:1,8", "", "crashes=2 restarts=1 giveups=1 rounds=6 epochs=6", rules)
		list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.Name == "epoch-has-history" }) // sees it at the crash
		if rules == nil {                                                                                            // the standard rules leave a disk here that nobody can load: lesson unrecoverable-disk
			cfg.Limits.Restarts = 0
		}
		cfg.Track = props.TrackOf(list)
		r := newRun(t, cfg, list)
		steps := script
		if rules == nil {
			steps = strings.TrimSuffix(strings.TrimSpace(script), "restart 1")
		}
		v := r.play(t, steps)
		if v == nil {
			v = r.calmly(200)
		}
		if got := violatedProperty(v); got != name {
			t.Errorf("noticed: %q (%v), want %q", got, v, name)
		}
	}
}

func violatedProperty(v *props.Violation) string {
	if v == nil {
		return ""
	}
	return v.Property
}
