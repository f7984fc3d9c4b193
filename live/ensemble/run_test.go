package ensemble

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/live/server"
)

func install(t *testing.T) server.Install {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers are not started in short mode")
	}
	i, err := server.Find()
	if err != nil {
		t.Skip(err)
	}
	return i
}

// Three servers, a few faults: whatever the machine's speed, nothing may be violated.
func TestRealEnsembleUnderFaults(t *testing.T) {
	looks := 0
	o := Options{Install: install(t), Servers: 3, Time: 12 * time.Second, Seed: 4, Dir: filepath.Join(t.TempDir(), "report"),
		Progress: func(Progress) { looks++ }}
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	v := verdictOf(t, o.Dir)
	for _, c := range v.Checks {
		if c.Verdict == Violated {
			t.Errorf("%s: %s: %q", c.Name, c.Seen, c.Evidence)
		} else {
			t.Logf("%s: %s: %s: %q", c.Name, c.Verdict, c.Seen, c.Evidence)
		}
	}
	if v.Writes == 0 || len(v.Terms) == 0 || v.Faults == 0 || looks == 0 {
		t.Errorf("vacuous: %+v, %d looks", v, looks)
	}
	planned, err := readLines[planned](o.Dir, scheduleFile)
	if err != nil || len(planned) != len(Schedule(o.Seed, o.Servers, o.Time)) {
		t.Errorf("the schedule in the report has %d steps: %v", len(planned), err)
	}
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second report in the directory of the first: %v", err)
	}
}

func TestInterruptLeavesAReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Install: install(t), Servers: 3, Time: time.Minute, Seed: 1, Dir: t.TempDir()}
	o.Progress = func(p Progress) {
		if p.Acknowledged > 10 {
			cancel()
		}
	}
	if err := Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	v := verdictOf(t, o.Dir)
	if c := check(t, v, "recovers"); v.Verdict != Unclear || c.Verdict != Unclear || !strings.Contains(c.Evidence[0], "interrupted") {
		t.Errorf("%s; %s: %q", v.Verdict, c.Verdict, c.Evidence)
	}
	if v.Writes <= 10 {
		t.Errorf("%d writes", v.Writes)
	}
}

func TestInterruptBeforeTheFirstLeader(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Options{Install: install(t), Servers: 3, Time: time.Minute, Dir: t.TempDir()}
	if err := Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	if v := verdictOf(t, o.Dir); v.Verdict != Unclear {
		t.Errorf("%s: %+v", v.Verdict, v.Checks)
	}
}

func TestSizesOfEnsembles(t *testing.T) {
	for _, n := range []int{0, 2, 8} {
		if err := Run(t.Context(), Options{Servers: n}); err == nil || !strings.Contains(err.Error(), "want 3..7") {
			t.Errorf("%d servers: %v", n, err)
		}
	}
}

func TestLinesOfLogs(t *testing.T) {
	const stamp = "2026-11-22 19:12:03,073 [myid:3] - INFO  [QuorumPeer[myid=3](plain=127.107.41.3:2181)(secure=disabled):"
	for line, want := range map[string]event{
		stamp + "FastLeaderElection@946] - New election. My id = 3, proposed zxid=0x100000029":                                       {kind: looking},
		stamp + "Leader@588] - LEADING - LEADER ELECTION TOOK - 228 MS":                                                              {kind: decided},
		stamp + "Follower@77] - FOLLOWING - LEADER ELECTION TOOK - 228 MS":                                                           {},
		stamp + "Learner@721] - Learner received UPTODATE message":                                                                   {kind: synced},
		stamp + "Learner$LeaderConnector@384] - Successfully connected to leader, using address: /127.107.41.132:2888":               {kind: following, peer: "127.107.41.132:2888"},
		stamp + "Leader@1519] - Have quorum of supporters, sids: [[2, 3]]; starting up and setting last processed zxid: 0x700000000": {kind: serving, epoch: 7},
		"java.io.IOException: The current epoch, 1, is older than the last zxid, 8589934593":                                         {kind: refused},
		"java.io.IOException: Found null in /r/data/5/data/version-2/currentEpoch.tmp":                                               {kind: refused},
		"\tat java.base/java.net.Socket.connect(Socket.java:609)":                                                                    {},
	} {
		e, ok := parseEvent(line)
		if ok != (want.kind != 0) || ok && (e.kind != want.kind || e.epoch != want.epoch || e.peer != want.peer) {
			t.Errorf("%q is %+v", line, e)
		}
		if ok && e.kind != refused && e.at.Format(time.RFC3339Nano) != "2026-11-22T19:12:03.073Z" {
			t.Errorf("%q is of %v", line, e.at)
		}
	}
}

// What a judge says of what it has seen has to name numbers: a pass that looked at nothing would show.
func TestEveryCheckIsDocumented(t *testing.T) {
	var names []string
	for _, j := range judges {
		if j.doc == "" || slices.Contains(names, j.name) {
			t.Errorf("%s", j.name)
		}
		names = append(names, j.name)
	}
}
