package trace

import (
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// causeClusters are clusters with every kind of channel, fault and server.
var causeClusters = []struct{ servers, observers, limits, more string }{
	{"1:1,8 2:1,8 3:1,7", "", "rounds=3", ""},
	{"1:1,8 2:1,8 3:1,7", "", "crashes=3 restarts=3 cuts=3 resets=3 writes=4", ""},
	{"1:1,8 2:1,8 3:1,7", "", "crashes=3 restarts=3 drops=4 dups=4 channel-len=3 writes=4 wipes=1", ""},
	{"1:1,1.3 2:1,1.2 3:1,1.1 4:0,0", "4", "crashes=2 restarts=2 cuts=2 resets=4 writes=6 giveups=3", ""},
	{"1:1,8 2:1,8 3:1,7", "", "crashes=1 restarts=1 garbles=4", ""},
	{"1:1,8 2:1,8 3:1,7", "", "cuts=3 resets=3 drops=3 dups=3 channel-len=2 writes=3", "fifo"},
	{"1:1,8 2:1,8 3:1,7", "", "crashes=2 restarts=2 resets=3 cuts=2 writes=3 lags=4 calm=1", "fine"},
}

// TestCausesFollowTheChannels: along random runs the message that a step takes is the one that the copies of the
// channels say it is, so that its sender is right, too.
func TestCausesFollowTheChannels(t *testing.T) {
	for _, k := range causeClusters {
		t.Run(k.limits+" "+k.more, func(t *testing.T) {
			c, err := cluster.ParseConfig(strings.Fields(k.servers), k.observers, "")
			if err != nil {
				t.Fatal(err)
			}
			if c.Limits, err = cluster.ParseLimits(k.limits); err != nil {
				t.Fatal(err)
			}
			c.FIFO, c.Ensemble.Fine = k.more == "fifo", k.more == "fine"
			y, err := cluster.New(c)
			if err != nil {
				t.Fatal(err)
			}
			taken := 0
			for run := range uint64(60) {
				taken += followed(t, y, run)
			}
			if taken < 500 {
				t.Errorf("only %d messages were looked at", taken)
			}
		})
	}
}

// TestCausesUnderMutants: the copies are right whatever rule is wrong.
func TestCausesUnderMutants(t *testing.T) {
	taken := 0
	for _, m := range mutant.All() {
		t.Run(m.ID, func(t *testing.T) {
			c, err := m.Config()
			if err != nil {
				t.Fatal(err)
			}
			y, err := cluster.New(c)
			if err != nil {
				t.Fatal(err)
			}
			for run := range uint64(40) {
				taken += followed(t, y, run)
			}
		})
	}
	if all := len(mutant.All()); taken < 50*all {
		t.Errorf("only %d messages were looked at under %d mutants", taken, all)
	}
}

// followed takes one random run and compares every message that is taken. It returns how many these are.
func followed(t *testing.T, y *cluster.System, run uint64) (taken int) {
	t.Helper()
	choices := props.NewSeeded(11, run)
	c := newCauses(y)
	before, after := &y.Init()[0], new(cluster.State)
	for i := range 250 {
		enabled := y.Actions(before, nil)
		if len(enabled) == 0 {
			break
		}
		a := enabled[props.Pick(choices, enabled)]
		y.Copy(after, before)
		y.Apply(after, a)
		from, _ := y.Ensemble.Position(a.From)
		to, _ := y.Ensemble.Position(a.To)
		switch a.Kind {
		case cluster.Deliver:
			taken++
			if f := c.notes[from*c.n+to]; len(f.list) == 0 || f.list[0].vote != after.In.Vote {
				t.Fatalf("run %d, step %d, %v: took %v, the copy is %v", run, i, a, after.In.Vote, f.list)
			}
		case cluster.Packet:
			taken++
			if p := c.peek(from, to, before); p != after.In.Packet {
				t.Fatalf("run %d, step %d, %v: took %v, the copy says %v", run, i, a, after.In.Packet, p)
			}
		}
		for _, k := range c.step(i, before, a, after) {
			if k < 0 || k >= i {
				t.Fatalf("run %d, step %d, %v: builds on step %d", run, i, a, k)
			}
		}
		before, after = after, before
	}
	return taken
}

// peek is the last packet that a step takes.
func (c *causes) peek(from, to int, before *cluster.State) election.Packet {
	up, down := c.lines[from], c.lines[to]
	defer func() { c.lines[from], c.lines[to] = up, down }()
	if up.leader == to && len(up.up) > 0 {
		return up.up[0].packet
	}
	n := len(c.take(from, to, before.Servers[to].Syncing()))
	return down.down[n-1].packet
}

// TestCauses: what the steps of a story build on.
func TestCauses(t *testing.T) {
	data := "zkcheck trace v1\ncluster 1:1,8 2:1,8 3:1,8\nlimits rounds=1 cuts=1\n" +
		"start 1\nstart 2\nstart 3\ncut 2-3\ndeliver 2->1\ndeliver 1->2\nheal 2-3\ndeliver 2->3\n"
	x, err := Parse("x.zkt", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	builds, err := causesOf(x)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{{}, {}, {}, {1, 2}, {0, 1}, {1, 4}, {3}, {1, 2, 6}}
	for i := range want {
		if len(builds[i]) != len(want[i]) {
			t.Errorf("step %d, %v, builds on %v, want %v", i, x.Steps[i].Action, builds[i], want[i])
			continue
		}
		for k := range want[i] {
			if builds[i][k] != want[i][k] {
				t.Errorf("step %d, %v, builds on %v, want %v", i, x.Steps[i].Action, builds[i], want[i])
			}
		}
	}
}
