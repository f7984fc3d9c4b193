package logs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// wordings are how versions of ZooKeeper say the same.
var wordings = []struct {
	name    string
	dialect Dialect
	debug   bool // this wording has lines of DEBUG that can be read
	say     func(e *Event) string
}{
	{"3.4.0", Dialect34, true, func(e *Event) string {
		v := &e.Vote
		switch e.Kind {
		case NewElection:
			return fmt.Sprintf("New election. My id =  %v, Proposed zxid = %d", e.Peer, int64(v.Zxid))
		case Heard:
			return fmt.Sprintf("Notification: %v (n.leader), %d (n.zxid), %d (n.round), %v (n.state), %v (n.sid), %d (n.peerEPoch), %v (my state)",
				v.Leader, int64(v.Zxid), v.Round, v.State, e.Peer, v.PeerEpoch, e.Mine)
		case Sending:
			return fmt.Sprintf("Sending Notification: %v (n.leader), %d (n.zxid), %d (n.round), %v (recipient), 1 (myid), %d (n.peerEpoch)",
				v.Leader, int64(v.Zxid), v.Round, e.Peer, v.PeerEpoch)
		case Proposed:
			return fmt.Sprintf("Updating proposal: %v (newleader), %d (newzxid), 1 (oldleader), 0 (oldzxid)", v.Leader, int64(v.Zxid))
		case Counted:
			return fmt.Sprintf("Adding vote: From = %v, Proposed leader = %v, Proposed zxid = %d, Proposed election epoch = %d",
				e.Peer, v.Leader, int64(v.Zxid), v.Round)
		case Leaving:
			return fmt.Sprintf("About to leave FLE instance: Leader= %v, Zxid = %d, My id = 1, My state = %v", v.Leader, int64(v.Zxid), e.Mine)
		}
		return ""
	}},
	{"3.4.6", Dialect346, true, func(e *Event) string {
		v := &e.Vote
		switch e.Kind {
		case NewElection:
			return fmt.Sprintf("New election. My id =  %v, proposed zxid=0x%x", e.Peer, uint64(v.Zxid))
		case Heard:
			return fmt.Sprintf("Notification: 1 (message format version), %v (n.leader), 0x%x (n.zxid), 0x%x (n.round), %v (n.state), %v (n.sid), 0x%x (n.peerEpoch) %v (my state)",
				v.Leader, uint64(v.Zxid), v.Round, v.State, e.Peer, v.PeerEpoch, e.Mine)
		}
		return ""
	}},
	{"3.5", Dialect35, true, func(e *Event) string {
		v := &e.Vote
		switch e.Kind {
		case NewElection:
			return fmt.Sprintf("New election. My id =  %v, proposed zxid=0x%x", e.Peer, uint64(v.Zxid))
		case Heard:
			return fmt.Sprintf("Notification: 2 (message format version), %v (n.leader), 0x%x (n.zxid), 0x%x (n.round), %v (n.state), %v (n.sid), 0x%x (n.peerEPoch), %v (my state)0 (n.config version)",
				v.Leader, uint64(v.Zxid), v.Round, v.State, e.Peer, v.PeerEpoch, e.Mine)
		}
		return ""
	}},
	{"master", Dialect36, true, func(e *Event) string {
		v := &e.Vote
		if e.Kind == Sending {
			return fmt.Sprintf("Sending Notification: %v (n.leader), 0x%x (n.zxid), 0x%x (n.peerEpoch), 0x%x (n.round), %v (recipient), 1 (myid) ",
				v.Leader, uint64(v.Zxid), v.PeerEpoch, v.Round, e.Peer)
		}
		return ""
	}},
}

var message38 = regexp.MustCompile(`(Notification: my state|Sending Notification|New election|Updating proposal|Adding vote|About to leave|Peer state changed).*`)

// reword writes a log of 3.8 in the words of another version. Until 3.5 setPeerState logs nothing.
func reword(lines []string, sid election.SID, old bool, say func(e *Event) string) (out []string) {
	for _, l := range lines {
		e, ok, err := newParser().parse([]byte(l))
		if err != nil || !ok {
			out = append(out, l)
			continue
		}
		if e.Kind == NewElection {
			e.Peer = sid
		}
		if old && e.Early {
			continue
		}
		if text := say(&e); text != "" {
			text = strings.NewReplacer("1 (myid)", fmt.Sprintf("%v (myid)", sid), "My id = 1, My", fmt.Sprintf("My id = %v, My", sid)).Replace(text)
			l = message38.ReplaceAllLiteralString(l, text)
		}
		out = append(out, l)
	}
	return out
}

