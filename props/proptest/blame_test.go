package proptest

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/props"
)

// stack notes where Fatalf was called from.
type stack struct{ lines string }

func (s *stack) Fatalf(string, ...any) {
	pcs := make([]uintptr, 32) // as deep as rapid looks
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		s.lines += fmt.Sprintf("%s:%d\n", f.File, f.Line)
		if !more {
			return
		}
	}
}

// TestEveryPropertyFailsOnItsOwnLine: every property and lesson, and a hundred of the user's, have a
// call stack of their own, or rapid's shrinker would slide from one to another.
func TestEveryPropertyFailsOnItsOwnLine(t *testing.T) {
	seen := map[string]int{}
	for i := range len(props.All()) + len(props.Lessons()) + 100 {
		s := new(stack)
		blame(s, i, blameBits, "")
		if other, ok := seen[s.lines]; ok {
			t.Errorf("properties %d and %d have the same call stack", i, other)
		}
		seen[s.lines] = i
		again := new(stack)
		blame(again, i, blameBits, "")
		if again.lines == "" {
			t.Errorf("property %d does not fail", i)
		}
	}
}

// TestNamesAreDistinct: a property is found by its name when it fails.
func TestNamesAreDistinct(t *testing.T) {
	var names []string
	for _, p := range props.All() {
		names = append(names, p.Name)
	}
	for _, l := range props.Lessons() {
		names = append(names, l.Name)
	}
	slices.Sort(names)
	if n := len(names); len(slices.Compact(names)) != n {
		t.Errorf("two properties have one name")
	}
}

func TestFileName(t *testing.T) {
	if got := fileName("TestA/b c:d"); got != "TestA_b_c_d" {
		t.Errorf("fileName is %s", got)
	}
}
