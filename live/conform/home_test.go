package conform

import (
	"context"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// bring opens a session with a fake, which must be possible whatever it is doing.
func bring(t *testing.T, target *Target) *Session {
	t.Helper()
	if err := target.Find(context.Background()); err != nil {
		t.Fatal(err)
	}
	script, err := target.script("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := openTarget(context.Background(), target, script, nil)
	if err != nil {
		explain(t, err)
		t.Fatal(err)
	}
	return s
}

// TestTargetOnItsWayToALeader: a server that has elected a leader connects to it before it has answered
// anybody. That was the end of listening, and so of the answers.
func TestTargetOnItsWayToALeader(t *testing.T) {
	t.Parallel()
	target, _ := targetOf(t, 3, 0)
	f := newFake(t, target, 3, election.Disk{Zxid: 5}, nil)
	elect(t, target, 3)
	f.beShy()
	start := time.Now()
	s := bring(t, target)
	defer s.Close()
	if took := time.Since(start); took > answerTime/2 {
		t.Errorf("it took %v", took)
	}
}

// elect lets voters that have no quorum ports elect 1, and goes away when the server follows.
func elect(t *testing.T, target *Target, subject election.SID) {
	t.Helper()
	var members []peer.Member
	own := peer.Subject{SID: subject}
	for _, m := range target.Members {
		if m.SID == subject {
			own.Election = m.Election
		} else {
			members = append(members, peer.Member{SID: m.SID, Election: m.Election})
		}
	}
	peers, err := peer.New(own, members...)
	if err != nil {
		t.Fatal(err)
	}
	defer peers.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	say := func(from election.SID, v election.Vote) {
		n, err := wire.FromVote(v, "")
		if err == nil {
			err = peers.Send(ctx, from, n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	again := time.NewTicker(settleTime) // what is said on a connection that is replaced is lost
	defer again.Stop()
	for follows := false; !follows; {
		select {
		case e := <-peers.Events():
			follows = e.Peer == 1 && e.Kind == peer.Received && e.Notification.State == int32(election.Following)
		case <-again.C:
			for _, m := range members {
				say(m.SID, election.Vote{Candidate: election.Candidate{Leader: 1, PeerEpoch: 1}, Round: 9,
					State: state(m.SID, 1), Version: election.WireVersion})
			}
			say(1, echo(1))
		case <-ctx.Done():
			t.Fatal("it does not follow")
		}
	}
}

// TestTargetThatPonders: between its new state and its new vote a server tells the vote of the election before,
// of the one that ended at the beginning of the session too.
func TestTargetThatPonders(t *testing.T) {
	t.Parallel()
	target, _ := targetOf(t, 5, 0)
	f := newFake(t, target, 3, election.Disk{Zxid: 5}, nil)
	f.mu.Lock()
	f.ponders = 3 * settleTime
	f.mu.Unlock()
	defer bring(t, target).Close()
}

// TestTargetThatWasAsked: a server tells an observer that comes again what it has told it last, in another
// session too.
func TestTargetThatWasAsked(t *testing.T) {
	t.Parallel()
	target, _ := targetOf(t, 3, 1)
	newFake(t, target, 2, election.Disk{Zxid: 5}, nil)
	asks := []Step{{Kind: Hear, Peer: 4, Vote: election.Vote{Candidate: election.Candidate{Leader: election.NoServer}, Version: election.WireVersion}}}
	for range 2 {
		s := bring(t, target)
		if _, err := s.Play(asks, nil); err != nil {
			explain(t, err)
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
