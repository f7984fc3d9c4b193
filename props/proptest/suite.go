package proptest

import (
	"flag"
	"os"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// Choices makes a source of choices of rapid's.
func Choices(t *rapid.T) props.Choices { return source{t} }

type source struct{ t *rapid.T }

// Int implements props.Choices.
func (s source) Int(n int) int {
	if n == 1 {
		return 0
	}
	return rapid.IntRange(0, n-1).Draw(s.t, "choice")
}

const (
	// rounds of rapid.Check, of a hundred runs each, where nobody says how many checks there shall be.
	rounds = 40
	// repeats of rapid's state machine in a run, of thirty steps each on average. Many short ones differ
	// less in length than one long one, whose length is geometric: mostly far too short.
	repeats = 4
	// enoughRuns is when a property that was never witnessed is a fault of the suite. The rarest
	// situation occurs in one run of eleven.
	enoughRuns = 200
)

// Run runs the suite: rapid's number of checks where -rapid.checks, -rapid.seed or -rapid.failfile is
// given, four thousand runs otherwise. A run has about 120 steps, four times -rapid.steps.
func Run(t rapid.TB, o Options) {
	t.Helper()
	s := &suite{t: t, name: t.Name(), options: o, list: o.properties()}
	s.tallies = make([]props.Tally, len(s.list))
	times := rounds
	if given("checks") || given("seed") || given("failfile") {
		times = 1
	}
	for range times {
		rapid.Check(t, s.check)
	}
	s.askVacuous(t)
}

// given tells whether the user set one of rapid's flags, on the command line or in the environment.
func given(name string) bool {
	_, found := os.LookupEnv(map[string]string{
		"checks": "RAPID_CHECKS", "seed": "RAPID_SEED", "failfile": "RAPID_FAILFILE"}[name])
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == "rapid."+name })
	return found
}

// suite is all runs of one test.
type suite struct {
	t       rapid.TB
	name    string
	options Options
	list    []props.Property
	tallies []props.Tally // of the runs that passed
	passed  int
}

// check is one run: rapid calls it again and again.
func (s *suite) check(t *rapid.T) {
	r, err := s.begin(t)
	if err != nil {
		t.Fatalf("the cluster can't be made: %v", err)
	}
	defer s.reportPanic(t, r)
	action := rapid.Custom(func(t *rapid.T) shown {
		a, _ := r.choose(Choices(t))
		return shown{a}
	})
	step := map[string]func(*rapid.T){"step": func(t *rapid.T) {
		if !r.goesOn() {
			return // a step that does nothing is a valid one, and nothing is ever skipped
		}
		if v := r.take(action.Draw(t, "step").Action); v != nil {
			s.fail(t, r.failure(v))
		}
	}}
	for range repeats {
		t.Repeat(step)
	}
	if v := r.end(); v != nil {
		s.fail(t, r.failure(v))
	}
	s.passed++
	for i, tally := range r.judge.Tallies {
		s.tallies[i].Checked += tally.Checked
		s.tallies[i].Witnessed += tally.Witnessed
	}
}

// begin draws the cluster. Many small choices are one draw, so that rapid shows the cluster and not
// them; a generator of rapid's must draw, which a cluster of the user's own need not.
func (s *suite) begin(t *rapid.T) (*run, error) {
	if s.options.Cluster != nil {
		return newRun(Choices(t), &s.options, s.list)
	}
	b := rapid.Custom(func(t *rapid.T) begun {
		r, err := newRun(Choices(t), &s.options, s.list)
		return begun{r, err}
	}).Draw(t, "cluster")
	return b.run, b.err
}

// begun is a run that begins; rapid shows its cluster.
type begun struct {
	run *run
	err error
}

func (b begun) GoString() string {
	if b.err != nil {
		return b.err.Error()
	}
	c := &b.run.system.Config
	return strings.TrimSpace(c.Servers() + " " + c.Limits.String())
}

// shown is an action; rapid shows it in our notation.
type shown struct{ cluster.Action }

func (s shown) GoString() string { return s.String() }

// fail ends the run. When rapid has shrunk it, rapid marks the test as failed and takes it once more, to
// show it: that is when its trace is written, so that there is one for each test that fails.
func (s *suite) fail(t *rapid.T, f *Failure) {
	message := f.what()
	if s.t.Failed() {
		message = f.Shrink().Report(s.options.Dir, s.name)
	}
	property := slices.IndexFunc(s.list, func(p props.Property) bool { return p.Name == f.Violation.Property })
	blame(t, property, blameBits, message)
}

// reportPanic leaves the trace of a run in which the engine panics; the panic goes on.
func (s *suite) reportPanic(t *rapid.T, r *run) {
	if r.interrupted && s.t.Failed() {
		t.Log(r.panicked("see above").Report(s.options.Dir, s.name))
	}
}

// askVacuous fails a suite that never saw what a property is about.
func (s *suite) askVacuous(t rapid.TB) {
	t.Helper()
	for i, p := range s.list {
		if s.tallies[i].Witnessed > 0 || slices.Contains(s.options.Unseen, p.Name) {
			continue
		}
		if s.passed < enoughRuns {
			t.Logf("%s: its situation did not occur, but %d runs are too few to complain", p.Name, s.passed)
			continue
		}
		t.Errorf("%s holds in %d checks, but its situation occurred in none of %d runs: the pass says nothing (see Options.Unseen)",
			p.Name, s.tallies[i].Checked, s.passed)
	}
}
