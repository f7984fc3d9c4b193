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
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// Five rules of the protocol, each broken as real engines have broken it. Exhaustive search, rapid and
// random bytes must each find every one of them. What search finds is golden: the property, the steps of
// a shortest way, and how many states it took.
var brokenRules = []struct {
	name            string
	rules           func(*election.Rules)
	cluster, limits string // of the exhaustive search
	property        string
	steps           int
}{
	{"even-quorum", evenQuorum, "1:1,8 2:1,8 3:1,8 4:1,8", "rounds=1", "majority", 4},
	{"ZK-1419", idIgnoresEpoch, "1:1,8 2:1,8 3:0,8", "rounds=1", "winner-is-maximum", 3},
	{"ZK-1343", strictEpoch, "1:1/2,8 2:1,8 3:1,8", "rounds=1", "fixed-epoch-is-new", 8},
	{"no-leader-check", noLeaderCheck, "1:1,8 2:1,8 3:1,8", "rounds=1", "leader-said-so", 8},
	{"volatile-promise", volatilePromise, "1:1,8 2:1,8 3:1,8", "rounds=1", "promised-before-told", 8},
}

// evenQuorum: half of an even ensemble is taken for a majority.
func evenQuorum(r *election.Rules) {
	standard := r.IsQuorum
	r.IsQuorum = func(e *election.Ensemble, set election.Set) bool {
		votes := (set & e.VoterSet()).Len()
		return standard(e, set) || !e.Hierarchical() && e.Voters%2 == 0 && votes >= e.Voters/2
	}
}

// idIgnoresEpoch: the clause for the id forgets to ask for equal epochs (ZOOKEEPER-1419).
func idIgnoresEpoch(r *election.Rules) {
	standard := r.Beats
	r.Beats = func(e *election.Ensemble, fresh, current election.Candidate) bool {
		if fresh.Leader == election.NoServer || current.Leader == election.NoServer || e.Weight(fresh.Leader) == 0 {
			return standard(e, fresh, current)
		}
		return fresh.PeerEpoch > current.PeerEpoch ||
			fresh.PeerEpoch == current.PeerEpoch && fresh.Zxid > current.Zxid ||
			fresh.Zxid == current.Zxid && fresh.Leader > current.Leader
	}
}

// strictEpoch: > for >= where a leader hears an acceptedEpoch (ZOOKEEPER-1343). Candidate 0 is none yet.
func strictEpoch(r *election.Rules) {
	r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 {
		if candidate == 0 || accepted > candidate {
			return accepted + 1
		}
		return candidate
	}
}

// noLeaderCheck: others' word that somebody leads is enough.
func noLeaderCheck(r *election.Rules) {
	r.CheckLeader = func(*election.Server, *[election.MaxVoters]election.Vote, election.Set, election.SID, int, uint64) bool {
		return true
	}
}

// volatilePromise: acceptedEpoch is kept in memory and never reaches the disk.
func volatilePromise(r *election.Rules) {
	r.PromiseAsLeader = func(s *election.Server, epoch uint32, _ *election.Outputs) { s.AcceptedEpoch = epoch }
	r.Promise = func(s *election.Server, epoch uint32, _ *election.Outputs) (election.Packet, bool) {
		ack := election.Packet{Kind: election.AckEpoch, Epoch: epoch, Zxid: s.Zxid, Current: s.CurrentEpoch}
		if epoch == s.AcceptedEpoch {
			ack.NoCount, ack.Current = true, 0
		}
		ok := epoch >= s.AcceptedEpoch
		s.AcceptedEpoch = max(s.AcceptedEpoch, epoch)
		return ack, ok
	}
}

// replays asks that the trace, written and read again, is judged the same under the broken rules, and
// that ZooKeeper's own rules do not break that property by it.
func replays(t *testing.T, file string, rules func(*election.Rules), property string) *trace.Verdict {
	t.Helper()
	again, err := trace.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rules(&again.Config.Ensemble.Rules)
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
			b.rules(&cfg.Ensemble.Rules)
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
			v := replays(t, file, b.rules, traces[0].Property)
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
				proptest.Run(c, proptest.Options{Rules: b.rules, Dir: dir})
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
			v := replays(t, file, b.rules, shrunk.Property)
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
				f, err := proptest.Bytes(randomBytes(rng), proptest.Options{Rules: b.rules})
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
				v := replays(t, file, b.rules, f.Violation.Property)
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
