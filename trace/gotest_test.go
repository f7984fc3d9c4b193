package trace_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestGoTestRuns: the tests that are written are of use in another module: go vet finds nothing, they pass, and
// the one that asks for a mended lesson fails, for ZooKeeper teaches it still.
func TestGoTestRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	home, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	write("go.mod", []byte(strings.Replace(string(mod), "module github.com/zkcheck/zkcheck", "module example.org/user", 1)+
		"\nrequire github.com/zkcheck/zkcheck v0.0.0\n\nreplace github.com/zkcheck/zkcheck => "+home+"\n"))
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write("go.sum", sum)
	mutated, err := trace.Parse("x.zkt", []byte(edited("phases", "# a `quoted` comment")))
	if err != nil {
		t.Fatal(err)
	}
	long, err := trace.Parse("x.zkt", []byte(edited("phases", slices.Repeat([]string{"# `"}, 150_000)...)))
	if err != nil {
		t.Fatal(err)
	}
	lesson := lessonTrace(t, props.Lessons()[0])
	for _, x := range []struct {
		name string
		t    *trace.Trace
		over bool
	}{{"grows", mutated, false}, {"much-to-say", long, false}, {"grows-no-more", mutated, true}, {"two-leading", lesson, false}, {"mended", lesson, true}} {
		text, err := trace.GoTest(x.t, "user", x.name, x.over)
		if err != nil {
			t.Fatal(err)
		}
		write(strings.ReplaceAll(x.name, "-", "_")+"_test.go", text)
	}
	run := func(args ...string) (string, error) {
		c := exec.Command("go", args...)
		c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := run("vet", "."); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := run("test", "-v", ".")
	for _, want := range []string{"--- PASS: TestGrows ", "--- PASS: TestMuchToSay ", "--- PASS: TestGrowsNoMore ", "--- PASS: TestTwoLeading ", "--- FAIL: TestMended ",
		"want that two-leading-one-round holds"} {
		if err == nil || !strings.Contains(out, want) {
			t.Fatalf("%v: there is no %q in\n%s", err, want, out)
		}
	}
}

func TestGoTestRefuses(t *testing.T) {
	holds, err := trace.Parse("x.zkt", []byte(edited("mutant", "# none")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trace.GoTest(holds, "user", "x", false); err == nil || !strings.Contains(err.Error(), "x.zkt: it violates nothing") {
		t.Errorf("got %v", err)
	}
	good, err := trace.Parse("x.zkt", []byte(file(minimal...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"", "_", "a-b", "1a", "a b", "func"} {
		if _, err := trace.GoTest(good, pkg, "x", false); err == nil || !strings.HasSuffix(err.Error(), "is not the name of a package") {
			t.Errorf("%q is taken for a package, or refused in other words: %v", pkg, err)
		}
	}
}
