package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/zkcheck/zkcheck/wire"
)

// Stranger is the sid with which servers are asked: no member has it, as ZooKeeper's documentation
// allows 1..255, and it is larger than every member's, so that the server keeps the connection that we
// open (QuorumCnxManager.handleConnection). It is always the same, because the server remembers for
// ever whom it has answered, and calls them whenever it looks for a leader.
const Stranger = 65535

// Answer is what a server says about itself.
type Answer struct {
	wire.Notification
	// SID is the server's own, which an answer does not say: it is that of the member in the config whose
	// election address was asked, or -1.
	SID int64
}

// Ask asks the server at an election address host:port what it is doing and whom it votes for. The server
// answers a sid that is no voter whatever it is doing itself, and does nothing else with the message
// (FastLeaderElection.Messenger.WorkerReceiver.run): its election is not disturbed.
//
// While it looks for a leader it answers with the vote of its last election, not with what it proposes.
func Ask(ctx context.Context, addr string) (Answer, error) { return AskAs(ctx, Stranger, addr) }

// AskAs is Ask with another sid, which must not be a voter's. A server whose sid is larger hangs up
// and calls back, so that it must be able to reach this machine.
func AskAs(ctx context.Context, sid int64, addr string) (Answer, error) {
	a, err := ask(ctx, sid, addr)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", addr, err)
	}
	return a, nil
}

func ask(ctx context.Context, sid int64, addr string) (Answer, error) {
	conn, err := dialOnce(ctx, addr)
	if err != nil {
		return Answer{}, err
	}
	self := conn.LocalAddr().(*net.TCPAddr)
	back, err := net.ListenTCP("tcp", &net.TCPAddr{IP: self.IP, Zone: self.Zone})
	if err != nil {
		return Answer{}, errors.Join(err, conn.Close())
	}
	defer back.Close()
	opening, err := wire.Header{Protocol: wire.OneAddress, SID: sid, Addrs: []string{back.Addr().String()}}.AppendBinary(nil)
	if err != nil {
		return Answer{}, errors.Join(err, conn.Close())
	}
	for wait := onceTime; ; wait = min(2*wait, mostTime) {
		// Header and question in one piece: a server that has read a part waits for the rest, and listens to
		// nobody else meanwhile.
		n, err := answer(ctx, conn, opening)
		remote := conn.RemoteAddr()
		conn.Close()
		switch {
		case err == nil:
			return Answer{n, sidAt(n.Config, addr, remote)}, nil
		case !hungUp(err):
			return Answer{}, silence(ctx, err)
		}
		a, err := calledBack(ctx, back, wait)
		if err != errNotCalled || ctx.Err() != nil {
			return a, err
		}
		// A server calls a sid once at a time, and forgets the one who comes before it is done with the call
		// before (QuorumCnxManager.initiateConnectionAsync).
		if conn, err = dialOnce(ctx, addr); err != nil {
			if ctx.Err() != nil {
				err = errNotCalled
			}
			return Answer{}, err
		}
	}
}

// dialOnce connects to a server that has to be there.
func dialOnce(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	var timeout net.Error
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return nil, errSilent
	}
	return nil, cause(err)
}

// calledBack is the way of a server whose sid is larger than ours. The error is errNotCalled if the server has
// not called within the time, or has hung up again, as it does where somebody else comes with our sid.
func calledBack(ctx context.Context, back *net.TCPListener, wait time.Duration) (Answer, error) {
	back.SetDeadline(time.Now().Add(wait))
	defer context.AfterFunc(ctx, func() { back.SetDeadline(time.Unix(1, 0)) })()
	for {
		conn, err := back.Accept()
		if err != nil {
			return Answer{}, errNotCalled
		}
		a, err := calledOn(ctx, conn)
		conn.Close()
		switch {
		case err == nil:
			return a, nil
		case !hungUp(err):
			return Answer{}, silence(ctx, err)
		}
	}
}

// calledOn is the answer on a connection that the server has opened.
func calledOn(ctx context.Context, conn net.Conn) (Answer, error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	h, err := wire.ReadHeader(conn)
	stop()
	if err != nil {
		return Answer{}, err
	}
	n, err := answer(ctx, conn, nil)
	return Answer{n, h.SID}, err
}

// question is LOOKING in round 0, in the old form that has no config: a server reads the config of a
// stranger too, and there are configs that it does not survive.
var question = wire.Notification{Form: wire.NoVersion}

// answer asks, with something said before, and reads the answer. The server begins a connection with what it
// last said to this sid, if it has nothing else to say at that moment (SendWorker.run), so that what comes
// first may be as old as the last time it was asked. The question is repeated, and the second answer is taken,
// which was given on this connection.
func answer(ctx context.Context, conn net.Conn, opening []byte) (wire.Notification, error) {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	r := bufio.NewReader(conn)
	var payload []byte
	for range 2 {
		err := askUntilAnswered(ctx, conn, r, opening)
		if err != nil {
			return wire.Notification{}, err
		}
		if payload, err = wire.ReadFrame(r, payload); err != nil {
			return wire.Notification{}, err
		}
		opening = nil
	}
	return wire.ParseNotification(payload)
}

// askUntilAnswered asks, and returns when the first byte of an answer is there.
//
// Answers get lost, the more of them the busier the server's machine is (one of a hundred with four busy
// processes to a core): the server has a queue for a sid, not for a connection, and the SendWorker of the
// connection before, if it has not been ended yet, takes an answer out of it and sends it where nobody listens.
// So who is not answered asks again.
func askUntilAnswered(ctx context.Context, conn net.Conn, r *bufio.Reader, opening []byte) error {
	for wait := onceTime; ; wait = min(2*wait, mostTime) {
		sent, err := question.AppendFrame(opening)
		if err != nil {
			return err
		}
		if _, err := conn.Write(sent); err != nil {
			return err
		}
		// Whoever sets a deadline looks at ctx behind that: it may have set its own just before.
		conn.SetReadDeadline(time.Now().Add(wait))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err = r.Peek(1)
		conn.SetReadDeadline(time.Time{})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		opening = nil
	}
}

// Times after which it is asked again. They are too short for no server: one that is slow answers more often.
const (
	onceTime = 250 * time.Millisecond
	mostTime = 4 * time.Second
)

// hungUp tells whether the server closed the connection; it resets it, if it has not read the question.
func hungUp(err error) bool {
	return err == io.EOF || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

var (
	errSilent    = errors.New("no answer")
	errNotCalled = errors.New("the server hung up and did not call back")
)

// silence is the error of a server that does not say what it should.
func silence(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return errSilent
	case err == io.ErrUnexpectedEOF:
		return errors.New("the server hung up in the middle of its answer")
	}
	return fmt.Errorf("the answer is none of an election port: %w", err)
}

// cause is an error of the network without the addresses, which the caller names.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return errors.New(name.Err) // without the resolver's address: "no such host"
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

// sidAt is the member of a config with an election address, or -1.
func sidAt(config, addr string, remote net.Addr) int64 {
	c, err := wire.ParseConfig(config)
	if err != nil {
		return -1
	}
	for _, m := range c.Members {
		at := net.JoinHostPort(m.Host, strconv.Itoa(m.ElectionPort))
		if at == addr || at == remote.String() {
			return m.SID
		}
	}
	return -1
}
