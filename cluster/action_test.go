package cluster

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

func anyAction(t *rapid.T) Action {
	sid := rapid.Uint8Range(0, uint8(election.NoServer)-1)
	a := Action{Kind: Kind(rapid.Uint8Range(uint8(Start), uint8(kinds)-1).Draw(t, "kind"))}
	if a.Kind == Calm {
		return a
	}
	a.From = election.SID(sid.Draw(t, "from"))
	if a.Kind.shape() != "" {
		a.To = election.SID(sid.Filter(func(to uint8) bool { return to != uint8(a.From) }).Draw(t, "to"))
		if a.Kind.shape() == "-" {
			a.From, a.To = min(a.From, a.To), max(a.From, a.To)
		}
	}
	if a.Kind == Crash {
		a.N = rapid.Uint8().Draw(t, "n")
	}
	return a
}

func TestParseActionIsInverseOfString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAction(t)
		text := a.String()
		blanks := " \t" + strings.ReplaceAll(text, " ", "  ") + " "
		for _, line := range []string{text, blanks} {
			if got, err := ParseAction(line); err != nil || got != a {
				t.Fatalf("ParseAction(%q) = %+v, %v; want %+v", line, got, err, a)
			}
		}
	})
}

func TestActionNotation(t *testing.T) {
	for want, a := range map[string]Action{
		"start 1": {Kind: Start, From: 1}, "deliver 2->1": {Kind: Deliver, From: 2, To: 1},
		"packet 254->0": {Kind: Packet, From: 254}, "crash 3": {Kind: Crash, From: 3},
		"crash 3 1": {Kind: Crash, From: 3, N: 1}, "cut 1-2": {Kind: Cut, From: 1, To: 2},
	} {
		if got := a.String(); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
	if got := Kind(200).String(); got != "?" {
		t.Errorf("an unknown kind is %q", got)
	}
}

func TestParseActionErrors(t *testing.T) {
	for line, want := range map[string]string{
		"":                 `action "": want a kind and a server`,
		"start":            `action "start": want a kind and a server`,
		"jump 1":           `unknown action "jump"`,
		"Start 1":          `unknown action "Start"`,
		"start x":          `action "start x": "x" is not a sid (0..254)`,
		"start 255":        `action "start 255": "255" is not a sid (0..254)`,
		"start 256":        `action "start 256": "256" is not a sid (0..254)`,
		"start 01":         `action "start 01": "01" is not a sid (0..254)`,
		"start -1":         `action "start -1": "-1" is not a sid (0..254)`,
		"start +1":         `action "start +1": "+1" is not a sid (0..254)`,
		"start 1 2":        `action "start 1 2": "2" is too much`,
		"start 1->2":       `action "start 1->2": "1->2" is not a sid (0..254)`,
		"deliver 1":        `action "deliver 1": want two servers, a->b`,
		"deliver 1-2":      `action "deliver 1-2": want two servers, a->b`,
		"deliver 1->":      `action "deliver 1->": "" is not a sid (0..254)`,
		"deliver 1 -> 2":   `action "deliver 1 -> 2": want two servers, a->b`,
		"deliver 1->2->3":  `action "deliver 1->2->3": "2->3" is not a sid (0..254)`,
		"packet 1->1":      `action "packet 1->1": a server has no link to itself`,
		"start 1 halfway":  `action "start 1 halfway": "halfway" is too much`,
		"crash 1 halfway":  `action "crash 1 halfway": "halfway" is not the number of a disk write`,
		"decide 1 1":       `action "decide 1 1": "1" is too much`,
		"cut 1->2":         `action "cut 1->2": ">2" is not a sid (0..254)`,
		"cut 2-1":          `action "cut 2-1": the smaller sid comes first`,
		"crash 1 0":        `action "crash 1 0": "0" is not the number of a disk write`,
		"crash 1 01":       `action "crash 1 01": "01" is not the number of a disk write`,
		"crash 1 256":      `action "crash 1 256": "256" is not the number of a disk write`,
		"crash 1 x":        `action "crash 1 x": "x" is not the number of a disk write`,
		"crash 1 1 1":      `action "crash 1 1 1": "1" is too much`,
		"start 1\x00":      `action "start 1\x00": "1\x00" is not a sid (0..254)`,
		"crash 1 1\x1b[0m": `action "crash 1 1\x1b[0m": "1\x1b[0m" is not the number of a disk write`,
	} {
		if a, err := ParseAction(line); err == nil || err.Error() != want {
			t.Errorf("ParseAction(%q) = %+v, %v\nwant error %s", line, a, err, want)
		}
	}
}

// TestParseActionRejectsJunk: whatever is accepted is what String writes, but for blanks; whatever is
// not has an error of one printable line.
func TestParseActionRejectsJunk(t *testing.T) {
	words := rapid.SampledFrom([]string{"start", "deliver", "crash", "cut", "handle", "halfway", "-", "->", "1", "2", "0", " ", "\n", "255", "\x1b"})
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOf(words).Draw(t, "words"), "")
		})).Draw(t, "line")
		a, err := ParseAction(line)
		switch {
		case err == nil && a.String() != strings.Join(strings.Fields(line), " "):
			t.Fatalf("ParseAction(%q) = %v: accepted, though String writes something else", line, a)
		case err != nil && (a != Action{} || strings.ContainsAny(err.Error(), "\n\r\x1b")):
			t.Fatalf("ParseAction(%q): error %q, value %+v", line, err.Error(), a)
		}
	})
}

// TestActions: no action is offered twice, each can be written and read, and the order is that of
// kinds of steps: servers, deliveries, packets, crashes and what follows them, links, messages.
func TestActions(t *testing.T) {
	rank := func(a Action) int {
		switch a.Kind {
		case Start, Timeout, Decide, Offer, GiveUp, Handle, Resume, Answer, Write, Flush:
			return 0
		case Deliver:
			return 1
		case Packet:
			return 2
		case Crash, Restart, Wipe:
			return 3
		case Cut, Heal, Reset:
			return 4
		case Garble, Stranger:
			return 6
		}
		return 5
	}
	seen := map[Kind]bool{}
	eachSystem(t, func(t *testing.T, y *System) {
		var s State
		for seed := range uint64(3) {
			walk(y, seed, 150, func(_ *State, _ Action, after *State) {
				y.Copy(&s, after)
				actions := y.Actions(&s, nil)
				if !slices.IsSortedFunc(actions, func(a, b Action) int { return rank(a) - rank(b) }) {
					t.Fatalf("out of order: %v", actions)
				}
				once := map[Action]bool{}
				for _, a := range actions {
					if once[a] {
						t.Fatalf("%v is offered twice: %v", a, actions)
					}
					once[a], seen[a.Kind] = true, true
					if got, err := ParseAction(a.String()); err != nil || got != a {
						t.Fatalf("ParseAction(%q) = %+v, %v; want %+v", a.String(), got, err, a)
					}
				}
			})
		}
	})
	for k := Start; k < kinds; k++ {
		if !seen[k] {
			t.Errorf("%v was never offered: the walks are too poor", k)
		}
	}
}

func TestFaultsAreWhatBudgetsPayFor(t *testing.T) {
	for k := Start; k < kinds; k++ {
		if want := k >= Crash; k.Fault() != want {
			t.Errorf("%v.Fault() = %v", k, k.Fault())
		}
	}
}
