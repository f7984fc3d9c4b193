package trace_test

import (
	"context"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// BenchmarkSearch is the three-server search with every safety property on, as zkcheck check makes it.
func BenchmarkSearch(b *testing.B) {
	c, err := config("cluster 1:1,8 2:1,8 3:1,7\nlimits rounds=2 epochs=2")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	states := uint64(0)
	for b.Loop() {
		r, _, err := trace.Search(context.Background(), c, props.StepProperties(), explore.Options{})
		if err != nil || !r.Complete {
			b.Fatal(err, r.Stopped)
		}
		states += r.Distinct
	}
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
	b.ReportMetric(0, "ns/op")
}
