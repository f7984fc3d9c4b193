package tla

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
)

// rows are complete searches, and what TLC counts in them: its depth is 1 for the initial state.
var rows = []struct {
	config              Config
	distinct, generated uint64
	depth               int
}{
	{Config{3, 0, 0, 1, 1}, 292_076, 1_599_990, 45},
	{Config{3, 1, 1, 1, 1}, 939_977, 5_069_940, 91},
	{Config{3, 0, 0, 1, 2}, 3_841_837, 24_949_098, 57},
}

func mustSystem(tb testing.TB, c Config) *System {
	tb.Helper()
	y, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return y
}

func TestRows(t *testing.T) {
	for i, row := range rows {
		for _, workers := range []int{1, 2, 8} {
			quick := i == 0 || i == 1 && workers == 2
			if !quick && os.Getenv("ZKCHECK_FULL") == "" {
				continue // ZKCHECK_FULL=1
			}
			for _, memory := range []uint64{0, 2 << 20} { // all of it, and what makes most of it go to disk
				t.Run(fmt.Sprintf("%v/workers=%d/memory=%d", row.config, workers, memory), func(t *testing.T) {
					o := explore.Options{Workers: workers, MaxMemory: memory}
					if memory > 0 {
						o.Disk = &explore.Disk{Dir: t.TempDir()}
					}
					r := explore.BreadthFirst(context.Background(), mustSystem(t, row.config), nil, o)
					if r.Distinct != row.distinct || r.Generated != row.generated || r.Depth+1 != row.depth || !r.Complete {
						t.Errorf("%d / %d / %d, complete: %t, %v; want %d / %d / %d", r.Distinct, r.Generated, r.Depth+1, r.Complete,
							r.Err, row.distinct, row.generated, row.depth)
					}
				})
			}
		}
	}
}

// TestSmallSearchesAgree searches small configurations by the second implementation, with maps, and wants the same counts.
func TestSmallSearchesAgree(t *testing.T) {
	for _, c := range []Config{
		{1, 0, 0, 1, 1}, {1, 3, 3, 3, 0}, {2, 0, 0, 0, 1}, {2, 0, 0, 1, 1}, {2, 1, 1, 1, 1}, {2, 1, 2, 2, 1}, {2, 2, 3, 1, 2},
	} {
		distinct, generated, depth := 0, 1, 0
		seen := map[string]bool{}
		level := []*refState{refInit(c.Servers)}
		seen[level[0].key()] = true
		for ; len(level) > 0; depth++ {
			distinct += len(level)
			var next []*refState
			for _, s := range level {
				for _, step := range s.next() {
					generated++
					if key := step.after.key(); step.after.within(c) && !seen[key] {
						seen[key] = true
						next = append(next, step.after)
					}
				}
			}
			level = next
		}
		r := explore.BreadthFirst(context.Background(), mustSystem(t, c), nil, explore.Options{})
		if int(r.Distinct) != distinct || int(r.Generated) != generated || r.Depth+1 != depth {
			t.Errorf("%v: %d / %d / %d, want %d / %d / %d", c, r.Distinct, r.Generated, r.Depth+1, distinct, generated, depth)
		}
	}
}
