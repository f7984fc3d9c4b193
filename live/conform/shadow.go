package conform

import (
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// shadow is an engine that plays a script with nothing lagging: every notification is handled when it
// comes, and what it tells itself at once. It does not judge; it tells what to expect, and with a rule
// broken, whether that would be seen.
type shadow struct {
	e      *election.Ensemble
	server election.Server
	out    election.Outputs
	loop   []election.Vote // to itself
	seen   []election.Note // what the last step sent to others
}

// storm bounds what a step can set off: with a wrong rule a server can answer itself for ever.
const storm = 12

func newShadow(e *election.Ensemble, sid election.SID, d election.Disk, breakRule func(*election.Rules)) *shadow {
	own := *e
	own.Fine = true
	if breakRule != nil {
		breakRule(&own.Rules)
	}
	pos, _ := own.Position(sid)
	s := &shadow{e: &own, server: election.NewServer(&own, pos, d)}
	s.step(&election.Input{Kind: election.Start})
	s.rest()
	return s
}

func (s *shadow) step(in *election.Input) {
	s.out.Reset()
	s.server.Step(s.e, in, &s.out)
	for _, n := range s.out.Notes {
		if int(n.To) == s.server.Position() {
			s.loop = append(s.loop, n.Vote)
		} else {
			s.seen = append(s.seen, n)
		}
	}
}

// rest lets the server go on until it waits for others.
func (s *shadow) rest() {
	for range storm {
		switch {
		case s.server.State == election.Looking && s.server.Queued() > 0:
			s.step(&election.Input{Kind: election.Handle})
		case len(s.loop) > 0:
			v := s.loop[0]
			s.loop = s.loop[1:]
			s.step(&election.Input{Kind: election.Notification, From: uint8(s.server.Position()), Vote: v})
		default:
			return
		}
	}
}

// play takes a step of the script. What is seen of it is in seen and in the server's state.
func (s *shadow) play(step Step) {
	s.seen = s.seen[:0]
	switch {
	case step.Kind == Hear && s.server.Queued() < election.MaxInbox:
		pos, _ := s.e.Position(step.Peer)
		s.step(&election.Input{Kind: election.Notification, From: uint8(pos), Vote: step.Vote})
	case step.Kind == Wait && s.server.Waiting && s.server.Queued() == 0:
		s.step(&election.Input{Kind: election.Decide})
	}
	s.rest()
}

// same tells whether two shadows were seen to do the same in a step. A server in finalizeWait looks like
// one that is not.
func (s *shadow) same(o *shadow) bool {
	return s.server.State == o.server.State && slices.Equal(s.seen, o.seen) &&
		(s.server.State == election.Looking || s.server.Elected().Leader == o.server.Elected().Leader)
}

// exercise is the shadows of one election: the engine, and one for each rule that is not yet known to
// have been exercised.
type exercise struct {
	standard *shadow
	broken   []*shadow // nil where the rule was exercised
	hits     []bool    // by rule
}

func newExercise(e *election.Ensemble, sid election.SID, d election.Disk, rules []Rule) *exercise {
	x := &exercise{standard: newShadow(e, sid, d, nil), hits: make([]bool, len(rules))}
	for _, r := range rules {
		x.broken = append(x.broken, newShadow(e, sid, d, r.Break))
	}
	return x
}

// play takes a step and sees which broken rules show.
func (x *exercise) play(step Step) {
	x.standard.play(step)
	for i, s := range x.broken {
		if s == nil {
			continue
		}
		s.play(step)
		if !s.same(x.standard) {
			x.hits[i], x.broken[i] = true, nil
		}
	}
}
