package trace

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// Share is how likely a violation is at some place of a run: of all ways to go on from there at random, each
// action that is enabled alike, for as many steps as are left of the horizon, the part that break the property.
// It is summed over every state that can come, not sampled: a number of floating point, all of whose terms are
// positive and added in a fixed order, so that at least twelve of its digits are right.
type Share struct {
	Known bool
	Fails float64 // 0 to 1
	Sure  bool    // every way to go on breaks the property
}

// Option is something that could have happened in the place of a step, and the share after it.
type Option struct {
	Action cluster.Action
	Share  Share
}

// Odds are the shares of a run, before its first step and after each.
type Odds struct {
	Horizon int        // steps of a run, those taken included
	Near    bool       // the horizon is nearer than it would be if more states could be looked at
	At      []Share    // after so many steps
	Options [][]Option // by step: all that could happen, in the order of System.Actions
	States  int        // that were looked at
	Why     string     // why some shares are not known; empty if all are
}

// breaks is the successor of a step that breaks the property.
const breaks = -1

// web is the part of the state graph that continuations of a run can reach. States are known by their bytes.
type web struct {
	y     *cluster.System
	check func(props.Step) (props.Outcome, error)
	limit int

	id    map[string]int32
	bytes []string
	left  []int32 // how many steps can be left when the state is reached
	first []int32 // of its successors in next, breaks for a state that was not expanded
	count []int32
	next  []int32

	before, after cluster.State
	enabled       []cluster.Action
	buf           []byte
	horizon       int // so far
	covered       int // states that were wanted; the others are of attempts that were too far
	progress      func(horizon, states int)
}

func newWeb(y *cluster.System, p props.Property, o WhyOptions) *web {
	return &web{y: y, check: p.Check, limit: o.States, id: map[string]int32{}, progress: o.Progress}
}

// put is the number of a state.
func (w *web) put(s *cluster.State) int32 {
	w.buf = w.y.Encode(s, w.buf[:0])
	if id, ok := w.id[string(w.buf)]; ok {
		return id
	}
	return w.number(string(w.buf))
}

// number is the number of a state in bytes.
func (w *web) number(text string) int32 {
	if id, ok := w.id[text]; ok {
		return id
	}
	id := int32(len(w.bytes))
	w.id[text] = id
	w.bytes, w.left = append(w.bytes, text), append(w.left, -1)
	w.first, w.count = append(w.first, breaks), append(w.count, 0)
	return id
}

// reach makes known whatever can come within that many steps of a state. It tells whether that was not too
// much.
func (w *web) reach(ctx context.Context, root int32, steps int) bool {
	level := []int32{root}
	for left := int32(steps); left >= 0 && len(level) > 0; left-- {
		var below []int32
		for _, id := range level {
			if w.left[id] >= left {
				continue
			}
			w.left[id] = left
			if left == 0 {
				continue
			}
			if w.first[id] == breaks {
				if len(w.bytes) > w.limit || ctx.Err() != nil {
					return false
				}
				w.expand(id)
			}
			for _, to := range w.successors(id) {
				if to != breaks && w.left[to] < left-1 {
					below = append(below, to)
				}
			}
		}
		level = below
	}
	return true
}

func (w *web) successors(id int32) []int32 { return w.next[w.first[id]:][:w.count[id]] }

func (w *web) expand(id int32) {
	w.y.Decode(&w.before, []byte(w.bytes[id]))
	w.enabled = w.y.Actions(&w.before, w.enabled[:0])
	w.first[id], w.count[id] = int32(len(w.next)), int32(len(w.enabled))
	for _, a := range w.enabled {
		w.y.Copy(&w.after, &w.before)
		w.y.Apply(&w.after, a)
		outcome, _ := w.check(props.Step{System: w.y, Before: &w.before, After: &w.after, Action: a})
		if outcome == props.Violated {
			w.next = append(w.next, breaks)
		} else {
			w.next = append(w.next, w.put(&w.after))
		}
	}
	if w.progress != nil && id&1023 == 0 {
		w.progress(w.horizon, len(w.bytes))
	}
}

