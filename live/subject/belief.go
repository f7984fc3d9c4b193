package subject

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// MaxStates bounds a belief. A server that is left alone with a full queue for long could need more.
const MaxStates = 20000

// ErrLost is the error of a belief that grew beyond MaxStates: nothing can be said any more.
var ErrLost = errors.New("too many states explain what was seen")

// Watch says which of a server's doings are seen. What is not watched is not waited for.
type Watch struct {
	Sends bool // what it sends to others: every notification is reported by Sent
	Debug bool // its proposals and counted votes: every one is reported by Proposed and Counted
	Still bool // its notification time-out is so long that none is ever over
	Wire  bool // nothing but the wire: what it receives of itself comes in at any time, and is not reported
}

// Belief is the set of states that explain what was seen of a server.
type Belief struct {
	e      *election.Ensemble
	pos    int
	watch  Watch
	codec  *election.Codec
	states []*state
	seen   []seen // by position: the last that was seen on its way there
	ending bool   // its term can end at any time
	out    election.Outputs
}

// seen is what was last seen on its way to a peer.
type seen struct {
	any  bool
	vote election.Vote
}

// state is a server of the engine and what it has done that was not seen yet.
type state struct {
	server election.Server
	intake []intake        // taken by the receive path, which has not looked yet what to do; one at most
	loop   []election.Vote // sent to itself, not received yet
	unseen []election.Note // sent to others and not seen, oldest first
	last   []election.Vote // by position: the last notification sent there, if sent says that there is one
	sent   election.Set    // positions with a last
	said   []utterance     // debug lines that are due, oldest first
}

// intake is a notification that the receive path has taken, and logged, and not looked at.
type intake struct {
	from int
	vote election.Vote
}

// utterance is a debug line: a new proposal, or a vote that was counted.
type utterance struct {
	counted bool
	from    uint8
	vote    election.Vote // of a proposal only the candidate
}

// New follows the member sid of an ensemble, of which nothing is known yet. The ensemble is used in the
// fine grain, whatever its own is; its rules are those that the server is held against.
func New(e *election.Ensemble, sid election.SID, w Watch) (*Belief, error) {
	pos, ok := e.Position(sid)
	if !ok {
		return nil, fmt.Errorf("server %v is not in the ensemble", sid)
	}
	fine := *e
	fine.Fine = true
	return &Belief{e: &fine, pos: pos, watch: w, codec: election.NewCodec(&fine, make([]election.Disk, len(e.Members))),
		seen: make([]seen, len(e.Members))}, nil
}

// Start begins with the start of the process on a disk: LOOKING in round 1.
func (b *Belief) Start(d election.Disk) {
	b.states = nil
	st := &state{server: election.NewServer(b.e, b.pos, d), last: make([]election.Vote, len(b.e.Members))}
	b.add(b.step(st, &election.Input{Kind: election.Start}))
}

// Look begins, or begins anew, with a server that enters an election: lookForLeader was called with this
// disk in memory, and its round is now the given one. What was believed before is forgotten.
func (b *Belief) Look(d election.Disk, round uint64) {
	b.states = nil
	st := &state{server: election.NewServer(b.e, b.pos, d), last: make([]election.Vote, len(b.e.Members))}
	st = b.step(st, &election.Input{Kind: election.Start})
	st.server.Round = round
	for _, list := range [][]election.Vote{st.loop, st.last} {
		for i := range list {
			list[i].Round = round
		}
	}
	for i := range st.unseen {
		st.unseen[i].Vote.Round = round
	}
	b.add(st)
}

// Former adds to Look the vote of the election before, which the server is still heard to tell: an observer while
// it looks, and everybody in the moment in which it decides.
func (b *Belief) Former(v election.Vote) {
	for _, st := range b.states {
		st.server.Vote = election.Vote{Candidate: v.Candidate, Round: v.Round}
	}
}

// Told adds to Look what the server told another last, before it entered the election: a new connection brings
// that again.
func (b *Belief) Told(to election.SID, v election.Vote) {
	pos, ok := b.e.Position(to)
	if !ok || !b.watch.Sends {
		return
	}
	for _, st := range b.states {
		st.last[pos], st.sent = v, st.sent.With(pos)
	}
}

// clone is a copy that shares what is never changed in place.
func (st *state) clone() *state {
	c := *st
	c.loop, c.unseen, c.said = slices.Clip(st.loop), slices.Clip(st.unseen), slices.Clip(st.said)
	c.last = slices.Clone(st.last)
	return &c
}

// step is the state after an input; the state itself is left alone.
func (b *Belief) step(st *state, in *election.Input) *state {
	next := st.clone()
	b.out.Reset()
	next.server.Step(b.e, in, &b.out)
	for _, n := range b.out.Notes {
		if int(n.To) == b.pos {
			next.loop = append(next.loop, n.Vote)
			continue
		}
		if b.watch.Sends {
			next.last[n.To], next.sent = n.Vote, next.sent.With(int(n.To))
			next.unseen = append(next.unseen, n)
		}
	}
	if b.watch.Debug && (in.Kind == election.Handle || in.Kind == election.Start || in.Kind == election.GiveUp || in.Kind == election.Resume) {
		b.utter(st, next, in)
	}
	return next
}

