package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/model/tla"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// module has the rows of the official TLA+ module, and what TLC counts in them.
var module = []struct {
	config              tla.Config
	distinct, generated uint64
}{
	{tla.Config{Servers: 3, MaxRecv: 1, MaxChan: 1}, 292_076, 1_599_990},
	{tla.Config{Servers: 3, MaxClock: 1, MaxSum: 1, MaxRecv: 1, MaxChan: 1}, 939_977, 5_069_940},
	{tla.Config{Servers: 3, MaxRecv: 1, MaxChan: 2}, 3_841_837, 24_949_098},
}

// engine has configurations of the engine, three servers 1:1,8 2:1,8 3:1,7, and how many states they
// have without the reductions.
var engine = []struct {
	limits   string
	distinct uint64
}{
	{"rounds=1 epochs=2", 123_524},
	{"rounds=1 epochs=2 cuts=1", 957_720},
	{"rounds=2 epochs=2", 1_984_272},
	{"rounds=1 epochs=1 crashes=1 restarts=1", 2_121_653},
}

// room is how many bytes a state a search may take: as many as it wants, or so few that most of the
// states it knows are on disk.
var room = []struct {
	name  string
	bytes uint64
}{{"memory", 0}, {"disk", 4}}

// tally adds up the searches of a benchmark.
type tally struct{ distinct, generated, bytes uint64 }

// add takes a complete search in, and refuses one that stopped.
func (t *tally) add(b *testing.B, distinct, generated, bytes uint64, complete bool) {
	b.Helper()
	if !complete {
		b.Fatal("the search is not complete")
	}
	t.distinct, t.generated, t.bytes = t.distinct+distinct, t.generated+generated, t.bytes+bytes
}

// report writes what benchstat compares.
func (t *tally) report(b *testing.B) {
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(t.distinct)/seconds, "states/s")
	b.ReportMetric(float64(t.generated)/seconds, "generated/s")
	b.ReportMetric(float64(t.bytes)/float64(t.distinct), "B/state")
}

// BenchmarkModule searches the rows that compare.sh gives to TLC.
func BenchmarkModule(b *testing.B) {
	for _, row := range module {
		y, err := tla.New(row.config)
		if err != nil {
			b.Fatal(err)
		}
		each(b, words(row.config.String()), row.distinct, func(b *testing.B, o explore.Options, t *tally) {
			r := explore.BreadthFirst(context.Background(), y, nil, o)
			if r.Distinct != row.distinct || r.Generated != row.generated {
				b.Fatalf("%d distinct of %d generated, TLC has %d of %d",
					r.Distinct, r.Generated, row.distinct, row.generated)
			}
			t.add(b, r.Distinct, r.Generated, r.MemoryBytes, r.Complete)
		})
	}
}

// BenchmarkEngine searches the engine with every step property on, with the reductions and without.
func BenchmarkEngine(b *testing.B) {
	for _, row := range engine {
		c, err := cluster.ParseConfig(strings.Fields("1:1,8 2:1,8 3:1,7"), "", "")
		if err != nil {
			b.Fatal(err)
		}
		if c.Limits, err = cluster.ParseLimits(row.limits); err != nil {
			b.Fatal(err)
		}
		for _, reduce := range []explore.Reduction{explore.ReduceNone, explore.ReduceSteps, explore.ReduceAll} {
			name := fmt.Sprintf("%s/reduce=%v", words(row.limits), reduce)
			each(b, name, row.distinct, func(b *testing.B, o explore.Options, t *tally) {
				o.Reduce = reduce
				r, _, err := trace.Search(context.Background(), c, props.StepProperties(), o)
				if err != nil {
					b.Fatal(err)
				}
				if reduce != explore.ReduceAll && r.Distinct != row.distinct {
					b.Fatalf("%d distinct states, want %d", r.Distinct, row.distinct)
				}
				t.add(b, r.Distinct, r.Generated, r.MemoryBytes, r.Complete)
			})
		}
	}
}

// each runs a search of so many states in memory and on disk, with one worker and with two.
func each(b *testing.B, name string, states uint64, search func(*testing.B, explore.Options, *tally)) {
	for _, r := range room {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%s/workers=%d", name, r.name, workers), func(b *testing.B) {
				var t tally
				o := explore.Options{Workers: workers}
				if r.bytes > 0 {
					o.MaxMemory, o.Disk = r.bytes*states, &explore.Disk{Dir: b.TempDir()}
				}
				for b.Loop() {
					search(b, o, &t)
				}
				t.report(b)
			})
		}
	}
}

// words writes a configuration as a part of a benchmark's name, which has no spaces.
func words(s string) string { return strings.ReplaceAll(s, " ", ",") }
