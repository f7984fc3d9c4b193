package trace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// tell replays a trace and tells every step and what it changes.
func tell(t interface{ Fatal(...any) }, p *trace.Trace) (text []string, changes [][]string) {
	y, err := p.System()
	if err != nil {
		t.Fatal(err)
	}
	n := trace.NewNarrator(y)
	_, err = trace.Replay(p, func(_ int, before *cluster.State, a cluster.Action, after *cluster.State) {
		text = append(text, n.Step(before, a, after))
		changes = append(changes, trace.Changes(before, after))
	})
	if err != nil {
		t.Fatal(err)
	}
	return text, changes
}

// Each line is an action, what is said of it, and what it changes.
func TestNarrator(t *testing.T) {
	story := []struct{ action, text, changes string }{
		{"start 2", "server 2 starts from disk 1,8: LOOKING in round 1, votes for itself; nobody is there to hear",
			"2: not started -> LOOKING for 2:1,8"},
		{"start 1", "server 1 starts from disk 1,8: LOOKING in round 1, votes for itself; sends its vote to 2; " +
			"the last vote of 2 is on its way",
			"1: not started -> LOOKING for 1:1,8"},
		{"deliver 1->2", "server 2 handles the LOOKING vote 1:1,8 of server 1 (round 1): 2:1,8 is better by SID and stays", ""},
		{"deliver 2->1", "server 1 handles the LOOKING vote 2:1,8 of server 2 (round 1): it beats 1:1,8 by SID, so 1 now " +
			"votes for 2; the votes of 1, 2 are a quorum: finalizeWait begins; sends its vote to 2",
			"1: LOOKING for 1:1,8 -> LOOKING for 2:1,8 in finalizeWait"},
		{"decide 1", "finalizeWait of server 1 is over and nothing came; by the votes of 1, 2 server 1 is FOLLOWING 2; " +
			"sends FOLLOWERINFO(1) to 2", "1: LOOKING for 2:1,8 in finalizeWait -> FOLLOWING 2, ELECTION -> DISCOVERY"},
		{"deliver 1->2", "server 2 handles the LOOKING vote 2:1,8 of server 1 (round 1): they agree; the votes of 1, 2 are " +
			"a quorum: finalizeWait begins", "2: LOOKING for 2:1,8 -> LOOKING for 2:1,8 in finalizeWait"},
		{"start 3", "server 3 starts from disk 1,7: LOOKING in round 1, votes for itself; sends its vote to 1, 2; " +
			"the last vote of 1, 2 is on its way",
			"3: not started -> LOOKING for 3:1,7"},
		{"deliver 3->2", "server 2 handles the LOOKING vote 3:1,7 of server 3 (round 1): in finalizeWait, it does not beat " +
			"2:1,8 and is forgotten", ""},
		{"decide 2", "finalizeWait of server 2 is over and nothing came; by the votes of 1, 2 server 2 is LEADING",
			"2: LOOKING for 2:1,8 in finalizeWait -> LEADING, ELECTION -> DISCOVERY"},
		{"offer 2", "server 2, elected, counts its own acceptedEpoch 1; heard so far: 2", ""},
		{"packet 1->2", "server 2 takes FOLLOWERINFO of server 1; hears acceptedEpoch 1; fixes epoch 2 having heard 1, 2, " +
			"writes acceptedEpoch 2; sends LEADERINFO(2) to 1", "2: epoch 0 -> 2, disk 1,8 -> 1/2,8"},
		{"packet 2->1", "server 1 takes LEADERINFO of server 2; writes acceptedEpoch 2; sends ACKEPOCH(2) to 2",
			"1: epoch 0 -> 2, disk 1,8 -> 1/2,8"},
		{"packet 1->2", "server 2 takes ACKEPOCH of server 1; counts it; establishes epoch 2 by the acks of 1, 2, writes " +
			"currentEpoch 2; synchronises 1 by DIFF(8), NEWLEADER(2)", "2: DISCOVERY -> SYNCHRONIZATION, disk 1/2,8 -> 2,8"},
		{"packet 2->1", "server 1 takes the synchronisation of server 2 up to NEWLEADER(2): its log is [7 8]; writes " +
			"currentEpoch 2; acks NEWLEADER(2)", "1: DISCOVERY -> SYNCHRONIZATION, disk 1/2,8 -> 2,8"},
		{"packet 1->2", "server 2 takes the ack of NEWLEADER(2) of server 1; serves epoch 2, in sync with 1, 2, which " +
			"commits 7, 8; sends UPTODATE(2) to 1",
			"2: SYNCHRONIZATION -> BROADCAST"},
		{"packet 2->1", "server 1 takes UPTODATE of server 2 and serves epoch 2", "1: SYNCHRONIZATION -> BROADCAST"},
		{"deliver 3->1", "server 1 handles the LOOKING vote 3:1,7 of server 3 (round 1): 1 answers that it is FOLLOWING 2", ""},
		{"cut 1-2", "the link between server 1 and server 2 is cut; what was on it is lost", ""},
		{"giveup 1", "server 1 gives up FOLLOWING 2: LOOKING again in round 2, votes for itself; sends its vote to 3",
			"1: FOLLOWING 2 -> LOOKING for 1:2,8, BROADCAST -> ELECTION, round 1 -> 2"},
		{"heal 1-2", "the link between server 1 and server 2 is back; 1 sends 2 its last vote again; 2 sends 1 its last vote again", ""},
		{"deliver 1->3", "server 3 handles the LOOKING vote 1:2,8 of server 1 (round 2): a newer round than 1, so 3 forgets " +
			"its votes and votes for 1; the votes of 1, 3 are a quorum: finalizeWait begins; sends its vote to 1, 2",
			"3: LOOKING for 3:1,7 -> LOOKING for 1:2,8 in finalizeWait, round 1 -> 2"},
		{"crash 3", "server 3 crashes; its disk is 1,7", "3: LOOKING for 1:2,8 in finalizeWait -> down"},
		{"restart 3", "server 3 restarts from disk 1,7: LOOKING in round 1, votes for itself; sends its vote to 1, 2; " +
			"the last vote of 1, 2 is on its way",
			"3: down -> LOOKING for 3:1,7"},
		{"deliver 3->1", "server 1 handles the LOOKING vote 3:1,7 of server 3 (round 1): the round is over, it is told of round 2", ""},
	}
	lines := []string{"cluster 1:1,8 2:1,8 3:1,7", "limits crashes=1 restarts=1 cuts=1"}
	for _, s := range story {
		lines = append(lines, s.action)
	}
	text, changes := tell(t, parse(t, lines...))
	for i, s := range story {
		if got := text[i]; got != s.text {
			t.Errorf("%s:\n got %s\nwant %s", s.action, got, s.text)
		}
		if got := strings.Join(changes[i], "\n"); got != s.changes {
			t.Errorf("%s:\n got %s\nwant %s", s.action, got, s.changes)
		}
	}
}

