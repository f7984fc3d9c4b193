package peer

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

func TestAskBothWays(t *testing.T) {
	vote := election.Vote{
		Candidate: election.Candidate{Leader: 7, Zxid: election.NewZxid(2, 9), PeerEpoch: 2},
		Round:     4, State: election.Leading, Version: election.WireVersion,
	}
	for name, as := range map[string]int64{"the server answers": Stranger, "the server calls back": 95} {
		f := newFake(t, 100, "127.0.0.1:0")
		f.vote = vote
		f.sid = map[int64]int64{Stranger: 7, 95: 100}[as]
		a, err := AskAs(within(t), as, f.addr())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v, err := a.Vote(); err != nil || v != vote || a.SID != f.sid {
			t.Errorf("%s: server %d, %v, %v", name, a.SID, v, err)
		}
	}
}

// A server repeats what it said last to the same sid; that is not taken for the answer.
func TestAskedAgainTheAnswerIsNotTheOldOne(t *testing.T) {
	f := newFake(t, 7, "127.0.0.1:0")
	for round := uint64(1); round <= 10; round++ {
		f.mu.Lock()
		f.vote.Round, f.vote.Version = round, election.WireVersion
		f.mu.Unlock()
		a, err := Ask(within(t), f.addr())
		if err != nil || a.Round != int64(round) {
			t.Fatalf("round %d: answered round %d, %v", round, a.Round, err)
		}
	}
}

func TestTheQuestionIsOfNoElection(t *testing.T) {
	f := newFake(t, 7, "127.0.0.1:0")
	f.vote.Version = election.WireVersion
	if _, err := Ask(within(t), f.addr()); err != nil {
		t.Fatal(err)
	}
	f.close()
	if len(f.received) < 2 {
		t.Errorf("asked %d times", len(f.received))
	}
	for len(f.received) > 0 { // more than twice, if the machine is slow
		if got := <-f.received; got.from != Stranger || got.n != question || got.n.State != 0 || got.n.Round != 0 {
			t.Errorf("received %+v", got)
		}
	}
}

// A busy server loses the first answer on a connection, the second, or the call back.
func TestWhoIsNotAnsweredAsksAgain(t *testing.T) {
	for name, as := range map[string]int64{"the server answers": Stranger, "the server calls back": 95} {
		f := newFake(t, 100, "127.0.0.1:0")
		f.sid = map[int64]int64{Stranger: 7, 95: 100}[as]
		f.vote.Version = election.WireVersion
		for lost := range 3 {
			f.mu.Lock()
			f.lost, f.busy = lost, lost
			f.vote.Round++
			f.mu.Unlock()
			a, err := AskAs(within(t), as, f.addr())
			if err != nil || a.Round != int64(lost+1) {
				t.Fatalf("%s, %d lost: answered round %d, %v", name, lost, a.Round, err)
			}
		}
	}
}

func TestAskingWhatIsNoServer(t *testing.T) {
	says := func(text string, closes bool) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Write([]byte(text))
				if closes {
					conn.(*net.TCPConn).CloseWrite()
				}
				t.Cleanup(func() { conn.Close() })
			}
		}()
		return l.Addr().String()
	}
	for want, addr := range map[string]string{
		"connection refused": freeAddress(t),
		"no answer":          says("", false),
		"the answer is none of an election port: frame of 1213486160 bytes, possible are 1..524288": says("HTTP/1.1 400", false),
		"the server hung up and did not call back":                                                  says("", true),
		"the server hung up in the middle of its answer":                                            says("\x00\x00", true),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // two of them wait until then
			defer cancel()
			if _, err := Ask(ctx, addr); err == nil || strings.TrimPrefix(err.Error(), addr+": ") != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// An error names neither the resolver nor the host again.
func TestCauseOfANameThatIsNone(t *testing.T) {
	err := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "zk1", Server: "127.0.0.53:53"}}
	if got := cause(err).Error(); got != "no such host" {
		t.Errorf("got %q", got)
	}
}
