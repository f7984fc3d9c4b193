package conform

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zkcheck/zkcheck/election"
)

// TestParseScriptIsInverseOfFormat: whatever is generated is written and read again.
func TestParseScriptIsInverseOfFormat(t *testing.T) {
	for seed := range uint64(300) {
		c := config(t, 5, election.Disk{})
		c.Disks[2] = election.Disk{Zxid: election.NewZxid(1, 3), CurrentEpoch: 1, AcceptedEpoch: 2}
		s := &Script{Config: c, Subject: 3}
		if seed%3 == 0 {
			s.Broken = Rules()[int(seed)%len(Rules())].Name
		}
		s.Steps = newGenerator(rand.New(rand.NewPCG(seed, 3)), c.Ensemble, 3, c.Disks[2]).script()
		text := s.Format("a comment", "of two\nlines")
		got, err := ParseScript("x.zkt", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if got.Subject != s.Subject || got.Broken != s.Broken || !slices.Equal(got.Steps, s.Steps) || !slices.Equal(got.Config.Disks, c.Disks) {
			t.Fatalf("read differently (-want +got):\n%s", cmp.Diff(s.Steps, got.Steps))
		}
		if again := got.Format("a comment", "of two\nlines"); string(again) != string(text) {
			t.Fatalf("written differently:\n%s\n%s", text, again)
		}
	}
}

func TestParseScriptRefuses(t *testing.T) {
	file := func(lines ...string) string {
		return "zkcheck trace v1\nsubject 2\ncluster 1:0,0 2:1,8 3:0,0\n" + strings.Join(lines, "\n") + "\n"
	}
	for text, want := range map[string]string{
		"zkcheck trace v1\ncluster 1:0,0\n":                       `x.zkt:1: this is no script: want "zkcheck trace v1", and then a subject`,
		"zkcheck trace v1\nsubject 2":                             "x.zkt:1: truncated: the last line has no end",
		"zkcheck trace v1\nsubject 2\nsteps 0\n":                  "x.zkt:3: there is no cluster in the header",
		file():                                                    "x.zkt:4: there is no steps in the header",
		file("steps 1"):                                           "x.zkt:4: truncated: 0 steps are here, the header promises 1",
		file("steps 0", "wait"):                                   "x.zkt:5: truncated: 1 steps are here, the header promises 0",
		file("steps 1", "hear 2 LOOKING 2:1,8 round 1"):           "x.zkt:5: server 2 is no peer of the subject",
		file("steps 1", "hear 4 LOOKING 2:1,8 round 1"):           "x.zkt:5: server 4 is no peer of the subject",
		file("steps 1", "hear 1 SLEEPING 2:1,8 round 1"):          `x.zkt:5: "SLEEPING" is no state`,
		file("steps 1", "hear 1 LOOKING 2 round 1"):               `x.zkt:5: vote "2" is not LEADER:EPOCH,ZXID`,
		file("steps 1", "hear 1 LOOKING 2:1,8 round -1"):          `x.zkt:5: round "-1" is not a number of 0..1099511627776`,
		file("steps 1", "hear 1 LOOKING 2:1,8 round 1 version 3"): `x.zkt:5: version "3" is not 0..2`,
		file("steps 1", "start 1"):                                `x.zkt:5: step "start 1": want wait, reset P, or hear P STATE L:EPOCH,ZXID round R`,
		file("broken nothing", "steps 0"):                         `x.zkt:5: unknown rule "nothing", want one of`,
		file("subject 1", "steps 0"):                              "x.zkt:4: subject is given twice",
	} {
		_, err := ParseScript("x.zkt", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
