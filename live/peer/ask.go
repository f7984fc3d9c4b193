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
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	var timeout net.Error
	switch {
	case err == nil:
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return Answer{}, errSilent
	default:
		return Answer{}, cause(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()

	self := conn.LocalAddr().(*net.TCPAddr)
	back, err := net.ListenTCP("tcp", &net.TCPAddr{IP: self.IP, Zone: self.Zone})
	if err != nil {
		return Answer{}, err
	}
	defer back.Close()
	header, err := wire.Header{Protocol: wire.OneAddress, SID: sid, Addrs: []string{back.Addr().String()}}.AppendBinary(nil)
	if err != nil {
		return Answer{}, err
	}
	opening, err := question.AppendFrame(header)
	if err != nil {
		return Answer{}, err
	}
	// Header and question in one piece: a server that has read a part waits for the rest, and listens to
	// nobody else meanwhile.
	if _, err := conn.Write(opening); err != nil {
		return Answer{}, cause(err)
	}
	n, err := answer(conn)
	if hungUp(err) {
		return calledBack(ctx, back)
	}
	if err != nil {
		return Answer{}, silence(ctx, err)
	}
	return Answer{n, sidAt(n.Config, addr, conn.RemoteAddr())}, nil
}

// calledBack is the way of a server whose sid is larger than ours.
func calledBack(ctx context.Context, back *net.TCPListener) (Answer, error) {
	defer context.AfterFunc(ctx, func() { back.SetDeadline(time.Unix(1, 0)) })()
	conn, err := back.Accept()
	if err != nil {
		return Answer{}, errors.New("the server hung up and did not call back")
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	h, err := wire.ReadHeader(conn)
	if err != nil {
		return Answer{}, silence(ctx, err)
	}
	opening, err := question.AppendFrame(nil)
	if err != nil {
		return Answer{}, err
	}
	if _, err := conn.Write(opening); err != nil {
		return Answer{}, cause(err)
	}
	n, err := answer(conn)
	if err != nil {
		return Answer{}, silence(ctx, err)
	}
	return Answer{n, h.SID}, nil
}

// question is LOOKING in round 0, in the old form that has no config: a server reads the config of a
// stranger too, and there are configs that it does not survive.
var question = wire.Notification{Form: wire.NoVersion}

// answer reads the answer to the question that was sent. The server begins a connection with what it last
// said to this sid, if it has nothing else to say at that moment (SendWorker.run), so that what comes first
// may be as old as the last time it was asked. The question is repeated, and the second answer is taken,
// which was given on this connection in any case.
func answer(conn net.Conn) (wire.Notification, error) {
	r := bufio.NewReader(conn)
	if _, err := wire.ReadFrame(r, nil); err != nil {
		return wire.Notification{}, err
	}
	again, err := question.AppendFrame(nil)
	if err != nil {
		return wire.Notification{}, err
	}
	if _, err := conn.Write(again); err != nil {
		return wire.Notification{}, err
	}
	payload, err := wire.ReadFrame(r, nil)
	if err != nil {
		return wire.Notification{}, err
	}
	return wire.ParseNotification(payload)
}

// hungUp tells whether the server closed the connection; it resets it, if it has not read the question.
func hungUp(err error) bool { return err == io.EOF || errors.Is(err, syscall.ECONNRESET) }

var errSilent = errors.New("no answer")

// silence is the error of a server that does not say what it should.
func silence(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return errSilent
	case hungUp(err):
		return errors.New("the server hung up")
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
