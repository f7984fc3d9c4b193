package fuzz

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/trace"
)

// FuzzTrace: whatever is in a file, reading it does not panic; what can be read can be written, and
// reads the same again.
func FuzzTrace(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := trace.Parse("fuzz", data)
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "fuzz:") || strings.Contains(text, "\n") {
				t.Fatalf("an error is one line, file:line first: %q", text)
			}
			return
		}
		written := first.Format()
		second, err := trace.Parse("fuzz", written)
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, written)
		}
		if again := second.Format(); !bytes.Equal(again, written) {
			t.Fatalf("written:\n%s\nread and written again:\n%s", written, again)
		}
		if !slices.Equal(first.Actions(), second.Actions()) || first.Property != second.Property ||
			first.Config.Servers() != second.Config.Servers() || first.Config.Limits != second.Config.Limits ||
			first.Config.FIFO != second.Config.FIFO {
			t.Fatalf("reads as another trace:\n%s\n%s", data, written)
		}
	})
}

// FuzzAction: ParseAction accepts exactly what String writes, with any blanks between the words.
func FuzzAction(f *testing.F) {
	f.Fuzz(func(t *testing.T, line string) {
		a, err := cluster.ParseAction(line)
		if err != nil {
			return
		}
		text := a.String()
		if words := strings.Join(strings.Fields(line), " "); words != text {
			t.Fatalf("%q reads as an action that is written %q", line, text)
		}
		if again, err := cluster.ParseAction(text); err != nil || again != a {
			t.Fatalf("%q reads as %+v, but what that writes reads as %+v, %v", line, a, again, err)
		}
	})
}
