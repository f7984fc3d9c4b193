package cluster_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// channelLen is the bit of the limit that keeps a message from being kept besides another one.
var channelLen = func() (bit uint64) {
	for bit = 1; !slices.Equal(cluster.CutNames(bit), []string{"channel-len"}); bit <<= 1 {
	}
	return bit
}()

// canonicalLaw holds states against their canonical forms: the same actions are enabled, the properties say
// the same of each, limits cut the same off, and what follows has the same canonical form. By induction that is
// so for ever, wherever it is so in every state. One thing is allowed: the canonical form may lack deliveries that change
// nothing but what is on its way to no effect, and then a longer channel would keep no more than such messages.
type canonicalLaw struct {
	t    *testing.T
	y    *cluster.System
	list []props.Property

	canonical, next, after cluster.State
	changed, stutters      int
	onNext                 func(*cluster.State) // what follows, before it is made canonical
}

func (l *canonicalLaw) check(s *cluster.State, enabled []cluster.Action) {
	l.t.Helper()
	y, c := l.y, &l.canonical
	y.Copy(c, s)
	y.Canonical(c)
	form := y.Encode(c, nil)
	if !bytes.Equal(y.Encode(s, nil), form) {
		l.changed++
	}
	if y.Canonical(c); !bytes.Equal(form, y.Encode(c, nil)) {
		l.t.Fatal("the canonical form is not its own")
	}
	left := y.Actions(c, nil)
	if y.Cut(s) != y.Cut(c) {
		l.t.Fatalf("%s: limits cut off something else of the canonical form", y.Limits)
	}
	for _, by := range enabled {
		y.Copy(&l.next, s)
		y.Apply(&l.next, by)
		if len(left) == 0 || left[0] != by {
			l.leftOut(s, by, form)
			continue
		}
		left = left[1:]
		y.Copy(&l.after, c)
		y.Apply(&l.after, by)
		if !slices.Equal(outcomes(y, l.list, s, &l.next, by), outcomes(y, l.list, c, &l.after, by)) || (y.Cut(&l.next)^y.Cut(&l.after))&^(channelLen&y.Cut(&l.next)) != 0 {
			l.t.Fatalf("%s: of %v something else is said in the canonical form: %v, %v, cut %b, %b", y.Limits, by,
				outcomes(y, l.list, s, &l.next, by), outcomes(y, l.list, c, &l.after, by), y.Cut(&l.next), y.Cut(&l.after))
		}
		if l.onNext != nil {
			l.onNext(&l.next)
		}
		y.Canonical(&l.next)
		y.Canonical(&l.after)
		if !l.alike() {
			l.t.Fatalf("%s: %v leads elsewhere from the canonical form", y.Limits, by)
		}
	}
	if len(left) > 0 {
		l.t.Fatalf("%s: %v is enabled in the canonical form only", y.Limits, left)
	}
}

// leftOut: a step of s that is none of its canonical form's is one that nothing comes of.
func (l *canonicalLaw) leftOut(s *cluster.State, by cluster.Action, form []byte) {
	l.t.Helper()
	l.stutters++
	if slices.Contains(outcomes(l.y, l.list, s, &l.next, by), props.Violated) {
		l.t.Fatalf("%s: %v is not enabled in the canonical form, and is a violation", l.y.Limits, by)
	}
	if l.onNext != nil {
		l.onNext(&l.next)
	}
	l.y.Decode(&l.after, form)
	l.y.Canonical(&l.next)
	if by.Kind != cluster.Deliver || !l.alike() {
		l.t.Fatalf("%s: %v is not enabled in the canonical form, and something comes of it", l.y.Limits, by)
	}
}

// alike tells whether the states that follow differ in nothing but messages of which nothing comes.
func (l *canonicalLaw) alike() bool {
	l.y.ForgetIdle(&l.next)
	l.y.ForgetIdle(&l.after)
	return bytes.Equal(l.y.Encode(&l.next, nil), l.y.Encode(&l.after, nil))
}

// TestCanonical takes random walks.
func TestCanonical(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	for _, k := range reductionCases {
		y := reduction(t, k.servers, k.observers, k.limits, k.phases, k.fine)
		l, rng := canonicalLaw{t: t, y: y, list: props.StepProperties()}, rand.New(rand.NewPCG(5, 6))
		var s cluster.State
		for range 30 {
			y.Copy(&s, &y.Init()[0])
			for range 100 {
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				l.check(&s, enabled)
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
		if l.changed == 0 {
			t.Errorf("%s, %s: every state was its own canonical form", k.servers, k.limits)
		}
	}
}

// TestCanonicalEverywhere visits every state of small systems, those marked full where ZKCHECK_FULL is set.
func TestCanonicalEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	for _, k := range []struct {
		servers, limits, phases string
		full                    bool
	}{
		{"1:1,8 2:1,8", "rounds=3 crashes=1 restarts=1", "all", false},
		{"1:1,8 2:1,7", "rounds=2 writes=1 cuts=1", "all", false},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 timeouts=0", "election", false},
		{"1:1,8 2:1,8 3:1,7", "rounds=2 crashes=1 timeouts=0", "election", true},
		{"1:1,8 2:1,8 3:1,7", "rounds=2", "election", true},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 cuts=1 timeouts=0", "discovery", true},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 crashes=1 restarts=1 timeouts=0", "discovery", true},
		{"1:1,8 2:1,8 3:1,7", "rounds=2 epochs=2 timeouts=0", "discovery", true},
		{"1:1,8 2:1,8 3:1,7", "rounds=1 epochs=2 cuts=1 crashes=1 timeouts=0", "discovery", true},
		{"1:1,7 2:1,8 3:2,1", "rounds=1", "all", true},
	} {
		if k.full && os.Getenv("ZKCHECK_FULL") == "" {
			continue
		}
		y := reduction(t, k.servers, "", k.limits, k.phases, false)
		l := canonicalLaw{t: t, y: y, list: props.StepProperties()}
		known, queue, forms := map[string]bool{}, []string{}, map[string]bool{}
		l.onNext = func(s *cluster.State) {
			if b := y.Encode(s, nil); !known[string(b)] {
				known[string(b)], queue = true, append(queue, string(b))
			}
		}
		l.onNext(&y.Init()[0])
		var s cluster.State
		for at := 0; at < len(queue); at++ {
			y.Decode(&s, []byte(queue[at]))
			l.check(&s, y.Actions(&s, nil))
			forms[string(y.Encode(&l.canonical, nil))] = true
		}
		t.Logf("%s, %s, %s: %d states, %d canonical forms", k.servers, k.limits, k.phases, len(queue), len(forms))
	}
}
