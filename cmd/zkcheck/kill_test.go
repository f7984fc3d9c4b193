package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKilledAtAnyMoment kills searches that spill, at random moments of their lives, and lets resume go on, which is killed
// too now and then. In the end the report is that of a search that nobody disturbed, but for what the clock says.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := 3
	if os.Getenv("ZKCHECK_FULL") != "" {
		kills = 201
	}
	for _, args := range [][]string{
		{"--system", "tla"},
		{"1:1,8", "2:1,8", "3:1,7", "--rounds", "1", "--reduce", "none"},
		{"1:1,8", "2:1,8", "3:1,7", "--rounds", "1", "--timeouts", "0", "--phases", "discovery", "--crashes", "1", "--cuts", "1", "--restarts", "1", "--epochs", "1"},
	} {
		check := func(dir string) []string {
			return append([]string{"check", "--json", "--memory", "1MiB", "--dir", dir}, args...)
		}
		whole := t.TempDir()
		began := time.Now()
		want := finished(t, zkcheck(whole, check("kept")...))
		took := time.Since(began)
		rng := rand.New(rand.NewPCG(1, uint64(len(args))))
		resumed := 0 // where there was a checkpoint
		for trial := range kills / 3 {
			dir := t.TempDir()
			c := zkcheck(dir, check("kept")...)
			for n := 0; killed(t, c, time.Duration(rng.Int64N(int64(took)))) && n < 3; n++ {
				if _, err := os.Stat(filepath.Join(dir, "kept", "1", "checkpoint.json")); err == nil {
					resumed++
				}
				if _, err := os.Stat(filepath.Join(dir, "kept", "check.json")); err != nil {
					break // it had not even begun
				}
				c = zkcheck(dir, "resume", "--json", "--memory", "1MiB", "kept")
			}
			got := finished(t, zkcheck(dir, check("kept")...))
			if !bytes.Equal(got, want) {
				t.Fatalf("%v, trial %d: the report is\n%s\nand of a search that nobody disturbed\n%s", args, trial, got, want)
			}
		}
		t.Logf("%v: %d searches killed, %d times after a checkpoint", args, kills/3, resumed)
		if resumed == 0 && kills >= 50 {
			t.Errorf("%v: no search was killed after a checkpoint", args)
		}
	}
}

// zkcheck is the command in a process of its own.
func zkcheck(dir string, args ...string) *exec.Cmd {
	c := exec.Command("zkcheck", args...)
	c.Dir = dir
	return c
}

// killed starts a command and kills it after a time, unless it ends before.
func killed(t *testing.T, c *exec.Cmd, after time.Duration) bool {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { c.Process.Kill() })
	defer timer.Stop()
	return c.Wait() != nil
}

// finished lets a command come to its end, and returns its report without what depends on the clock.
func finished(t *testing.T, c *exec.Cmd) []byte {
	t.Helper()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v, %s%s", c.Args, err, out, stderr.String())
	}
	var object map[string]any
	if err := json.Unmarshal(out, &object); err != nil {
		t.Fatal(err)
	}
	timeless(object)
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