// Connections that come up send what was sent last, where both ends are there and something was sent.
func TestNarratorOfConnections(t *testing.T) {
	story := [][2]string{
		{"cut 1-2", "the link between server 1 and server 2 is cut; what was on it is lost"},
		{"heal 1-2", "the link between server 1 and server 2 is back"},
		{"start 1", "server 1 starts from disk 1,8: LOOKING in round 1, votes for itself; nobody is there to hear"},
		{"cut 1-2", "the link between server 1 and server 2 is cut; what was on it is lost"},
		{"start 4", "server 4 starts from disk 0,0: LOOKING in round 1, knows no candidate; asks 1"},
		{"start 2", "server 2 starts from disk 1,8: LOOKING in round 1, votes for itself; nobody is there to hear; " +
			"the last vote of 4 is on its way"},
		{"heal 1-2", "the link between server 1 and server 2 is back; 1 sends 2 its last vote again; 2 sends 1 its last vote again"},
		{"deliver 4->2", "server 2 is asked by observer 4 and answers with its vote"},
		{"timeout 4", "server 4 hears nothing for long and still knows no candidate; asks 1, 2"},
		{"reset 1-4", "the connections between server 1 and server 4 are lost and back; 4 sends 1 its last vote again"},
		{"deliver 2->1", "server 1 handles the LOOKING vote 2:1,8 of server 2 (round 1): it beats 1:1,8 by SID, so 1 now votes " +
			"for 2; the votes of 1, 2 are a quorum: finalizeWait begins; sends its vote to 2"},
		{"decide 1", "finalizeWait of server 1 is over and nothing came; by the votes of 1, 2 server 1 is FOLLOWING 2; " +
			"sends FOLLOWERINFO(1) to 2"},
		{"giveup 1", "server 1 gives up FOLLOWING 2: LOOKING again in round 2, votes for itself; sends its vote to 2"},
		{"reset 1-2", "the connections between server 1 and server 2 are lost and back; 1 sends 2 its last vote again; " +
			"2 sends 1 its last vote again"},
	}
	lines := []string{"cluster 1:1,8 2:1,8 3:1,9 4:0,0", "observers 4", "limits cuts=2 resets=2"}
	for _, s := range story {
		lines = append(lines, s[0])
	}
	text, _ := tell(t, parse(t, lines...))
	for i, s := range story {
		if text[i] != s[1] {
			t.Errorf("%s:\n got %s\nwant %s", s[0], text[i], s[1])
		}
	}
}

