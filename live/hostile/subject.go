package hostile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// subject is a real server that is attacked: 1 of three, whose others are not there.
type subject struct {
	process *server.Process
	network *server.Network
	dir     string
	addr    string // of its election port
	lines   *server.Lines
	config  string // the one that it was started with, as it answers it
}

// Times. They bound how long silence is listened to, not how fast a server has to be: who answers is not
// waited for.
const (
	startTime  = time.Minute            // until a server answers
	closeTime  = 40 * time.Millisecond  // until a server has closed a connection, if it does
	drainTime  = 500 * time.Millisecond // until it has read what was sent
	answerTime = 5 * time.Second        // until it answers, however often it is asked
	onceTime   = time.Second            // until it is asked again
	deadTime   = 300 * time.Millisecond // the same, if its log says that a thread has ended
)

// startSubject starts a server in a directory of its own, and returns when it answers.
func startSubject(ctx context.Context, install server.Install) (*subject, error) {
	dir, err := os.MkdirTemp("", "zkcheck-hostile-")
	if err != nil {
		return nil, err
	}
	s := &subject{dir: dir}
	if err := s.start(ctx, install); err != nil {
		s.stop()
		return nil, fmt.Errorf("hostile: %w", err)
	}
	return s, nil
}

func (s *subject) start(ctx context.Context, install server.Install) (err error) {
	if s.network, err = server.NewNetwork(); err != nil {
		return err
	}
	// Names in cases must not be asked for in the world.
	hosts := filepath.Join(s.dir, "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"), 0o644); err != nil {
		return err
	}
	spec := server.Spec{
		SID: subjectSID, Dir: filepath.Join(s.dir, "server"), LogPattern: "%-5p|%t|%m%n",
		SyncLimit: 2, // times tickTime is how long it waits for the rest of a header
		Properties: map[string]string{
			"jdk.net.hosts.file": hosts,
			// How long an election that is restarted is silent: a minute, if it has lasted.
			"zookeeper.fastleader.maxNotificationInterval": "400",
		},
	}
	for sid := election.SID(1); sid <= voters; sid++ {
		spec.Members = append(spec.Members, server.Member{SID: sid, Host: s.network.Host(sid)})
	}
	s.addr = net.JoinHostPort(s.network.Host(subjectSID), strconv.Itoa(server.ElectionPort))
	if s.process, err = server.Start(ctx, install, spec); err != nil {
		return err
	}
	s.lines = s.process.Lines()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		a, err := peer.Ask(ctx, s.addr)
		if err == nil {
			s.config = a.Config
			s.log()
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.process.Done():
			return fmt.Errorf("the server ended before it answered: %s", lastLine(s.log()))
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// stop ends the server and removes what it had.
func (s *subject) stop() {
	if s.process != nil {
		s.process.Kill()
	}
	if s.network != nil {
		s.network.Close()
	}
	os.RemoveAll(s.dir)
}

// log is what the server has written since it was asked last.
func (s *subject) log() []string {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	var list []string
	for {
		line, err := s.lines.Next(now)
		if err != nil {
			return list
		}
		list = append(list, line.Text)
	}
}

// put sends a case, finds out how the server takes it, and returns what it wrote to its log.
func (s *subject) put(ctx context.Context, c Case) (Class, []string, error) {
	s.log()
	closed, err := s.deliver(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	log := s.log()
	class := s.ask(ctx, died(log))
	log = append(log, s.log()...)
	if ctx.Err() != nil {
		return 0, nil, ctx.Err()
	}
	if class == Survived && closed {
		class = Closed
	}
	if class != Deaf {
		return class, log, nil
	}
	select { // a process can answer nobody because it is ending
	case <-s.process.Done():
		return Dead, log, nil
	default:
	}
	return class, log, nil
}

// deliver sends a case on a connection of its own, and tells whether the server closed that before we did.
// When it returns, the server has read all of it.
func (s *subject) deliver(ctx context.Context, c Case) (closed bool, err error) {
	var d net.Dialer
	dialCtx, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	conn, err := d.DialContext(dialCtx, "tcp", s.addr)
	if err != nil {
		return true, nil // nobody listens, which the questions will tell
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()

	// In one piece: a server reads the addresses of a header with a single read.
	b := append([]byte{}, c.Header...)
	for _, f := range c.Frames {
		b = append(b, f...)
	}
	// A good question behind it: if the server goes on with the connection, it answers.
	if b, err = (wire.Notification{Form: wire.NoVersion}).AppendFrame(b); err != nil {
		return false, err
	}
	conn.SetWriteDeadline(time.Now().Add(onceTime))
	if _, err := conn.Write(b); err != nil {
		return true, nil
	}
	buf := make([]byte, 4096)
	conn.SetReadDeadline(time.Now().Add(closeTime))
	for !closed {
		if _, err = conn.Read(buf); err != nil {
			var timeout net.Error
			closed = !errors.As(err, &timeout) || !timeout.Timeout()
			break
		}
	}
	conn.(*net.TCPConn).CloseWrite() // now it does not wait for more
	conn.SetReadDeadline(time.Now().Add(drainTime))
	for err = nil; err == nil; {
		_, err = conn.Read(buf)
	}
	return closed, nil
}

// ask finds out whether the server answers a stranger and a member. With hurry it is known to have lost
// a thread, and silence is believed sooner.
func (s *subject) ask(ctx context.Context, hurry bool) Class {
	limit := answerTime
	if hurry {
		limit = deadTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	interrupted := false
	a, err := s.askOnce(ctx)
	for ; err != nil; a, err = s.askOnce(ctx) {
		interrupted = true
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.process.Done():
			return Deaf
		case <-ctx.Done():
			return Deaf
		}
	}
	switch {
	case a.Config != s.config:
		return Reconfigured
	case !s.reacts(ctx, a.Round):
		return Deaf
	case interrupted:
		return Interrupted
	}
	return Survived
}

func (s *subject) askOnce(ctx context.Context) (peer.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	return peer.Ask(ctx, s.addr)
}

// reacts tells whether the server takes LOOKING notifications of voter 2 seriously. It answers those of an
// earlier round; if its own is so that there is no earlier one, as after round 2^63-1, it joins the next
// and tells everybody.
func (s *subject) reacts(ctx context.Context, round int64) bool {
	earlier, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	return s.talk(earlier, 0, 0) || s.talk(ctx, round+1, round+2)
}

// talk says two things as voter 2, and waits for two messages: the first may be what the server said last to 2,
// which it says again on a new connection.
func (s *subject) talk(ctx context.Context, rounds ...int64) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	b, err := wire.Header{Protocol: wire.OneAddress, SID: 2, Addrs: []string{nowhere + "2" + port}}.AppendBinary(nil)
	if err != nil {
		return false
	}
	for _, round := range rounds {
		if b, err = (wire.Notification{Leader: 2, Round: round, Form: wire.NoVersion}).AppendFrame(b); err != nil {
			return false
		}
		if _, err := conn.Write(b); err != nil {
			return false
		}
		b = b[:0]
		if _, err := wire.ReadFrame(conn, nil); err != nil {
			return false
		}
	}
	return true
}

func lastLine(log []string) string {
	if len(log) == 0 {
		return "no line in its log"
	}
	return strings.TrimSpace(log[len(log)-1])
}
