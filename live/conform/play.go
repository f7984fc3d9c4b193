package conform

import (
	"context"
	"fmt"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/subject"
)

// Outcome is how a script ended.
type Outcome struct {
	Decided bool
	Waited  bool   // decided by finalizeWait
	Hits    []bool // by rule: its broken version would have been told apart
}

// Play plays a script on the server, from its entering an election to the end of the script. The error is
// a Disagreement, or says why the session could not go on.
func (s *Session) Play(steps []Step, rules []Rule) (Outcome, error) {
	x := newExercise(s.script.Config.Ensemble, s.script.Subject, s.script.Config.Disks[s.pos], rules)
	for i, step := range steps {
		if s.again {
			break // a leader that has heard a voter look again
		}
		s.script.Steps = append(s.script.Steps, step)
		err := s.step(step, x)
		if err != nil {
			return Outcome{}, s.disagree(i+1, err)
		}
	}
	if !s.decided && !s.again {
		if err := s.quiet(); err != nil {
			return Outcome{}, s.disagree(len(steps), err)
		}
	}
	return Outcome{Decided: s.decided, Hits: x.hits}, nil
}

// disagree makes a disagreement of what a belief does not explain; other errors stay what they are.
func (s *Session) disagree(step int, err error) error {
	script := s.script
	script.Steps = append([]Step(nil), s.script.Steps...)
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	seen := s.seen
	for _, e := range s.pending {
		seen = append(seen, fmt.Sprintf("not explained: %v", e))
	}
	return &Disagreement{Script: &script, Step: step, What: err, Seen: seen}
}

func (s *Session) step(step Step, x *exercise) error {
	before := x.standard.server.State
	switch step.Kind {
	case Wait:
		if err := s.quiet(); err != nil {
			return err
		}
	case Reset:
		return s.reset(step.Peer)
	case Hear:
		if s.decided && s.state == election.Leading && s.script.Config.Ensemble.IsVoter(step.Peer) &&
			step.Vote.State == election.Looking {
			return nil // it would give up, which ends the election
		}
		if err := s.hear(step); err != nil {
			return err
		}
	}
	if s.decided && before == election.Looking && step.Kind != Wait {
		x.play(Step{Kind: Wait}) // it decided before this came
	}
	x.play(step)
	return nil
}

// hear lets a peer say something and waits until the server has dealt with it, unless it is in
// finalizeWait: there it is left alone, for whatever comes starts that anew.
func (s *Session) hear(step Step) error {
	v := step.Vote
	v.Round = s.shifted(v.Round)
	if !s.script.Config.Ensemble.IsVoter(step.Peer) {
		return s.ask(step.Peer, v)
	}
	want := s.heard[step.Peer] + 1
	s.note("server %v says %v", step.Peer, v)
	if err := s.send(step.Peer, v); err != nil {
		return err
	}
	if err := s.line(fmt.Sprintf("line of its log that it has heard %v of server %v", v, step.Peer),
		func() bool { return s.heard[step.Peer] >= want }); err != nil {
		return err
	}
	if s.mayWait() {
		return s.own()
	}
	return s.barrier(step.Peer)
}

// ask lets a peer that is no voter say something. The log does not show it; the answer does.
func (s *Session) ask(from election.SID, v election.Vote) error {
	if err := s.belief.Hear(from, v); err != nil {
		return err
	}
	s.asked++
	want := s.received[from] + 1
	s.note("server %v asks", from)
	if err := s.send(from, v); err != nil {
		return err
	}
	if err := s.await(fmt.Sprintf("answer to observer %v", from), func() bool { return s.received[from] >= want }); err != nil {
		return err
	}
	return s.over(fmt.Sprintf("answer to observer %v", from))
}

// mayWait tells whether the server can be in finalizeWait, or come into it by what it tells itself.
func (s *Session) mayWait() bool {
	if s.decided {
		return false
	}
	waits, _ := s.belief.MayWait()
	return waits
}

// coalescing is how long a notification is waited for that may have been replaced by an equal one.
const coalescing = 20 * time.Millisecond

// over waits until all that the server has to do and to tell is over, as far as that shows.
func (s *Session) over(what string) error {
	since, perhaps := time.Time{}, false
	surely := func() (sure bool) {
		if len(s.pending) > 0 {
			perhaps = false
			return false
		}
		var may bool
		if sure, may = s.belief.CanSettle(); may != perhaps {
			perhaps, since = may, time.Now()
		}
		return sure
	}
	return s.awaitOr(what, surely, func() (bool, time.Duration) {
		return perhaps && time.Since(since) >= coalescing, coalescing
	})
}

// own waits for what the server tells itself, and for all that it has sent.
func (s *Session) own() error {
	if s.decided {
		return nil
	}
	return s.over("end of what it has to tell")
}

// barrier is over when the server has dealt with everything: a notification of a lower round goes through
// both of its threads and changes nothing, and is answered by the one and noticed in the log by the other.
func (s *Session) barrier(from election.SID) error {
	want, stales := s.heard[from]+1, s.stales+1
	echo := election.Vote{Candidate: election.Candidate{Leader: from}, State: election.Looking, Version: election.WireVersion}
	if s.decided && s.state == election.Leading {
		return s.settle() // it would give up
	}
	if err := s.send(from, echo); err != nil {
		return err
	}
	if err := s.line("sign that it has handled what it heard", func() bool {
		return s.heard[from] >= want && (s.stales >= stales || s.decided)
	}); err != nil {
		return err
	}
	return s.settle()
}

