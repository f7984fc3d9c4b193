package quorum

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// link is a connection between the server and a simulated peer, at the quorum port of whoever leads.
type link struct {
	peer election.SID
	conn *net.TCPConn
	deaf chan struct{} // closed when nobody reads it any more
}

// happening is what the server did on a link.
type happening struct {
	link   *link
	opened bool // it has connected
	packet wire.QuorumPacket
	err    error // the link has ended
}

// ports are the quorum ports of the simulated peers, and the links that they have.
type ports struct {
	host  func(election.SID) string
	own   string // the server's quorum port
	ctx   context.Context
	heard chan happening
	list  []net.Listener
}

// queued is how many happenings wait for who reads them.
const queued = 256

func openPorts(ctx context.Context, host func(election.SID) string, own election.SID, peers []election.SID) (*ports, error) {
	p := &ports{host: host, own: address(host(own)), ctx: ctx, heard: make(chan happening, queued)}
	for _, sid := range peers {
		l, err := net.Listen("tcp", address(host(sid)))
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.list = append(p.list, l)
		go p.accept(l, sid)
	}
	return p, nil
}

func address(host string) string { return net.JoinHostPort(host, strconv.Itoa(server.QuorumPort)) }

func (p *ports) close() (err error) {
	for _, l := range p.list {
		err = errors.Join(err, l.Close())
	}
	return err
}

func (p *ports) accept(l net.Listener, sid election.SID) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		k := &link{peer: sid, conn: conn.(*net.TCPConn), deaf: make(chan struct{})}
		p.emit(happening{link: k, opened: true})
		go p.read(k)
	}
}

// dial connects a peer to the server, which may not listen yet.
func (p *ports) dial(ctx context.Context, sid election.SID) (*link, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(p.host(sid))}}
	for {
		conn, err := d.DialContext(ctx, "tcp", p.own)
		if err == nil {
			k := &link{peer: sid, conn: conn.(*net.TCPConn), deaf: make(chan struct{})}
			go p.read(k)
			return k, nil
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, err
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// read reports packets until the link ends.
func (p *ports) read(k *link) {
	defer context.AfterFunc(p.ctx, func() { k.conn.Close() })()
	defer k.conn.Close()
	r := bufio.NewReader(k.conn)
	for {
		packet, err := wire.ReadQuorumPacket(r)
		if err == nil && packet.Type == wire.PacketSnap {
			_, err = wire.ReadSnapshot(r)
		}
		select {
		case <-k.deaf:
			return
		default:
		}
		p.emit(happening{link: k, packet: packet, err: err})
		if err != nil {
			return
		}
	}
}

func (p *ports) emit(h happening) {
	select {
	case p.heard <- h:
	case <-h.link.deaf:
	case <-p.ctx.Done():
	}
}

// send writes a packet, and behind a SNAP the snapshot.
func (k *link) send(p wire.QuorumPacket, snapshot *wire.Snapshot) error {
	b, err := p.AppendBinary(nil)
	if err == nil && snapshot != nil {
		b, err = snapshot.AppendBinary(b)
	}
	if err != nil {
		return err
	}
	_, err = k.conn.Write(b)
	return err
}

// hangUp closes the link behind what was sent; what the server still says is read.
func (k *link) hangUp() { k.conn.CloseWrite() }

// drop closes the link, and reads no more.
func (k *link) drop() {
	close(k.deaf)
	k.conn.CloseWrite()
	k.conn.Close()
}

// ended tells whether the error is that of a link that one of the two has closed.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}
