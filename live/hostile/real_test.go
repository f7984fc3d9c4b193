package hostile

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/zkcheck/zkcheck/live/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func install(t *testing.T) server.Install {
	t.Helper()
	i, err := server.Find()
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("starts real servers")
	}
	return i
}

// Generation finds what no version of ZooKeeper survives so far, a configuration with a sid that is no number; and
// what it becomes does it again, read from its file. With another generator another seed may find it sooner.
func TestAFatalConfigurationIsFound(t *testing.T) {
	i := install(t)
	known := func(f Finding) bool { return f.Class == Deaf && f.Cause == "NumberFormatException in QuorumMaj.<init>" }
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := Run(ctx, Options{Install: i, Seed: 2233, Cases: manyCases - 1, Progress: func(r Report) {
		if slices.ContainsFunc(r.Findings, known) {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	if err := r.Write(&report, func(f Finding) string { return f.FileName(r.Seed) }); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", report.String())
	n := slices.IndexFunc(r.Findings, known)
	if n < 0 {
		t.Fatal("it was not found")
	}
	f := r.Findings[n]
	if !f.Alone || f.Case.size() >= f.Original.size() {
		t.Errorf("%d bytes of %d are left", f.Case.size(), f.Original.size())
	}
	name := filepath.Base(f.FileName(r.Seed))
	c, err := ParseCase(name, f.Case.Format())
	if err != nil {
		t.Fatal(err)
	}
	class, log, err := RunCase(context.Background(), i, c)
	if err != nil || class != Deaf || !strings.Contains(log, "NumberFormatException") {
		t.Errorf("again: %v, %v\n%s", class, err, log)
	}
}

// What is not hostile is no finding.
func TestAGoodMessageIsSurvived(t *testing.T) {
	i := install(t)
	header, n := newGenerator(1).good()
	class, log, err := RunCase(context.Background(), i, Case{Header: header, Frames: [][]byte{frame(n, nil)}})
	if err != nil || class != Survived {
		t.Errorf("%v, %v\n%s", class, err, log)
	}
}

func TestARunThatIsStoppedLeavesNothing(t *testing.T) {
	i := install(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Run(ctx, Options{Install: i, Seed: 2, Cases: manyCases - 1, Progress: func(r Report) {
		if r.Done == 3 {
			cancel()
		}
	}})
	if err != nil || r.Done != 3 {
		t.Errorf("%d done, %v", r.Done, err)
	}
}