// settle waits for what is still under way; then the server has nothing more to do.
func (s *Session) settle() error {
	if s.decided && s.state == election.Following {
		if err := s.await("connection to the leader that it follows", func() bool { return s.connected }); err != nil {
			return err
		}
	}
	if err := s.over("end of what it has to do"); err != nil {
		return err
	}
	if sure, _ := s.belief.CanSettle(); !sure || s.decided && s.state == election.Leading {
		return nil // nothing shows that its threads are through: a stale vote may still be told
	}
	return s.belief.Settled()
}

// quiet leaves the server alone until it decides, if it is in finalizeWait.
func (s *Session) quiet() error {
	if s.decided {
		return s.settle()
	}
	if !s.mayWait() {
		return s.settle()
	}
	if _, must := s.belief.MayWait(); !must {
		// Either it has decided soon, or it is not in finalizeWait: then it handles what comes.
		if err := s.own(); err != nil {
			return err
		}
		for _, m := range s.script.Config.Ensemble.Members {
			if m.SID != s.script.Subject {
				if err := s.barrier(m.SID); err != nil {
					return err
				}
				break
			}
		}
		return nil
	}
	if err := s.line("decision after finalizeWait", func() bool { return s.decided }); err != nil {
		return err
	}
	return s.settle()
}

// callTime is how long a call may stay without an answer: the server may still have the old connection.
const callTime = 200 * time.Millisecond

// reset loses a peer's connection and brings it back. The server sends its last notification again. It can
// also close the new connection, when the thread that served the old one is late to notice its end
// (QuorumCnxManager.RecvWorker.run): then it is brought back once more.
func (s *Session) reset(from election.SID) error {
	if err := s.own(); err != nil {
		return err
	}
	if err := s.peers.Drop(from); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < patience; {
		s.belief.Lost(from)
		links, received := s.links[from]+1, s.received[from]+1
		ctx, cancel := context.WithTimeout(s.ctx, callTime)
		err := s.peers.Connect(ctx, from)
		cancel()
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			continue
		}
		if err := s.await(fmt.Sprintf("new connection to server %v", from), func() bool { return s.links[from] >= links }); err != nil {
			return err
		}
		if err := s.await(fmt.Sprintf("last notification to server %v once more", from), func() bool {
			return s.received[from] >= received || !s.up[from]
		}); err != nil {
			return err
		}
		if s.up[from] {
			s.resent++
			return nil
		}
	}
	return fmt.Errorf("server %v can't keep a connection to the server", from)
}

// Leave ends the election that the script left undecided, and the term that it led to: the server enters
// another election.
func (s *Session) Leave() error {
	if err := s.leave(); err != nil {
		return s.disagree(len(s.script.Steps), err)
	}
	return nil
}

func (s *Session) leave() error {
	for tries := 0; !s.decided && !s.again; tries++ {
		if tries == 3 {
			return &subject.Unexplained{What: "all others say who leads, and it does not follow", Could: s.belief.Explain()}
		}
		if err := s.tellAll(); err != nil {
			return err
		}
	}
	if s.again {
		return s.entered(s.entries)
	}
	if err := s.settle(); err != nil {
		return err
	}
	if s.again {
		return s.entered(s.entries)
	}
	entries := s.entries + 1
	s.belief.MayEnd()
	if s.state != election.Leading {
		s.hangUp = true
		if err := s.peers.CloseQuorum(s.leader); err != nil {
			return err
		}
		return s.entered(entries)
	}
	// A leader gives up when a voter that elected it looks again; it notices once it waits for followers.
	for start := time.Now(); s.entries < entries && time.Since(start) < patience; {
		for _, m := range s.script.Config.Ensemble.Members[:s.script.Config.Ensemble.Voters] {
			if m.SID == s.script.Subject || s.entries >= entries {
				continue
			}
			if err := s.lookAgain(m.SID, entries); err != nil {
				return err
			}
		}
	}
	return s.entered(entries)
}

// giveUpTime is how long a leader is given to give up before the next voter looks again.
const giveUpTime = 10 * time.Millisecond

func (s *Session) lookAgain(from election.SID, entries int) error {
	want := s.heard[from] + 1
	if err := s.send(from, election.Vote{Candidate: election.Candidate{Leader: from}, Version: election.WireVersion}); err != nil {
		return err
	}
	if err := s.line("line of its log that it has heard a voter look again", func() bool { return s.heard[from] >= want }); err != nil {
		return err
	}
	moment := time.NewTimer(giveUpTime)
	defer moment.Stop()
	for s.entries < entries {
		select {
		case e := <-s.peers.Events():
			if err := s.event(e); err != nil {
				return err
			}
		case line := <-s.sights:
			if err := s.sight(line); err != nil {
				return err
			}
		case <-moment.C:
			return nil
		}
	}
	return nil
}

// tellAll lets every peer say that one of them leads, in a round that the server is not in.
func (s *Session) tellAll() error {
	voters := s.script.Config.Ensemble.Members[:s.script.Config.Ensemble.Voters]
	leader := voters[0].SID
	if leader == s.script.Subject {
		leader = voters[1].SID
	}
	for _, m := range voters {
		if m.SID == s.script.Subject || s.decided {
			continue
		}
		step := Step{Kind: Hear, Peer: m.SID, Vote: election.Vote{Candidate: election.Candidate{Leader: leader, PeerEpoch: 1},
			Round: 1, State: state(m.SID, leader), Version: election.WireVersion}}
		s.script.Steps = append(s.script.Steps, step)
		if err := s.hear(step); err != nil {
			return err
		}
	}
	if !s.decided {
		return s.quiet()
	}
	return nil
}
