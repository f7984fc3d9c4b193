package peer

import (
	"net"
	"sync"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// fake is a server with a connection manager and no opinion: it reports what it receives, and answers
// strangers with a vote.
type fake struct {
	t   *testing.T
	sid int64
	l   net.Listener

	mu       sync.Mutex
	open     map[int64]net.Conn // by sid
	vote     election.Vote
	last     map[int64]wire.Notification // sent on every new connection (SendWorker.run)
	accepted int
	lost     int // answers that a worker of the connection before takes (QuorumCnxManager.SendWorker.run)
	busy     int // callers that are not called back (QuorumCnxManager.initiateConnectionAsync)
	tasks    sync.WaitGroup

	received chan received
}

type received struct {
	from int64
	n    wire.Notification
}

func newFake(t *testing.T, sid int64, addr string) *fake {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, sid: sid, l: l, open: map[int64]net.Conn{}, last: map[int64]wire.Notification{}, received: make(chan received, 100)}
	f.tasks.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.tasks.Go(func() { f.accept(conn) })
		}
	})
	t.Cleanup(f.close)
	return f
}

func (f *fake) addr() string { return f.l.Addr().String() }

func (f *fake) close() {
	f.l.Close()
	f.mu.Lock()
	for _, c := range f.open {
		c.Close()
	}
	f.mu.Unlock()
	f.tasks.Wait()
}

// accept is QuorumCnxManager.handleConnection.
func (f *fake) accept(conn net.Conn) {
	h, err := wire.ReadHeader(conn)
	if err != nil {
		conn.Close()
		return
	}
	f.mu.Lock()
	f.accepted++
	f.mu.Unlock()
	if h.SID > f.sid {
		f.keep(h.SID, conn)
		return
	}
	conn.Close()
	f.mu.Lock()
	f.busy--
	forget := f.busy >= 0
	f.mu.Unlock()
	if !forget {
		f.call(h.SID, h.Addrs[0])
	}
}

// call is QuorumCnxManager.startConnection.
func (f *fake) call(sid int64, addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	b, err := wire.Header{Protocol: wire.OneAddress, SID: f.sid, Addrs: []string{f.addr()}}.AppendBinary(nil)
	if err != nil {
		f.t.Error(err)
	}
	conn.Write(b)
	if sid > f.sid {
		conn.Close()
		return
	}
	f.keep(sid, conn)
}

func (f *fake) keep(sid int64, conn net.Conn) {
	f.mu.Lock()
	if old := f.open[sid]; old != nil {
		old.Close()
	}
	f.open[sid] = conn
	last, ok := f.last[sid]
	f.mu.Unlock()
	if ok {
		f.send(sid, last)
	}
	defer conn.Close()
	for {
		b, err := wire.ReadFrame(conn, nil)
		if err != nil {
			return
		}
		n, err := wire.ParseNotification(b)
		if err != nil {
			continue
		}
		f.received <- received{sid, n}
		if sid >= 90 {
			f.answer(sid)
		}
	}
}

func (f *fake) answer(sid int64) {
	f.mu.Lock()
	n, err := wire.FromVote(f.vote, "server.7="+f.l.Addr().(*net.TCPAddr).IP.String()+":2888:"+port(f.l)+":participant\nversion=0")
	f.mu.Unlock()
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	f.lost--
	lose := f.lost >= 0
	f.mu.Unlock()
	if !lose {
		f.send(sid, n)
	}
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

func (f *fake) send(sid int64, n wire.Notification) {
	b, err := n.AppendFrame(nil)
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[sid] = n
	if c := f.open[sid]; c != nil {
		c.Write(b)
	}
}

func (f *fake) hangUp(sid int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[sid].Close()
	delete(f.open, sid)
}
