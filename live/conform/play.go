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
	s.note("server %v says %v", step.Peer, v)
	if err := s.by.tell(step.Peer, v); err != nil {
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

// barrier is over when the server has dealt with everything.
func (s *Session) barrier(from election.SID) error {
	if s.decided && s.state == election.Leading {
		return s.settle() // it would give up
	}
	if err := s.by.handled(from); err != nil {
		return err
	}
	return s.settle()
}

// echo is a notification of a lower round than any: it goes through both threads of the server, changes
// nothing, and is answered.
func echo(from election.SID) election.Vote {
	return election.Vote{Candidate: election.Candidate{Leader: from}, State: election.Looking, Version: election.WireVersion}
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
	return s.by.settled()
}

// quiet leaves the server alone until it decides, if it is in finalizeWait.
func (s *Session) quiet() error {
	if s.decided || !s.mayWait() {
		return s.settle()
	}
	_, must := s.belief.MayWait()
	if err := s.by.waited(must); err != nil {
		return err
	}
	if must {
		return s.settle()
	}
	return s.barrier(s.anyPeer())
}

// anyPeer is one of the voters that are played.
func (s *Session) anyPeer() election.SID {
	first := s.script.Config.Ensemble.Members[0].SID
	if first == s.script.Subject {
		first = s.script.Config.Ensemble.Members[1].SID
	}
	return first
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
	if !s.again {
		if err := s.settle(); err != nil {
			return err
		}
	}
	switch {
	case s.again:
	case s.state == election.Leading:
		s.belief.MayEnd()
		if err := s.by.depose(); err != nil {
			return err
		}
	default:
		s.belief.MayEnd()
		s.hangUp = true
		if err := s.peers.CloseQuorum(s.leader); err != nil {
			return err
		}
	}
	return s.by.entered()
}

// tellAll lets every peer say that one of them leads, in a round that the server is not in.
func (s *Session) tellAll() error {
	voters, leader := s.script.Config.Ensemble.Members[:s.script.Config.Ensemble.Voters], s.anyPeer()
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
