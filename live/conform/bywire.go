package conform

import (
	"fmt"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/subject"
)

// Times that stand in the place of evidence.
const (
	// settleTime is how long a server is silent that has nothing more to do. Its receive path has shown that
	// it is through, by an answer; the election thread needs microseconds, and a pause of the process more.
	settleTime = 40 * time.Millisecond
	// waitTime is how long finalizeWait may take: ZooKeeper has 200 ms.
	waitTime = 300 * time.Millisecond
	// leadTime is how long a leader may take to give up because nobody follows it: its initLimit.
	leadTime = 5 * time.Minute
)

// byWire is the evidence of a server of which there is no log. An answer to an echo shows that the server
// has heard what came before, silence that it has handled it. FOLLOWING shows by a connection to a quorum
// port, LEADING by an answer. What a voter is made to say goes to the belief when it is sent: whatever the
// server does before it receives that, the belief has as a possibility already.
type byWire struct {
	*Session
	events int                // seen so far
	leads  func(waiting bool) // is told when a leader is waited for
}

func (w *byWire) close() error                 { return nil }
func (w *byWire) blind() (bool, time.Duration) { return false, 0 }
func (w *byWire) line(sight) error             { return nil } // there is none

// unexplained: all that the server can have received is known already, so that nothing explains it later.
func (w *byWire) unexplained(why error) error { return why }

func (w *byWire) tell(from election.SID, v election.Vote) error {
	if err := w.belief.Hear(from, v); err != nil {
		return err
	}
	return w.send(from, v)
}

// handled sends an echo; that it must be answered the belief knows.
func (w *byWire) handled(from election.SID) error {
	if err := w.tell(from, echo(from)); err != nil {
		return err
	}
	return w.over("answer to a notification of a lower round")
}

// waited gives finalizeWait its time. A leader shows only when it is asked, and asking a server that is in
// finalizeWait after all lets it wait anew.
func (w *byWire) waited(must bool) error {
	for start := time.Now(); !w.decided; {
		if err := w.silence(waitTime); err != nil || w.decided || !must {
			return err
		}
		if time.Since(start) > patience {
			return &subject.Unexplained{What: fmt.Sprintf("for %v there is no decision after finalizeWait", patience), Could: w.belief.Explain()}
		}
		if err := w.handled(w.anyPeer()); err != nil {
			return err
		}
	}
	return nil
}

// silence waits until nothing was seen for some time, or the server has decided, or has said what is not
// explained yet. Who always has something to say never comes to rest.
func (w *byWire) silence(rest time.Duration) error {
	decided := w.decided
	for start := time.Now(); time.Since(start) < patience; {
		events, until := w.events, time.Now().Add(rest)
		err := w.awaitOr("silence", func() bool { return w.events != events || len(w.pending) > 0 }, by(until))
		if err != nil || w.events == events || w.decided != decided {
			return err
		}
	}
	return &subject.Unexplained{What: fmt.Sprintf("for %v it does not fall silent", patience), Could: w.belief.Explain()}
}

// by is for awaitOr: enough is a point in time.
func by(until time.Time) func() (bool, time.Duration) {
	return func() (bool, time.Duration) {
		left := time.Until(until)
		return left <= 0, left
	}
}

// settled: what the server was told is answered, and it is silent. If it can only have decided, that shows
// now.
func (w *byWire) settled() error {
	if err := w.rest(); err != nil || w.decided {
		return err
	}
	_, decided := w.belief.Is(func(s *election.Server) bool { return s.State != election.Looking })
	if !decided {
		return nil
	}
	_, follows := w.belief.Is(func(s *election.Server) bool { return s.State == election.Following })
	if follows {
		return w.await("connection to the leader that it follows", func() bool { return w.connected })
	}
	if err := w.handled(w.anyPeer()); err != nil {
		return err
	}
	return w.rest()
}

// rest waits for silence, and tells the belief. A resend begins everything that is awaited anew.
func (w *byWire) rest() error {
	for {
		events := w.events
		if err := w.silence(settleTime); err != nil {
			return err
		}
		if w.events == events && len(w.pending) == 0 {
			break
		}
		if err := w.over("end of what it has to tell"); err != nil {
			return err
		}
	}
	e := w.script.Config.Ensemble
	for _, m := range e.Members[:e.Voters] {
		if m.SID != w.script.Subject && !w.up[m.SID] {
			return w.belief.Settled() // what it has told this one is not seen
		}
	}
	return w.belief.Silent()
}

// entered: a new vote of its own comes from nothing but a new election.
func (w *byWire) entered() error {
	if err := w.await("vote of its own in a new election", w.looks); err != nil {
		return err
	}
	if err := w.belief.Entered(); err != nil {
		return err
	}
	if err := w.over("vote of its own in a new election"); err != nil {
		return err
	}
	if err := w.rest(); err != nil {
		return err
	}
	w.begin()
	return nil
}

// looks tells whether the server can only be LOOKING.
func (w *byWire) looks() bool {
	_, all := w.belief.Is(func(s *election.Server) bool { return s.State == election.Looking })
	return all
}

// depose can do nothing: without zookeeper.leader.maxTimeToWaitForEpoch a server leads until its initLimit
// is over, whatever voters say.
func (w *byWire) depose() error {
	if w.leads != nil {
		w.leads(true)
		defer w.leads(false)
	}
	for start := time.Now(); !w.again; {
		if time.Since(start) > leadTime {
			return &subject.Unexplained{What: fmt.Sprintf("it leads for %v, and nobody follows", leadTime), Could: w.belief.Explain()}
		}
		soon := time.Now().Add(time.Second)
		if err := w.awaitOr("end of its term", func() bool { return w.again }, by(soon)); err != nil {
			return err
		}
	}
	return nil
}

// saw learns of decisions, and of ends of terms.
func (w *byWire) saw(e peer.Event) error {
	w.events++
	if e.Kind == peer.QuorumConnected {
		if w.decided && w.leader == e.Peer {
			return nil
		}
		w.decided, w.state, w.leader = true, election.Following, e.Peer
		return w.belief.Decided(election.Following, &e.Peer)
	}
	state := election.State(e.Notification.State) // it was explained, so it is one
	switch {
	case !w.decided && (state == election.Following || state == election.Leading):
		w.decided, w.state, w.leader = true, state, election.NoServer // whom it follows shows by the connection
		if state == election.Leading {
			w.leader = w.script.Subject
			w.belief.MayEnd() // when its initLimit is over, or earlier, if its properties say so
		}
	case w.decided && w.state == election.Leading && !w.again:
		w.again = w.looks()
	}
	return nil
}
