package quorum

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
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

// TestTheRealServerConforms plays lives on real servers: nothing disagrees.
func TestTheRealServerConforms(t *testing.T) {
	i := install(t)
	for _, phase := range []Phase{Discovery, Sync} {
		for _, role := range []Role{Follower, Leader} {
			r, err := Run(t.Context(), Options{Phase: phase, Role: role, Voters: 3, Terms: 48, JVMs: 2, Seed: 5, Dir: t.TempDir(), Host: Real(i)})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range r.Found {
				t.Errorf("%s as %s, term %d: %v\n%s\n%s", phase, role, d.Term, d, d.Script.Format(), tail(d.Disagreement))
			}
			for _, d := range r.Unrepeated { // what a fresh server does not show is no disagreement
				t.Logf("%s as %s, once: %v\n%s", phase, role, d, tail(d))
			}
		}
	}
}

// TestABrokenRuleIsFoundOnTheRealServer takes one rule of each role; the report of docs/fidelity.md has them all.
func TestABrokenRuleIsFoundOnTheRealServer(t *testing.T) {
	i := install(t)
	for _, name := range []string{"promise-twice", "no-count"} {
		rule, err := FindRule(name)
		if err != nil {
			t.Fatal(err)
		}
		host := Real(i)
		host.Patience = 3 * time.Second
		r, err := Run(t.Context(), Options{Phase: Discovery, Role: rule.Role, Voters: 3, Terms: 100, JVMs: 2, Seed: 1, Broken: name,
			Dir: t.TempDir(), Host: host})
		if err != nil || len(r.Found) == 0 {
			t.Errorf("%s: in %d terms it is not found: %v", name, r.Terms, err)
		}
	}
}

// known are scripts in which ZooKeeper does something that loses data or can, and that the comparison knows of. The
// last packet says it.
var known = []struct{ name, last, steps string }{
	// ZOOKEEPER-5094: what a TRUNC brought is in memory when the connection is lost, and acked as history later. It was
	// never written: a restart does not find it.
	{"an interrupted TRUNC", "looks for a leader, with zxid 2.2 and currentEpoch 4", `follow 3; leaderinfo +1; diff; newleader; uptodate;
		propose; propose; propose; commit; hangup; follow 3; leaderinfo +1; trunc 1; propose; commit; hangup;
		follow 3; leaderinfo +1; diff; newleader; uptodate; restart`},
	// ZOOKEEPER-2846: the log files have a hole where a SNAP came, and a leader sends what is around it. 2.3, 2.4 and
	// 2.5 are in the leader's tree, and the follower never hears of them.
	{"a log with a hole", "sends PROPOSAL 2.2, COMMIT 2.2, PROPOSAL 3.1, COMMIT 3.1, NEWLEADER of epoch 4 to server 1", `follow 3; leaderinfo +1; diff;
		newleader; uptodate; propose; commit; propose; commit; hangup; follow 3; leaderinfo +1; snap 3; newleader; uptodate;
		propose; commit; hangup; lead; info 1 +0; ackepoch 1 -2 behind5`},
}

func TestWhatIsKnownOfTheRealServer(t *testing.T) {
	i := install(t)
	for _, k := range known {
		s := &Script{Phase: Sync, Subject: 2, Voters: 3, Version: i.Version,
			Disk: election.Disk{CurrentEpoch: 1, AcceptedEpoch: 1, Zxid: election.NewZxid(1, 5)}}
		for _, line := range strings.Split(k.steps, ";") {
			step, err := parseStep(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			s.Steps = append(s.Steps, step)
		}
		session, err := open(t.Context(), Real(i), s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for n, step := range s.Steps {
			if err := session.play(step); err != nil {
				t.Errorf("%s, at step %d, %v: %v", k.name, n+1, step, err)
				break
			}
		}
		if got := together(session.seen); !strings.HasSuffix(got, k.last) {
			t.Errorf("%s: at the end it %s", k.name, got)
		}
		if err := session.close(); err != nil {
			t.Error(err)
		}
	}
}

// together is the last that was seen; packets to one server are one line.
func together(seen []string) string {
	line := seen[len(seen)-1]
	for i := len(seen) - 2; i >= 0; i-- {
		what, to, _ := strings.Cut(line, " to server")
		before, same, _ := strings.Cut(seen[i], " to server")
		if !strings.HasPrefix(before, "sends ") || same != to || strings.HasPrefix(before, "sends DIFF") {
			break
		}
		line = fmt.Sprintf("%s, %s to server%s", before, strings.TrimPrefix(what, "sends "), to)
	}
	return line
}

// TestADiskThatNoServerStartsFrom is the lesson unrecoverable-disk: a crash between the flush of a synchronised history
// and the writing of currentEpoch leaves a disk that is refused.
func TestADiskThatNoServerStartsFrom(t *testing.T) {
	i := install(t)
	n, err := server.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	if err := server.WriteDisk(server.DataDir(dir), election.Disk{CurrentEpoch: 1, AcceptedEpoch: 2, Zxid: election.NewZxid(1, 1)}); err != nil {
		t.Fatal(err)
	}
	version2 := filepath.Join(server.DataDir(dir), "version-2")
	if err := os.Rename(filepath.Join(version2, "snapshot.100000001"), filepath.Join(version2, "snapshot.200000001")); err != nil {
		t.Fatal(err)
	}
	d, err := server.ReadDisk(server.DataDir(dir))
	if want := (election.Disk{CurrentEpoch: 1, AcceptedEpoch: 2, Zxid: election.NewZxid(2, 1)}); err != nil || d != want || election.Recovers(d) {
		t.Fatalf("the disk is %v, %v", d, err)
	}
	var members []server.Member
	for sid := election.SID(1); sid <= 3; sid++ {
		members = append(members, server.Member{SID: sid, Host: n.Host(sid)})
	}
	p, err := server.Start(ctx, i, server.Spec{SID: 1, Members: members, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	lines := p.Lines()
	line, err := lines.Await(ctx, func(text string) bool { return strings.Contains(text, "is older than the last zxid") })
	if want := "The current epoch, 1, is older than the last zxid, 8589934593"; err != nil || !strings.Contains(line.Text, want) {
		t.Errorf("want %q, got %q, %v", want, line.Text, err)
	}
	if err := p.Wait(); err == nil {
		t.Error("it ends as if nothing were wrong")
	}
}

// TestARequestThatComesTooEarly plays what finding 10 of docs/fidelity.md is about. It is a matter of moments: what is
// not seen says nothing, and nothing else may be.
func TestARequestThatComesTooEarly(t *testing.T) {
	i := install(t)
	text, err := os.ReadFile("testdata/early-request.zkt")
	if err != nil {
		t.Fatal(err)
	}
	script, err := Parse("early-request.zkt", text)
	if err != nil {
		t.Fatal(err)
	}
	d, err := PlayOn(t.Context(), Real(i), script, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if d == nil {
		t.Skip("no request came early enough")
	}
	if !strings.Contains(d.What.Error(), ".1 to server 3; ") || !strings.HasPrefix(d.What.Error(), "it sends SNAP ") {
		t.Errorf("%v\n%s", d, tail(d))
	}
}
