package props_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// swarmed takes a run that a swarm draws, of at most so many steps, and judges it.
func swarmed(t testing.TB, c props.Choices, cfg cluster.Config, steps int) *run {
	t.Helper()
	r := newRun(t, cfg, props.All())
	var s props.Swarm
	s.Begin(c, &cfg.Limits)
	for range steps {
		if r.enabled = r.system.Actions(&r.now, r.enabled[:0]); len(r.enabled) == 0 {
			break
		}
		i := s.Pick(c, r.enabled)
		if i < 0 {
			break
		}
		if v := r.step(r.enabled[i]); v != nil {
			t.Fatalf("%v: %v", v, r.trace)
		}
	}
	return r
}

// TestSwarmIsOfChoices: the same choices are the same run, whatever the swarm was used for before, and what it draws is
// enabled.
func TestSwarmIsOfChoices(t *testing.T) {
	var used props.Swarm
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes")
		taken := func(s *props.Swarm) []cluster.Action {
			c := props.NewCorpus(bytes)
			cfg := props.Setup(c)
			y, err := cluster.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			now := y.Init()[0]
			s.Begin(c, &cfg.Limits)
			var list, enabled []cluster.Action
			for !c.Empty() {
				if enabled = y.Actions(&now, enabled[:0]); len(enabled) == 0 {
					break
				}
				i := s.Pick(c, enabled)
				if i < 0 {
					break
				}
				list = append(list, enabled[i])
				y.Apply(&now, enabled[i])
			}
			return list
		}
		fresh := taken(new(props.Swarm))
		if again := taken(&used); !slices.Equal(fresh, again) {
			t.Fatalf("the same choices are %v and %v", fresh, again)
		}
	})
}

// TestSwarmsDiffer: among some hundred runs every fault is left out by some and done by others, alone of its kind by a few,
// and no run is above the cluster's budgets. The properties hold in all.
func TestSwarmsDiffer(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8 3:1,7", "", "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 writes=3 giveups=2 rounds=12 epochs=12 channel-len=2", nil)
	cfg.Track = props.TrackOf(props.All())
	faults := []cluster.Kind{cluster.Crash, cluster.Cut, cluster.Reset, cluster.Drop, cluster.Dup}
	with, alone, most := map[cluster.Kind]int{}, map[cluster.Kind]int{}, map[cluster.Kind]int{}
	const runs = 600
	for seed := range uint64(runs) {
		r := swarmed(t, props.NewSeeded(4, seed), cfg, 200)
		count := map[cluster.Kind]int{}
		for _, a := range r.trace {
			count[a.Kind]++
		}
		kinds := 0
		for _, k := range faults {
			most[k] = max(most[k], count[k])
			kinds += min(1, count[k])
		}
		for _, k := range faults {
			if count[k] > 0 {
				with[k]++
				if kinds == 1 {
					alone[k]++
				}
			}
		}
	}
	for _, k := range faults {
		if with[k] < runs/10 || with[k] > runs*3/5 || alone[k] < 5 || most[k] != 2 {
			t.Errorf("%v: in %d of %d runs, alone in %d, at most %d", k, with[k], runs, alone[k], most[k])
		}
	}
}

// TestSwarmHasAnEnd: where only a fault that the run leaves out is left, it is over; a timer that it leaves out comes.
func TestSwarmHasAnEnd(t *testing.T) {
	var s props.Swarm
	var none cluster.Limits
	for seed := range uint64(20) {
		c := props.NewSeeded(1, seed)
		s.Begin(c, &none)
		crash, timeout := cluster.Action{Kind: cluster.Crash, From: 1}, cluster.Action{Kind: cluster.Timeout, From: 1}
		if i := s.Pick(c, []cluster.Action{crash}); i != -1 {
			t.Errorf("a crash that no limit allows is drawn: %d", i)
		}
		for range 20 {
			if i := s.Pick(c, []cluster.Action{crash, timeout}); i != 1 {
				t.Fatalf("%d is drawn, not the time-out", i)
			}
		}
	}
}
