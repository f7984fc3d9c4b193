package explore

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress is a look at a search under way. Its numbers are approximate, the report's are exact.
type Progress struct {
	Distinct, Generated uint64
	Queue               uint64 // states found and not yet expanded; while a goal is decided, states not yet looked at
	Goal                int    // of Eventually: the goal that is decided, 1 being the first; 0: the graph is searched
	Walks               uint64
	Depth               int
	Elapsed             time.Duration
	MemoryBytes         uint64
	Rate                float64  // distinct states (of walks: steps) per second since the last look
	Estimate            Estimate // breadth-first only
	DiskBytes           uint64   // of states, levels and parents on disk
}

// meter is what workers write while the progress goroutine reads.
type meter struct {
	distinct, generated, queue, walks, depth, memory, disk, goal atomic.Uint64

	estimate atomic.Pointer[Estimate]
}

// watch calls o.Progress until the returned stop is called; after stop returned it is not called again. rated picks the
// number that Rate is about.
func (m *meter) watch(o *Options, start time.Time, rated func(*Progress) uint64) (stop func()) {
	if o.Progress == nil {
		return func() {}
	}
	every := o.Every
	if every <= 0 {
		every = time.Second
	}
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		last, lastCount := start, uint64(0)
		for {
			select {
			case <-quit:
				return
			case now := <-ticker.C:
				p := m.look(now.Sub(start))
				count := rated(&p)
				if passed := now.Sub(last).Seconds(); passed > 0 && count > lastCount {
					p.Rate = float64(count-lastCount) / passed
				}
				last, lastCount = now, count
				o.Progress(p)
			}
		}
	})
	return func() {
		close(quit)
		done.Wait()
	}
}

// look reads the meter, and the states first.
func (m *meter) look(elapsed time.Duration) Progress {
	var e Estimate
	if known := m.estimate.Load(); known != nil {
		e = *known
	}
	return Progress{
		Distinct:    m.distinct.Load(),
		Estimate:    e,
		DiskBytes:   m.disk.Load(),
		Generated:   m.generated.Load(),
		Queue:       m.queue.Load(),
		Goal:        int(m.goal.Load()),
		Walks:       m.walks.Load(),
		Depth:       int(m.depth.Load()),
		Elapsed:     elapsed,
		MemoryBytes: m.memory.Load(),
	}
}
