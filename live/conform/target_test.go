package conform

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// targetOf is an ensemble on a network of its own, of which no server runs.
func targetOf(t *testing.T, voters, observers int) (*Target, *server.Network) {
	t.Helper()
	network, err := server.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	var addrs []string
	for i := range voters + observers {
		addrs = append(addrs, fmt.Sprintf("%s:%d", network.Host(election.SID(i+1)), server.ElectionPort))
	}
	target, err := ParseTarget(strings.Join(addrs, ","), server.QuorumPort, observers)
	if err != nil {
		t.Fatal(err)
	}
	return target, network
}

func playTarget(t *testing.T, target *Target, elections int, broken string) Report {
	t.Helper()
	if err := target.Find(context.Background()); err != nil {
		t.Fatal(err)
	}
	observers := 0
	for _, m := range target.Members {
		if m.Observer {
			observers++
		}
	}
	r, err := Run(context.Background(), Options{Target: target, Voters: len(target.Members) - observers, Observers: observers,
		Elections: elections, Seed: 3, Broken: broken})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Unrepeated {
		t.Logf("not repeated: %v\n%s%s", d, d.Script.Format(), strings.Join(d.Seen, "\n"))
	}
	t.Logf("%d elections, %d decided, %d found, %d not repeated, %v", r.Elections, r.Decided, len(r.Found), len(r.Unrepeated), r.Elapsed)
	return r
}

// TestTargetHolds: a server that does as the engine does, whatever its sid is, is explained by the wire
// alone.
func TestTargetHolds(t *testing.T) {
	for _, c := range []struct{ voters, observers, subject int }{{3, 1, 2}, {5, 0, 1}} {
		t.Run(fmt.Sprintf("server %d of %d", c.subject, c.voters), func(t *testing.T) {
			t.Parallel()
			target, _ := targetOf(t, c.voters, c.observers)
			newFake(t, target, election.SID(c.subject), election.Disk{Zxid: election.NewZxid(1, 3), CurrentEpoch: 1, AcceptedEpoch: 1}, nil)
			r := playTarget(t, target, 14, "")
			for _, f := range r.Found {
				t.Errorf("%v\n%s%s", f, f.Script.Format(), strings.Join(f.Seen, "\n"))
			}
			if r.Elections != 14 || r.Decided < 7 {
				t.Errorf("%d elections, %d decided", r.Elections, r.Decided)
			}
		})
	}
}

// TestTargetWithBrokenRuleIsFound: what the engine does not do is seen without a log as well.
func TestTargetWithBrokenRuleIsFound(t *testing.T) {
	for _, name := range []string{"quorum", "answer-vote"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule, err := FindRule(name)
			if err != nil {
				t.Fatal(err)
			}
			target, _ := targetOf(t, 5, 0)
			newFake(t, target, 3, election.Disk{Zxid: election.NewZxid(1, 3), CurrentEpoch: 1, AcceptedEpoch: 1}, rule.Break)
			r := playTarget(t, target, 60, "")
			if len(r.Found) == 0 {
				t.Fatal("not found")
			}
			t.Logf("%v", r.Found[0])
		})
	}
}