// The same elections in the words of every version are the same elections.
func TestWordings(t *testing.T) {
	for _, w := range wordings {
		for _, name := range samples {
			t.Run(w.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				var files []*Log
				originals := sample(t, name)
				for _, f := range originals {
					text := reword(sampleLines(t, name, f.Name), f.SID, w.dialect != Dialect36, w.say)
					l := read(t, f.Name, text)
					if l.Dialect != w.dialect || l.SID != f.SID || l.Debug != f.Debug {
						t.Fatalf("%s is read as of %v, server %v, debug %v", f.Name, l.Dialect, l.SID, l.Debug)
					}
					files = append(files, l)
				}
				o := Options{Voters: voters[name]}
				r, err := Judge(files, o)
				if err != nil {
					t.Fatal(err)
				}
				want, err := Judge(originals, o)
				if err != nil {
					t.Fatal(err)
				}
				if r.Verdict != Legal || len(r.Elections) != len(want.Elections) {
					t.Fatalf("%v, %d elections of %d: %v", r.Verdict, len(r.Elections), len(want.Elections), r.Findings)
				}
				for i := range r.Elections {
					if got, want := r.Elections[i].Story(), want.Elections[i].Story(); got != want {
						t.Errorf("%s\nwant %s", got, want)
					}
				}
			})
		}
	}
}

// What today's rules do not explain of decided votes is unknown where older rules were other ones.
func TestOldRules(t *testing.T) {
	lines := sampleLines(t, "classic", "zk4.log")
	i := line(1, "n.sid:3, n.state:LEADING").find(t, lines)
	lines[i] = strings.Replace(lines[i], "LEADING", "FOLLOWING", 1)
	for _, w := range wordings {
		l := read(t, "zk4.log", reword(lines, 4, w.dialect != Dialect36, w.say))
		r, err := Judge([]*Log{l}, Options{Voters: 5})
		want := Unknown
		if w.dialect == Dialect36 {
			want = Illegal
		}
		if err != nil || r.Verdict != want {
			t.Errorf("%s: %v, %v, want %v", w.name, err, r, want)
		}
	}
}

// Where the members may have changed, and where something decides that is not in the rules, a line that
// the rules do not explain is unknown.
func TestOtherConfigurations(t *testing.T) {
	lines := sampleLines(t, "classic", "zk3.log")
	i := line(1, "Peer state changed: leading").find(t, lines)
	lines[i] = strings.Replace(lines[i], "leading", "following", 1)
	k := line(1, "n.sid:2").find(t, lines)
	for _, text := range []string{
		strings.Replace(lines[k], "n.config version:0x0", "n.config version:0x100000000", 1),
		lines[k] + "\nINFO - Oracle indicates to follow",
		lines[k] + "\nINFO - restarting leader election",
	} {
		changed := slices.Clone(lines[:i+1])
		changed[k] = text
		r, err := Judge([]*Log{read(t, "zk3.log", changed)}, Options{Voters: 5})
		if err != nil || r.Verdict != Unknown {
			t.Errorf("%s: %v, %+v", text, err, r)
		}
	}
}

