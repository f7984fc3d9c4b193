package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/zkcheck/zkcheck/wire"
)

// member is a peer with its connections.
type member struct {
	Member
	peers  *Peers
	header []byte

	dialling chan struct{} // has an element while somebody makes a connection

	mu      sync.Mutex
	link    *link         // the newest connection; closed unless up
	up      bool          // link can be written to
	called  bool          // the subject asked for a connection while there was one
	changed chan struct{} // closed when there is a new link
	quorum  map[net.Conn]struct{}

	writing sync.Mutex
	frame   []byte // what Send writes, kept for the next time
}

// link is an election connection.
type link struct {
	conn net.Conn
	last *link         // the one before it, until its reader has ended
	done chan struct{} // closed when the reader has reported the end
}

// headerTime is how long who connects may take to say who it is.
const headerTime = 10 * time.Second

// serve takes a connection that somebody opened to the election port of the peer.
func (m *member) serve(conn net.Conn) {
	conn.SetReadDeadline(time.Now().Add(headerTime))
	r := bufio.NewReaderSize(conn, 1<<10)
	h, err := wire.ReadHeader(r)
	if err != nil || h.SID != int64(m.peers.subject.SID) {
		return // the peer has nothing to do with anybody but the subject
	}
	conn.SetReadDeadline(time.Time{})
	if m.SID < m.peers.subject.SID {
		m.read(m.install(conn), r)
		return
	}
	// Only the larger sid keeps what it opened (QuorumCnxManager.handleConnection): this was a call.
	conn.Close()
	m.mu.Lock()
	m.called = m.up
	answer := !m.up
	m.mu.Unlock()
	if answer {
		m.callBack()
	}
}

// callBackTime is how long a peer tries to answer a call: the subject calls before it listens.
const callBackTime = 5 * time.Second

func (m *member) callBack() {
	ctx, cancel := context.WithTimeout(m.peers.ctx, callBackTime)
	defer cancel()
	m.connect(ctx) // if that fails the subject calls again
}

// install makes a connection the peer's, in the place of the one that it had.
func (m *member) install(conn net.Conn) *link {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up {
		m.link.conn.Close()
	}
	m.link = &link{conn: conn, last: m.link, done: make(chan struct{})}
	m.up = true
	close(m.changed)
	m.changed = make(chan struct{})
	return m.link
}

// read reports what comes on a connection, after all that came on the one before.
func (m *member) read(l *link, r io.Reader) {
	if l.last != nil {
		<-l.last.done
		l.last = nil
	}
	m.peers.emit(Event{Kind: Connected, Peer: m.SID})
	err := m.frames(r)
	l.conn.Close()

	m.mu.Lock()
	ours := m.link != l || !m.up
	called := m.called && !ours
	if !ours {
		m.up, m.called = false, false
	}
	m.mu.Unlock()
	if ours || err == io.EOF || errors.Is(err, net.ErrClosed) {
		err = nil
	}
	m.peers.emit(Event{Kind: Disconnected, Peer: m.SID, Err: err})
	close(l.done)
	if called {
		m.callBack()
	}
}

// frames reports frames until the connection ends; the error is never nil.
func (m *member) frames(r io.Reader) error {
	var buf []byte
	for {
		var err error
		if buf, err = wire.ReadFrame(r, buf); err != nil {
			return err
		}
		e := Event{Kind: Received, Peer: m.SID}
		if e.Notification, err = wire.ParseNotification(buf); err != nil {
			e.Kind, e.Err = Unreadable, err
		}
		m.peers.emit(e)
	}
}

// connect is the connection, which it makes if there is none.
func (m *member) connect(ctx context.Context) (*link, error) {
	if l, _ := m.current(); l != nil {
		return l, nil
	}
	select {
	case m.dialling <- struct{}{}:
		defer func() { <-m.dialling }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.peers.ctx.Done():
		return nil, ErrClosed
	}
	l, changed := m.current()
	if l != nil {
		return l, nil
	}
	conn, err := m.peers.dial(ctx)
	if err != nil {
		if m.peers.ctx.Err() != nil {
			err = ErrClosed
		}
		return nil, err
	}
	if _, err := conn.Write(m.header); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if m.SID > m.peers.subject.SID {
		l := m.install(conn)
		return l, m.peers.start(conn, func() { m.read(l, bufio.NewReaderSize(conn, 1<<10)) })
	}
	// The subject closes this one and opens its own.
	defer conn.Close()
	select {
	case <-changed:
	case <-ctx.Done():
		return nil, fmt.Errorf("the server does not call back: %w", ctx.Err())
	case <-m.peers.ctx.Done():
		return nil, ErrClosed
	}
	if l, _ = m.current(); l == nil {
		return nil, errors.New("the server called back and closed the connection")
	}
	return l, nil
}

// current is the connection, or nil and what is closed when there is one.
func (m *member) current() (*link, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up {
		return m.link, nil
	}
	return nil, m.changed
}

// write writes to the connection; m.writing is held.
func (m *member) write(ctx context.Context, b []byte) error {
	l, err := m.connect(ctx)
	if err != nil {
		return fmt.Errorf("peer %v: %w", m.SID, err)
	}
	deadline, _ := ctx.Deadline()
	l.conn.SetWriteDeadline(deadline) // none, if ctx has none
	if _, err := l.conn.Write(b); err != nil {
		l.conn.Close() // half a frame may be written
		return fmt.Errorf("peer %v: %w", m.SID, err)
	}
	return nil
}

func (m *member) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up {
		m.link.conn.Close()
	}
	m.up, m.called = false, false
}

// dial connects to the subject. A subject that does not listen yet is waited for.
func (p *Peers) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	var d net.Dialer
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		conn, err := d.DialContext(ctx, "tcp", p.subject.Election)
		if err == nil || !errors.Is(err, syscall.ECONNREFUSED) {
			return conn, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, err
		}
	}
}
