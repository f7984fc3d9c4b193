package cluster

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

func anyLimits(t *rapid.T) Limits {
	l := DefaultLimits()
	for i, field := range limitFields {
		low, high := 0, MaxBudget
		switch {
		case i == cutChannel:
			low, high = 1, MaxChannel
		case i == cutInbox:
			low, high = 1, election.MaxInbox
		case i == cutWrites:
			high = maxWrites
		case i == cutCalm:
			high = 1
		case !field.Fault:
			low = Unlimited
		}
		if rapid.Bool().Draw(t, "set "+field.Name) {
			*field.at(&l) = rapid.IntRange(low, high).Draw(t, field.Name)
		}
	}
	return l
}

func TestParseLimitsIsInverseOfString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLimits(t)
		if got, err := ParseLimits(l.String()); err != nil || got != l {
			t.Fatalf("ParseLimits(%q) = %+v, %v; want %+v", l.String(), got, err, l)
		}
	})
	if got := DefaultLimits().String(); got != "" {
		t.Errorf("the default is %q, want nothing", got)
	}
}

func TestParseLimitsErrors(t *testing.T) {
	for text, want := range map[string]string{
		"crashes":             `limit "crashes" is not name=number`,
		"crashes=":            `limit crashes: "" is not a number`,
		"crashes=many":        `limit crashes: "many" is not a number`,
		"crashs=1":            `unknown limit "crashs"`,
		"cuts=1 cuts=1":       `limit cuts is given twice`,
		"wipes=-1":            `limit wipes: -1 is negative`,
		"rounds=-2":           `limit rounds: -2 is negative`,
		"channel-len=-1":      `limit channel-len: -1 is negative`,
		"channel-len=0":       `limit channel-len: 0 is not 1..4`,
		"channel-len=5":       `limit channel-len: 5 is not 1..4`,
		"inbox=0":             `limit inbox: 0 is not 1..16`,
		"inbox=17":            `limit inbox: 17 is not 1..16`,
		"timeouts=32769":      `limit timeouts: 32769 is above 32768`,
		"rounds=2 epochs=1.5": `limit epochs: "1.5" is not a number`,
	} {
		if l, err := ParseLimits(text); err == nil || err.Error() != want {
			t.Errorf("ParseLimits(%q) = %+v, %v\nwant error %s", text, l, err, want)
		}
	}
}

// TestLimitFieldsAgreeWithBits: the constants that index limitFields and System.Cut name the right ones.
func TestLimitFieldsAgreeWithBits(t *testing.T) {
	names := map[int]string{crashesLimit: "crashes", restartsLimit: "restarts", cutsLimit: "cuts", resetsLimit: "resets",
		dropsLimit: "drops", dupsLimit: "dups", wipesLimit: "wipes", garblesLimit: "garbles", cutWrites: "writes", cutGiveUps: "giveups", cutTimeouts: "timeouts",
		cutRounds: "rounds", cutEpochs: "epochs", cutChannel: "channel-len", cutCalm: "calm",
		cutLags: "lags", cutInbox: "inbox"}
	if len(names) != len(limitFields) {
		t.Errorf("%d constants for %d limits", len(names), len(limitFields))
	}
	for bit, want := range names {
		if got := CutNames(1 << bit); !slices.Equal(got, []string{want}) {
			t.Errorf("bit %d is named %v, want %s", bit, got, want)
		}
	}
	var l Limits
	places, i := map[*int]bool{}, 0
	l.Each(func(name, doc string, value *int) {
		if name != limitFields[i].Name || doc == "" {
			t.Errorf("limit %d: name %q, doc %q", i, name, doc)
		}
		places[value] = true
		i++
	})
	if len(places) != len(limitFields) {
		t.Errorf("%d limits share %d places", len(limitFields), len(places))
	}
}

// apply parses and applies actions, each of which must be enabled.
func apply(t *testing.T, y *System, s *State, script string) {
	t.Helper()
	for line := range strings.SplitSeq(script, ", ") {
		a, err := ParseAction(line)
		if err != nil {
			t.Fatal(err)
		}
		if enabled := y.Actions(s, nil); !slices.Contains(enabled, a) {
			t.Fatalf("%v is not enabled, these are: %v", a, enabled)
		}
		y.Apply(s, a)
	}
}

