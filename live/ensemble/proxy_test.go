package ensemble

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// soon is when something should have happened that needs no time, on a busy machine.
const soon = 20 * time.Second

// wires is a fabric between two servers that are listeners of the test.
type wires struct {
	*fabric
	t        *testing.T
	election map[election.SID]net.Listener
	quorum   map[election.SID]net.Listener
}

func newWires(t *testing.T) *wires {
	t.Helper()
	n, err := server.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	f, err := newFabric(n, []election.SID{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	w := &wires{f, t, map[election.SID]net.Listener{}, map[election.SID]net.Listener{}}
	for _, sid := range []election.SID{1, 2} {
		w.election[sid] = w.listen(sid, server.ElectionPort)
	}
	return w
}

func (w *wires) listen(sid election.SID, port int) net.Listener {
	w.t.Helper()
	l, err := net.Listen("tcp4", address(w.net.Host(sid), port))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	return l
}

func (w *wires) dial(from, to election.SID, port int) net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp4", address(w.host(from, to), port))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.limited(c)
}

func (w *wires) accept(l net.Listener) net.Conn {
	w.t.Helper()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(soon))
	c, err := l.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.limited(c)
}

func (w *wires) limited(c net.Conn) net.Conn {
	c.SetDeadline(time.Now().Add(soon))
	w.t.Cleanup(func() { c.Close() })
	return c
}

func (w *wires) reads(c net.Conn, want string) {
	w.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		w.t.Fatalf("read %q, want %q: %v", got, want, err)
	}
}

// knock opens a connection of the election port.
func (w *wires) knock(from, to election.SID) (dialler, receiver net.Conn, header wire.Header) {
	w.t.Helper()
	dialler = w.dial(from, to, server.ElectionPort)
	bytes, err := wire.Header{Protocol: wire.OneAddress, SID: int64(from), Addrs: []string{address(w.net.Host(from), server.ElectionPort)}}.AppendBinary(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := dialler.Write(bytes); err != nil {
		w.t.Fatal(err)
	}
	receiver = w.accept(w.election[to])
	if header, err = wire.ReadHeader(receiver); err != nil {
		w.t.Fatal(err)
	}
	return dialler, receiver, header
}

// gone tells whether a connection has ended.
func gone(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestHeaderSendsTheReceiverThroughTheProxy(t *testing.T) {
	w := newWires(t)
	from, to, header := w.knock(1, 2)
	if want := address(w.host(2, 1), server.ElectionPort); header.SID != 1 || len(header.Addrs) != 1 || header.Addrs[0] != want {
		t.Errorf("server 2 hears %+v, want address %s", header, want)
	}
	io.WriteString(from, "there")
	w.reads(to, "there")
	io.WriteString(to, "and back")
	w.reads(from, "and back")
	from.Close()
	if !gone(to) {
		t.Error("the end did not pass")
	}
}

func TestCutLinkLosesConnectionsAndRefusesOthers(t *testing.T) {
	w := newWires(t)
	from, to, _ := w.knock(1, 2)
	w.cutLink(2, 1)
	if !gone(from) || !gone(to) {
		t.Error("a connection has outlived its link")
	}
	if !gone(w.dial(2, 1, server.ElectionPort)) {
		t.Error("a cut link takes a connection")
	}
	if healed := w.heal(); len(healed) != 1 || healed[0] != (pair{1, 2}) {
		t.Errorf("healed %v", healed)
	}
	w.knock(2, 1)
}

func TestStalledLinkHoldsWhatIsSent(t *testing.T) {
	w := newWires(t)
	from, to, _ := w.knock(1, 2)
	w.stallLink(1, 2)
	io.WriteString(from, "late")
	to.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := to.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes passed a stalled link: %v", n, err)
	}
	to.SetReadDeadline(time.Now().Add(soon))
	w.heal()
	w.reads(to, "late")
}

// A follower that knocks before the leader listens is let in when it does.
func TestQuorumPortWaitsForTheLeader(t *testing.T) {
	w := newWires(t)
	follower := w.dial(1, 2, server.QuorumPort)
	time.Sleep(2 * knockAgain) // it has been refused by now
	io.WriteString(follower, "FOLLOWERINFO")
	w.reads(w.accept(w.listen(2, server.QuorumPort)), "FOLLOWERINFO")
	if !gone(w.dial(2, 1, server.QuorumPort)) {
		t.Error("a server that never listens is waited for without end")
	}
}

func TestGarbageInsteadOfAHeader(t *testing.T) {
	w := newWires(t)
	c := w.dial(1, 2, server.ElectionPort)
	io.WriteString(c, "\xff\xff\xff\xff\xff\xff\xff\xffgarbage")
	if !gone(c) {
		t.Error("garbage is passed on")
	}
	w.knock(1, 2)
}
