package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// Subject is the real server.
type Subject struct {
	SID      election.SID
	Election string // host:port of its election port
}

// Member is one of the others: a voter, an observer, or a stranger that the subject's configuration does
// not name.
type Member struct {
	SID      election.SID
	Election string // host:port where the peer listens, and where its header says that it does
	Quorum   string // host:port of its quorum port; "" for a peer that never leads
	Header   []byte // what it says when it connects, as an old server would; nil for sid and address
}

// queued is how many events wait for who reads them. If more come, the peer reads no further, and what the
// subject sends stays in the network.
const queued = 256

// ErrClosed is the error of whoever still waits when the peers are closed.
var ErrClosed = errors.New("the peers are closed")

// Peers are all other members of one real server's ensemble. Methods can be called at the same time.
type Peers struct {
	subject Subject
	events  chan Event
	ctx     context.Context // done when Close begins
	cancel  context.CancelFunc
	tasks   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	open    map[closer]struct{} // listeners and connections
	members map[election.SID]*member
}

type closer interface{ Close() error }

// New listens on the ports of all members. The subject may be started after that.
func New(subject Subject, members ...Member) (*Peers, error) {
	p := &Peers{
		subject: subject,
		events:  make(chan Event, queued),
		open:    map[closer]struct{}{},
		members: map[election.SID]*member{},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for _, m := range members {
		if err := p.Add(m); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Add lets one more peer listen.
func (p *Peers) Add(m Member) error {
	if m.SID == p.subject.SID {
		return fmt.Errorf("peer %v: that is the real server", m.SID)
	}
	if _, err := p.member(m.SID); err == nil {
		return fmt.Errorf("peer %v is there twice", m.SID)
	}
	header, err := wire.Header{Protocol: wire.OneAddress, SID: int64(m.SID), Addrs: []string{m.Election}}.AppendBinary(nil)
	if err != nil {
		return fmt.Errorf("peer %v: %w", m.SID, err)
	}
	if m.Header != nil {
		header = m.Header
	}
	added := &member{
		Member: m, peers: p, header: header, changed: make(chan struct{}),
		dialling: make(chan struct{}, 1), quorum: map[net.Conn]struct{}{},
	}
	if err := p.listen(m.Election, added.serve); err != nil {
		return fmt.Errorf("peer %v, election port: %w", m.SID, err)
	}
	if m.Quorum != "" {
		if err := p.listen(m.Quorum, added.serveQuorum); err != nil {
			return fmt.Errorf("peer %v, quorum port: %w", m.SID, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[m.SID] = added
	return nil
}

// Events is everything that the subject does, at all peers, in the order in which it was seen. It is to be
// read until it is closed, which Close does.
func (p *Peers) Events() <-chan Event { return p.events }

// Send sends a notification of a peer to the subject. If there is no connection it makes one, as the peer's
// and the subject's sids want it, and waits for a subject that does not listen yet until ctx is done.
func (p *Peers) Send(ctx context.Context, from election.SID, n wire.Notification) error {
	m, err := p.member(from)
	if err != nil {
		return err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	if m.frame, err = n.AppendFrame(m.frame[:0]); err != nil {
		return fmt.Errorf("peer %v: %w", from, err)
	}
	return m.write(ctx, m.frame)
}

// SendBytes sends bytes as they are: no length is put before them.
func (p *Peers) SendBytes(ctx context.Context, from election.SID, b []byte) error {
	m, err := p.member(from)
	if err != nil {
		return err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	return m.write(ctx, b)
}

// Connect makes a peer's election connection if there is none. Sending does that too.
func (p *Peers) Connect(ctx context.Context, sid election.SID) error {
	m, err := p.member(sid)
	if err != nil {
		return err
	}
	if _, err := m.connect(ctx); err != nil {
		return fmt.Errorf("peer %v: %w", sid, err)
	}
	return nil
}

// Drop closes a peer's election connection. What the subject has not read of it may be lost. The next Send,
// or the subject, makes another.
func (p *Peers) Drop(sid election.SID) error {
	m, err := p.member(sid)
	if err == nil {
		m.drop()
	}
	return err
}

// CloseQuorum closes the connections at a peer's quorum port: a subject that follows the peer looks for a
// leader again.
func (p *Peers) CloseQuorum(sid election.SID) error {
	m, err := p.member(sid)
	if err == nil {
		m.closeQuorum()
	}
	return err
}

// Close ends all connections and everything that was started. It closes the channel of events.
func (p *Peers) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.cancel()
	for c := range p.open {
		c.Close()
	}
	p.mu.Unlock()
	p.tasks.Wait()
	close(p.events)
	return nil
}

func (p *Peers) member(sid election.SID) (*member, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m, ok := p.members[sid]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("there is no peer %v", sid)
}

// listen accepts connections until the peers are closed, each served by a goroutine of its own.
func (p *Peers) listen(addr string, serve func(net.Conn)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return p.start(l, func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed: nothing else ends a listener on a loopback address
			}
			if p.start(conn, func() { serve(conn) }) != nil {
				return
			}
		}
	})
}

// start runs a task that ends when c is closed, and closes c when the task has ended.
func (p *Peers) start(c closer, task func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return ErrClosed
	}
	p.open[c] = struct{}{}
	p.tasks.Go(func() {
		task()
		p.mu.Lock()
		delete(p.open, c)
		p.mu.Unlock()
		c.Close()
	})
	return nil
}

// emit waits until the event is queued or nobody wants it any more.
func (p *Peers) emit(e Event) {
	select {
	case p.events <- e:
	case <-p.ctx.Done():
	}
}
