package tla

import (
	"strings"
	"testing"
)

func TestActionsAreTheirText(t *testing.T) {
	for k := ZabTimeout; k < kinds; k++ {
		for i := uint8(1); i <= MaxServers; i++ {
			for j := uint8(0); j <= MaxServers; j++ {
				a := Action{k, i, j}
				if (k == ReceiveNotmsg) != (j > 0) || i == j {
					continue
				}
				got, err := ParseAction(a.String())
				if err != nil || got != a {
					t.Errorf("%v is read as %v, %v", a, got, err)
				}
			}
		}
	}
	if got := (Action{ReceiveNotmsg, 1, 2}).String(); got != "ReceiveNotmsg s1 s2" {
		t.Errorf("got %q", got)
	}
	if got, err := ParseAction("  HandleNotmsg \t s3 "); err != nil || got != (Action{HandleNotmsg, 3, 0}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestWhatIsNoActionIsRefused(t *testing.T) {
	for line, want := range map[string]string{
		"":                       `tla: action "": want a name and a server`,
		"timeout s1":             `tla: unknown action "timeout"`,
		"ZabTimeout":             `tla: action "ZabTimeout": ZabTimeout names 1 server, not 0`,
		"ZabTimeout s1 s2":       `tla: action "ZabTimeout s1 s2": ZabTimeout names 1 server, not 2`,
		"ReceiveNotmsg s1":       `tla: action "ReceiveNotmsg s1": ReceiveNotmsg names 2 servers, not 1`,
		"ReceiveNotmsg s1 s1":    `tla: action "ReceiveNotmsg s1 s1": a server sends nothing to itself`,
		"ZabTimeout 1":           `tla: action "ZabTimeout 1": "1" is not a server (s1..s7)`,
		"ZabTimeout s0":          `tla: action "ZabTimeout s0": "s0" is not a server (s1..s7)`,
		"ZabTimeout s01":         `tla: action "ZabTimeout s01": "s01" is not a server (s1..s7)`,
		"ZabTimeout s8":          `tla: action "ZabTimeout s8": "s8" is not a server (s1..s7)`,
		"ZabTimeout s\u0661":     "tla: action \"ZabTimeout s\u0661\": \"s\u0661\" is not a server (s1..s7)",
		"ReceiveNotmsg s1 s2 s3": `tla: action "ReceiveNotmsg s1 s2 s3": ReceiveNotmsg names 2 servers, not 3`,
	} {
		if a, err := ParseAction(line); err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v, want %s", line, a, err, want)
		}
	}
}

func TestConfigurationsThatDoNotFitAreRefused(t *testing.T) {
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{0, 0, 0, 1, 1}, "servers: 0 is not 1..7"},
		{Config{8, 0, 0, 1, 1}, "servers: 8 is not 1..7"},
		{Config{3, -1, 0, 1, 1}, "max-clock: -1 is not 0..1048576"},
		{Config{3, 0, -1, 1, 1}, "max-sum: -1 is not 0..1048576"},
		{Config{3, 0, 0, 1 << 21, 1}, "max-recv: 2097152 is not 0..1048576"},
		{Config{3, 0, 0, 1, -1}, "max-chan: -1 is not 0..1048576"},
		{Config{3, 0, 0, 13, 1}, "max-recv: a recvQueue takes 65 bits, and a word has 64"},
		{Config{3, 0, 0, 1 << 20, 1}, "max-recv: a recvQueue takes 5242880 bits, and a word has 64"},
		{Config{3, 0, 0, 1, 17}, "max-chan: a channel takes 68 bits, and a word has 64"},
		{Config{7, 1 << 20, 0, 1, 1}, "max-clock: a table of votes takes 156 bits, and a word has 64"},
		{Config{7, 31, 217, 4, 6}, "a state takes 70 words, and 64 are possible"},
	} {
		if _, err := New(test.config); err == nil || err.Error() != test.want {
			t.Errorf("%v: %v, want %s", test.config, err, test.want)
		}
	}
	for _, c := range []Config{{3, 0, 0, 12, 16}, {7, 7, 49, 2, 3}, {1, 1 << 20, 1 << 20, 2, 1 << 20}, {3, 1023, 3069, 4, 4}} {
		if _, err := New(c); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	if got := strings.TrimSpace((Config{3, 1, 1, 2, 4}).String()); got != "servers=3 max-clock=1 max-sum=1 max-recv=2 max-chan=4" {
		t.Errorf("got %q", got)
	}
}