// Lines as people have published them, and what they say.
func TestLines(t *testing.T) {
	vote := func(leader election.SID, zxid election.Zxid, epoch uint32, round uint64, s election.State, version uint8) election.Vote {
		return election.Vote{Candidate: election.Candidate{Leader: leader, Zxid: zxid, PeerEpoch: epoch}, Round: round, State: s, Version: version}
	}
	for _, x := range []struct {
		line string
		want Event
	}{
		{"2014-07-17 11:26:44,426 [myid:3] - INFO  [WorkerReceiver[myid=3]:FastLeaderElection@542] - Notification: 2 (n.leader), 0x0 (n.zxid), 0x1 (n.round), LOOKING (n.state), 1 (n.sid), 0x0 (n.peerEPoch), LOOKING (my state)",
			Event{Kind: Heard, Peer: 1, Vote: vote(2, 0, 0, 1, election.Looking, 0)}},
		{"2019-05-24 11:20:33,044 [myid:3] - INFO  [WorkerReceiver[myid=3]:FastLeaderElection@595] - Notification: 1 (message format version), 3 (n.leader), 0x500000003 (n.zxid), 0x1 (n.round), LOOKING (n.state), 3 (n.sid), 0x5 (n.peerEpoch) LOOKING (my state)",
			Event{Kind: Heard, Peer: 3, Vote: vote(3, 0x500000003, 5, 1, election.Looking, 1)}},
		{"[2016-07-24 07:17:52,806] INFO Notification: 1 (message format version), 3 (n.leader), 0x0 (n.zxid), 0x1 (n.round), LOOKING (n.state), 3 (n.sid), 0x0 (n.peerEpoch) FOLLOWING (my state) (org.apache.zookeeper.server.quorum.FastLeaderElection)",
			Event{Kind: Heard, Mine: election.Following, Peer: 3, Vote: vote(3, 0, 0, 1, election.Looking, 1)}},
		{"2020-06-29 11:46:11,148 [myid:2] - INFO  [WorkerReceiver[myid=2]:FastLeaderElection@697] - Notification: 2 (message format version), 3 (n.leader), 0x0 (n.zxid), 0x1 (n.round), LEADING (n.state), 3 (n.sid), 0x1 (n.peerEPoch), FOLLOWING (my state)0 (n.config version)",
			Event{Kind: Heard, Mine: election.Following, Peer: 3, Vote: vote(3, 0, 1, 1, election.Leading, 2)}},
		{"[0614 11:28:45 708 INFO ] [WorkerReceiver[myid=1]] server.quorum.FastLeaderElection - Notification: 2 (message format version), 1 (n.leader), 0x200000004 (n.zxid), 0x1 (n.round), LOOKING (n.state), 1 (n.sid), 0x3 (n.peerEPoch), LOOKING (my state)100000000 (n.config version)",
			Event{Kind: Heard, Peer: 1, Vote: vote(1, 0x200000004, 3, 1, election.Looking, 2)}},
		{"2019-07-18 19:22:24,340 [myid:1] - INFO  [QuorumPeer[myid=1](plain=/0:0:0:0:0:0:0:0:2181)(secure=disabled):FastLeaderElection@885] - New election. My id =  1, proposed zxid=0x10000002b",
			Event{Kind: NewElection, Vote: vote(0, 0x10000002b, 0, 0, 0, 0)}},
		{"Notification: my state:LOOKING; n.sid:4, n.state:OBSERVING, n.leader:-9223372036854775808, n.round:0x1, n.peerEpoch:0x8000000000000000, n.zxid:0x8000000000000000, message format version:0x2, n.config version:0x0",
			Event{Kind: Heard, Peer: 4, Vote: vote(election.NoServer, 0, 0, 1, election.Observing, 2)}},
		{"Sending Notification: 3 (n.leader), 0x100000000 (n.zxid), 0x1 (n.peerEpoch), 0x2 (n.round), 5 (recipient), 3 (myid) ",
			Event{Kind: Sending, Peer: 5, Vote: vote(3, 0x100000000, 1, 2, 0, 0)}},
		{"2020-02-11 21:25:24,358 [myid:2] - INFO  [QuorumPeer[myid=2]/0.0.0.0:2181:QuorumPeer@910] - LOOKING", Event{Kind: Looking}},
		{"[2016-07-24 07:17:52,806] INFO FOLLOWING (org.apache.zookeeper.server.quorum.QuorumPeer)", Event{Kind: Decided, Mine: election.Following}},
		{"247|INFO|QuorumPeer[myid=3](plain=[0:0:0:0:0:0:0:0]:2181)(secure=disabled)|QuorumPeer|LEADING", Event{Kind: Decided, Mine: election.Leading}},
		{"INFO org.apache.zookeeper.server.quorum.QuorumPeer: OBSERVING\t", Event{Kind: Decided, Mine: election.Observing}},
		{"LEADING", Event{Kind: Decided, Mine: election.Leading}},
		{"INFO - Peer state changed: observing", Event{Kind: Decided, Early: true, Mine: election.Observing}},
		{"INFO - Notification time out: 400 ms", Event{Kind: TimedOut}},
	} {
		e, ok, err := newParser().parse([]byte(x.line))
		if !ok || err != nil || e != x.want {
			t.Errorf("%s\ngot  %+v, %v, %v\nwant %+v", x.line, e, ok, err, x.want)
		}
	}
	for _, l := range []string{"", "INFO - Peer state changed: following - discovery", "INFO - Peer state changed: looking",
		"WARN - PeerState set to LOOKING", "my state=LEADING", "LEADING - LEADER ELECTION TOOK - 256 MS", "he said LEADING",
		"DEBUG - Receive new notification message. My id = 3", "Notification: hello", "Sending new notification. My id =3 recipient=1"} {
		if e, ok, err := newParser().parse([]byte(l)); ok || err != nil {
			t.Errorf("%q is read as %+v, %v", l, e, err)
		}
	}
}
