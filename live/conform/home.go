package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/subject"
	"github.com/zkcheck/zkcheck/wire"
)

// openTarget plays the peers of a server that runs. Whatever that is doing, it is LOOKING in an election
// of which everything was seen when openTarget returns. Its disk is learned from its own vote.
func openTarget(ctx context.Context, t *Target, script Script, leads func(waiting bool)) (*Session, error) {
	s, err := newSession(ctx, script, subject.Watch{Sends: true, Wire: true})
	if err != nil {
		return nil, err
	}
	s.by = &byWire{Session: s, leads: leads}
	s.script.Config.Disks = slices.Clone(script.Config.Disks)
	s.config = t.wire()
	if s.peers, err = t.peers(); err == nil {
		h := &homing{Session: s, voters: t.voters(), last: map[election.SID]wire.Notification{}, leads: leads}
		h.others = t.observers()
		err = h.home()
	}
	if err == nil {
		err = t.agrees(s.config) // which is now the server's own, if it sends one
	}
	if err == nil {
		// One election that is followed from end to end, so that nothing is left of what was before.
		err = s.Leave()
	}
	if err != nil {
		var d *Disagreement
		var unexplained *subject.Unexplained
		if !errors.As(err, &d) && errors.As(err, &unexplained) {
			err = s.disagree(0, err)
		}
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openTarget makes the session of a worker whose server runs already.
func (w *worker) openTarget(ctx context.Context) (*Session, error) {
	script, err := w.Target.script(w.Broken)
	if err != nil {
		return nil, err
	}
	return openTarget(ctx, w.Target, script, func(waiting bool) { w.tell(func(r *Report) { r.Leads = waiting }) })
}

// script is the header of the scripts of a target. Disks are learned later.
func (t *Target) script(broken string) (Script, error) {
	c, err := t.config()
	if err == nil && broken != "" {
		var rule Rule
		if rule, err = FindRule(broken); err == nil {
			rule.Break(&c.Ensemble.Rules)
		}
	}
	return Script{Config: c, Subject: t.Subject, Broken: broken}, err
}

// makesLead tells whether the engine leads at any time of a script.
func makesLead(g *generator, steps []Step) bool {
	shadow := newShadow(g.e, g.subject, g.disk, nil)
	for _, step := range steps {
		if shadow.play(step); shadow.server.State == election.Leading {
			return true
		}
	}
	return false
}

// homing brings a server of which nothing is known into an election of its own.
type homing struct {
	*Session
	voters []election.SID
	others []election.SID                     // observers
	last   map[election.SID]wire.Notification // received
	follow election.SID                       // whose quorum port it has connected to; NoServer for nobody's
	leads  func(waiting bool)
}

// Times of homing. Who starts a server, or has left one in the middle of something, comes at any moment of it.
const (
	// homeTime is how long a server that does not lead may take to follow when all others say whom.
	homeTime = 20 * time.Second
	// answerTime is how long a server may take to answer for the first time. It listens, and connects, before its
	// election begins: on a busy machine seconds before.
	answerTime = 40 * time.Second
	// connectTime is how long one try to connect may take, the call back included.
	connectTime = time.Second
	// firstTime is how long an answer is waited for before the question is repeated, which is twice as long each
	// time, up to mostTime. Answers get lost with connections, and a slow server is not to be left with questions
	// that it answers when nobody expects it any more.
	firstTime = 2 * settleTime
	mostTime  = time.Second
)

// home makes the server follow, and leaves it: the vote that it has then is its own, and its round is new.
func (h *homing) home() error {
	h.follow = election.NoServer
	started := time.Now()
	for start, home := started, false; !home; {
		state, round, err := h.ask()
		switch {
		case err != nil:
			return err
		case h.follows():
			home, err = h.leaveLeader()
		case state == election.Leading:
			if start = time.Now(); time.Since(started) > leadTime {
				return fmt.Errorf("the server leads for %v, and does not give up", leadTime)
			}
			err = h.waitForEnd()
		case state == election.Looking:
			err = h.nameLeader(round)
		default:
			err = h.listen(waitTime, h.follows) // it is on its way to the leader
		}
		if err != nil {
			return err
		}
		if !home && time.Since(start) > homeTime {
			return &subject.Unexplained{What: fmt.Sprintf("for %v all others say who leads, and it does not follow", homeTime),
				Could: []string{fmt.Sprintf("%v in round %d", state, round)}}
		}
	}
	return nil
}

// leaveLeader ends the term of a server that follows. It may have been over already, by its own initLimit.
func (h *homing) leaveLeader() (home bool, err error) {
	former, follows, err := h.flush()
	switch {
	case err != nil:
		return false, err
	case !follows:
		left := h.follow
		h.follow = election.NoServer
		return false, h.peers.CloseQuorum(left)
	case former.Leader != h.follow:
		return false, &subject.Unexplained{What: fmt.Sprintf("it has connected to server %v, and tells all others %v", h.follow, former),
			Could: []string{fmt.Sprintf("FOLLOWING, leader %v", h.follow)}}
	}
	return true, h.lookAgain(former)
}

// waitForEnd waits a little for the end of the server's term as a leader.
func (h *homing) waitForEnd() error {
	if h.leads != nil {
		h.leads(true)
		defer h.leads(false)
	}
	return h.listen(time.Second, h.follows)
}

func (h *homing) follows() bool { return h.follow != election.NoServer }

// listen takes what is seen for some time, or until it is enough.
func (h *homing) listen(rest time.Duration, enough func() bool) error {
	over := time.NewTimer(rest)
	defer over.Stop()
	for !enough() {
		select {
		case e, ok := <-h.peers.Events():
			if !ok {
				return peer.ErrClosed
			}
			h.note("%v", e)
			switch e.Kind {
			case peer.Received:
				h.last[e.Peer] = e.Notification
				if e.Notification.Config != "" {
					h.config = e.Notification.Config
				}
			case peer.QuorumConnected:
				h.follow = e.Peer
			case peer.Connected, peer.Disconnected:
				h.up[e.Peer] = e.Kind == peer.Connected
			}
		case <-over.C:
			return nil
		case <-h.ctx.Done():
			return h.ctx.Err()
		}
	}
	return nil
}

// ask asks what the server is doing, after everybody is connected. That it follows can show without an answer: it
// may have been on its way to a leader when the peers came.
func (h *homing) ask() (state election.State, round uint64, err error) {
	wait := firstTime
	for start := time.Now(); ; wait = min(2*wait, mostTime) {
		failed := h.connect()
		if failed == nil {
			old := echo(h.voters[0])
			old.Version = 0 // without a config: there are configs that a server does not survive
			failed = h.send(h.voters[0], old)
		}
		answered := func() bool { _, ok := h.last[h.voters[0]]; return ok }
		err := h.listen(firstTime, h.follows)
		if err == nil {
			err = h.listen(wait-firstTime, func() bool { return h.follows() || answered() })
		}
		if err != nil || h.follows() {
			return election.Following, 0, err
		}
		if n := h.last[h.voters[0]]; answered() && failed == nil {
			v, err := n.Vote()
			return v.State, v.Round, err
		}
		if time.Since(start) > answerTime {
			if failed == nil {
				failed = errors.New("the server does not answer a voter")
			}
			return 0, 0, fmt.Errorf("%s: %w", h.script.Subject, failed)
		}
	}
}

// connect connects everybody who is not.
func (h *homing) connect() (failed error) {
	for _, sid := range slices.Concat(h.voters, h.others) {
		ctx, cancel := context.WithTimeout(h.ctx, connectTime)
		if err := h.peers.Connect(ctx, sid); err != nil {
			failed = err
		}
		cancel()
	}
	return failed
}

// nameLeader lets all voters say that one of them leads, in the server's own round. If it is in finalizeWait
// it forgets that, so that it is left alone before it is told again.
func (h *homing) nameLeader(round uint64) error {
	leader := h.voters[0]
	for _, v := range h.voters {
		vote := election.Vote{Candidate: election.Candidate{Leader: leader, PeerEpoch: 1}, Round: round,
			State: state(v, leader), Version: election.WireVersion}
		if h.send(v, vote) != nil {
			break // the connection is gone: all are told again when there is another
		}
	}
	return h.listen(waitTime, h.follows)
}

// flush lets everybody ask a server that follows, until all are told the same and nothing more comes: what they
// have said before is through as well then, and can't come late into the next election. That is the vote that it
// follows by; ok is false if it follows no more.
func (h *homing) flush() (former election.Vote, ok bool, err error) {
	clear(h.last)
	start, wait, same, other := time.Now(), firstTime, false, false
	for time.Since(start) < homeTime {
		for _, sid := range slices.Concat(h.voters, h.others) {
			if !same {
				h.send(sid, echo(sid)) // if that fails it is done again
			}
		}
		before := len(h.seen)
		if err := h.listen(wait, func() bool { return false }); err != nil {
			return former, false, err
		}
		again := wait > firstTime
		if former, same, other = h.told(); same && len(h.seen) == before || other && again {
			return former, same, nil
		}
		if !same {
			wait = min(2*wait, mostTime)
		}
	}
	return former, false, &subject.Unexplained{What: fmt.Sprintf("for %v it follows, and does not say so to all who ask", homeTime),
		Could: []string{"FOLLOWING"}}
}

// told is the vote that the server follows by, if all are told the same, and whether somebody is told that it does
// not follow.
func (h *homing) told() (vote election.Vote, same, other bool) {
	same = true
	for i, sid := range slices.Concat(h.voters, h.others) {
		n, ok := h.last[sid]
		v, err := n.Vote()
		following := ok && err == nil && v.State == election.Following
		if i == 0 {
			vote = v
		}
		same = same && following && v.Candidate == vote.Candidate && v.Round == vote.Round
		other = other || ok && !following
	}
	return vote, same, other
}

// lookAgain ends the term and learns the server's own vote, of which the belief begins.
func (h *homing) lookAgain(former election.Vote) error {
	left := h.follow
	h.follow = election.NoServer
	clear(h.last)
	if err := h.peers.CloseQuorum(left); err != nil {
		return err
	}
	for start := time.Now(); ; {
		if err := h.listen(firstTime, h.follows); err != nil {
			return err
		}
		if h.follows() { // it had not got far enough to notice
			h.follow = election.NoServer
			if err := h.peers.CloseQuorum(left); err != nil {
				return err
			}
		}
		if own, ok := h.own(); ok {
			return h.believe(own, former)
		}
		if time.Since(start) > homeTime {
			return &subject.Unexplained{What: fmt.Sprintf("for %v after it has lost its leader there is no vote of its own", homeTime),
				Could: []string{"LOOKING in a new round, for itself"}}
		}
	}
}

// own is the server's own vote, if it has told it to everybody.
func (h *homing) own() (own election.Vote, ok bool) {
	for _, sid := range h.voters {
		n, ok := h.last[sid]
		v, err := n.Vote()
		if !ok || err != nil || v.State != election.Looking || v.Leader != h.script.Subject || own != (election.Vote{}) && v != own {
			return own, false
		}
		own = v
	}
	return own, true
}

// believe begins the belief with all that the server may still say of what was before.
func (h *homing) believe(own, former election.Vote) error {
	disk := election.Disk{Zxid: own.Zxid, CurrentEpoch: own.PeerEpoch, AcceptedEpoch: own.PeerEpoch}
	h.script.Config.Disks[h.pos] = disk
	h.belief.Look(disk, own.Round)
	h.belief.Former(former)
	for _, sid := range h.others {
		h.belief.Told(sid, former)
	}
	for _, sid := range h.voters {
		if err := h.belief.Sent(sid, own); err != nil {
			return err
		}
		h.links[sid], h.up[sid] = 1, true
	}
	if err := h.belief.Silent(); err != nil {
		return err
	}
	h.begin()
	return nil
}
