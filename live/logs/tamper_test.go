package logs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// at selects a line: the n-th, from 1, that holds all of the parts.
type at struct {
	n     int
	parts []string
}

func line(n int, parts ...string) at { return at{n, parts} }

// find is the index of the line.
func (a at) find(t *testing.T, lines []string) int {
	t.Helper()
	n := a.n
	for i, l := range lines {
		if !slices.ContainsFunc(a.parts, func(p string) bool { return !strings.Contains(l, p) }) {
			if n--; n == 0 {
				return i
			}
		}
	}
	t.Fatalf("there is no line %d of %q", a.n, a.parts)
	return -1
}

// tampering is a change of one log, and the line that is refused for it.
type tampering struct {
	name         string
	sample, file string
	alone        bool // of the server's log alone; else of the whole sample
	line         at
	old, fresh   string // replaced in the line; both empty: the line is moved or doubled
	before       at     // the line is moved before this one
	double       bool
	refused      at // in the lines as they were; the line itself if it is zero
	want         string
}

var tamperings = []tampering{
	{name: "another winner", sample: "classic", file: "zk3.log",
		line: line(1, "Peer state changed: leading"), old: "leading", fresh: "following",
		want: "server 3 says FOLLOWING"},
	{name: "LEADING where FOLLOWING was right", sample: "classic", file: "zk1.log",
		line: line(1, "Peer state changed: following"), old: "following", fresh: "leading",
		want: "server 1 says LEADING"},
	{name: "the same in the words of the main thread", sample: "classic-debug", file: "zk1.log", alone: true,
		line: line(1, "About to leave"), old: "my state=FOLLOWING", fresh: "my state=LEADING",
		want: "server 1 says it is LEADING; since zk1.log:"},
	{name: "a state that was not what it decided", sample: "classic", file: "zk3.log",
		line: line(1, "- LEADING"), old: "- LEADING", fresh: "- FOLLOWING",
		want: "server 3 says it is FOLLOWING; since zk3.log:"},
	{name: "a voter that observes", sample: "classic", file: "zk2.log",
		line: line(1, "- FOLLOWING"), old: "FOLLOWING", fresh: "OBSERVING",
		want: "server 2 says it is OBSERVING"},
	{name: "its own vote is for another", sample: "classic", file: "zk1.log",
		line: line(1, "n.sid:1", "n.leader:2"), old: "n.leader:2", fresh: "n.leader:5",
		want: "server 1 hears itself say"},
	{name: "its own vote is of another round", sample: "classic", file: "zk1.log", alone: true,
		line: line(1, "n.sid:1", "n.leader:2"), old: "n.round:0x1", fresh: "n.round:0x2",
		want: "server 1 hears itself say"},
	{name: "its own vote has another zxid", sample: "zxids", file: "zk4.log", alone: true,
		line: line(1, " Notification: my", "n.sid:4", "n.leader:2"), old: "n.zxid:0x100000008", fresh: "n.zxid:0x100000007",
		want: "server 4 hears itself say"},
	{name: "its own vote has another peer epoch", sample: "zxids", file: "zk4.log", alone: true,
		line: line(1, " Notification: my", "n.sid:4", "n.leader:2"), old: "n.peerEpoch:0x1", fresh: "n.peerEpoch:0x2",
		want: "server 4 hears itself say"},
	{name: "a process begins with round 5", sample: "classic", file: "zk1.log", alone: true,
		line: line(1, "n.sid:1", "n.leader:1", "n.round:0x1"), old: "0x1", fresh: "0x5",
		want: "server 1 enters round 5; a process begins with round 1"},
	{name: "a round that goes down", sample: "classic", file: "zk1.log", alone: true,
		line: line(1, "n.sid:1", "n.leader:1", "n.round:0x2"), old: "n.round:0x2", fresh: "n.round:0x1",
		want: "server 1 enters round 1; after the election before it"},
	{name: "a round that is left out", sample: "flapping", file: "zk1.log.gz", alone: true,
		line: line(1, "n.sid:1", "n.leader:1", "n.round:0x3"), old: "n.round:0x3", fresh: "n.round:0x7",
		want: "server 1 enters round 7"},
	{name: "another zxid at the beginning", sample: "classic", file: "zk2.log", alone: true,
		line: line(1, "New election"), old: "0x0", fresh: "0x5",
		want: "server 2 enters with zxid 5; what it sends itself at line"},
	{name: "an election begins twice", sample: "classic", file: "zk2.log",
		line: line(2, "New election"), double: true,
		want: "server 2 begins an election, but was not LOOKING for a new one"},
	{name: "a decision without a quorum", sample: "classic", file: "zk3.log", alone: true,
		line: line(1, "Peer state changed: leading"), before: line(1, "n.sid:1", "n.leader:2"),
		want: "server 3 has those of 3; a quorum of 5 is 3"},
	{name: "told before the leader has said so", sample: "classic", file: "zk4.log", alone: true,
		line: line(1, "Peer state changed: following"), before: line(1, "n.sid:3, n.state:LEADING"),
		want: "server 4 says FOLLOWING"},
	{name: "told by too few", sample: "classic", file: "zk4.log", alone: true,
		line: line(1, "Peer state changed: following"), before: line(1, "n.sid:2, n.state:FOLLOWING"),
		want: "server 4 says FOLLOWING"},
	{name: "FOLLOWING a leader that never says LEADING", sample: "classic", file: "zk4.log", alone: true,
		line: line(1, "n.sid:3, n.state:LEADING"), old: "n.state:LEADING", fresh: "n.state:FOLLOWING",
		refused: line(1, "Peer state changed: following"), want: "server 4 says FOLLOWING"},
	{name: "FOLLOWING in the middle of an election", sample: "classic", file: "zk3.log", alone: true,
		line: line(2, "Notification: my state:LOOKING"), old: "my state:LOOKING", fresh: "my state:FOLLOWING",
		want: "server 3 says FOLLOWING"},
	{name: "LEADING among followers", sample: "classic", file: "zk1.log", alone: true,
		line: line(1, "Notification: my state:FOLLOWING"), old: "my state:FOLLOWING", fresh: "my state:LEADING",
		want: "server 1 says it is LEADING; since"},
	{name: "a proposal that is not the best", sample: "zxids", file: "zk1.log", alone: true,
		line: line(2, "Updating proposal"), old: "2 (newleader), 0x100000008", fresh: "4 (newleader), 0x100000007",
		want: "server 1 changes its vote to server 4 with zxid 1.7 without a better one"},
	{name: "a first proposal for another", sample: "zxids", file: "zk1.log", alone: true,
		line: line(1, "Updating proposal"), old: "1 (newleader)", fresh: "2 (newleader)",
		want: "server 1 begins an election with a vote for server 2, zxid 1.8; its own zxid is 1.8"},
	{name: "a first vote for another", sample: "classic", file: "zk1.log", alone: true,
		line: line(1, "n.sid:1", "n.leader:1"), old: "n.leader:1", fresh: "n.leader:4",
		want: "server 1 hears itself say LOOKING 4:0,0 round 1 first, which is not its own vote"},
	{name: "a vote sent that is not its own", sample: "zxids", file: "zk1.log", alone: true,
		line: line(7, "Sending Notification"), old: "2 (n.leader)", fresh: "4 (n.leader)",
		want: "which is not its vote"},
	{name: "a vote sent in another round", sample: "zxids", file: "zk2.log", alone: true,
		line: line(3, "Sending Notification"), old: "0x1 (n.round)", fresh: "0x2 (n.round)",
		want: "which is not its vote"},
	{name: "a vote counted that was not heard", sample: "zxids", file: "zk2.log", alone: true,
		line: line(1, "Adding vote: from=4"), old: "from=4", fresh: "from=1",
		want: "server 2 counts a vote of server 1"},
	{name: "a vote counted twice", sample: "zxids", file: "zk2.log", alone: true,
		line: line(1, "Adding vote: from=4"), double: true,
		want: "server 2 counts a vote of server 4"},
	{name: "a decision with another zxid", sample: "zxids", file: "zk2.log", alone: true,
		line: line(1, "About to leave"), old: "zxid=0x100000008", fresh: "zxid=0x100000007",
		want: "server 2 says LEADING, leader 2 with zxid 1.7"},
	{name: "a decision for another", sample: "zxids", file: "zk1.log", alone: true,
		line: line(1, "About to leave"), old: "leader=2", fresh: "leader=4",
		want: "server 1 says FOLLOWING, leader 4"},
	{name: "a vote that another never had", sample: "classic", file: "zk2.log",
		line: line(1, "n.sid:1", "n.leader:2, n.round:0x1"), old: "n.leader:2", fresh: "n.leader:5",
		want: "server 2 hears server 1 say LOOKING 5:0,0 round 1; by its own log it never votes so"},
	{name: "a vote with a zxid that another never had", sample: "classic", file: "zk4.log",
		line: line(1, "n.sid:1", "n.leader:1, n.round:0x2"), old: "n.zxid:0x0", fresh: "n.zxid:0x7",
		want: "server 4 hears server 1 say LOOKING 1:1,7 round 2; by its own log it never votes so"},
	{name: "an answer for a leader that another never had", sample: "classic", file: "zk4.log",
		line: line(1, "n.sid:1, n.state:FOLLOWING, n.leader:3"), old: "n.leader:3", fresh: "n.leader:2",
		want: "server 4 hears server 1 say FOLLOWING 2:1,0 round 1; by its own log it never decides for server 2"},
	{name: "an answer of a server that never led", sample: "classic", file: "zk4.log",
		line: line(1, "n.sid:1, n.state:FOLLOWING"), old: "n.state:FOLLOWING", fresh: "n.state:LEADING",
		want: "server 4 hears server 1 say LEADING 3:1,0 round 1; by its own log it is never LEADING"},
}

