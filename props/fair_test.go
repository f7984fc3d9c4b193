package props_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// TestSettleEnds: from thousands of generated states a fair schedule ends the election, and its bound
// is not nearly needed: half of it would do.
func TestSettleEnds(t *testing.T) {
	possible, worst := 0, 0.0
	for seed := range uint64(5000) {
		c := props.NewSeeded(23, seed)
		r := newRun(t, props.Setup(c), nil)
		r.draw(c, int(seed%200))
		end := props.Settle(r.system, &r.now)
		if end.Err != nil {
			t.Fatalf("seed %d, %s: %v", seed, r.system.Servers(), end.Err)
		}
		if end.Possible {
			possible++
			worst = max(worst, float64(end.Steps)/float64(props.FairSteps(len(r.now.Servers))))
		}
	}
	t.Logf("%d of 5000 could end; the worst needed %.3f of the bound", possible, worst)
	if possible < 2500 {
		t.Errorf("only %d of 5000 states could end: the rest says nothing", possible)
	}
	if worst >= 0.5 {
		t.Errorf("a schedule needed %.2f of FairSteps, which must be twice what is ever needed", worst)
	}
}

// TestSettleEndsRapid: the same from states that rapid draws, other ones each time.
func TestSettleEndsRapid(t *testing.T) {
	for range 20 {
		rapid.Check(t, settles)
	}
}

func settles(t *rapid.T) {
	c := props.NewCorpus(rapid.SliceOfN(rapid.Byte(), 60, 400).Draw(t, "bytes"))
	y, err := cluster.New(props.Setup(c))
	if err != nil {
		t.Fatal(err)
	}
	now := y.Init()[0]
	var trace []cluster.Action
	for !c.Empty() {
		enabled := y.Actions(&now, nil)
		if len(enabled) == 0 {
			break
		}
		a := enabled[props.Pick(c, enabled)]
		y.Apply(&now, a)
		trace = append(trace, a)
	}
	before := string(y.Encode(&now, nil))
	if end := props.Settle(y, &now); end.Err != nil || 2*end.Steps > props.FairSteps(len(now.Servers)) {
		t.Fatalf("%s %s after %v: %+v", y.Servers(), y.Limits, trace, end)
	}
	if string(y.Encode(&now, nil)) != before {
		t.Fatalf("Settle changed the state it started from")
	}
}

// TestSettleReports: engines that can't end an election are found out, and the report says what the
// servers were doing.
func TestSettleReports(t *testing.T) {
	broken := map[string]func(*election.Rules){
		"acks never suffice": func(r *election.Rules) {
			r.EpochAcked = func(*election.Server, *election.Ensemble) bool { return false }
		},
		"nobody beats anybody": func(r *election.Rules) {
			r.Beats = func(*election.Ensemble, election.Candidate, election.Candidate) bool { return false }
		},
		"no set is a quorum": func(r *election.Rules) {
			r.IsQuorum = func(*election.Ensemble, election.Set) bool { return false }
		},
		"followers never catch up": func(r *election.Rules) {
			r.Synced = func(*election.Server, *election.Ensemble) bool { return false }
		},
		"no round is counted": func(r *election.Rules) {
			r.CountsLooking = func(uint64, uint64) bool { return false }
		},
	}
	for how, rules := range broken {
		r := newRun(t, config(t, "1:1,8 2:1,8 3:1,7", "", "", rules), props.All())
		v := r.judge.End(&r.now)
		if v == nil || v.Property != props.ElectionEnds || !strings.Contains(v.Error(), "no single serving leader") {
			t.Errorf("%s: the judge says %v", how, v)
		} else {
			t.Logf("%s: %v", how, v)
		}
	}
}

// TestLearnerThatTrustsNobodyNeverJoins: without the leader check's answer a fresh election still ends,
// but who comes late to a serving ensemble stays out.
func TestLearnerThatTrustsNobodyNeverJoins(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8 3:1,7", "", "", func(r *election.Rules) {
		r.CheckLeader = func(*election.Server, *[election.MaxVoters]election.Vote, election.Set, election.SID, int, uint64) bool {
			return false
		}
	})
	r := newRun(t, cfg, props.All())
	const serving = `
		start 1
		start 2
		deliver 2->1
		deliver 1->2
		decide 1
		decide 2
		packet 1->2
		offer 2
		packet 2->1
		packet 1->2
		packet 2->1
		packet 1->2
		packet 2->1
		start 3`
	if v := r.play(t, serving); v != nil {
		t.Fatal(v)
	}
	if v := r.judge.End(&r.now); v == nil || v.Property != props.ElectionEnds {
		t.Errorf("the judge says %v", v)
	}
}

// TestSettleImpossible: without a quorum that can run nothing is asked.
func TestSettleImpossible(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8", "", "", func(r *election.Rules) {
		r.Recovers = func(election.Disk) bool { return false }
	})
	r := newRun(t, cfg, nil)
	if end := props.Settle(r.system, &r.now); end.Possible || end.Err != nil {
		t.Errorf("no server can start, and Settle says %+v", end)
	}
}
