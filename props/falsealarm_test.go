package props_test

import (
	"path/filepath"
	"testing"

	"github.com/zkcheck/zkcheck/trace"
)

// TestFalseAlarms: runs that a property once called wrong though they are right, as rapid and the fuzzer
// found them and shrinking left them. The comment in each says why it is right.
func TestFalseAlarms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "falsealarms", "*.zkt"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		r, err := trace.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := trace.Replay(r, nil); err != nil || v.Violated {
			t.Errorf("%s: %v, %v", file, v, err)
		}
		r.Property = ""
		if v, err := trace.Replay(r, nil); err != nil || v.Violated {
			t.Errorf("%s, judged by all: %v, %v", file, v, err)
		}
	}
}
