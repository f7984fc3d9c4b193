package trace

import (
	"context"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// wholeRun reads a trace and the states before its steps.
func wholeRun(t *testing.T, text string) (*Trace, *cluster.System, props.Property, []string) {
	t.Helper()
	x, err := Parse("x.zkt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := props.Find(x.Property)
	if err != nil {
		t.Fatal(err)
	}
	y, err := x.System()
	if err != nil {
		t.Fatal(err)
	}
	var run []string
	v, err := Replay(x, func(_ int, before *cluster.State, _ cluster.Action, _ *cluster.State) {
		run = append(run, string(y.Encode(before, nil)))
	})
	if err != nil || !v.Violated || v.Step != len(x.Steps) {
		t.Fatal(v, err)
	}
	return x, y, p, run
}

// byForce is the share by its definition: every continuation, one by one.
func byForce(y *cluster.System, p props.Property, s *cluster.State, left int) (fails float64, sure bool) {
	if left == 0 {
		return 0, false
	}
	enabled := y.Actions(s, nil)
	sure = len(enabled) > 0
	for _, a := range enabled {
		var after cluster.State
		y.Copy(&after, s)
		y.Apply(&after, a)
		f, all := 1.0, true
		if outcome, _ := p.Check(props.Step{System: y, Before: s, After: &after, Action: a}); outcome != props.Violated {
			f, all = byForce(y, p, &after, left-1)
		}
		fails += f / float64(len(enabled))
		sure = sure && all
	}
	return fails, sure
}

const (
	worse = "zkcheck trace v1\nproperty proposal-only-grows\ncluster 1:1,8 2:0,8\nlimits rounds=1\nmutant ZK-1419\n" +
		"start 1\nstart 2\ndeliver 2->1\n"
	doubled = "zkcheck trace v1\nproperty not-maximum-of-all\ncluster 1:1,8 2:1,8 3:1,8\nlimits rounds=1\n" +
		"start 1\nstart 2\nstart 3\ndeliver 2->1\ndecide 1\n"
)

// TestSharesByForce: the shares are those of a plain enumeration of all continuations.
func TestSharesByForce(t *testing.T) {
	for _, test := range []struct {
		name, text string
		horizon    int
		avoidable  bool // at the start
	}{
		{"worse vote", worse, 9, true},
		{"late better vote", doubled, 7, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, y, p, run := wholeRun(t, test.text)
			w := newWeb(y, p, WhyOptions{States: 100_000})
			if !w.covers(context.Background(), run, test.horizon, 0) {
				t.Fatal("too many states")
			}
			odds := w.solve(run, test.horizon, 0)
			for i := range run {
				var s cluster.State
				y.Decode(&s, []byte(run[i]))
				want, sure := byForce(y, p, &s, test.horizon-i)
				if got := odds.At[i]; !got.Known || got.Sure != sure || math.Abs(got.Fails-want) > 1e-12 {
					t.Errorf("after %d steps: got %+v, by force %v, %v", i, got, want, sure)
				}
				if want <= 0 || test.avoidable && i == 0 && sure {
					t.Errorf("after %d steps the share is %v, %v: this run shows nothing", i, want, sure)
				}
			}
		})
	}
}

// TestSharesAreMeans: a share is the mean of what can come next, the step that was taken included, and 1 in
// the end.
func TestSharesAreMeans(t *testing.T) {
	for _, name := range []string{"two-leading-one-round", "not-maximum-of-all", "unrecoverable-disk"} {
		data, err := os.ReadFile("testdata/" + name + ".zkt")
		if err != nil {
			t.Fatal(err)
		}
		x, y, p, run := wholeRun(t, string(data))
		odds, err := odds(context.Background(), x, p, WhyOptions{States: 60_000})
		if err != nil {
			t.Fatal(err)
		}
		n := len(run)
		w := newWeb(y, p, WhyOptions{States: 1 << 20})
		if odds.Near = false; !w.covers(context.Background(), run, odds.Horizon, 0) ||
			!odds.At[0].Known || !reflect.DeepEqual(w.solve(run, odds.Horizon, 0), odds) {
			t.Errorf("%s: not what is found where nothing is too much", name)
		}
		if end := odds.At[n]; !end.Sure || end.Fails != 1 || odds.Horizon < n {
			t.Errorf("%s: ends with %+v, horizon %d", name, end, odds.Horizon)
		}
		for i := range run {
			if !odds.At[i].Known {
				if odds.Why == "" {
					t.Errorf("%s: the share after %d steps is not known, and nobody says why", name, i)
				}
				continue
			}
			sum, taken := 0.0, -1.0
			for _, o := range odds.Options[i] {
				sum += o.Share.Fails
				if o.Action == x.Steps[i].Action {
					taken = o.Share.Fails
				}
			}
			if mean := sum / float64(len(odds.Options[i])); math.Abs(mean-odds.At[i].Fails) > 1e-12 || taken != odds.At[i+1].Fails {
				t.Errorf("%s after %d steps: share %v, mean %v; then %v, taken %v", name, i, odds.At[i].Fails, mean, odds.At[i+1].Fails, taken)
			}
		}
	}
}

// TestSharesBound: where too many states can come, the last steps are known and the others say why not.
func TestSharesBound(t *testing.T) {
	data, err := os.ReadFile("testdata/two-leading-one-round.zkt")
	if err != nil {
		t.Fatal(err)
	}
	x, _, p, run := wholeRun(t, string(data))
	few, err := odds(context.Background(), x, p, WhyOptions{States: 40})
	if err != nil {
		t.Fatal(err)
	}
	known := slices.IndexFunc(few.At, func(s Share) bool { return s.Known })
	if known == 0 || known > len(run)-1 || few.Why == "" {
		t.Errorf("known from %d on, %q", known, few.Why)
	}
	for i, s := range few.At {
		if s.Known != (i >= known) {
			t.Errorf("known are %+v", few.At)
		}
	}
	again, err := odds(context.Background(), x, p, WhyOptions{States: 40})
	if err != nil || !reflect.DeepEqual(few, again) {
		t.Errorf("%v: not the same again", err)
	}
}
