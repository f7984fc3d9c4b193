package quorum

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestScriptsAreReadAsTheyWereWritten(t *testing.T) {
	for _, role := range []Role{Follower, Leader, Both} {
		for n := range 20 {
			s := life(&Options{Phase: Sync, Role: role, Voters: 3 + n%3, Seed: rand.Uint64(), Host: Host{Version: "3.8.0"}}, n, termsOfLife)
			got, err := Parse("s.zkt", s.Format("a comment", "of two\nlines"))
			if err != nil || !slices.Equal(got.Steps, s.Steps) || got.Disk != s.Disk || got.Subject != s.Subject || got.Voters != s.Voters {
				t.Fatalf("%v: written\n%s\nread\n%s", err, s.Format(), got.Format())
			}
		}
	}
}

func TestScriptsThatAreNone(t *testing.T) {
	const head = "zkcheck trace v1\nphase sync\nsubject 1\nvoters 3\nversion 3.8.0\ndisk 1,8\n"
	for _, test := range []struct{ text, want string }{
		{"zkcheck trace v1\nsubject 1\n", "s:1: this is no script: want \"zkcheck trace v1\", and then a phase"},
		{head + "steps 1", "s:1: truncated: the last line has no end"},
		{head, "s:6: there is no steps in the header"},
		{head + "steps 2\nlead\n", "s:8: truncated: 1 steps are here, the header promises 2"},
		{head + "steps 1\nlead late\n", "s:8: step \"lead late\": no such step"},
		{head + "steps 1\nfollow 4\n", "s:8: server 4 is no peer of the subject"},
		{head + "steps 1\nfollow 1\n", "s:8: server 1 is no peer of the subject"},
		{head + "steps 1\nackepoch 2 +0 beside\n", "s:8: step \"ackepoch 2 +0 beside\": no such step"},
		{head + "broken luck\nsteps 0\n", "s:7: unknown rule \"luck\""},
		{head + "disk 1,8\n", "s:7: disk is given twice"},
		{strings.Replace(head, "disk 1,8", "disk x", 1) + "steps 0\n", "s:6: "},
		{strings.Replace(head, "phase sync", "phase end", 1), "s:2: phase \"end\": want discovery or sync"},
		{strings.Replace(head, "subject 1", "subject 4", 1) + "steps 0\n", "s:7: the subject 4 is none of the 3 voters"},
		{strings.Replace(head, "voters 3", "voters 2", 1), "s:4: voters 2: want 3..9"},
	} {
		_, err := Parse("s", []byte(test.text))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", test.text, err, test.want)
		}
	}
}

// The same seed draws the same lives.
func TestLivesAreDrawnFromTheSeed(t *testing.T) {
	o := Options{Phase: Sync, Role: Both, Voters: 5, Seed: 7}
	if a, b := life(&o, 3, 12), life(&o, 3, 12); !slices.Equal(a.Steps, b.Steps) || a.Disk != b.Disk {
		t.Error("two lives of one number differ")
	}
}
