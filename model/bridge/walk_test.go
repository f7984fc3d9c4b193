package bridge

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// mustSystem is a cluster that the module can speak about.
func mustSystem(tb testing.TB, servers, limits string, change func(*election.Rules)) *cluster.System {
	tb.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err == nil {
		c.Limits, err = cluster.ParseLimits(limits)
	}
	if err != nil {
		tb.Fatal(err)
	}
	c.FIFO, c.Phases, c.Ensemble.Fine = true, cluster.ElectionOnly, true
	if change != nil {
		change(&c.Ensemble.Rules)
	}
	y, err := cluster.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return y
}

func mustBridge(tb testing.TB, y *cluster.System) *Bridge {
	tb.Helper()
	b, err := New(y)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// walk takes a random walk, and checks every step of it. It returns what was done until then with the error. Together: all
// servers start before anything else happens. Swift, of a hundred: how often a message is preferred to anything else.
func walk(b *Bridge, random *rand.Rand, steps int, together bool, swift int, c *Counts) (taken []cluster.Action, err error) {
	y := b.system
	s := y.Init()[0]
	if err := b.Begins(&s); err != nil {
		return nil, err
	}
	var before cluster.State
	var enabled []cluster.Action
	for range steps {
		enabled = y.Actions(&s, enabled[:0])
		if len(enabled) == 0 {
			break
		}
		a := enabled[random.IntN(len(enabled))]
		if together && enabled[0].Kind == cluster.Start {
			a = enabled[0]
		} else if random.IntN(100) < swift {
			a = prefer(enabled, random, cluster.Handle, cluster.Deliver, cluster.Decide)
		}
		y.Copy(&before, &s)
		y.Apply(&s, a)
		taken = append(taken, a)
		step, err := b.Step(&before, a, &s)
		if err != nil {
			return taken, err
		}
		c.Add(step)
	}
	return taken, nil
}

// prefer draws among the actions of the first kind of which there are some.
func prefer(enabled []cluster.Action, random *rand.Rand, kinds ...cluster.Kind) cluster.Action {
	for _, k := range kinds {
		var some []cluster.Action
		for _, a := range enabled {
			if a.Kind == k {
				some = append(some, a)
			}
		}
		if len(some) > 0 && random.IntN(3) > 0 {
			return some[random.IntN(len(some))]
		}
	}
	return enabled[random.IntN(len(enabled))]
}

// ensembles are what is walked through.
var ensembles = []struct{ servers, limits string }{
	{"1:0,0 2:0,0 3:0,0", "rounds=1 channel-len=4 giveups=0 inbox=6"},
	{"1:0,0 2:0,0 3:0,0", "rounds=4 channel-len=4 giveups=-1 inbox=6"},
	{"1:1,8 2:0,8 3:1,7", "rounds=6 channel-len=4 giveups=-1 inbox=4"},
	{"1:0,0 2:0,0 3:0,0 4:0,0 5:0,0", "rounds=1 channel-len=4 giveups=0 inbox=5"},
	{"1:0,0 2:0,0 3:0,0 4:0,0 5:0,0", "rounds=4 channel-len=4 giveups=-1 inbox=4"},
	{"1:0,0 2:0,0 3:0,0 4:0,0", "rounds=3 channel-len=4 giveups=-1 inbox=4"},
	{"1:1,8 2:2,1.3 3:1,7 4:2,2.1 5:0,9", "rounds=7 channel-len=4 giveups=-1 inbox=4"},
}

func TestWalksAreTheModules(t *testing.T) {
	walks := 400
	if testing.Short() {
		walks = 60
	}
	var total Counts
	for k, e := range ensembles {
		b := mustBridge(t, mustSystem(t, e.servers, e.limits, nil))
		for i := range walks {
			random := rand.New(rand.NewPCG(uint64(k), uint64(i)))
			taken, err := walk(b, random, 300, i%2 == 0, i%4*30, &total)
			if err != nil {
				t.Fatalf("%s %s, walk %d, steps %v: %v", e.servers, e.limits, i, taken, err)
			}
		}
	}
	t.Log(total.said())
	for _, d := range All() {
		if total.Of(d) == 0 && d != OlderPut && !testing.Short() {
			t.Errorf("%v has not occurred", d)
		}
	}
}

// What takes several terms to come to: a vote of an earlier round behind one of a later round, of the same server.
func TestLongWalkIsTheModules(t *testing.T) {
	b := mustBridge(t, mustSystem(t, "1:0,0 2:0,0 3:0,0", "rounds=30 channel-len=4 giveups=-1 inbox=4", nil))
	var total Counts
	taken, err := walk(b, rand.New(rand.NewPCG(99, 1244)), 3000, true, 88, &total)
	if err != nil {
		t.Fatalf("step %d: %v", len(taken), err)
	}
	if total.Of(OlderPut) == 0 {
		t.Errorf("%v has not occurred: %s", OlderPut, total.said())
	}
}

// What one action leads to passes for the step of another only if the module sees no difference between the two.
func TestNoStepIsTakenForAnother(t *testing.T) {
	refused := 0
	for k, e := range ensembles {
		b := mustBridge(t, mustSystem(t, e.servers, e.limits, nil))
		random := rand.New(rand.NewPCG(5, uint64(k)))
		y := b.system
		s, was, is := y.Init()[0], newPicture(b.n), newPicture(b.n)
		var before cluster.State
		after := make([]cluster.State, 100)
		for range 150 {
			enabled := y.Actions(&s, nil)
			if len(enabled) == 0 {
				break
			}
			y.Copy(&before, &s)
			for i, a := range enabled {
				y.Copy(&after[i], &s)
				y.Apply(&after[i], a)
			}
			for i, a := range enabled {
				for j := range enabled {
					_, err := b.Step(&before, a, &after[j])
					if b.read(was, &after[i], true) != nil || b.read(is, &after[j], true) != nil {
						t.Fatal("no picture")
					}
					if alike := b.compare(was, is) == nil; alike != (err == nil) {
						t.Fatalf("%s: %v of %v: %v", e.servers, enabled[j], a, err)
					}
					if err != nil {
						refused++
					}
				}
			}
			y.Apply(&s, enabled[random.IntN(len(enabled))])
		}
	}
	if refused < 1000 {
		t.Errorf("%d steps were refused", refused)
	}
}

// The bridge speaks only of what the module does.
func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(c *cluster.Config)
	}{
		{"grain", func(c *cluster.Config) { c.Ensemble.Fine = false }},
		{"phases", func(c *cluster.Config) { c.Phases = cluster.AllPhases }},
		{"FIFO", func(c *cluster.Config) { c.FIFO = false }},
		{"crashes", func(c *cluster.Config) { c.Limits.Crashes = 1 }},
		{"lags", func(c *cluster.Config) { c.Limits.Lags = 1 }},
		{"rounds", func(c *cluster.Config) { c.Limits.Rounds = cluster.Unlimited }},
		{"max-recv", func(c *cluster.Config) { c.Limits.Inbox = election.MaxInbox }},
	} {
		config := mustSystem(t, "1:0,0 2:0,0 3:0,0", "rounds=2", nil).Config
		c.change(&config)
		y, err := cluster.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(y); err == nil || !strings.Contains(err.Error(), c.what) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
