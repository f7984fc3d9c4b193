package conform

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/live/subject"
	"github.com/zkcheck/zkcheck/wire"
)

// patience is how long something that must happen may take before it counts as not happening. Nothing
// waits for it that goes as it should.
const patience = 15 * time.Second

// Disagreement is something that the server did, or did not do, and that the engine has no explanation
// for.
type Disagreement struct {
	Script *Script
	Step   int      // of the script, from 1; 0 before the first
	What   error    // what was seen, and what the server could have been doing
	Seen   []string // what happened since the election began, and on the wire what is not explained
}

func (d *Disagreement) Error() string {
	where := "before the first step"
	if d.Step > 0 && d.Step <= len(d.Script.Steps) {
		where = fmt.Sprintf("at step %d, %v", d.Step, d.Script.Steps[d.Step-1])
	}
	return fmt.Sprintf("%s: %v", where, d.What)
}

// Session is one real server and its peers. After a disagreement it is of no use any more: what the
// server is doing then is not known.
type Session struct {
	script Script // of the election that goes on; Steps are those played so far
	pos    int
	config string // the text that the server's notifications carry

	net    *server.Network
	proc   *server.Process
	peers  *peer.Peers
	sights chan sight
	cancel context.CancelFunc
	ctx    context.Context

	belief    *subject.Belief
	base      uint64       // rounds that the server is ahead of the script's
	pending   []peer.Event // seen on the wire, and not explained yet
	why       error        // why not
	held      bool         // a line of the log is awaited first
	seen      []string     // since the election began
	heard     map[election.SID]int
	received  map[election.SID]int
	links     map[election.SID]int // connections so far
	up        map[election.SID]bool
	stales    int
	decided   bool
	state     election.State // once decided
	leader    election.SID
	connected bool      // as a follower, to the leader's quorum port
	hangUp    bool      // that is closed whenever it comes
	doubted   time.Time // it leads, and has heard a voter look again
	again     bool      // it has left its term, and looks
	entries   int       // elections entered
	resent    int       // of rows that no rule stands for
	answered  int
	asked     int
}

// properties make the server tell things apart by messages and not by time: it resends nothing, and a
// leader whose voter looks again gives up at once.
var properties = map[string]string{
	"zookeeper.fastleader.minNotificationInterval": "60000",
	"zookeeper.leader.maxTimeToWaitForEpoch":       "0",
}

// open starts a server and its peers. The server is LOOKING in round 1 when it returns.
func open(ctx context.Context, install server.Install, script Script, dir string) (*Session, error) {
	s := &Session{script: script, heard: map[election.SID]int{}, received: map[election.SID]int{}, links: map[election.SID]int{}, up: map[election.SID]bool{}, sights: make(chan sight, 256)}
	s.script.Steps = nil
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.pos, _ = script.Config.Ensemble.Position(script.Subject)
	var err error
	if s.belief, err = subject.New(script.Config.Ensemble, script.Subject, subject.Watch{Sends: true, Still: true}); err != nil {
		return nil, err
	}
	if err := s.start(install, dir); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.belief.Start(script.Config.Disks[s.pos])
	if err := s.entered(1); err != nil {
		return nil, errors.Join(&Disagreement{Script: &s.script, What: err}, s.Close())
	}
	return s, nil
}

func (s *Session) start(install server.Install, dir string) (err error) {
	if s.net, err = server.NewNetwork(); err != nil {
		return err
	}
	spec := server.Spec{SID: s.script.Subject, Dir: dir, Disk: s.script.Config.Disks[s.pos], Properties: properties,
		LogLevel: "DEBUG", LogFile: filepath.Join(dir, "server.log"),
		TickTime: 2000, InitLimit: 300, SyncLimit: 300} // nothing is to happen by itself
	var members []peer.Member
	for _, m := range s.script.Config.Ensemble.Members {
		host := s.net.Host(m.SID)
		spec.Members = append(spec.Members, server.Member{SID: m.SID, Host: host, Observer: m.Observer, Group: m.Group, Weight: m.Weight})
		if m.SID != s.script.Subject {
			members = append(members, peer.Member{SID: m.SID, Election: fmt.Sprint(host, ":", server.ElectionPort),
				Quorum: fmt.Sprint(host, ":", server.QuorumPort)})
		}
	}
	own := peer.Subject{SID: s.script.Subject, Election: fmt.Sprint(s.net.Host(s.script.Subject), ":", server.ElectionPort)}
	if s.peers, err = peer.New(own, members...); err != nil {
		return err
	}
	if s.proc, err = server.Start(s.ctx, install, spec); err != nil {
		return err
	}
	go watch(s.ctx, s.proc.Lines(), s.sights)
	return nil
}

// Close ends the server and the peers.
func (s *Session) Close() error {
	s.cancel()
	var errs []error
	if s.proc != nil {
		s.proc.Kill()
	}
	if s.peers != nil {
		errs = append(errs, s.peers.Close())
	}
	if s.net != nil {
		errs = append(errs, s.net.Close())
	}
	return errors.Join(errs...)
}

// entered waits until the server has told everybody of its own vote in a new election.
func (s *Session) entered(entries int) error {
	if err := s.await("vote of its own in a new election", func() bool {
		least, most := s.belief.Unheard()
		return s.entries >= entries && len(s.pending) == 0 && least == 0 && most == 0
	}); err != nil {
		return err
	}
	if err := s.over("vote of its own in a new election"); err != nil {
		return err
	}
	if err := s.belief.Settled(); err != nil {
		return err
	}
	for _, at := range s.belief.AtRest() {
		s.base = at.Round - 1
	}
	s.decided, s.connected, s.hangUp, s.again, s.script.Steps, s.seen = false, false, false, false, nil, nil
	return nil
}

