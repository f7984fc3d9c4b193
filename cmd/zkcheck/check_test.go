package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// buggy is a cluster whose leaders all propose epoch 2, and whose learners promise it every time.
func buggy(t *testing.T, servers, limits string) cluster.Config {
	t.Helper()
	c, err := cluster.ParseConfig(strings.Fields(servers), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits, err = cluster.ParseLimits(limits); err != nil {
		t.Fatal(err)
	}
	r := &c.Ensemble.Rules
	r.CandidateEpoch = func(*election.Server, uint32, uint32) uint32 { return 2 }
	standard := r.CountsAck
	r.CountsAck = func(e *election.Ensemble, member int, ack election.Packet) bool {
		ack.NoCount = false
		return standard(e, member, ack)
	}
	return c
}

// checkBuggy checks it and returns the directory that it wrote to.
func checkBuggy(t *testing.T, p *plan, f *checkFlags) *result {
	t.Helper()
	f.out = filepath.Join(t.TempDir(), "out it's") // a path that a shell does not read as it is
	f.junit = filepath.Join(t.TempDir(), "junit.xml")
	r, err := p.run(context.Background(), newStatus(&bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.keep(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestViolationIsReported(t *testing.T) {
	config := buggy(t, "1:1,8 2:1,8 3:1,8", "crashes=1 rounds=2 epochs=3")
	list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.ID != "P1" && p.ID != "P6" && p.ID != "P10" })
	var f checkFlags
	r := checkBuggy(t, &plan{list: list, parts: []part{{partExhaustive, config}, {partWalks, config}}}, &f)
	if r.exitCode() != exitViolated || len(r.parts) != 1 {
		t.Fatalf("exit code %d after %d parts", r.exitCode(), len(r.parts))
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.out, "zkcheck-one-leader-per-epoch.zkt")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if got, want := lines[len(lines)-1], "zkcheck replay '"+strings.Replace(path, "'", `'\''`, 1)+"'"; got != want {
		t.Errorf("the last line is\n%s, want\n%s", got, want)
	}
	for _, want := range []string{"\none-leader-per-epoch       P1   always     violated ", "\nmajority                   P6   always     unknown ",
		"\nviolated: one-leader-per-epoch: ", "stopped by violation: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
	if _, err := trace.ReadFile(path); err != nil {
		t.Error(err)
	}
	j := r.json()
	if j.Verdict != "violated" || j.Why != "one-leader-per-epoch" || j.Complete || j.Properties[0].Trace != path {
		t.Errorf("got %+v", j)
	}
	junit, err := os.ReadFile(f.junit)
	if err != nil || !strings.Contains(string(junit), `tests="3" failures="1" errors="1" skipped="1"`) {
		t.Errorf("got %s, %v", junit, err)
	}
}

// The trace of a violation says how far the servers go.
func TestPhasesAreWritten(t *testing.T) {
	config := buggy(t, "1:1,8 2:1,8 3:1,8", "crashes=1 rounds=2 epochs=3")
	config.Phases = cluster.ThroughDiscovery
	list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.ID != "P1" })
	var f checkFlags
	if r := checkBuggy(t, &plan{list: list, parts: []part{{partExhaustive, config}}}, &f); r.exitCode() != exitViolated {
		t.Fatalf("exit code %d", r.exitCode())
	}
	written, err := os.ReadFile(filepath.Join(f.out, "zkcheck-one-leader-per-epoch.zkt"))
	if err != nil || !strings.Contains(string(written), "\nphases discovery\nlimits ") {
		t.Errorf("got %s, %v", written, err)
	}
}

// With --all every part is done; an illegal history of the epoch register is drawn.
func TestAllViolations(t *testing.T) {
	config := buggy(t, "1:1,8 2:1,8 3:1,8", "crashes=2 restarts=2 giveups=2 rounds=9 epochs=9")
	list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.ID != "P1" && p.ID != "P17" })
	p := &plan{list: list, all: true, parts: []part{{partExhaustive, config}, {partWalks, config}}}
	p.options = explore.Options{All: true, MaxStates: 1000}
	p.walks = trace.WalkOptions{Options: explore.Options{All: true}, Walks: 500, Steps: 150}
	var f checkFlags
	r := checkBuggy(t, p, &f)
	if len(r.parts) != 2 || len(r.violated()) != 2 || r.verdict != verdictViolated {
		t.Fatalf("%d parts, %v", len(r.parts), r.violated())
	}
	page, err := os.ReadFile(filepath.Join(f.out, "zkcheck-epoch-register.html"))
	if err != nil || !bytes.Contains(page, []byte("<html")) {
		t.Errorf("%d bytes, %v", len(page), err)
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil || strings.Count(out.String(), "\nzkcheck replay ") != 2 ||
		!strings.Contains(out.String(), "picture of the history in") {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

// A trace that can't be written is told instead, and nothing else is lost.
func TestTraceThatCannotBeWritten(t *testing.T) {
	config := buggy(t, "1:1,8 2:1,8 3:1,8", "crashes=1 rounds=2 epochs=3")
	list := slices.DeleteFunc(props.All(), func(p props.Property) bool { return p.ID != "P1" })
	p := &plan{list: list, parts: []part{{partExhaustive, config}}}
	r, err := p.run(context.Background(), newStatus(&bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	f := checkFlags{out: t.TempDir(), junit: filepath.Join(t.TempDir(), "junit.xml")}
	if err := os.Mkdir(filepath.Join(f.out, "zkcheck-one-leader-per-epoch.zkt"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.keep(r); err == nil || !strings.Contains(err.Error(), "can't write ") {
		t.Errorf("got %v", err)
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil || !strings.Contains(out.String(), "which could not be written:\nzkcheck trace v1\n") ||
		strings.Contains(out.String(), "zkcheck replay") {
		t.Errorf("got %s, %v", out.String(), err)
	}
	if junit, err := os.ReadFile(f.junit); err != nil || !bytes.Contains(junit, []byte(`failures="1"`)) {
		t.Errorf("got %s, %v", junit, err)
	}
}

// The rate of a run is that of its searches together, not of the last one.
func TestRate(t *testing.T) {
	r := newResult(&plan{})
	r.parts = []partResult{{Kind: partExhaustive, Distinct: 300, Seconds: 1}, {Kind: partExhaustive, Distinct: 100, Seconds: 3},
		{Kind: partWalks, Seconds: 6}}
	if j := r.json(); j.DistinctPerSecond != 100 || j.Seconds != 10 || j.Distinct != 400 {
		t.Errorf("got %+v", j)
	}
}

// The default run is vacuous, and so unknown, as soon as one property was not witnessed.
func TestVacuous(t *testing.T) {
	for _, whole := range []bool{true, false} {
		r := newResult(&plan{list: props.All(), whole: whole})
		for i := range r.properties {
			r.properties[i].judged, r.properties[i].Checked, r.properties[i].Witnessed = true, 9, uint64(i)
		}
		r.conclude()
		want := map[bool]string{true: verdictUnknown, false: verdictHolds}[whole]
		if r.verdict != want || r.properties[0].Verdict != verdictNotWitnessed {
			t.Errorf("whole=%v: %s: %s", whole, r.verdict, r.why)
		}
	}
}

func TestStatus(t *testing.T) {
	p := explore.Progress{Distinct: 1234567, Generated: 7654321, Depth: 21, Rate: 200000, Queue: 42, MemoryBytes: 9 << 20, Elapsed: 3 * time.Second}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "exhaustive: 1,234,567 distinct, depth 21, 200,000/s, queue 42, 9 MiB, 3 s\n"},
		{20, "\r\x1b[Kexhaustive: 1,234,56\r\x1b[K"},
	} {
		var out bytes.Buffer
		s := newStatus(&out)
		s.width, s.last = c.width, time.Now().Add(-statusPlain)
		s.progress(partExhaustive)(p)
		s.clear()
		if out.String() != c.want {
			t.Errorf("got %q, want %q", out.String(), c.want)
		}
	}
	p.DiskBytes, p.Estimate = 5<<20, explore.Estimate{Total: 41_234_567, Low: 30_100_000, High: 61_000_000}
	want := "exhaustive: 1,234,567 distinct, depth 21, 200,000/s, queue 42, 9 MiB+5 on disk, 3 s" +
		", about 3m20s left of 41.2 M (30.1 M to 61 M)"
	if got := statusLine(partExhaustive, p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Estimate.High = 0
	if got := ahead(p); got != ", about 3m20s left of 41.2 M (at least 30.1 M)" {
		t.Errorf("got %q", got)
	}
	var out bytes.Buffer
	p.Elapsed = time.Second
	newStatus(&out).progress(partWalks)(p)
	if out.Len() > 0 {
		t.Errorf("a run of a second shows %q", out.String())
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) is %s", n, got)
		}
	}
	for s, want := range map[string]uint64{"0": 0, "512MiB": 512 << 20, "4GiB": 4 << 30, "1KiB": 1024, "1TiB": 1 << 40} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%s) is %d, %v", s, got, err)
		}
	}
}

// Where no walk is alone the rule of three is a rule, and no bound: see package explore.
func TestCoverageClaimsNoBound(t *testing.T) {
	none, some := 0.0, 0.25
	for want, x := range map[string]partResult{
		"":                           {Walks: 300},
		"1,234 protocol states seen": {Walks: 300, Features: 1234},
		"12 protocol states seen; the next walk meets a new one with probability hardly above 1 %": {Walks: 300, Features: 12, Unseen: &none},
		"12 protocol states seen; the next walk meets a new one with probability about 25 %":       {Walks: 300, Features: 12, Unseen: &some},
	} {
		if got := x.coverage(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
