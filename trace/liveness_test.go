package trace

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// decideGoals searches the complete graph of a cluster in notation, which runs broken rules where there are any.
func decideGoals(t *testing.T, servers, limits string, broken func(*election.Rules)) (cluster.Config, *GraphReport) {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	if broken != nil {
		broken(&c.Ensemble.Rules)
	}
	r, err := Eventually(context.Background(), c, props.Goals(), explore.Options{MaxStates: 1 << 22})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %s: %d states, %d steps, depth %d in %v", servers, limits, r.Distinct, r.Edges, r.Depth, r.Elapsed)
	return c, r
}

// TestGoalsHold: after any faults that the budgets pay for, whenever the run becomes calm, P10, P11 and P13
// hold. The numbers of states are golden; the cycles are what only fairness leads out of.
func TestGoalsHold(t *testing.T) {
	for _, test := range []struct {
		servers, limits string
		states          uint64
		full            bool // with ZKCHECK_FULL=1 only
	}{
		{"1:1,8 2:1,8", "rounds=2 timeouts=0 crashes=1 restarts=1", 3682, false},
		{"1:1,8 2:1,8", "rounds=2 drops=1 timeouts=1", 1793, false},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0 crashes=1", 61602, false},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0 cuts=1", 413566, false},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0 crashes=1 restarts=1 writes=1", 2596246, true},
	} {
		if test.full && os.Getenv("ZKCHECK_FULL") == "" {
			continue
		}
		_, r := decideGoals(t, test.servers, test.limits, nil)
		if !r.Complete || r.Distinct != test.states {
			t.Errorf("%s, %s: %d states (%s), golden are %d", test.servers, test.limits, r.Distinct, r.Stopped, test.states)
		}
		for i, g := range r.Goals {
			t.Logf("  %s: %v; %d states ask for it, %d wait, %d cycles", props.Goals()[i].Name, g.Verdict, g.From, g.Pending, g.Cycles)
			if g.Verdict != explore.VerdictHolds {
				t.Errorf("%s: %+v", props.Goals()[i].Name, g.Lasso)
			}
		}
	}
}

// TestGoalsAreMissed: engines that go on for ever, each with the goal that notices, and no other.
func TestGoalsAreMissed(t *testing.T) {
	for _, test := range []struct {
		how, goal, servers, limits string
		rules                      func(*election.Rules)
		stem, loop                 int
	}{
		{"a leader never steps down", "lost-leader-leaves", "1:1,8 2:1,8", "rounds=1 timeouts=0 crashes=1", func(r *election.Rules) {
			r.LostQuorum = func(*election.Ensemble, election.Set) bool { return false }
		}, 14, 0},
		{"a learner's vote keeps its old epoch", "joiner-joins", "1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0", func(r *election.Rules) {
			refresh := r.RefreshVote
			r.RefreshVote = func(s *election.Server) {
				if s.State == election.Leading {
					refresh(s)
				}
			}
		}, 20, 5},
		{"nothing is sent again", "calm-election-ends", "1:1,8 2:1,8", "rounds=1 drops=1", func(r *election.Rules) {
			r.Resends = func() bool { return false }
		}, 5, 0},
	} {
		t.Run(test.how, func(t *testing.T) {
			c, r := decideGoals(t, test.servers, test.limits, test.rules)
			replayLassos(t, c, r)
			for i, g := range r.Goals {
				goal := props.Goals()[i].Name
				switch {
				case (goal == test.goal) != (g.Verdict == explore.VerdictViolated):
					t.Errorf("%s: %v, %+v", goal, g.Verdict, g.Lasso)
				case goal == test.goal && (len(g.Lasso.Stem) != test.stem || len(g.Lasso.Loop) != test.loop):
					t.Errorf("%s: golden are %d and %d steps, these are %d, %v, and %d, %v", goal, test.stem, test.loop,
						len(g.Lasso.Stem), g.Lasso.Stem, len(g.Lasso.Loop), g.Lasso.Loop)
				}
			}
		})
	}
}

// replayLassos writes and reads each lasso as a file: with the same engine it is violated by its goal, and with
// ZooKeeper's rules it is refused.
func replayLassos(t *testing.T, c cluster.Config, r *GraphReport) {
	t.Helper()
	found := 0
	for i, lasso := range Lassos(c, props.Goals(), r) {
		if lasso == nil {
			continue
		}
		found++
		read, err := Parse("lasso.zkt", lasso.Format())
		if err != nil {
			t.Fatalf("%v:\n%s", err, lasso.Format())
		}
		if v, err := Replay(read, nil); err == nil {
			t.Errorf("by ZooKeeper's rules: %v", v)
		}
		read.Config.Ensemble = c.Ensemble
		v, err := Replay(read, nil)
		if err != nil || !v.Violated || v.Property != props.Goals()[i].Name || v.ForEver == "" {
			t.Errorf("%+v, %v:\n%s", v, err, lasso.Format())
		}
	}
	if found != 1 {
		t.Errorf("%d lassos", found)
	}
}