// TestTargetThatLeads: a leader is left alone until it gives up.
func TestTargetThatLeads(t *testing.T) {
	t.Parallel()
	target, _ := targetOf(t, 3, 0)
	newFake(t, target, 3, election.Disk{Zxid: 5}, nil)
	if err := target.Find(context.Background()); err != nil {
		t.Fatal(err)
	}
	script, err := target.script("")
	if err != nil {
		t.Fatal(err)
	}
	waited := 0
	s, err := openTarget(context.Background(), target, script, func(bool) { waited++ })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	own := election.Vote{Candidate: election.Candidate{Leader: 3, Zxid: 5}, Round: 1, Version: 2}
	for range 2 {
		o, err := s.Play([]Step{{Kind: Hear, Peer: 1, Vote: own}, {Kind: Wait}}, nil)
		if err == nil {
			err = s.Leave()
		}
		if err != nil {
			explain(t, err)
			t.Fatal(err)
		}
		if !o.Decided {
			t.Error("undecided")
		}
	}
	if waited != 4 {
		t.Errorf("waiting was told %d times", waited)
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for list, want := range map[string]string{
		"a:1,b:1":           "2 addresses, 0 of them of observers: want 3..9 voters",
		"a:1,b:1,c":         `"c": want HOST:PORT or SID@HOST:PORT of an election port, as 127.0.0.1:3888`,
		"a:1,b:1,:1":        `":1": want HOST:PORT or SID@HOST:PORT of an election port, as 127.0.0.1:3888`,
		"a:1,b:1,x@c:1":     `"x" is no sid`,
		"a:1,b:1,1@c:1":     "server 1 is there twice",
		"a:1,b:1,a:1":       "a:1 is there twice",
		"a:1,b:1,a:2":       "servers 1 and 3 have the same quorum address a:2888: every server needs a host of its own",
		"a:1,b:1,a:2888":    "servers 1 and 3 have the same quorum address a:2888: every server needs a host of its own",
		"7@a:1,8@b:1,9@c:0": `"9@c:0": want HOST:PORT or SID@HOST:PORT of an election port, as 127.0.0.1:3888`,
	} {
		if _, err := ParseTarget(list, 2888, 0); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", list, err, want)
		}
	}
	const odd = "7@a:1,b:1,9@c:1"
	if target, err := ParseTarget(odd, 2888, 0); err != nil || target.String() != odd {
		t.Errorf("got %v, %v, want %s", target, err, odd)
	}
}

// TestFindRefuses: one server runs, and all others can be played.
func TestFindRefuses(t *testing.T) {
	target, _ := targetOf(t, 3, 0)
	refused := func(want string) {
		t.Helper()
		if err := target.Find(context.Background()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	listen := func(addr string) net.Listener {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	one, two := target.Members[0].Election, target.Members[1].Election
	refused("nobody listens on any of the addresses: want one server that runs")
	listen(one)
	if err := target.Find(context.Background()); err != nil || target.Subject != 1 {
		t.Errorf("got %v, server %v", err, target.Subject)
	}
	other := listen(two)
	refused(one + " and " + two + " listen: want one server that runs, and the others stopped")
	other.Close()
	listen(target.Members[2].Quorum)
	refused("server 3 is to be played, but nobody can listen on " + target.Members[2].Quorum + " here: address already in use")
}

// TestTargetIsARealServer: with its stock properties.
func TestTargetIsARealServer(t *testing.T) {
	t.Parallel()
	i := install(t)
	target, _ := targetOf(t, 5, 1)
	spec := server.Spec{SID: 3, Dir: t.TempDir(), Disk: election.Disk{Zxid: election.NewZxid(1, 5), CurrentEpoch: 1, AcceptedEpoch: 1}}
	for _, m := range target.Members {
		host, _, err := net.SplitHostPort(m.Election)
		if err != nil {
			t.Fatal(err)
		}
		spec.Members = append(spec.Members, server.Member{SID: m.SID, Host: host, Observer: m.Observer})
	}
	p, err := server.Start(context.Background(), i, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	for start := time.Now(); target.Find(context.Background()) != nil && time.Since(start) < time.Minute; {
		time.Sleep(100 * time.Millisecond)
	}
	const elections = 24
	r := playTarget(t, target, elections, "")
	for _, f := range r.Found {
		t.Errorf("%v\n%s%s", f, f.Script.Format(), strings.Join(f.Seen, "\n"))
	}
	if r.Elections != elections || r.Decided < elections/3 {
		t.Errorf("%d elections, %d decided", r.Elections, r.Decided)
	}
	if r.Asked == 0 || r.Resets == 0 {
		t.Errorf("%d observers answered, %d reconnects", r.Asked, r.Resets)
	}
}
