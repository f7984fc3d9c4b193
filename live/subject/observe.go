package subject

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// Hear: the receive path took a notification. One of the server to itself must be the next of those that
// it has sent itself; a notification time-out may have sent it just now.
func (b *Belief) Hear(from election.SID, v election.Vote) error {
	pos, ok := b.e.Position(from)
	if !ok {
		pos = len(b.e.Members) // a stranger is answered as an observer is
	}
	what := fmt.Sprintf("it received %v of server %v", v, from)
	return b.observe(what, func(st *state) []*state {
		if st.server.Held() || len(st.intake) > 0 {
			return nil
		}
		if pos == b.pos {
			if st = b.ownNote(st, v); st == nil {
				return nil
			}
		}
		next := st.clone()
		next.intake = []intake{{pos, v}}
		list := []*state{next}
		if resent := b.timeout(st); pos != b.pos && len(st.loop) == 0 && resent != nil {
			resent.intake = next.intake // the time-out was over just before, and its own is printed after this
			list = append(list, resent)
		}
		return list
	})
}

// ownNote takes the next notification of a server to itself from those under way.
func (b *Belief) ownNote(st *state, v election.Vote) *state {
	if len(st.loop) == 0 {
		if st = b.timeout(st); st == nil {
			return nil
		}
	}
	head := st.loop[0]
	if head.Candidate != v.Candidate || head.Round != v.Round || head.State != v.State {
		return nil
	}
	st = st.clone()
	st.loop = st.loop[1:]
	return st
}

// timeout is a state after a notification time-out, or nil where there is none.
func (b *Belief) timeout(st *state) *state {
	if s := &st.server; b.watch.Still || s.State != election.Looking || s.Waiting || s.Queued() > 0 || s.Stage() != election.Whole {
		return nil
	}
	return b.step(st, &election.Input{Kind: election.Timeout})
}

// received is what the receive path makes of a notification: it goes through with it, or is caught.
func (b *Belief) received(st *state, from int, v election.Vote) (next []*state) {
	if st.server.State == election.Looking && st.server.Queued() == election.MaxInbox {
		return nil
	}
	if from == len(b.e.Members) {
		return []*state{st} // who is not a member is answered, and nobody watches that
	}
	in := election.Input{Kind: election.Notification, From: uint8(from), Vote: v}
	next = append(next, b.step(st, &in))
	if st.server.Divides(b.e, &in) {
		in.Halfway = true
		next = append(next, b.step(st, &in))
	}
	return next
}

// Sent: the server sent a notification to another. One that was sent before it and not seen was replaced
// in the send queue, which holds one.
func (b *Belief) Sent(to election.SID, v election.Vote) error {
	pos, ok := b.e.Position(to)
	if !ok {
		return fmt.Errorf("it sent %v to server %v, which is not in the ensemble", v, to)
	}
	same := func(n election.Note) bool {
		return int(n.To) == pos && n.Vote.Candidate == v.Candidate && n.Vote.Round == v.Round && n.Vote.State == v.State
	}
	err := b.observe(fmt.Sprintf("it sent %v to server %v", v, to), func(st *state) (next []*state) {
		if !slices.ContainsFunc(st.unseen, same) {
			if st = b.timeout(st); st == nil {
				return nil
			}
		}
		other := true // than what was last seen to be the one
		for i, n := range st.unseen {
			if int(n.To) == pos && !same(n) {
				other = true
			} else if same(n) && other { // of equal ones in a row it is the first: that the next replaced it looks the same
				other = false
				kept := st.clone()
				kept.unseen = slices.DeleteFunc(slices.Clone(st.unseen[:i]), func(n election.Note) bool { return int(n.To) == pos })
				kept.unseen = append(kept.unseen, st.unseen[i+1:]...)
				next = append(next, kept)
			}
		}
		return next
	})
	if err == nil {
		b.seen[pos] = seen{any: true, vote: v}
	}
	return err
}

// Lost: the connection to another is gone, with what was under way on it.
func (b *Belief) Lost(to election.SID) {
	pos, ok := b.e.Position(to)
	if !ok {
		return
	}
	b.seen[pos] = seen{}
	// It may go at any point of what the server does by itself, so both with and without what it does next.
	for i, st := range b.states {
		st = st.clone()
		st.unseen = slices.DeleteFunc(slices.Clone(st.unseen), func(n election.Note) bool { return int(n.To) == pos })
		b.states[i] = st
	}
	b.states = b.distinct(b.states)
}

// Connected: there is a new connection to another. The last notification sent there is sent again, unless
// the send queue has a newer one.
func (b *Belief) Connected(to election.SID) {
	pos, ok := b.e.Position(to)
	if !ok || !b.watch.Sends {
		return
	}
	for i, st := range b.states {
		pending := slices.ContainsFunc(st.unseen, func(n election.Note) bool { return int(n.To) == pos })
		if st.sent.Has(pos) && !pending {
			again := st.clone()
			again.unseen = append(again.unseen, election.Note{To: uint8(pos), Vote: st.last[pos]})
			b.states[i] = again
		}
	}
	b.states = b.distinct(b.states)
}

// Decided: the server left LOOKING; of the vote, only the leader is compared, and only if it is known.
func (b *Belief) Decided(state election.State, leader *election.SID) error {
	what := fmt.Sprintf("it is %v", state)
	if leader != nil {
		what += fmt.Sprintf(", leader %v", *leader)
	}
	return b.filter(what, func(s *election.Server) bool {
		return s.State == state && (leader == nil || s.Elected().Leader == *leader)
	})
}

