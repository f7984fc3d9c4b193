package explore

import (
	"context"
	"math"
	"testing"
)

// TestEstimate stops searches halfway, and looks whether the whole lies between the bounds.
func TestEstimate(t *testing.T) {
	for _, sys := range []grid{{counters: 4, top: 9}, {counters: 5, top: 9}, {counters: 3, top: 30}} {
		whole := BreadthFirst(context.Background(), sys, nil, Options{})
		for _, depth := range []int{whole.Depth / 3, whole.Depth / 2, 2 * whole.Depth / 3} {
			e := estimate(whole.Levels[:depth+1], 0)
			if e.Total == 0 || e.Low > e.Total || e.High != 0 && e.High < e.Total {
				t.Fatalf("%v at depth %d: %+v", sys, depth, e)
			}
			if off := math.Abs(math.Log(float64(e.Total) / float64(whole.Distinct))); off > math.Log(3) {
				t.Errorf("%v at depth %d of %d: %+v, and there are %d", sys, depth, whole.Depth, e, whole.Distinct)
			}
		}
	}
	for _, levels := range [][]uint64{nil, {1}, {1, 2, 4, 8}, {1, 2, 4, 8, 16, 32, 64}, {1, 1, 1, 1, 1, 1}} {
		if e := estimate(levels, 0); e.Total != 0 {
			t.Errorf("%v: %+v, and nothing is known", levels, e)
		}
	}
	if e := estimate([]uint64{1, 4, 8, 8, 4, 1}, 1000); e.Total < 1026 {
		t.Errorf("%+v is less than what is known", e)
	}
}
