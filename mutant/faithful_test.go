package mutant_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

func rules(t *testing.T, id string) election.Rules {
	t.Helper()
	m, err := mutant.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	r := election.Standard()
	m.Apply(&r)
	return r
}

// TestNothingElseChanges: where there is nothing that a mutant gets wrong, its schedules are ZooKeeper's.
func TestNothingElseChanges(t *testing.T) {
	for id, concerns := range map[string]func(e *election.Ensemble) bool{
		"ZK-764":      func(e *election.Ensemble) bool { return e.Voters < len(e.Members) },
		"ZK-1113":     func(e *election.Ensemble) bool { return !e.Hierarchical() },
		"ZK-498":      func(e *election.Ensemble) bool { return e.Hierarchical() },
		"even-quorum": func(e *election.Ensemble) bool { return e.Hierarchical() || e.Voters%2 == 0 },
	} {
		compared := 0
		for seed := range uint64(400) {
			cfg := props.Setup(props.NewSeeded(seed, 2))
			if concerns(cfg.Ensemble) {
				continue
			}
			compared++
			broken := cfg
			e := *cfg.Ensemble
			e.Rules = rules(t, id)
			broken.Ensemble = &e
			if a, differ := differ(t, cfg, broken, props.NewSeeded(seed, 3)); differ {
				t.Errorf("%s: with seed %d, %v, and weights or observers that do not matter, %v does something else", id, seed, e.Members, a)
				break
			}
		}
		if compared < 10 {
			t.Errorf("%s: %d clusters compared", id, compared)
		}
	}
}

// differ takes a random schedule of both clusters, and returns the first step after which they differ.
func differ(t *testing.T, one, other cluster.Config, c props.Choices) (last cluster.Action, found bool) {
	var y [2]*cluster.System
	var now [2]cluster.State
	for i, cfg := range []cluster.Config{one, other} {
		var err error
		if y[i], err = cluster.New(cfg); err != nil {
			t.Fatal(err)
		}
		y[i].Copy(&now[i], &y[i].Init()[0])
	}
	for range 200 {
		enabled := y[0].Actions(&now[0], nil)
		if !bytes.Equal(y[0].Encode(&now[0], nil), y[1].Encode(&now[1], nil)) || !slices.Equal(enabled, y[1].Actions(&now[1], nil)) {
			return last, true
		}
		if len(enabled) == 0 {
			break
		}
		last = enabled[props.Pick(c, enabled)]
		for i := range y {
			y[i].Apply(&now[i], last)
		}
	}
	return last, false
}

// TestAcksAreCountedByTerm: who counts acks and not their senders begins anew in a new term.
func TestAcksAreCountedByTerm(t *testing.T) {
	c, err := mutant.Case{Servers: "1:1,8 2:1,8 3:1,8 4:1,8 5:1,8"}.Config()
	if err != nil {
		t.Fatal(err)
	}
	r, s, out := rules(t, "ZK-1113"), election.NewServer(c.Ensemble, 0, c.Disks[0]), new(election.Outputs)
	for term := range 2 {
		for ack := range 2 {
			if r.Synced(&s, c.Ensemble) {
				t.Errorf("ack %d of term %d is enough of five", ack+1, term+1)
			}
		}
		r.StopSync(&s, out)
	}
}

// TestHolesAreForgotten: a TRUNC or SNAP clears the database, and with it the holes in the committed log.
func TestHolesAreForgotten(t *testing.T) {
	c, err := mutant.Case{Servers: "1:1,8"}.Config()
	if err != nil {
		t.Fatal(err)
	}
	r := rules(t, "ZK-4925")
	for _, kind := range []election.PacketKind{election.Diff, election.Trunc, election.Snap} {
		s := election.NewServer(c.Ensemble, 0, c.Disks[0])
		s.Memo = 1
		r.BeginSync(&s, election.Packet{Kind: kind}, &election.Log{}, new(election.Outputs))
		if kept := s.Memo != 0; kept != (kind == election.Diff) {
			t.Errorf("after %v the hole is still there: %v", kind, kept)
		}
	}
}

// TestTheCounterRunsOn: who runs into the next epoch goes on there, and gives no zxid twice.
func TestTheCounterRunsOn(t *testing.T) {
	m, err := mutant.Find("ZK-1277")
	if err != nil {
		t.Fatal(err)
	}
	m.Case.Servers, m.Case.Limits = "1:1,8", "rounds=1 writes=3 timeouts=0"
	y, err := cluster.New(config(t, &m))
	if err != nil {
		t.Fatal(err)
	}
	now := &y.Init()[0]
	for {
		enabled := y.Actions(now, nil)
		if len(enabled) == 0 {
			break
		}
		y.Apply(now, enabled[0])
	}
	var got []election.Zxid
	for l, i := now.Servers[0].History(), 1; i < l.Len(); i++ {
		got = append(got, l.At(i).Zxid)
	}
	if want := []election.Zxid{election.NewZxid(2, 1), election.NewZxid(3, 0), election.NewZxid(3, 1)}; !slices.Equal(got, want) {
		t.Errorf("three writes of epoch 2, which ends at counter 2, are %v, want %v", got, want)
	}
}

// TestLastAppliedOfALeader: a leader that has committed nothing in its epoch e has applied (e,0) last.
func TestLastAppliedOfALeader(t *testing.T) {
	m, err := mutant.Find("ZK-2845")
	if err != nil {
		t.Fatal(err)
	}
	m.Case.Limits = "rounds=4 epochs=4 writes=2 giveups=2"
	y, err := cluster.New(config(t, &m))
	if err != nil {
		t.Fatal(err)
	}
	times := 0
	for seed := range uint64(100) {
		c := props.NewSeeded(seed, 4)
		var now cluster.State
		y.Copy(&now, &y.Init()[0])
		for range 200 {
			enabled := y.Actions(&now, nil)
			if len(enabled) == 0 {
				break
			}
			a := enabled[props.Pick(c, enabled)]
			i, _ := y.Ensemble.Position(a.From)
			s := now.Servers[i]
			epoch, n := s.Epoch, s.Committed()
			fresh := a.Kind == cluster.GiveUp && s.State == election.Leading && s.Phase == election.Broadcast &&
				n > 0 && n < s.History().Len() && s.History().At(n-1).Zxid.Epoch() != epoch
			y.Apply(&now, a)
			if !fresh {
				continue
			}
			times++
			if want := election.NewZxid(epoch, 0); s.Zxid != want {
				t.Fatalf("seed %d: the leader of epoch %d votes with %v, want %v", seed, epoch, s.Zxid, want)
			}
		}
	}
	if times == 0 {
		t.Error("no leader gave up with nothing committed and something proposed")
	}
}
