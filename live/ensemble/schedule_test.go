package ensemble

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

func TestSeedDecidesTheSchedule(t *testing.T) {
	one := Schedule(1, 5, time.Minute)
	if !slices.Equal(one, Schedule(1, 5, time.Minute)) {
		t.Error("one seed, two schedules")
	}
	if slices.Equal(one, Schedule(2, 5, time.Minute)) {
		t.Error("two seeds, one schedule")
	}
}

// What is broken is repaired before the next episode, steps are in the order of time, and every kind of step occurs.
func TestSchedulesRepairWhatTheyBreak(t *testing.T) {
	seen := map[Verb]int{}
	for seed := range uint64(200) {
		servers := MinServers + int(seed)%(MaxServers-MinServers+1)
		steps := Schedule(seed, servers, 2*time.Minute)
		if len(steps) < 20 || steps[0].At < warmUp || steps[len(steps)-1].At > 2*time.Minute-minQuiet {
			t.Fatalf("seed %d: %d steps: %v", seed, len(steps), steps)
		}
		broken := map[Verb]int{}
		for i, s := range steps {
			seen[s.Verb]++
			switch {
			case i > 0 && s.At < steps[i-1].At:
				t.Errorf("seed %d: %v comes after %v", seed, s, steps[i-1])
			case i > 0 && s.Quiet && s.At-steps[i-1].At < minQuiet:
				t.Errorf("seed %d: an episode begins %v after the last", seed, s.At-steps[i-1].At)
			}
			if s.Quiet && len(broken) > 0 {
				t.Errorf("seed %d: an episode begins with %v broken", seed, broken)
			}
			switch s.Verb {
			case Crash, AmbushNewleader, AmbushSnapshot:
				broken[Restart]++
			case Pause:
				broken[Resume]++
			case Cut, Stall:
				broken[Heal]++
			default:
				delete(broken, s.Verb)
			}
		}
		if len(broken) > 0 {
			t.Errorf("seed %d ends with %v broken", seed, broken)
		}
	}
	for _, v := range []Verb{Crash, Pause, Cut, Stall, AmbushNewleader, AmbushSnapshot, Restart, Resume, Heal} {
		if seen[v] < 20 {
			t.Errorf("vacuous: %s occurs %d times", v, seen[v])
		}
	}
}

func TestStepsAreReadAsTheyAreWritten(t *testing.T) {
	for seed := range uint64(20) {
		for _, s := range Schedule(seed, 5, time.Minute) {
			got, err := ParseStep(s.String())
			s.At, s.Quiet = 0, false
			if err != nil || got != s {
				t.Errorf("%q is read as %q: %v", s, got, err)
			}
		}
	}
	for text, want := range map[string]string{
		"":                     "no verb",
		"explode leader":       "unknown verb",
		"crash":                "takes 1 targets",
		"crash leader other/1": "takes 1 targets",
		"heal other/1":         "takes 0 targets",
		"cut":                  "takes 1 targets",
		"pause other/0":        "want leader or other/N",
		"pause server":         "want leader or other/N",
	} {
		if _, err := ParseStep(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTargets(t *testing.T) {
	up := []election.SID{1, 2, 4, 5}
	for _, test := range []struct {
		target  Target
		leading election.SID
		up      []election.SID
		want    election.SID
	}{
		{leader, 4, up, 4},
		{leader, 0, up, 5}, // nobody leads: the one that would win
		{leader, 0, nil, 0},
		{Target{Other: 1}, 4, up, 1},
		{Target{Other: 3}, 4, up, 5},
		{Target{Other: 4}, 4, up, 1}, // around
		{Target{Other: 4}, 0, up, 5},
		{Target{Other: 1}, 4, []election.SID{4}, 0},
		{Target{}, 4, up, 0},
	} {
		if got, ok := test.target.resolve(test.leading, test.up); got != test.want || ok != (test.want != 0) {
			t.Errorf("%q with %v leading of %v is %v", test.target, test.leading, test.up, got)
		}
	}
}
