package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that would hang. No test asserts that something is faster.
const patience = 20 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func notification(t *testing.T, leader election.SID, round uint64) wire.Notification {
	t.Helper()
	n, err := wire.FromVote(election.Vote{
		Candidate: election.Candidate{Leader: leader, Zxid: election.NewZxid(1, 5), PeerEpoch: 1},
		Round:     round, Version: election.WireVersion,
	}, "version=0")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// freeAddress is an address where somebody can listen.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// around makes peers 1, 3 and 5 of a fake server 2.
func around(t *testing.T) (*fake, *Peers) {
	t.Helper()
	f := newFake(t, 2, "127.0.0.1:0")
	p, err := New(Subject{2, f.addr()},
		Member{SID: 1, Election: freeAddress(t), Quorum: freeAddress(t)},
		Member{SID: 3, Election: freeAddress(t)}, Member{SID: 5, Election: freeAddress(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return f, p
}

func next(t *testing.T, p *Peers) Event {
	t.Helper()
	select {
	case e, ok := <-p.Events():
		if !ok {
			t.Fatal("no more events")
		}
		return e
	case <-time.After(patience):
		t.Fatal("no event")
	}
	panic("unreachable")
}

// expect reads the next events, which have to be these.
func expect(t *testing.T, p *Peers, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := next(t, p).String(); got != w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
}

func TestTheLargerSIDDialsAndTheSmallerIsCalledBack(t *testing.T) {
	f, p := around(t)
	for _, from := range []election.SID{3, 1} {
		for round := uint64(1); round <= 3; round++ {
			if err := p.Send(within(t), from, notification(t, from, round)); err != nil {
				t.Fatal(err)
			}
			if got := <-f.received; got.from != int64(from) || got.n.Round != int64(round) {
				t.Fatalf("received %+v", got)
			}
		}
		expect(t, p, from.String()+": connected")
		f.send(int64(from), notification(t, 2, 9))
		expect(t, p, from.String()+": received LOOKING 2:1,1.5 round 9")
	}
}

// A server with the smaller sid can only call: the peer calls back.
func TestACallIsAnswered(t *testing.T) {
	f, p := around(t)
	f.call(3, p.members[3].Election)
	expect(t, p, "3: connected")
	f.tasks.Go(func() { f.call(1, p.members[1].Election) })
	expect(t, p, "1: connected")
}

func TestWhatIsDroppedComesBackOnDemand(t *testing.T) {
	f, p := around(t)
	for _, from := range []election.SID{3, 1} {
		name := from.String()
		for round := uint64(1); round <= 20; round++ {
			if err := p.Send(within(t), from, notification(t, from, round)); err != nil {
				t.Fatal(err)
			}
			if got := <-f.received; got.n.Round != int64(round) {
				t.Fatalf("received %+v", got)
			}
			if err := p.Drop(from); err != nil {
				t.Fatal(err)
			}
			expect(t, p, name+": connected", name+": disconnected")
		}
	}
}

func TestTheServerHangsUp(t *testing.T) {
	f, p := around(t)
	for range 3 {
		if err := p.Connect(within(t), 5); err != nil {
			t.Fatal(err)
		}
		expect(t, p, "5: connected")
		f.hangUpWhenThere(5)
		expect(t, p, "5: disconnected")
	}
}

// hangUpWhenThere waits until the server has read the header.
func (f *fake) hangUpWhenThere(sid int64) {
	for {
		f.mu.Lock()
		c := f.open[sid]
		f.mu.Unlock()
		if c != nil {
			f.hangUp(sid)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestGarbageFromTheServerIsReported(t *testing.T) {
	f, p := around(t)
	if err := p.Send(within(t), 3, notification(t, 3, 1)); err != nil {
		t.Fatal(err)
	}
	<-f.received
	f.mu.Lock()
	f.open[3].Write([]byte{0, 0, 0, 1, 7, 0, 0, 0, 0})
	f.mu.Unlock()
	expect(t, p, "3: connected", "3: unreadable: notification of 1 bytes, the least is 28",
		"3: disconnected: frame of 0 bytes, possible are 1..524288")
}

func TestAServerThatIsNotThereYetIsWaitedFor(t *testing.T) {
	addr := freeAddress(t)
	p, err := New(Subject{2, addr}, Member{SID: 3, Election: freeAddress(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	soon, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := p.Send(soon, 3, notification(t, 3, 1)); err == nil {
		t.Fatal("sent to nobody")
	}
	sent := make(chan error)
	go func() { sent <- p.Send(within(t), 3, notification(t, 3, 2)) }()
	f := newFake(t, 2, addr)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if got := <-f.received; got.n.Round != 2 {
		t.Errorf("received %+v", got)
	}
}

func TestAFollowerAtTheQuorumPort(t *testing.T) {
	_, p := around(t)
	quorum := p.members[1].Quorum
	for range 3 {
		conn, err := net.Dial("tcp", quorum)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write([]byte("epoch"))
		expect(t, p, "1: quorum connected")
		if err := p.CloseQuorum(1); err != nil {
			t.Fatal(err)
		}
		expect(t, p, "1: quorum closed")
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is still there")
		}
		conn.Close()
	}
	conn, err := net.Dial("tcp", quorum)
	if err != nil {
		t.Fatal(err)
	}
	conn.Write([]byte("epoch"))
	expect(t, p, "1: quorum connected")
	conn.Close()
	expect(t, p, "1: quorum closed")
}

func TestPeersThatCanNotBe(t *testing.T) {
	_, p := around(t)
	for want, m := range map[string]Member{
		"peer 2: that is the real server":                        {SID: 2, Election: "127.0.0.1:0"},
		"peer 3 is there twice":                                  {SID: 3, Election: "127.0.0.1:0"},
		`peer 9: header of sid 9: address "nowhere" has no port`: {SID: 9, Election: "nowhere"},
	} {
		if err := p.Add(m); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := p.Send(within(t), 9, notification(t, 1, 1)); err == nil || err.Error() != "there is no peer 9" {
		t.Errorf("got %v", err)
	}
	taken := p.members[3].Election
	if _, err := New(Subject{2, taken}, Member{SID: 4, Election: taken}); err == nil || !strings.HasPrefix(err.Error(), "peer 4, election port: ") {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsWhoeverWaits(t *testing.T) {
	p, err := New(Subject{2, freeAddress(t)}, Member{SID: 1, Election: freeAddress(t)}, Member{SID: 3, Election: freeAddress(t)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	for _, from := range []election.SID{1, 3} {
		go func() { ended <- p.Send(context.Background(), from, notification(t, from, 1)) }()
	}
	silent, err := net.Dial("tcp", p.members[1].Election)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p.Close()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("sent after all")
		}
	}
	for e := range p.Events() {
		t.Errorf("an event: %v", e)
	}
	if err := p.Send(context.Background(), 3, notification(t, 3, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	p.Close()
}

// Nobody reads the events: the network is what waits.
func TestEventsThatNobodyReads(t *testing.T) {
	f, p := around(t)
	if err := p.Send(within(t), 3, notification(t, 3, 1)); err != nil {
		t.Fatal(err)
	}
	<-f.received
	for i := range 3 * queued {
		f.send(3, notification(t, 2, uint64(i)))
	}
	expect(t, p, "3: connected")
	for i := range 2 * queued {
		expect(t, p, fmt.Sprintf("3: received LOOKING 2:1,1.5 round %d", i))
	}
}