// Whatever happens can be told, in lines that fit, and telling it changes nothing.
func TestEverythingCanBeTold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := run(rt)
		p.Property = ""
		plain, err := trace.Replay(p, nil)
		if err != nil {
			rt.Fatal(err)
		}
		text, changes := tell(rt, p)
		for i, s := range text {
			if s == "" || strings.Contains(s, "%!") {
				rt.Fatalf("step %d: %q", i+1, s)
			}
			for _, l := range trace.Wrap(s, 90, "  ") {
				if len(l) > 90 {
					rt.Fatalf("too long: %s", l)
				}
			}
		}
		if len(text) != plain.Steps || len(changes) != plain.Steps {
			rt.Fatalf("%d of %d steps are told", len(text), plain.Steps)
		}
	})
}

func TestWrap(t *testing.T) {
	got := trace.Wrap("one two  three "+strings.Repeat("x", 13)+" four", 10, "  ")
	want := []string{"one two", "  three", "  xxxxxxxx", "  xxxxx", "  four"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDescribe(t *testing.T) {
	p := parse(t, "cluster 1:0,0 2:0,0", "limits crashes=1", "start 1", "start 2", "deliver 2->1", "crash 2", "decide 1")
	var last []string
	_, err := trace.Replay(p, func(_ int, _ *cluster.State, _ cluster.Action, s *cluster.State) { last = trace.Describe(s) })
	if got := fmt.Sprint(last, err); got != "[1: FOLLOWING 2 DISCOVERY 2: down] <nil>" {
		t.Error(got)
	}
}

func TestHistory(t *testing.T) {
	p := parse(t, "property epoch-register", "cluster 1:0,0", "start 1", "decide 1", "offer 1")
	ops, err := trace.History(p)
	if err != nil || len(ops) != 1 || ops[0].Epoch != 1 || ops[0].Leader != 1 {
		t.Errorf("got %v, %v", ops, err)
	}
	for _, register := range []string{props.EpochRegister, props.ClientRegister} {
		p.Property = register
		if path, err := p.WritePicture(t.TempDir() + "/a.zkt"); err == nil {
			t.Errorf("a legal history was drawn in %s", path)
		}
	}
	if p.Property = props.ElectionEnds; true {
		if path, err := p.WritePicture(t.TempDir() + "/a.zkt"); path != "" || err != nil {
			t.Errorf("got %s, %v", path, err)
		}
	}
}