// DecidedFor is Decided with the whole vote that was elected.
func (b *Belief) DecidedFor(state election.State, c election.Candidate) error {
	return b.filter(fmt.Sprintf("it is %v by the vote %v", state, c), func(s *election.Server) bool {
		e := s.Elected()
		return s.State == state && e.Leader == c.Leader && e.Zxid == c.Zxid
	})
}

// Looking: the server is LOOKING.
func (b *Belief) Looking() error {
	return b.filter("it is LOOKING", func(s *election.Server) bool { return s.State == election.Looking })
}

func (b *Belief) filter(what string, ok func(s *election.Server) bool) error {
	return b.observe(what, func(st *state) []*state {
		if ok(&st.server) && len(st.said) == 0 {
			return []*state{st}
		}
		return nil
	})
}

// MayEnd: from now on the term of a server that leads or follows can end at any time, until GaveUp is
// seen. Before that it is LOOKING for a moment already, with the round and the proposal of before.
func (b *Belief) MayEnd() { b.ending = true }

// GaveUp: the server left FOLLOWING or LEADING and looks again. Its memory may have changed in the
// meantime: d is what it goes into the election with, nil if that is what it had.
func (b *Belief) GaveUp(d *election.Disk) error {
	err := b.observe("it looks for a leader again", func(st *state) []*state {
		entering := st.server.Stage() == election.Entering
		if !entering && (st.server.State == election.Looking || st.server.Stage() != election.Whole) {
			return nil
		}
		if d != nil {
			st = st.clone()
			s := &st.server
			s.Zxid, s.CurrentEpoch, s.AcceptedEpoch = d.Zxid, d.CurrentEpoch, d.AcceptedEpoch
			s.Disk = *d
		}
		if entering {
			return []*state{b.step(st, &election.Input{Kind: election.Resume})}
		}
		return []*state{b.step(st, &election.Input{Kind: election.GiveUp})}
	})
	if err == nil {
		b.ending = false
	}
	return err
}

// Entered: the server is in an election again, and was seen to tell of it, where nothing else shows that a
// term has ended. After that no term ends until MayEnd says so again.
func (b *Belief) Entered() error {
	err := b.filter("it is in a new election", func(s *election.Server) bool {
		return s.State == election.Looking && s.Stage() != election.Entering
	})
	if err == nil {
		b.ending = false
	}
	return err
}

// Proposed: the election thread took a proposal (a debug line).
func (b *Belief) Proposed(c election.Candidate) error {
	return b.uttered(fmt.Sprintf("it proposes %v", c), func(u *utterance) bool {
		return !u.counted && u.vote.Leader == c.Leader && u.vote.Zxid == c.Zxid
	})
}

// Counted: the election thread counted a vote (a debug line).
func (b *Belief) Counted(from election.SID, v election.Vote) error {
	pos, _ := b.e.Position(from)
	return b.uttered(fmt.Sprintf("it counted %v of server %v", v, from), func(u *utterance) bool {
		return u.counted && int(u.from) == pos && u.vote.Leader == v.Leader && u.vote.Zxid == v.Zxid && u.vote.Round == v.Round
	})
}

func (b *Belief) uttered(what string, same func(u *utterance) bool) error {
	return b.observe(what, func(st *state) []*state {
		if len(st.said) == 0 || !same(&st.said[0]) {
			return nil
		}
		st = st.clone()
		st.said = st.said[1:]
		return []*state{st}
	})
}

// CanSettle tells whether all that is under way in the server and out of it can be over: surely, or
// perhaps. Of equal notifications in a row one can be missing for good: it was replaced in the send queue
// by the next, which looks the same.
func (b *Belief) CanSettle() (surely, perhaps bool) {
	all, err := b.closure()
	if err != nil {
		return true, true
	}
	surely = true
	for _, st := range all {
		if st.atRest() {
			surely = surely && len(st.unseen) == 0
			perhaps = perhaps || !slices.ContainsFunc(st.unseen, b.missing)
		}
	}
	return surely && perhaps, perhaps
}

// missing tells whether a notification differs from what was last seen of those to the same peer, so that
// it must still come.
func (b *Belief) missing(n election.Note) bool {
	return !b.seen[n.To].any || b.seen[n.To].vote != n.Vote
}

// atRest tells whether the server waits for a timer or for others.
func (st *state) atRest() bool {
	s := &st.server
	return s.Stage() == election.Whole && !s.Held() && (s.State != election.Looking || s.Queued() == 0) &&
		len(st.intake) == 0 && len(st.loop) == 0 && len(st.said) == 0
}

// Settled: the server was left alone long enough, or has shown it: nothing is under way in it, its threads
// wait. What it has sent may be seen later.
func (b *Belief) Settled() error {
	return b.observe("it has nothing more to do", func(st *state) []*state {
		if st.atRest() {
			return []*state{st}
		}
		return nil
	})
}

// Silent is Settled, and what the server has sent is seen: it was silent for long enough, and is connected
// to everybody. Of what is not seen, each was replaced in the send queue by the next, which looks the same.
// What it sends from now on finds that queue empty: a single notification is seen.
func (b *Belief) Silent() error {
	err := b.observe("it has nothing more to do and to tell", func(st *state) []*state {
		if !st.atRest() || slices.ContainsFunc(st.unseen, b.missing) {
			return nil
		}
		if len(st.unseen) > 0 {
			st = st.clone()
			st.unseen = nil
		}
		return []*state{st}
	})
	if err == nil {
		clear(b.seen)
	}
	return err
}
