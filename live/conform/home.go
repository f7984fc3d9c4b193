package conform

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
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
	last   map[election.SID]wire.Notification // received
	follow election.SID                       // whom the server follows; NoServer for nobody
	leads  func(waiting bool)
}

// waitForEnd waits a little for the end of the server's term as a leader.
func (h *homing) waitForEnd() error {
	if h.leads != nil {
		h.leads(true)
		defer h.leads(false)
	}
	return h.listen(time.Second)
}

// homeTime is how long a server that does not lead may take to follow when all others say whom.
const homeTime = 20 * time.Second

// home makes the server follow, and leaves it: the vote that it has then is its own, and its round is new.
func (h *homing) home() error {
	h.follow = election.NoServer
	started := time.Now()
	for start := started; h.follow == election.NoServer; {
		state, round, err := h.ask()
		switch {
		case err != nil:
			return err
		case state == election.Leading:
			if start = time.Now(); time.Since(started) > leadTime {
				return fmt.Errorf("the server leads for %v, and does not give up", leadTime)
			}
			err = h.waitForEnd()
		case time.Since(start) > homeTime:
			return &subject.Unexplained{What: fmt.Sprintf("for %v all others say who leads, and it does not follow", homeTime),
				Could: []string{fmt.Sprintf("%v in round %d", state, round)}}
		case state == election.Looking:
			err = h.nameLeader(round)
		default:
			err = h.listen(waitTime) // it is on its way to the leader
		}
		if err != nil {
			return err
		}
	}
	return h.lookAgain()
}

// listen takes what is seen for some time, or until the server follows.
func (h *homing) listen(rest time.Duration) error {
	over := time.NewTimer(rest)
	defer over.Stop()
	for h.follow == election.NoServer {
		select {
		case e := <-h.peers.Events():
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

// connectTime is how long a connection to the server may take, its call back included.
const connectTime = 5 * time.Second

// ask asks what the server is doing, after everybody is connected.
func (h *homing) ask() (state election.State, round uint64, err error) {
	for start := time.Now(); ; {
		var failed error
		for _, v := range h.voters {
			ctx, cancel := context.WithTimeout(h.ctx, time.Second)
			if err := h.peers.Connect(ctx, v); err != nil {
				failed = err
			}
			cancel()
		}
		if failed == nil {
			old := echo(h.voters[0])
			old.Version = 0 // without a config: there are configs that a server does not survive
			failed = h.send(h.voters[0], old)
		}
		if err := h.listen(2 * settleTime); err != nil {
			return 0, 0, err
		}
		if n, ok := h.last[h.voters[0]]; ok && failed == nil {
			v, err := n.Vote()
			return v.State, v.Round, err
		}
		if time.Since(start) > connectTime {
			if failed == nil {
				failed = errors.New("the server does not answer a voter")
			}
			return 0, 0, fmt.Errorf("%s: %w", h.script.Subject, failed)
		}
	}
}

// nameLeader lets all voters say that one of them leads, in the server's own round. If it is in finalizeWait
// it forgets that, so that it is left alone before it is told again.
func (h *homing) nameLeader(round uint64) error {
	leader := h.voters[0]
	for _, v := range h.voters {
		vote := election.Vote{Candidate: election.Candidate{Leader: leader, PeerEpoch: 1}, Round: round,
			State: state(v, leader), Version: election.WireVersion}
		if err := h.send(v, vote); err != nil {
			return err
		}
	}
	return h.listen(waitTime)
}

// lookAgain ends the term and learns the server's own vote, of which the belief begins.
func (h *homing) lookAgain() error {
	left := h.follow
	h.follow = election.NoServer
	if err := h.flush(); err != nil {
		return err
	}
	clear(h.last)
	if err := h.peers.CloseQuorum(left); err != nil {
		return err
	}
	for start := time.Now(); ; {
		if err := h.listen(2 * settleTime); err != nil {
			return err
		}
		if h.follow != election.NoServer { // it had not got far enough to notice
			h.follow = election.NoServer
			if err := h.peers.CloseQuorum(left); err != nil {
				return err
			}
		}
		if own, ok := h.own(); ok {
			return h.believe(own)
		}
		if time.Since(start) > homeTime {
			return &subject.Unexplained{What: fmt.Sprintf("for %v after it has lost its leader there is no vote of its own", homeTime),
				Could: []string{"LOOKING in a new round, for itself"}}
		}
	}
}

// flush lets every voter ask a server that follows, until each is told so: what they have said before is
// through as well then, and can't come late into the next election.
func (h *homing) flush() error {
	clear(h.last)
	for _, v := range h.voters {
		if err := h.send(v, echo(v)); err != nil {
			return err
		}
	}
	for start := time.Now(); time.Since(start) < homeTime; {
		if err := h.listen(settleTime / 4); err != nil {
			return err
		}
		if !slices.ContainsFunc(h.voters, func(v election.SID) bool {
			n, ok := h.last[v]
			return !ok || n.State != int32(election.Following)
		}) {
			return nil
		}
	}
	return &subject.Unexplained{What: fmt.Sprintf("for %v it follows, and does not say so to all who ask", homeTime),
		Could: []string{"FOLLOWING"}}
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

func (h *homing) believe(own election.Vote) error {
	disk := election.Disk{Zxid: own.Zxid, CurrentEpoch: own.PeerEpoch, AcceptedEpoch: own.PeerEpoch}
	h.script.Config.Disks[h.pos] = disk
	h.belief.Look(disk, own.Round)
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

// wire is the configuration that peers send until the server has sent its own. One of version 0 is newer
// than none, so that no server takes it over.
func (t *Target) wire() string {
	var c wire.Config
	for _, m := range t.Members {
		host, port, _ := net.SplitHostPort(m.Election)
		_, quorum, _ := net.SplitHostPort(m.Quorum)
		of := wire.Member{SID: int64(m.SID), Host: host, Observer: m.Observer}
		of.ElectionPort, _ = strconv.Atoi(port)
		of.QuorumPort, _ = strconv.Atoi(quorum)
		c.Members = append(c.Members, of)
	}
	return c.String()
}

// agrees compares the members with those of the configuration that a server sends, if it sends one.
func (t *Target) agrees(config string) error {
	c, err := wire.ParseConfig(config)
	if err != nil || len(c.Members) == 0 {
		return nil
	}
	for _, m := range c.Members {
		k := slices.IndexFunc(t.Members, func(o TargetMember) bool { return int64(o.SID) == m.SID })
		switch {
		case k < 0:
			return fmt.Errorf("the server's own configuration has a server %d, which is not among the addresses", m.SID)
		case t.Members[k].Observer != m.Observer:
			return fmt.Errorf("the server's own configuration has another role for server %d: observers are the last addresses", m.SID)
		}
	}
	if len(c.Members) != len(t.Members) {
		return fmt.Errorf("the server's own configuration has %d servers, and there are %d addresses", len(c.Members), len(t.Members))
	}
	return nil
}
