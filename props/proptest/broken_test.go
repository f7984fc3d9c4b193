package proptest_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// Five rules of the protocol, each broken as a mutant of the catalogue breaks it. Exhaustive search, rapid and
// random bytes must each find every one of them. What search finds is golden: the property, the steps of
// a shortest way, and how many states it took.
var brokenRules = []struct {
	name            string // of the mutant
	cluster, limits string // of the exhaustive search
	property        string
	steps           int
}{
	{"even-quorum", "1:1,8 2:1,8 3:1,8 4:1,8", "rounds=1", "majority", 4},
	{"ZK-1419", "1:1,8 2:1,8 3:0,8", "rounds=1", "winner-is-maximum", 3},
	{"ZK-1343", "1:1/2,8 2:1,8 3:1,8", "rounds=1", "fixed-epoch-is-new", 8},
	{"ZK-569", "1:1,8 2:1,8 3:1,8", "rounds=1", "leader-said-so", 8},
	{"volatile-promise", "1:1,8 2:1,8 3:1,8", "rounds=1", "promised-before-told", 8},
}

// breaking is the change of rules that a mutant is.
func breaking(t *testing.T, id string) func(*election.Rules) {
	t.Helper()
	m, err := mutant.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return m.Apply
}

// replays asks that the trace, written and read again, is judged the same under the broken rules, which it
// names, and that ZooKeeper's own rules do not break that property by it.
func replays(t *testing.T, file, property string) *trace.Verdict {
	t.Helper()
	again, err := trace.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := trace.Replay(again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Violated || v.Property != property || v.Step != len(again.Steps) {
		t.Fatalf("the trace of %s replays to %v", property, v)
	}
	again.Config.Ensemble.Rules = election.Standard()
	if standard, err := trace.Replay(again, nil); err == nil && standard.Violated {
		t.Errorf("ZooKeeper's rules fail by the same trace: %v", standard)
	}
	return v
}

func TestExhaustiveSearchFindsBrokenRules(t *testing.T) {
	for _, b := range brokenRules {
		t.Run(b.name, func(t *testing.T) {
			cfg, err := cluster.ParseConfig(strings.Fields(b.cluster), "", "")
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Limits, err = cluster.ParseLimits(b.limits); err != nil {
				t.Fatal(err)
			}
			breaking(t, b.name)(&cfg.Ensemble.Rules)
			report, traces, err := trace.Search(context.Background(), cfg, props.All(), explore.Options{MaxStates: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if len(traces) != 1 {
				t.Fatalf("not found in %d states (%s)", report.Distinct, report.Stopped)
			}
			file := filepath.Join(t.TempDir(), "found.zkt")
			if err := traces[0].WriteFile(file); err != nil {
				t.Fatal(err)
			}
			v := replays(t, file, traces[0].Property)
			t.Logf("%s caught it: %d states, %d steps: %v: %v", v.Property, report.Distinct, v.Steps, traces[0].Actions(), v.Evidence)
			if v.Property != b.property || v.Steps != b.steps {
				t.Errorf("%s caught it in %d steps, golden are %s and %d", v.Property, v.Steps, b.property, b.steps)
			}
		})
	}
}

// TestRapidFindsBrokenRules: the suite fails, rapid shrinks the run, and its trace is the one file left.
func TestRapidFindsBrokenRules(t *testing.T) {
	for _, b := range brokenRules {
		t.Run(b.name, func(t *testing.T) {
			dir := t.TempDir()
			c := catch(b.name, func(c *caught) {
				proptest.Run(c, proptest.Options{Rules: breaking(t, b.name), Dir: dir})
			})
			if !c.failed {
				t.Fatalf("rapid did not find it:\n%s", c.log.String())
			}
			file := filepath.Join(dir, b.name+".zkt")
			if want := "zkcheck replay " + file; strings.TrimSpace(c.lastLine()) != want {
				t.Errorf("the last line is %q, want %q", c.lastLine(), want)
			}
			left, _ := filepath.Glob(filepath.Join(dir, "*.zkt"))
			if !slices.Equal(left, []string{file}) {
				t.Errorf("%v are left, want the trace of the shrunk run only", left)
			}
			shrunk, err := trace.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := replays(t, file, shrunk.Property)
			t.Logf("%s caught it: %d servers, %d steps: %v: %v", v.Property, len(shrunk.Config.Disks), v.Steps, shrunk.Actions(), v.Evidence)
			if !strings.Contains(c.log.String(), v.Evidence.Error()) {
				t.Errorf("the failure does not show the evidence %q", v.Evidence)
			}
			if v.Steps > 60 {
				t.Errorf("%d steps are not a shrunk run", v.Steps)
			}
			if first := ": " + v.Property + " is violated"; !strings.Contains(c.log.String(), first) {
				t.Errorf("shrinking slid to %s:\n%s", v.Property, c.log.String())
			}
		})
	}
}

// bytesBudget is how many random inputs may be needed to find a broken rule. The worst needs a tenth.
const bytesBudget = 3000

// TestBytesFindBrokenRules: what a fuzzer does before it learns anything.
func TestBytesFindBrokenRules(t *testing.T) {
	for _, b := range brokenRules {
		t.Run(b.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 5))
			for input := 1; input <= bytesBudget; input++ {
				f, err := proptest.Bytes(randomBytes(rng), proptest.Options{Rules: breaking(t, b.name)})
				if err != nil {
					t.Fatal(err)
				}
				if f == nil {
					continue
				}
				file := filepath.Join(t.TempDir(), "found.zkt")
				if err := f.Trace().WriteFile(file); err != nil {
					t.Fatal(err)
				}
				v := replays(t, file, f.Violation.Property)
				shrunk := f.Shrink()
				t.Logf("%s caught it at input %d, %d steps, shrunk to %d: %v: %v", v.Property, input, v.Steps,
					len(shrunk.Actions), shrunk.Actions, shrunk.Violation.Evidence)
				checkShrunk(t, f, shrunk)
				return
			}
			t.Errorf("not found by %d inputs", bytesBudget)
		})
	}
}

// checkShrunk: shrinking keeps the property, is deterministic, and has nothing left to do.
func checkShrunk(t *testing.T, f, shrunk *proptest.Failure) {
	t.Helper()
	if shrunk.Violation.Property != f.Violation.Property || len(shrunk.Actions) > len(f.Actions) {
		t.Errorf("%v shrank to %v", f.Violation, shrunk.Violation)
	}
	if len(shrunk.Actions) > 30 {
		t.Errorf("%d steps are not a shrunk run", len(shrunk.Actions))
	}
	for _, again := range []*proptest.Failure{f.Shrink(), shrunk.Shrink()} {
		if !slices.Equal(again.Actions, shrunk.Actions) || again.Config.Servers() != shrunk.Config.Servers() {
			t.Errorf("shrinking once more gives %v of %s", again.Actions, again.Config.Servers())
		}
	}
	v, err := trace.Replay(shrunk.Trace(), nil)
	if err != nil || v.Property != f.Violation.Property || !v.Violated {
		t.Errorf("the shrunk run replays to %v, %v", v, err)
	}
}

// randomBytes are 64 to 1023 bytes.
func randomBytes(rng *rand.Rand) []byte {
	b := make([]byte, 64+rng.IntN(960))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}