// utter notes the debug lines of a step of the election thread (updateProposal, "Adding vote").
func (b *Belief) utter(before, after *state, in *election.Input) {
	was, is := &before.server, &after.server
	if in.Kind != election.Handle {
		if is.State == election.Looking && is.Stage() == election.Whole && was.Round != is.Round {
			after.said = append(after.said, utterance{vote: election.Vote{Candidate: is.Proposal}})
		}
		return
	}
	from, v, _ := was.Next()
	if was.Waiting || from >= b.e.Voters || !b.e.IsVoter(v.Leader) || v.State != election.Looking ||
		v.Zxid == election.NoZxid || was.Zxid == election.NoZxid {
		return
	}
	switch {
	case int64(v.Round) > int64(was.Round):
		after.said = append(after.said, utterance{vote: election.Vote{Candidate: is.Proposal}})
	case !b.e.Rules.CountsLooking(v.Round, was.Round):
		return
	case b.e.Rules.Beats(b.e, v.Candidate, was.Proposal):
		after.said = append(after.said, utterance{vote: election.Vote{Candidate: v.Candidate}})
	}
	v.Version = 0
	after.said = append(after.said, utterance{counted: true, from: uint8(from), vote: v})
}

// key tells states apart.
func (b *Belief) key(st *state) string {
	k := b.codec.Append(make([]byte, 0, 128), &st.server)
	vote := func(v *election.Vote) { k = b.codec.AppendVote(k, v, 0, 0) }
	k = append(k, byte(len(st.intake)), byte(len(st.loop)), byte(len(st.unseen)), byte(len(st.said)))
	for i := range st.intake {
		k = append(k, byte(st.intake[i].from))
		vote(&st.intake[i].vote)
	}
	for i := range st.loop {
		vote(&st.loop[i])
	}
	for i := range st.unseen {
		k = append(k, st.unseen[i].To)
		vote(&st.unseen[i].Vote)
	}
	for _, u := range st.said {
		k = append(k, u.from)
		if u.counted {
			k = append(k, 1)
		} else {
			k = append(k, 0)
		}
		vote(&u.vote)
	}
	k = election.AppendUvarint(k, uint64(st.sent))
	for i := range st.last {
		if st.sent.Has(i) {
			vote(&st.last[i])
		}
	}
	return string(k)
}

func (b *Belief) add(st *state) { b.states = append(b.states, st) }

// distinct drops what is there twice.
func (b *Belief) distinct(list []*state) []*state {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(st *state) bool {
		k := b.key(st)
		known := seen[k]
		seen[k] = true
		return known
	})
}

// alone is what a state can become by itself in one step of one of its threads.
func (b *Belief) alone(st *state) (next []*state) {
	s := &st.server
	try := func(kind election.InputKind) {
		if kind == election.Resume && s.Stage() == election.Entering && !b.watch.Wire {
			return // that it looks for a leader again is seen
		}
		in := election.Input{Kind: kind}
		next = append(next, b.step(st, &in))
		if s.Divides(b.e, &in) {
			in.Halfway = true
			next = append(next, b.step(st, &in))
		}
	}
	switch {
	case s.Stage() != election.Whole:
		try(election.Resume)
	case s.State == election.Looking && s.Queued() > 0:
		try(election.Handle)
	case s.State == election.Looking && s.Waiting:
		try(election.Decide)
	case s.State != election.Looking && b.ending:
		next = append(next, b.step(st, &election.Input{Kind: election.GiveUp, Halfway: true}))
	}
	if s.Held() {
		try(election.Answer)
	} else if len(st.intake) > 0 {
		in := st.intake[0]
		st = st.clone()
		st.intake = nil
		next = append(next, b.received(st, in.from, in.vote)...)
	} else if b.watch.Wire && len(st.loop) > 0 {
		v := st.loop[0]
		st = st.clone()
		st.loop = st.loop[1:]
		next = append(next, b.received(st, b.pos, v)...)
	}
	return next
}

// closure is the set of all states that the server can have come to by itself.
func (b *Belief) closure() ([]*state, error) {
	list := slices.Clone(b.states)
	seen := make(map[string]bool, 2*len(list))
	for _, st := range list {
		seen[b.key(st)] = true
	}
	for i := 0; i < len(list); i++ {
		for _, next := range b.alone(list[i]) {
			if k := b.key(next); !seen[k] {
				seen[k] = true
				list = append(list, next)
			}
		}
		if len(list) > MaxStates {
			return nil, ErrLost
		}
	}
	return list, nil
}

// observe keeps what explains an observation: each state of the closure, taken on by f. If nothing is
// left the belief stays as it was, and the error is the evidence.
func (b *Belief) observe(what string, f func(st *state) []*state) error {
	all, err := b.closure()
	if err != nil {
		return err
	}
	var kept []*state
	for _, st := range all {
		kept = append(kept, f(st)...)
	}
	if len(kept) == 0 {
		return &Unexplained{What: what, Could: b.describe(all)}
	}
	b.states = b.distinct(kept)
	return nil
}

// Unexplained is the error of an observation that no state explains.
type Unexplained struct {
	What  string   // was seen
	Could []string // what the server could have been doing, one line each
}

func (u *Unexplained) Error() string {
	return fmt.Sprintf("%s; the server can only have been: %s", u.What, strings.Join(u.Could, " | "))
}
