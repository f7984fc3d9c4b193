package conform

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/subject"
	"github.com/zkcheck/zkcheck/wire"
)

// patience is how long something that must happen may take before it counts as not happening. Nothing
// waits for it that goes as it should.
const patience = 15 * time.Second

// startTime is how long a process may take from its start to its first election. Nothing is judged by that, and
// with twenty-five busy processes to a core a JVM listens after 12 s and votes after 15.
const startTime = time.Minute

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

	by     evidence
	peers  *peer.Peers
	sights chan sight // of the log; nil where there is none
	cancel context.CancelFunc
	ctx    context.Context

	belief    *subject.Belief
	base      uint64       // rounds that the server is ahead of the script's
	pending   []peer.Event // seen on the wire, and not explained yet
	why       error        // why not
	seen      []string     // since the election began
	received  map[election.SID]int
	links     map[election.SID]int // connections so far
	up        map[election.SID]bool
	decided   bool
	state     election.State // once decided
	leader    election.SID
	connected bool // as a follower, to the leader's quorum port
	hangUp    bool // that is closed whenever it comes
	again     bool // it has left its term, and looks
	resent    int  // of rows that no rule stands for
	asked     int
}

// evidence is how a session knows what the server does beyond what it sends: by its log, or by the wire
// alone. What is seen goes to the belief either way.
type evidence interface {
	// tell lets a voter say something; the belief knows of it when tell returns.
	tell(from election.SID, v election.Vote) error
	// handled waits for a sign that the server is through with what this voter has said. It is not called
	// while the server may be in finalizeWait, which a sign would begin anew.
	handled(from election.SID) error
	// waited leaves a server alone that may be in finalizeWait. If it must be, it decides.
	waited(must bool) error
	// settled tells the belief that the server has nothing more to do, if that shows.
	settled() error
	// entered waits until the server has told everybody of its own vote in a new election.
	entered() error
	// depose waits until a server that leads enters another election.
	depose() error
	// line takes a line of the log.
	line(line sight) error
	// saw is told of connections at the quorum ports, and of notifications once they are explained.
	saw(e peer.Event) error
	// blind tells whether what is seen on the wire has to wait to be explained, and if that can change by
	// time, for how long.
	blind() (wait bool, again time.Duration)
	// unexplained is the error of what the server has sent and no state explains, or nil if something that
	// is seen later can explain it.
	unexplained(why error) error
	close() error
}

// newSession is a session that knows nothing and has nobody to talk to yet.
func newSession(ctx context.Context, script Script, w subject.Watch) (*Session, error) {
	s := &Session{script: script, received: map[election.SID]int{}, links: map[election.SID]int{}, up: map[election.SID]bool{}}
	s.script.Steps = nil
	s.pos, _ = script.Config.Ensemble.Position(script.Subject)
	var err error
	if s.belief, err = subject.New(script.Config.Ensemble, script.Subject, w); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s, nil
}

// Close ends the server, if it was started for the session, and the peers.
func (s *Session) Close() error {
	s.cancel()
	err := s.by.close()
	if s.peers != nil {
		err = errors.Join(s.peers.Close(), err)
	}
	return err
}

// begin is a new election: everybody has heard the server's own vote, and it waits.
func (s *Session) begin() {
	for _, at := range s.belief.AtRest() {
		s.base = at.Round - 1
	}
	s.decided, s.connected, s.hangUp, s.again, s.script.Steps, s.seen = false, false, false, false, nil, nil
}

// await takes what is seen until the condition holds.
func (s *Session) await(what string, done func() bool) error { return s.awaitFor(patience, what, done) }

func (s *Session) awaitFor(patience time.Duration, what string, done func() bool) error {
	return s.takeUntil(patience, what, done, func() (bool, time.Duration) { return false, patience })
}

// awaitOr takes what is seen until the condition holds, or enough says so, which is asked after the time
// that it tells.
func (s *Session) awaitOr(what string, done func() bool, enough func() (bool, time.Duration)) error {
	return s.takeUntil(patience, what, done, enough)
}

func (s *Session) takeUntil(patience time.Duration, what string, done func() bool, enough func() (bool, time.Duration)) error {
	missing := &subject.Unexplained{What: fmt.Sprintf("for %v there is no %s", patience, what)}
	patient := time.NewTimer(patience)
	defer patient.Stop()
	for !done() {
		end, after := enough()
		if end {
			return nil
		}
		if wait, again := s.by.blind(); wait && again > 0 {
			after = again
		}
		again := time.NewTimer(after)
		err := s.take(patient.C, again.C, missing)
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

// take takes one thing that is seen. When patience ends, something is missing.
func (s *Session) take(patient, again <-chan time.Time, missing *subject.Unexplained) error {
	select {
	case e, ok := <-s.peers.Events():
		if !ok {
			return peer.ErrClosed
		}
		return s.event(e)
	case line := <-s.sights:
		return s.by.line(line)
	case <-again:
		return nil
	case <-patient:
		if s.why != nil {
			return s.why
		}
		missing.Could = s.belief.Explain()
		return missing
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// note keeps what happened, for people.
func (s *Session) note(format string, args ...any) {
	s.seen = append(s.seen, fmt.Sprintf(format, args...))
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
		return s.by.saw(e)
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

// drain takes what was seen on the wire as far as the belief explains it. What one peer sees is taken in
// order.
func (s *Session) drain() error {
	s.why = nil
	if wait, _ := s.by.blind(); wait {
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
	if s.why != nil {
		return s.by.unexplained(s.why)
	}
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
	if e.Notification.Config != "" {
		s.config = e.Notification.Config
	}
	if err := s.belief.Sent(e.Peer, v); err != nil {
		return err
	}
	return s.by.saw(e)
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
