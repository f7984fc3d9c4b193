package logs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/trace"
)

func judged(t *testing.T, name string, o Options) *Report {
	t.Helper()
	r, err := Judge(sample(t, name), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The classic story, as five real servers tell it: 3 wins the first start, since 4 and 5 come later. When
// 3 and 5 fail, 4 wins: it had to be brought up to date when it came, so its zxid is newer.
func TestClassicStory(t *testing.T) {
	r := judged(t, "classic", Options{})
	if len(r.Contests) != 2 || !slices.Equal(r.Voters, SIDs{1, 2, 3, 4, 5}) {
		t.Fatalf("%+v", r)
	}
	for i, want := range [][]string{
		{"round 1: server 3 leads, elected as 3:0,0", "SID decides: the second best vote was 2:0,0",
			"it had the votes of 1, 2, 3; a quorum of 5 voters is 3", "it is followed by 1, 2, 4, 5",
			"4, 5 came later: told by servers that had decided"},
		{"round 2: server 4 leads, elected as 4:1,1.0", "ZXID decides: the second best vote was 2:1,0",
			"it had the votes of 1, 2, 4; a quorum of 5 voters is 3", "it is followed by 1, 2, 3, 5",
			"3, 5 came later: told by servers that had decided"},
	} {
		if got := r.Story(&r.Contests[i]); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// What decides: an epoch beats every zxid, a zxid every sid, and the sid decides between equals.
func TestWhatDecides(t *testing.T) {
	for name, want := range map[string][2]string{"epochs": {"1:2,1.3", ByEpoch}, "zxids": {"2:1,1.8", BySID}} {
		c := judged(t, name, Options{}).Contests[0]
		if c.Vote != want[0] || c.Decider != want[1] {
			t.Errorf("%s: %s by %s", name, c.Vote, c.Decider)
		}
	}
}

// A server that is down all the time is in no log at INFO: the ensemble is taken to be larger before
// somebody is accused. At DEBUG a server names everybody it sends to.
func TestUnseenVoters(t *testing.T) {
	if r := judged(t, "zxids", Options{}); len(r.Voters) != 5 || r.Basis != "to whom notifications were sent" {
		t.Errorf("voters %v, %s", r.Voters, r.Basis)
	}
	// Server 1 of five adopts a round while two of three would already wait for their decision.
	const log = `Starting quorum peer, myid=1
 - LOOKING
 - New election. My id = 1, proposed zxid=0x0
 - Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0
 - Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0
 - Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:2, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0
 - Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:2, n.round:0x2, n.peerEpoch:0x0, n.zxid:0x0
 - Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:2, n.round:0x2, n.peerEpoch:0x0, n.zxid:0x0
`
	l, err := Read("zk1.log", strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Judge([]*Log{l}, Options{})
	if err != nil || r.Verdict != Legal || len(r.Voters) != 4 {
		t.Fatalf("%v, %+v", err, r)
	}
	if want := "seen in notifications, and 2 more that are not: an ensemble without them is not legal"; r.Basis != want {
		t.Errorf("got %q\nwant %q", r.Basis, want)
	}
	if r, err = Judge([]*Log{l}, Options{Voters: 2}); err != nil || r.Verdict != Illegal {
		t.Errorf("%v, %+v", err, r)
	}
}

// Where votes have weights a majority of servers is not a quorum: 4 and 5 count for nothing.
func TestWeights(t *testing.T) {
	members, err := Members(nil, nil, "1=1,2=1,3=1/4=0,5=0")
	if err != nil {
		t.Fatal(err)
	}
	r := judged(t, "weights", Options{Members: members})
	if r.Verdict != Legal || len(r.Elections) < 30 {
		t.Errorf("%v, %d elections, %v", r.Verdict, len(r.Elections), r.Findings)
	}
	if r = judged(t, "weights", Options{Voters: 5}); r.Verdict != Illegal {
		t.Errorf("by majority: %v", r.Verdict)
	}
}

// An observer sends itself nothing, so no line tells its round; it follows from the election before.
func TestObservers(t *testing.T) {
	r := judged(t, "observers", Options{})
	if r.Verdict != Legal || !slices.Equal(r.Voters, SIDs{1, 2, 3}) || !slices.Equal(r.Observers, SIDs{4}) {
		t.Errorf("%v, voters %v, observers %v, %v", r.Verdict, r.Voters, r.Observers, r.Findings)
	}
	observed := 0
	for _, x := range r.Elections {
		if x.Outcome == election.Observing.String() {
			observed++
		}
	}
	if observed < 5 {
		t.Errorf("%d elections end OBSERVING", observed)
	}
}

// Elections become traces that replay to the same decisions.
func TestExport(t *testing.T) {
	written := 0
	for _, name := range samples {
		r := judged(t, name, Options{Voters: voters[name]})
		dir := filepath.Join(t.TempDir(), "traces")
		list, err := r.Export(dir)
		if err != nil || len(list) != len(r.Contests) {
			t.Fatalf("%s: %v, %v", name, list, err)
		}
		for i, x := range list {
			if x.File == "" {
				t.Logf("%s: %v", name, &x)
				continue
			}
			written++
			replays(t, &r.Contests[i], x.File)
		}
	}
	if written < 10 {
		t.Errorf("%d elections became traces", written)
	}
}

// replays checks that a trace holds, and that its servers end as the logs say.
func replays(t *testing.T, c *Contest, file string) {
	t.Helper()
	tr, err := trace.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	y, err := tr.System()
	if err != nil {
		t.Fatal(err)
	}
	s := y.Init()[0]
	decided := map[election.SID]election.SID{}
	for _, a := range tr.Actions() {
		y.Apply(&s, a)
		if s.Out.Decided {
			decided[s.Servers[s.Actor].SID] = s.Out.Decision.Vote.Leader
		}
	}
	verdict, err := trace.Replay(tr, nil)
	if err != nil || verdict.Violated {
		t.Errorf("%s: %v, %v", file, verdict, err)
	}
	for _, x := range c.elections {
		if leader, there := decided[x.Server]; there && leader != *x.Leader || !there && !x.Told {
			t.Errorf("%s: server %v decides for %v, in its log for %v", file, x.Server, leader, *x.Leader)
		}
	}
}

// From the log of one server alone there is no trace, and the reason is told.
func TestExportOfOneServer(t *testing.T) {
	for _, f := range sample(t, "classic") {
		if f.SID != 3 {
			continue
		}
		r, err := Judge([]*Log{f}, Options{Voters: 5})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		list, err := r.Export(dir)
		if err != nil || len(list) != 2 || list[0].File != "" ||
			!strings.Contains(list[0].Why, "server 3 has decided by the vote of server 1, whose own log of it is not here") {
			t.Errorf("%+v, %v", list, err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("files were written: %v", files)
		}
	}
}

func TestMembers(t *testing.T) {
	list, err := Members(nil, []election.SID{5}, "1=1,2=1,3=2/4=0")
	if err != nil || len(list) != 5 || list[2].Weight != 2 || list[3].Group != 2 || !list[4].Observer {
		t.Errorf("%+v, %v", list, err)
	}
	for weights, want := range map[string]string{
		"1=1,1=2": "named twice", "x=1": "not SID=WEIGHT", "1": "not SID=WEIGHT", "9=1": "server 9 is no voter", "1=1": "a hierarchical ensemble needs all",
	} {
		if _, err := Members([]election.SID{1, 2}, nil, weights); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", weights, err, want)
		}
	}
}
