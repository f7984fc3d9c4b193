package trace_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// shrinkStates bounds the searches of these tests.
const shrinkStates = 1_500_000

func shrink(t *testing.T, x *trace.Trace) *trace.Shrunk {
	t.Helper()
	s, err := trace.Shrink(context.Background(), x, props.Property{}, trace.ShrinkOptions{Options: explore.Options{MaxStates: shrinkStates}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Steps) > len(x.Steps) || len(s.Config.Disks) > len(x.Config.Disks) {
		t.Errorf("%d steps of %d servers became %d of %d", len(x.Steps), len(x.Config.Disks), len(s.Steps), len(s.Config.Disks))
	}
	return s
}

// settled asks that a shrunk counterexample replays from its file, and that there is nothing left to do.
func settled(t *testing.T, s *trace.Shrunk) {
	t.Helper()
	file := s.Format()
	again, err := trace.Parse("x.zkt", file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := trace.Replay(again, nil)
	if err != nil || !v.Violated || v.Step != len(s.Steps) || v.Property != s.Violation.Property {
		t.Errorf("it replays to %v, %v:\n%s", v, err, file)
	}
	if once := shrink(t, again); !bytes.Equal(once.Format(), file) {
		t.Errorf("it shrinks once more, to\n%sfrom\n%s", once.Format(), file)
	}
}

// quick is how many states a search has that a test makes again.
const quick = 200_000

// certified asks for a certificate that a search confirms.
func certified(t *testing.T, s *trace.Shrunk) {
	t.Helper()
	if !s.Minimal() || s.Doubt != "" {
		t.Fatalf("not certified (%s):\n%s", s.Doubt, s.Format())
	}
	if s.Certificate.States > quick {
		return
	}
	if err := trace.Verify(context.Background(), s.Trace, explore.Options{}); err != nil {
		t.Error(err)
	}
}

// wide are a mutant's servers and an observer more, which leaves the quorums as they are, and limits in which much
// is possible.
func wide(t *testing.T, m mutant.Mutant) cluster.Config {
	t.Helper()
	c, err := m.Config()
	if err != nil {
		t.Fatal(err)
	}
	servers, observers := strings.Fields(c.Servers()+" 9:0,0"), "9"
	if c.Observers() != "" {
		servers, observers = strings.Fields(c.Servers()), c.Observers()
	}
	big, err := cluster.ParseConfig(servers, observers, c.Weights())
	if err != nil {
		t.Fatal(err)
	}
	big.Ensemble.Fine, big.Ensemble.LastCounter, big.FIFO = c.Ensemble.Fine, c.Ensemble.LastCounter, c.FIFO
	m.Apply(&big.Ensemble.Rules)
	big.Limits, err = cluster.ParseLimits("crashes=2 restarts=2 cuts=2 resets=2 drops=2 writes=2 giveups=2 rounds=6 epochs=6 channel-len=2")
	if err != nil {
		t.Fatal(err)
	}
	return big
}

// some are the mutants that are shrunk where ZKCHECK_FULL is not set, and uncertified is one whose counterexample is
// too long to be certified in this many states.
var (
	some        = []string{"ZK-1419", "ZK-1343", "ZK-764", "ZK-2845", "ZK-4643", "ZK-4646", "forward-late"}
	uncertified = []string{"ZK-4925"}
)

// TestShrinkMutants: what random walks find in a mutant's cluster with one server more shrinks to a certified
// counterexample, and always to the same bytes. A mutant that chance does not meet in this many walks, or whose
// property only whole runs or graphs show, is left to others.
func TestShrinkMutants(t *testing.T) {
	for _, m := range mutant.All() {
		t.Run(m.ID, func(t *testing.T) {
			p, err := props.Find(m.Property)
			if err != nil {
				t.Fatal(err)
			}
			if p.Check == nil {
				t.Skipf("%s is not judged step by step", p.Name)
			}
			if !slices.Contains(some, m.ID) && os.Getenv("ZKCHECK_FULL") == "" {
				t.Skip("ZKCHECK_FULL=1")
			}
			_, found, err := trace.Walks(context.Background(), wide(t, m), []props.Property{p}, trace.WalkOptions{Walks: 3000, Steps: 150})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Skipf("3000 walks do not find it")
			}
			s := shrink(t, found[0])
			t.Logf("%d steps of %d servers -> %d of %d, %v: %v", len(found[0].Steps), len(found[0].Config.Disks),
				len(s.Steps), len(s.Config.Disks), s.Certificate, s.Actions())
			if slices.Contains(uncertified, m.ID) {
				return
			}
			certified(t, s)
			if s.Certificate.States <= quick {
				settled(t, s)
			}
		})
	}
}

// TestShrinkLessons: the shortest way to a lesson is known by a search of its cluster; what shrinks from a walk
// is no longer.
func TestShrinkLessons(t *testing.T) {
	for _, l := range props.Lessons() {
		if l.Name != "two-leading-one-round" && l.Name != "not-maximum-of-all" && l.Name != "unrecoverable-disk" {
			continue // chance takes too long for it
		}
		t.Run(l.Name, func(t *testing.T) {
			c := lessonConfig(t, l)
			_, shortest, err := trace.Search(context.Background(), c, []props.Property{l.Property}, explore.Options{})
			if err != nil || len(shortest) != 1 {
				t.Fatal(shortest, err)
			}
			_, found, err := trace.Walks(context.Background(), c, []props.Property{l.Property}, trace.WalkOptions{Seed: 1, Walks: 20000, Steps: 100})
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			s := shrink(t, found[0])
			certified(t, s)
			settled(t, s)
			if len(s.Steps) > len(shortest[0].Steps) {
				t.Errorf("it shrinks to %d steps, and there is a way of %d", len(s.Steps), len(shortest[0].Steps))
			}
		})
	}
}

// A leader of two rounds without need, in a fine-grained cluster with an observer, weights and FIFO channels, by
// an engine in which anybody is a quorum: all of it goes.
func TestShrinkSimplifies(t *testing.T) {
	c, err := cluster.ParseConfig(strings.Fields("3:2/5,2.7 5:2,1.9 6:2/4,2.8 8:1,1.1"), "8", "3=3,5=1,6=2")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits("crashes=3 restarts=3 drops=2 writes=5 rounds=9 epochs=7 channel-len=3"); err != nil {
		t.Fatal(err)
	}
	c.FIFO, c.Ensemble.Fine, c.Ensemble.LastCounter = true, true, 1000
	c.Ensemble.Rules.IsQuorum = func(_ *election.Ensemble, set election.Set) bool { return set != 0 }
	p, err := props.Find("majority")
	if err != nil {
		t.Fatal(err)
	}
	_, found, err := trace.Walks(context.Background(), c, []props.Property{p}, trace.WalkOptions{Seed: 2, Walks: 100, Steps: 100})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	s := shrink(t, found[0])
	certified(t, s)
	const want = `property majority
cluster 1:0,0 2:0,0
phases election
limits timeouts=0 rounds=1 epochs=0
certificate bound=1 states=3
steps 2
start 1
decide 1
`
	if text := string(s.Format()); !strings.HasSuffix(text, want) {
		t.Errorf("got\n%swant at the end\n%s", text, want)
	}
}

// A property that only the user knows is shrunk too; nothing can verify the file of it, and so it has no certificate.
func TestShrinkOwnProperty(t *testing.T) {
	own := props.Property{Name: "nobody-leads", Check: func(st props.Step) (props.Outcome, error) {
		for i := range st.After.Servers {
			if st.After.Servers[i].State == election.Leading {
				return props.Violated, &trace.InternalError{Err: context.Canceled}
			}
		}
		return props.Held, nil
	}}
	x := runOf(t, "1:1,8 2:1,8 3:1,8", "start 1,start 2,start 3,deliver 3->1,deliver 1->3,deliver 3->2,decide 3")
	s, err := trace.Shrink(context.Background(), x, own, trace.ShrinkOptions{})
	if err != nil || len(s.Steps) != 2 || s.Property != "" || s.Certificate != nil || s.Violation.Property != own.Name {
		t.Fatalf("%v, %+v", err, s)
	}
	if _, err := trace.Shrink(context.Background(), s.Trace, props.Property{}, trace.ShrinkOptions{}); err == nil ||
		!strings.Contains(err.Error(), "violates nothing") {
		t.Errorf("without the property: %v", err)
	}
}

// What only a whole run shows is shrunk and not certified.
func TestShrinkWholeRuns(t *testing.T) {
	x := runOf(t, "1:1,8 2:1,8", "start 1,decide 1,start 2,decide 2,offer 1,offer 2,timeout 1")
	x.Config.Ensemble.Rules.IsQuorum = func(_ *election.Ensemble, set election.Set) bool { return set != 0 }
	x.Keep(6)
	x.Property = props.EpochRegister
	s := shrink(t, x)
	settledWith := len(s.Steps)
	if settledWith != 6 || s.Certificate != nil || !strings.Contains(s.Doubt, "judged on whole runs") {
		t.Errorf("%d steps, %v, %q", settledWith, s.Certificate, s.Doubt)
	}
}

// TestShrinkMutantLassos: the runs without an end of mutants stay what they are, and shrink to themselves.
func TestShrinkMutantLassos(t *testing.T) {
	for _, m := range mutant.All() {
		i := slices.IndexFunc(props.Goals(), func(g props.Goal) bool { return g.Name == m.Property })
		if i < 0 {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			c, err := m.Config()
			if err != nil {
				t.Fatal(err)
			}
			goals := props.Goals()[i : i+1]
			r, err := trace.Eventually(context.Background(), c, goals, explore.Options{MaxStates: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			x := trace.Lassos(c, goals, r)[0]
			if x == nil {
				t.Skip("none in so many states")
			}
			s := shrink(t, x)
			t.Logf("%d steps of %d servers -> %d of %d, %v", len(x.Steps), len(x.Config.Disks), len(s.Steps), len(s.Config.Disks), s.Actions())
			if again := shrink(t, s.Trace); !bytes.Equal(again.Format(), s.Format()) {
				t.Errorf("it shrinks once more, to\n%s", again.Format())
			}
			read, err := trace.Parse("x.zkt", s.Format())
			if err != nil {
				t.Fatal(err)
			}
			if v, err := trace.Replay(read, nil); err != nil || !v.Violated || v.Property != m.Property || v.ForEver == "" {
				t.Errorf("it replays to %v, %v", v, err)
			}
		})
	}
}

// A run without an end loses its third server, its limits and its disks, and is not certified.
func TestShrinkLasso(t *testing.T) {
	c, err := cluster.ParseConfig(strings.Fields("1:1,8 2:1,8 3:1,7"), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits("rounds=1 timeouts=0 crashes=2"); err != nil {
		t.Fatal(err)
	}
	c.Ensemble.Rules.LostQuorum = func(*election.Ensemble, election.Set) bool { return false } // nobody steps down
	goals := props.Goals()
	r, err := trace.Eventually(context.Background(), c, goals, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range trace.Lassos(c, goals, r) {
		if x == nil || x.Property != "lost-leader-leaves" {
			continue
		}
		s := shrink(t, x)
		t.Logf("%d steps became %d:\n%s", len(x.Steps), len(s.Steps), s.Format())
		v, err := trace.Replay(s.Trace, nil)
		if err != nil || !v.Violated || v.Property != x.Property || v.ForEver == "" {
			t.Errorf("it replays to %v, %v", v, err)
		}
		if len(s.Config.Disks) != 2 || len(s.Steps) != 14 || s.Certificate != nil || !strings.Contains(s.Doubt, "without an end") {
			t.Errorf("%d servers, %d steps, %v, %q", len(s.Config.Disks), len(s.Steps), s.Certificate, s.Doubt)
		}
		if again := shrink(t, s.Trace); !bytes.Equal(again.Format(), s.Format()) {
			t.Errorf("it shrinks once more, to\n%s", again.Format())
		}
		return
	}
	t.Error("the search finds no lasso")
}

// A search that its limit ends certifies what it has looked at, and says so; so does one that is interrupted.
func TestPartialCertificate(t *testing.T) {
	l := props.Lessons()[0]
	_, found, err := trace.Search(context.Background(), lessonConfig(t, l), []props.Property{l.Property}, explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := trace.Shrink(context.Background(), found[0], props.Property{}, trace.ShrinkOptions{Options: explore.Options{MaxStates: 100}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Certificate == nil || s.Minimal() || s.Certificate.Bound < 2 || !strings.Contains(s.Doubt, "states ended the search") {
		t.Errorf("%v, %q", s.Certificate, s.Doubt)
	}
	if err := trace.Verify(context.Background(), s.Trace, explore.Options{}); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	s, err = trace.Shrink(ended, found[0], props.Property{}, trace.ShrinkOptions{})
	if err != nil || len(s.Steps) != len(found[0].Steps) || s.Certificate != nil || !strings.Contains(s.Doubt, "stopped") {
		t.Errorf("stopped before it began: %v, %+v", err, s)
	}
}
