package proptest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// TestElection is the suite, as everybody runs it.
func TestElection(t *testing.T) { proptest.Run(t, proptest.Options{}) }

// fixed makes one cluster for all runs.
func fixed(t *testing.T, servers, limits string) func(props.Choices) cluster.Config {
	t.Helper()
	cfg, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	return func(props.Choices) cluster.Config { return cfg }
}

// TestOwnCluster: a user's cluster takes the place of the generated ones.
func TestOwnCluster(t *testing.T) {
	proptest.Run(t, proptest.Options{
		Cluster: fixed(t, "1:1,8 2:1,8 3:1,7", "crashes=2 restarts=2 garbles=1 giveups=2 writes=2 rounds=12 epochs=12"),
	})
}

// TestVacuousSuiteFails: one server alone never sees most situations, and the suite does not call that
// a pass, unless it is told to.
func TestVacuousSuiteFails(t *testing.T) {
	alone := fixed(t, "1:1,8", "")
	c := catch("vacuous", func(c *caught) { proptest.Run(c, proptest.Options{Cluster: alone}) })
	var unseen []string
	for _, p := range props.All() {
		if strings.Contains(c.log.String(), "\n"+p.Name+" holds in ") {
			unseen = append(unseen, p.Name)
		}
	}
	if !c.failed || len(unseen) < 5 {
		t.Fatalf("failed %v, unseen %v:\n%s", c.failed, unseen, c.log.String())
	}
	proptest.Run(t, proptest.Options{Cluster: alone, Unseen: unseen})
}

// noEpochAbove is a property of a user: no epoch above 2 is ever established.
var noEpochAbove = props.Property{
	Name: "no-epoch-above-2", Doc: "no epoch above 2 is ever established", Kind: props.Always,
	Check: func(st props.Step) (props.Outcome, error) {
		for _, f := range st.After.Out.Facts {
			if f.Kind == election.Established && f.Epoch > 2 {
				return props.Violated, &props.Violation{Property: "epoch", Evidence: os.ErrExist}
			}
		}
		return props.Silent, nil
	},
}

// TestOwnProperty: it is checked and shrunk like ours. Its trace can name it in a comment only.
func TestOwnProperty(t *testing.T) {
	dir := t.TempDir()
	c := catch("own", func(c *caught) {
		proptest.Run(c, proptest.Options{Properties: []props.Property{noEpochAbove}, Dir: dir})
	})
	file := filepath.Join(dir, "own.zkt")
	written, err := trace.ReadFile(file)
	if !c.failed || err != nil {
		t.Fatalf("%v\n%s", err, c.log.String())
	}
	if written.Property != "" || len(written.Comments) == 0 || !strings.Contains(written.Comments[0].Text, noEpochAbove.Name) {
		t.Errorf("the trace says property %q, comments %v", written.Property, written.Comments)
	}
	if v, err := trace.Replay(written, nil); err != nil || v.Violated {
		t.Errorf("it replays to %v, %v", v, err)
	}
	if !strings.Contains(c.lastLine(), "zkcheck replay "+file) {
		t.Errorf("the last line is %q", c.lastLine())
	}
	if len(written.Steps) > 40 {
		t.Errorf("%d steps are not a shrunk run", len(written.Steps))
	}
}

// TestPanicLeavesTrace: an engine that panics leaves the run that made it.
func TestPanicLeavesTrace(t *testing.T) {
	t.Setenv(proptest.OutVar, t.TempDir())
	c := catch("panics", func(c *caught) {
		proptest.Run(c, proptest.Options{Rules: noRefresh})
	})
	file := filepath.Join(os.Getenv(proptest.OutVar), "panics.zkt")
	written, err := trace.ReadFile(file)
	if !c.failed || err != nil || !strings.Contains(c.lastLine(), "zkcheck replay "+file) {
		t.Fatalf("%v: %s", err, c.log.String())
	}
	noRefresh(&written.Config.Ensemble.Rules)
	defer func() {
		if recover() == nil {
			t.Error("the trace does not panic")
		}
	}()
	v, err := trace.Replay(written, nil)
	t.Errorf("the trace replays to %v, %v", v, err)
}

// TestBytesThatPanic: a fuzzer's input that makes the engine panic is a failure like others.
func TestBytesThatPanic(t *testing.T) {
	f, err := proptest.Bytes(make([]byte, 64), proptest.Options{Rules: noRefresh})
	if err != nil || f == nil || f.Shrink() != f {
		t.Fatal(f, err)
	}
	message := f.Report(t.TempDir(), "x")
	if !strings.Contains(message, "no vote to refresh") || !strings.Contains(message, "goroutine") {
		t.Errorf("it says %s", message)
	}
}

func noRefresh(r *election.Rules) {
	r.RefreshVote = func(*election.Server) { panic("no vote to refresh") }
}

// TestBadClusterFails: a cluster that can't be made is a failure that says so.
func TestBadClusterFails(t *testing.T) {
	good := fixed(t, "1:1,8", "")
	bad := func(c props.Choices) cluster.Config {
		cfg := good(c)
		cfg.Limits.ChannelLen = 0
		return cfg
	}
	c := catch("bad", func(c *caught) { proptest.Run(c, proptest.Options{Cluster: bad}) })
	if !c.failed || !strings.Contains(c.log.String(), "channel-len") {
		t.Errorf("it says %s", c.log.String())
	}
	if _, err := proptest.Bytes(nil, proptest.Options{Cluster: bad}); err == nil {
		t.Error("Bytes makes a cluster that can't be made")
	}
}

// TestReportDrawsTheRegister: an illegal history of the epoch register comes with a picture.
func TestReportDrawsTheRegister(t *testing.T) {
	cfg := fixed(t, "1:1,8 2:1,8", "rounds=1")(nil)
	cfg.Ensemble.Rules.IsQuorum = func(_ *election.Ensemble, set election.Set) bool { return set != 0 }
	f := &proptest.Failure{Config: cfg, Violation: &props.Violation{Property: props.EpochRegister, Evidence: os.ErrExist}}
	for _, line := range []string{"start 1", "decide 1", "start 2", "decide 2", "offer 1", "offer 2"} {
		a, err := cluster.ParseAction(line)
		if err != nil {
			t.Fatal(err)
		}
		f.Actions = append(f.Actions, a)
	}
	if shrunk := f.Shrink(); len(shrunk.Actions) != 6 || shrunk.Violation.Property != props.EpochRegister {
		t.Errorf("it shrinks to %v", shrunk.Actions)
	}
	dir := t.TempDir()
	message := f.Report(dir, "TestX/a b")
	page, err := os.ReadFile(filepath.Join(dir, "TestX_a_b.html"))
	if err != nil || !strings.Contains(message, "TestX_a_b.html") || !strings.Contains(string(page), "<html") {
		t.Errorf("%v: %s", err, message)
	}
	if !strings.HasSuffix(message, "zkcheck replay "+filepath.Join(dir, "TestX_a_b.zkt")) {
		t.Errorf("the last line is another: %s", message)
	}
}

// TestNoPlaceForTraces: the report says why there is no trace, and shows the run all the same.
func TestNoPlaceForTraces(t *testing.T) {
	cfg := fixed(t, "1:1,8", "")(nil)
	f := &proptest.Failure{Config: cfg, Actions: []cluster.Action{{Kind: cluster.Start, From: 1}}}
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if message := f.Report(occupied, "x"); !strings.Contains(message, "no trace") || !strings.Contains(message, "start 1") {
		t.Errorf("it says %s", message)
	}
}