// TestCutNamesTheLimit: a limit that is spent and cuts something off is reported by its name.
func TestCutNamesTheLimit(t *testing.T) {
	const elect = "start 1, start 2, deliver 2->1, deliver 1->2, decide 2, decide 1"
	for _, c := range []struct {
		limits, script, want string
	}{
		{"", "start 1", ""},
		{"crashes=1", "start 1, start 2, crash 1", "crashes"},
		{"crashes=2 restarts=1", "start 1, crash 1, restart 1, crash 1", "restarts"},
		{"cuts=1", "start 1, cut 1-2, heal 1-2", "cuts"},
		{"resets=1", "start 1, start 2, reset 1-2", "resets"},
		{"drops=1", "start 1, start 2, drop 2->1, timeout 2", "drops"},
		{"dups=1 channel-len=2", "start 1, start 2, dup 2->1, deliver 2->1", "dups"},
		{"crashes=2 wipes=1", "start 1, start 2, crash 1, wipe 1, crash 2", "wipes"},
		{"giveups=1", elect + ", giveup 1", "giveups"},
		{"timeouts=1", "start 1, start 2, deliver 1->2, timeout 1, deliver 1->2", "timeouts"},
		{"rounds=0", "", "rounds"},
		{"epochs=0", elect, "giveups epochs"},
	} {
		limits, err := ParseLimits(c.limits)
		if err != nil {
			t.Fatal(err)
		}
		disks := []election.Disk{{Zxid: 1}, {Zxid: 2}}
		y := mustSystem(t, voters(2), Config{Limits: limits, Disks: disks})
		s := &y.Init()[0]
		if c.script != "" {
			apply(t, y, s, c.script)
		}
		y.Actions(s, nil)
		if got := strings.Join(CutNames(y.Cut(s)), " "); got != c.want {
			t.Errorf("%q after %q: cut %q, want %q", c.limits, c.script, got, c.want)
		}
	}
}

// TestNoLimitIsSilent: where one more of a limit would enable more, the limit is reported. (Not the
// other way round: a second limit may be in the way.)
func TestNoLimitIsSilent(t *testing.T) {
	reported := map[string]int{}
	eachSystem(t, func(t *testing.T, y *System) {
		looser := map[int]*System{}
		for i, field := range limitFields {
			l := y.Limits
			if i == cutChannel || i == cutInbox || i == cutCalm || *field.at(&l) <= 0 { // a fault that is not wanted is no limit
				continue
			}
			*field.at(&l)++
			var err error
			if looser[i], err = y.WithLimits(l); err != nil {
				t.Fatal(err)
			}
		}
		walk(y, 9, 150, func(_ *State, a Action, after *State) {
			var s State
			y.Copy(&s, after)
			have := len(y.Actions(&s, nil))
			cut := y.Cut(&s)
			for i, more := range looser {
				if len(more.Actions(&s, nil)) > have && cut>>i&1 == 0 {
					t.Fatalf("after %v: %s cuts actions off and is not reported; cut %v", a, limitFields[i].Name, CutNames(cut))
				}
			}
			for _, name := range CutNames(cut) {
				reported[name]++
			}
		})
	})
	if len(reported) < len(limitFields)-2 {
		t.Errorf("only these limits were ever reported: %v", reported)
	}
}

// TestBudgetsAreKept: a walk never spends more than its limits.
func TestBudgetsAreKept(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		walk(y, 10, 200, func(before *State, a Action, s *State) {
			for i, field := range limitFields {
				if budget := *field.at(&y.Limits); budget != Unlimited && int(s.spent[i]) > budget {
					t.Fatalf("after %v: %d %s of %d", a, s.spent[i], field.Name, budget)
				}
			}
			free := !a.Kind.Fault() || a.Kind == Heal
			if free != (s.Faults() == before.Faults()) {
				t.Fatalf("%v: %d faults before, %d after", a, before.Faults(), s.Faults())
			}
			for i := range s.Servers {
				if r := s.Servers[i].Round; r > uint64(y.Limits.Rounds) {
					t.Fatalf("after %v: server %v is in round %d of %d", a, s.Servers[i].SID, r, y.Limits.Rounds)
				}
			}
		})
	})
}