// odds are the shares of a run whose last step breaks a property that is checked step by step.
func odds(ctx context.Context, t *Trace, p props.Property, o WhyOptions) (*Odds, error) {
	n := len(t.Steps)
	y, err := t.System()
	if err != nil {
		return nil, err
	}
	run := make([]string, 0, n) // the states before the steps, in bytes
	_, err = Replay(t, func(_ int, before *cluster.State, _ cluster.Action, _ *cluster.State) {
		run = append(run, string(y.Encode(before, nil)))
	})
	if err != nil {
		return nil, err
	}
	w, extra := longer(ctx, y, p, run, o)
	known := n
	for known > 0 && w.covers(ctx, run, n+extra, known-1) {
		known--
	}
	list := w.solve(run, n+extra, known)
	list.Near = extra < farthest(n)
	switch {
	case known > 0 && ctx.Err() != nil:
		list.Why = "this was interrupted"
	case known > 0:
		list.Why = fmt.Sprintf("more than %d states can come after earlier steps", o.States)
	}
	return list, nil
}

// farthest is how many steps behind the end of a run of so many the horizon is put if that can be afforded.
func farthest(n int) int { return max(2*n, 30) }

// longer is how far the horizon lies behind the end of a run, and the states until then. Without that the last
// step of a shortest counterexample would be the only one that decides anything. It is as far as can be afforded
// for the whole run, or at least for the later half or quarter of it.
func longer(ctx context.Context, y *cluster.System, p props.Property, run []string, o WhyOptions) (*web, int) {
	n := len(run)
	quarter, most := (n+3)/4, farthest(n)
	for _, first := range []int{0, n / 2, n - max(n/4, 1)} {
		w, extra := newWeb(y, p, o), 0
		for extra < most && w.covers(ctx, run, n+min(extra+quarter, most), first) {
			extra = min(extra+quarter, most) // what is known of the states stays right for a farther horizon
		}
		switch {
		case extra > 0 && first == 0:
			return w, extra
		case extra > 0: // without the states of the attempt that was too far there is room for earlier steps
			return newWeb(y, p, o), extra
		}
	}
	return newWeb(y, p, o), 0
}

// covers makes known what can come after each place of a run, from its end back to the given one.
func (w *web) covers(ctx context.Context, run []string, horizon, first int) bool {
	w.horizon = horizon
	before := len(w.bytes)
	for i := len(run) - 1; i >= first; i-- {
		if !w.reach(ctx, w.number(run[i]), horizon-i) {
			return false
		}
	}
	if size := len(w.bytes); size > before {
		w.covered = size
	}
	return true
}

// solve counts the shares from the horizon back: with no step left nothing fails, and with some left a state's
// share is the mean of those of what can come next.
func (w *web) solve(run []string, horizon, known int) *Odds {
	n := len(run)
	odds := &Odds{Horizon: horizon, At: make([]Share, n+1), Options: make([][]Option, n), States: w.covered}
	odds.At[n] = Share{Known: true, Fails: 1, Sure: true}
	size := len(w.bytes)
	now, then := make([]Share, size), make([]Share, size)
	for left := 0; left <= horizon-known; left++ {
		if left > 0 {
			now, then = then, now
			for id := range now {
				now[id] = w.mean(int32(id), then)
			}
		}
		if i := horizon - left; i < n {
			odds.At[i] = now[w.number(run[i])]
			odds.At[i].Known = true
		}
		if i := horizon - left - 1; i >= known && i < n {
			odds.Options[i] = w.options(w.number(run[i]), now)
		}
	}
	return odds
}

func (w *web) mean(id int32, then []Share) (s Share) {
	if w.first[id] == breaks || w.count[id] == 0 {
		return Share{}
	}
	s.Sure = true
	for _, to := range w.successors(id) {
		if to == breaks {
			s.Fails++
			continue
		}
		s.Fails += then[to].Fails
		s.Sure = s.Sure && then[to].Sure
	}
	s.Fails /= float64(w.count[id])
	return s
}

// options are the shares after what can happen in a state.
func (w *web) options(id int32, then []Share) []Option {
	w.y.Decode(&w.before, []byte(w.bytes[id]))
	list := make([]Option, 0, w.count[id])
	for k, a := range w.y.Actions(&w.before, nil) {
		share := Share{Fails: 1, Sure: true}
		if to := w.successors(id)[k]; to != breaks {
			share = then[to]
		}
		share.Known = true
		list = append(list, Option{a, share})
	}
	return list
}
