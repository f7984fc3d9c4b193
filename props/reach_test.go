package props_test

import (
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/props"
)

// TestRandomSchedulesReachFar: schedules of five servers with faults and writes are of use if they come to
// where things can go wrong: a committed write in at least half of them, a second established epoch in a
// third.
func TestRandomSchedulesReachFar(t *testing.T) {
	cfg := config(t, "1:1,8 2:1,8 3:1,8 4:1,7 5:1,7", "", "crashes=3 restarts=3 cuts=3 writes=4 rounds=12 epochs=12", nil)
	list := props.All()
	cfg.Track = props.TrackOf(list)
	const runs, steps = 400, 400
	written, again, taken := 0, 0, 0
	start := time.Now()
	for seed := range uint64(runs) {
		r := newRun(t, cfg, nil)
		if v := r.draw(props.NewSeeded(3, seed), steps); v != nil {
			t.Fatalf("run %d: %v", seed, v)
		}
		taken += len(r.trace)
		if r.now.Replies() > 0 {
			written++
		}
		if r.now.EstablishedEpochs() > 1 {
			again++
		}
	}
	t.Logf("%d runs of up to %d steps: %d with a committed write, %d with a second established epoch; %d steps in %v",
		runs, steps, written, again, taken, time.Since(start))
	if 2*written < runs || 3*again < runs {
		t.Errorf("%d of %d runs committed a write, %d established a second epoch", written, runs, again)
	}
}