// line waits for lines of the log.
func (s *Session) line(what string, done func() bool) error {
	s.held = true
	err := s.await(what, done)
	s.held = false
	if err != nil {
		return err
	}
	return s.drain()
}

// await takes what is seen until the condition holds.
func (s *Session) await(what string, done func() bool) error {
	return s.awaitOr(what, done, func() (bool, time.Duration) { return false, patience })
}

// awaitOr takes what is seen until the condition holds, or enough says so, which is asked after the time
// that it tells.
func (s *Session) awaitOr(what string, done func() bool, enough func() (bool, time.Duration)) error {
	patient := time.NewTimer(patience)
	defer patient.Stop()
	for !done() {
		end, after := enough()
		if end {
			return nil
		}
		if s.inDoubt() {
			after = doubt / 4
		}
		again := time.NewTimer(after)
		err := s.take(what, patient.C, again.C)
		again.Stop()
		if err == nil {
			err = s.drain()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take takes one thing that is seen.
func (s *Session) take(what string, patient, again <-chan time.Time) error {
	select {
	case e, ok := <-s.peers.Events():
		if !ok {
			return peer.ErrClosed
		}
		return s.event(e)
	case line := <-s.sights:
		return s.sight(line)
	case <-again:
		return nil
	case <-patient:
		if s.why != nil {
			return s.why
		}
		return &subject.Unexplained{What: fmt.Sprintf("for %v there is no %s", patience, what), Could: s.belief.Explain()}
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// doubt is how long a leader that has heard a voter look again may take to show in its log that it has
// given up. Until then what it tells can be from before or after.
const doubt = 50 * time.Millisecond

func (s *Session) inDoubt() bool { return !s.again && time.Since(s.doubted) < doubt }

// note keeps what happened, for people.
func (s *Session) note(format string, args ...any) {
	s.seen = append(s.seen, fmt.Sprintf(format, args...))
}

// sight takes a line of the log. Lines of one thread come in order, and no line waits for the wire.
func (s *Session) sight(line sight) error {
	switch line.kind {
	case heard:
		s.note("hears %v of server %v", line.vote, line.from)
		s.heard[line.from]++
		if s.decided && s.state == election.Leading && !s.again && line.vote.State == election.Looking {
			s.doubted = time.Now()
		}
		if err := s.belief.Hear(line.from, line.vote); err != nil {
			return err
		}
	case stale:
		s.stales++
	case leaving:
		s.note("is %v, leader %v", line.state, line.vote.Leader)
		s.decided, s.state, s.leader = true, line.state, line.vote.Leader
		if err := s.belief.DecidedFor(line.state, line.vote.Candidate); err != nil {
			return err
		}
		if line.state == election.Leading {
			s.belief.MayEnd() // a voter that looks again, as all do that show that it has heard, ends its term
		}
	case entering:
		s.note("enters an election")
		if s.entries++; s.entries > 1 {
			s.again = true
			if err := s.belief.GaveUp(nil); err != nil {
				return err
			}
		}
	case ended:
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		return &subject.Unexplained{What: "its process has ended", Could: s.belief.Explain()}
	}
	return s.drain()
}

// event takes what the server did to a peer.
func (s *Session) event(e peer.Event) error {
	s.note("%v", e)
	switch e.Kind {
	case peer.Unreadable:
		return &subject.Unexplained{What: e.String(), Could: s.belief.Explain()}
	case peer.Disconnected:
		s.up[e.Peer] = false
	case peer.QuorumConnected:
		s.connected = true
		if s.hangUp { // it had not got far enough to notice, and tries again
			return s.peers.CloseQuorum(e.Peer)
		}
		return nil
	case peer.Received, peer.Connected:
		if e.Kind == peer.Received {
			s.received[e.Peer]++
		} else {
			s.up[e.Peer] = true
		}
		s.pending = append(s.pending, e)
		return s.drain()
	}
	return nil
}

// drain takes what was seen on the wire as far as the belief explains it. The log may be read a little
// later than the wire, though it was written before: while a line of it is awaited, the wire waits. What
// one peer sees is taken in order.
func (s *Session) drain() error {
	s.why = nil
	if s.held || s.inDoubt() {
		return nil
	}
	blocked := map[election.SID]bool{}
	kept := s.pending[:0]
	for _, e := range s.pending {
		if !blocked[e.Peer] {
			err := s.explain(e)
			if err == nil {
				continue
			}
			var unexplained *subject.Unexplained
			if !errors.As(err, &unexplained) {
				return err
			}
			blocked[e.Peer] = true
			if s.why == nil {
				s.why = err
			}
		}
		kept = append(kept, e)
	}
	s.pending = kept
	return nil
}

func (s *Session) explain(e peer.Event) error {
	if e.Kind == peer.Connected {
		s.links[e.Peer]++
		s.belief.Connected(e.Peer)
		return nil
	}
	v, err := e.Notification.Vote()
	if err != nil {
		return fmt.Errorf("server %v told server %v: %w", s.script.Subject, e.Peer, err)
	}
	s.config = e.Notification.Config
	return s.belief.Sent(e.Peer, v)
}

// send lets a peer say something.
func (s *Session) send(from election.SID, v election.Vote) error {
	n, err := wire.FromVote(v, s.config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	return s.peers.Send(ctx, from, n)
}

// shifted is a round of the script as the server counts.
func (s *Session) shifted(round uint64) uint64 {
	if round > math.MaxInt64-s.base {
		return round
	}
	return round + s.base
}
