package trace

import (
	"context"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// mostRetaken bounds how many steps are taken again, in all attempts to leave some out.
const mostRetaken = 2_000_000

// cone looks for the steps that a violation needs. It guesses by what builds on what, and believes a guess
// when what is left runs and breaks the same property in its last step, or as a whole.
type cone struct {
	t       *Trace // ends with the violation
	builds  [][]int
	kept    []bool
	retaken int
	whole   bool // the property is judged on whole runs: the violation is not in the last step
}

// causesOf replays a trace for what its steps build on.
func causesOf(t *Trace) ([][]int, error) {
	y, err := t.System()
	if err != nil {
		return nil, err
	}
	c := newCauses(y)
	builds := make([][]int, 0, len(t.Steps))
	_, err = Replay(t, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		builds = append(builds, c.step(i, before, a, after))
	})
	return builds, err
}

// needed tells which steps of a trace that ends with a violation can't be left out. While any of the others
// is struck out, none of those that are kept can be left out by itself; every is false if there were too many
// to try.
func needed(ctx context.Context, t *Trace, p props.Property, builds [][]int) (kept []bool, every bool) {
	n := len(t.Steps)
	c := &cone{t: t, builds: builds, kept: slices.Repeat([]bool{true}, n), whole: p.Check == nil}
	c.attempt(c.past())
	for size := max(n/2, 1); ; size /= 2 {
		for c.sweep(ctx, size) && size == 1 {
		}
		if ctx.Err() != nil || c.retaken > mostRetaken {
			return c.kept, false
		}
		if size <= 1 {
			return c.kept, true
		}
	}
}

// past is what the last step, or the loop, builds on, and what that builds on.
func (c *cone) past() []bool {
	n := len(c.kept)
	in := make([]bool, n)
	for i := n - 1; i >= 0; i-- {
		if i == n-1 || c.t.Loop != NoLoop && i >= c.t.Loop {
			in[i] = true
		}
		if in[i] {
			for _, k := range c.builds[i] {
				in[k] = true
			}
		}
	}
	return in
}

// sweep tries to leave out runs of steps of that size, the latest first. It tells whether something went.
func (c *cone) sweep(ctx context.Context, size int) (gone bool) {
	var list []int
	for i, k := range c.kept {
		if k {
			list = append(list, i)
		}
	}
	for end := len(list); end > 0; end -= size {
		if ctx.Err() != nil || c.retaken > mostRetaken {
			return gone
		}
		out := slices.Clone(c.kept)
		some := false
		for _, i := range list[max(end-size, 0):end] {
			some = some || c.kept[i]
			out[i] = false
		}
		if some && (c.attempt(c.future(out)) || c.attempt(out)) {
			gone = true
		}
	}
	return gone
}

// future leaves out, too, what builds on what is left out.
func (c *cone) future(kept []bool) []bool {
	kept = slices.Clone(kept)
	for i := range kept {
		for _, k := range c.builds[i] {
			if c.kept[k] && !kept[k] {
				kept[i] = false
			}
		}
	}
	return kept
}

// attempt keeps only the given steps if the violation stays.
func (c *cone) attempt(kept []bool) bool {
	if slices.Equal(kept, c.kept) || !kept[len(kept)-1] && c.t.Loop == NoLoop && !c.whole {
		return false
	}
	rest := c.t.only(kept)
	c.retaken += len(rest.Steps)
	v, err := Replay(rest, nil)
	if err != nil || !v.Violated || v.Property != c.t.Property || v.Step != len(rest.Steps) {
		return false
	}
	c.kept = kept
	return true
}

// only is the trace with some of its steps.
func (t *Trace) only(kept []bool) *Trace {
	rest := New(t.Property, t.Config, nil)
	rest.Name = t.Name
	if t.Loop != NoLoop {
		rest.Loop = 0
	}
	for i, s := range t.Steps {
		if kept[i] {
			rest.Steps = append(rest.Steps, s)
			if i < t.Loop {
				rest.Loop++
			}
		}
	}
	return rest
}
