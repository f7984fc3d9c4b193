package bridge

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
)

// said is what was counted, in words: the differences that did not occur are left out.
func (c *Counts) said() string {
	var b strings.Builder
	fmt.Fprintf(&b, "steps=%d exact=%d still=%d", c.Steps(), c.Exact(), c.Still())
	for _, d := range All() {
		if n := c.Of(d); n > 0 {
			fmt.Fprintf(&b, " %v=%d", d, n)
		}
	}
	return b.String()
}

// Every transition of systems that are searched to the end.
func TestEveryTransitionIsTheModules(t *testing.T) {
	for _, c := range []struct {
		servers, limits string
		distinct        uint64
		long            bool
		want            string
	}{
		{"1:0,0 2:0,0", "rounds=2 channel-len=4 giveups=1 timeouts=1 inbox=3", 68183, false,
			"steps=202442 exact=73077 still=96996 early-timeout=328 leftover=280 own-unheard=13751 own-heard=6775 own-stale=380 " +
				"own-answer=6526 own-told=4312 own-counted=144 leaders-word=122"},
		{"1:0,0 2:0,0 3:0,0", "rounds=1 channel-len=4 giveups=0 timeouts=0 inbox=1", 774825, true,
			"steps=2840912 exact=1751549 still=703326 unconnected=48 own-unheard=151713 own-heard=120897 own-answer=94881 " +
				"own-counted=183 without-own=12248 leaders-word=6115"},
	} {
		if c.long && testing.Short() {
			continue
		}
		b := mustBridge(t, mustSystem(t, c.servers, c.limits, nil))
		var total Counts
		props := []explore.Property[cluster.State, cluster.Action]{b.Property(&total)}
		r := explore.BreadthFirst(context.Background(), b.system, props, explore.Options{})
		for _, v := range r.Violations {
			t.Errorf("%s %s: %v", c.servers, c.limits, v.Trace)
		}
		if !r.Complete || r.Distinct != c.distinct || total.said() != c.want {
			t.Errorf("%s %s: %d states, complete %v, want %d\n%s\nwant\n%s", c.servers, c.limits, r.Distinct, r.Complete, c.distinct,
				total.said(), c.want)
		}
	}
}
