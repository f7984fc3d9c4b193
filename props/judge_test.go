package props_test

import (
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
	"github.com/zkcheck/zkcheck/props"
)

// bothLead is a schedule of two servers that are a quorum each, under anyoneIsQuorum.
const bothLead = `
	start 1
	decide 1
	start 2
	decide 2
	offer 1
	offer 2`

// TestRegisterCatchesDoubleClaim: porcupine sees two leaders of one epoch at the end of the run, with
// no step property to see it before.
func TestRegisterCatchesDoubleClaim(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8", "", "rounds=1", anyoneIsQuorum)
	r := newRun(t, cfg, []props.Property{find(t, props.EpochRegister)})
	if v := r.play(t, bothLead); v != nil {
		t.Fatalf("a step says %v", v)
	}
	v := r.judge.End(&r.now)
	if v == nil || v.Property != props.EpochRegister || !strings.Contains(v.Error(), "epoch 2 has two leaders") {
		t.Fatalf("the judge says %v", v)
	}
	if err := model.WriteHTML(new(strings.Builder), r.judge.History()); err != nil {
		t.Errorf("there is no picture of it: %v", err)
	}
	r.judge.Begin()
	if v := r.judge.End(&r.now); v != nil || len(r.judge.History()) > 0 {
		t.Errorf("a run that was just begun remembers the one before: %v", v)
	}
}

// happen is a state in which one server has just done something.
func happen(actor int, facts ...election.Fact) *cluster.State {
	s := &cluster.State{Servers: []*election.Server{{}, {}}, Actor: actor}
	s.Servers[0].SID, s.Servers[1].SID = 1, 2
	s.Out.Facts = facts
	return s
}

// TestRecord: which operations on the register a run makes.
func TestRecord(t *testing.T) {
	fixed := election.Fact{Kind: election.EpochFixed, Epoch: 5}
	established := election.Fact{Kind: election.Established, Epoch: 5}
	gaveUp := election.Fact{Kind: election.GaveUp}
	seen := election.Fact{Kind: election.Synced, Epoch: 5, Peer: 0}
	step := cluster.Action{Kind: cluster.Offer, From: 1}
	crash := cluster.Action{Kind: cluster.Crash, From: 1}
	type event struct {
		action cluster.Action
		state  *cluster.State
	}
	for _, c := range []struct {
		name   string
		events []event
		want   string
	}{
		{"established", []event{{step, happen(0, fixed)}, {step, happen(0, established)}},
			"server 1 claims epoch 5 for 1 at 2..5"},
		{"in one step", []event{{step, happen(0, fixed, established)}}, "server 1 claims epoch 5 for 1 at 2..3"},
		{"given up", []event{{step, happen(0, fixed)}, {step, happen(0, gaveUp)}, {step, happen(0, established)}},
			"server 1 claims epoch 5 for 1 at 2..?"},
		{"crashed", []event{{step, happen(0, fixed)}, {crash, happen(0)}, {step, happen(0, established)}},
			"server 1 claims epoch 5 for 1 at 2..?"},
		{"seen", []event{{step, happen(0, fixed, established)}, {step, happen(1, seen)}},
			"server 1 claims epoch 5 for 1 at 2..3; server 2 observes epoch 5 for 1 at 4..5"},
	} {
		j := props.NewJudge(nil, nil)
		j.Begin()
		for _, e := range c.events {
			j.Record(e.action, e.state)
		}
		var have []string
		for _, o := range j.History() {
			have = append(have, o.String())
		}
		if got := strings.Join(have, "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestServesIsSeen: "sometimes" has a witness where a leader serves, and none where it can't.
func TestServesIsSeen(t *testing.T) {
	p := find(t, "a-leader-serves")
	if report := search(t, config(t, "1:1,8 2:1,8", "", "rounds=1", nil), p); report.Tallies[0].Witnessed == 0 {
		t.Error("no leader ever serves")
	}
	never := func(r *election.Rules) {
		r.Synced = func(*election.Server, *election.Ensemble) bool { return false }
	}
	report := search(t, config(t, "1:1,8 2:1,8", "", "rounds=1", never), p)
	if report.Tallies[0].Witnessed > 0 || !report.Complete {
		t.Errorf("a leader serves %d times though no acks suffice", report.Tallies[0].Witnessed)
	}
}

// TestFind knows names, catalogue numbers and lessons, and nothing else.
func TestFind(t *testing.T) {
	for asked, want := range map[string]string{"P1": "one-leader-per-epoch", "majority": "majority",
		"two-leading-one-round": "two-leading-one-round"} {
		if p, err := props.Find(asked); err != nil || p.Name != want {
			t.Errorf("Find(%s) is %s, %v", asked, p.Name, err)
		}
	}
	if _, err := props.Find("no-such"); err == nil {
		t.Error("no-such is a property")
	}
	for _, p := range props.StepProperties() {
		if p.Check == nil {
			t.Errorf("%s is not about a step", p.Name)
		}
	}
}