// apply makes the change; the second result is the index of the line that is refused.
func (x *tampering) apply(t *testing.T, lines []string) ([]string, int) {
	t.Helper()
	lines = slices.Clone(lines)
	i := x.line.find(t, lines)
	refused := i
	if x.refused.n > 0 {
		refused = x.refused.find(t, lines)
	}
	switch {
	case x.double:
		return slices.Insert(lines, i, lines[i]), i + 1
	case x.before.n > 0:
		moved := lines[i]
		lines = slices.Delete(lines, i, i+1)
		refused = x.before.find(t, lines)
		return slices.Insert(lines, refused, moved), refused
	}
	changed := strings.Replace(lines[i], x.old, x.fresh, 1)
	if changed == lines[i] {
		t.Fatalf("line %d has no %q: %s", i+1, x.old, lines[i])
	}
	lines[i] = changed
	return lines, refused
}

// Every tampered log is refused, at the line that was changed.
func TestTamperedLogsAreRefused(t *testing.T) {
	for _, x := range tamperings {
		t.Run(x.name, func(t *testing.T) {
			lines, refused := x.apply(t, sampleLines(t, x.sample, x.file))
			files := []*Log{read(t, x.file, lines)}
			if !x.alone {
				for _, f := range sample(t, x.sample) {
					if f.Name != x.file {
						files = append(files, f)
					}
				}
			}
			r, err := Judge(files, Options{Voters: voters[x.sample]})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != Illegal {
				t.Fatalf("the verdict is %v: %+v", r.Verdict, r.Findings)
			}
			for _, f := range r.Findings {
				if f.Verdict == Illegal && f.File == filepath.Base(x.file) {
					if f.Line != refused+1 || !strings.Contains(f.Text, x.want) {
						t.Errorf("%v\nwant line %d: %s\nevidence %q", &f, refused+1, x.want, f.Evidence)
					}
					return
				}
			}
			t.Errorf("refused elsewhere: %v", r.Findings)
		})
	}
}

// voters of the ensembles that the samples are of.
var voters = map[string]int{"classic": 5, "classic-debug": 5, "zxids": 5, "epochs": 3, "flapping": 3, "flapping-debug": 3}

// A server that is no member is refused where the members are stated.
func TestStrangersAreRefused(t *testing.T) {
	lines := sampleLines(t, "classic", "zk1.log")
	i := line(1, "n.sid:2").find(t, lines)
	lines[i] = strings.Replace(lines[i], "n.sid:2", "n.sid:9", 1)
	f := read(t, "zk1.log", lines)
	if _, err := Judge([]*Log{f}, Options{Voters: 5}); err == nil || !strings.Contains(err.Error(), "the logs show 6: 1, 2, 3, 4, 5, 9") {
		t.Errorf("got %v", err)
	}
	var members []election.Member
	for sid := election.SID(1); sid <= 5; sid++ {
		members = append(members, election.Member{SID: sid})
	}
	r, err := Judge([]*Log{f}, Options{Members: members})
	if err != nil || r.Verdict != Illegal || r.Findings[0].Line != i+1 {
		t.Errorf("got %v, %v", r, err)
	}
}
