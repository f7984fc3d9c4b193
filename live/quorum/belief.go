package quorum

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// maxStates bounds a belief.
const maxStates = 20000

// errLost is the error of a belief that grew beyond that: nothing can be said any more.
var errLost = errors.New("too many states explain what was seen")

// input is what a simulated peer did at the quorum port.
type input struct {
	packet   election.Packet
	snapshot *election.Log // of SNAP
	closed   bool          // it closed the connection
	deaf     bool          // and reads no more of it
	write    bool          // a client's request, instead of a packet
}

// belief is the set of engine states that explain what was seen of the server.
type belief struct {
	e      *election.Ensemble
	pos    int
	allow  Allowed
	early  bool // a broken rule: proposals are acked before UPTODATE
	codec  *election.Codec
	queue  [election.MaxServers][]input // of the term, by peer; states say how much of it they have taken
	states []*state
	linked election.Set // peers with a connection that somebody reads
	ending bool         // a leader that waits for an epoch can give up: a voter of its looks again
	out    election.Outputs

	recent *state // whose step goes on, for the rule that plans a synchronisation
}

// state is a server of the engine, and what it has done that was not seen yet. It is never changed once it
// is in a belief.
type state struct {
	server  election.Server
	taken   [election.MaxServers]uint8
	unseen  [election.MaxServers][]Said
	closing election.Set        // connections that the server closes
	mode    election.PacketKind // of the last synchronisation, until its NEWLEADER
	beside  beside
}

func newBelief(e *election.Ensemble, sid election.SID, allow Allowed) *belief {
	fine := *e
	fine.Fine = true
	b := &belief{e: &fine, allow: allow, codec: election.NewCodec(&fine, make([]election.Disk, len(e.Members)))}
	b.pos, _ = e.Position(sid)
	plan := fine.Rules.PlanSync
	fine.Rules.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
		return b.recent.beside.plan(plan, s, h, peer, buf)
	}
	return b
}

// start begins with the start of a process on a disk that nobody has used yet.
func (b *belief) start(d election.Disk, log *election.Log) {
	st := &state{server: election.NewServer(b.e, b.pos, d)}
	st.server.SetHistory(log)
	st.beside.named, st.beside.loaded = d.Zxid, d.Zxid
	b.step(st, &election.Input{Kind: election.Start})
	b.states = []*state{st}
}

// clone is a copy that shares what is never changed in place.
func (st *state) clone() *state {
	c := *st
	for i := range c.unseen {
		c.unseen[i] = slices.Clip(st.unseen[i])
	}
	c.beside.owed = slices.Clip(st.beside.owed)
	return &c
}

// step lets an input happen, and all that the server tells itself.
func (b *belief) step(st *state, in *election.Input) {
	b.recent = st
	before, flushed, committed := st.server.Zxid, st.server.OnDisk().Len(), st.server.Committed()
	served := st.server.Phase == election.Broadcast
	leader, _ := b.e.Position(st.server.Vote.Leader)
	b.out.Reset()
	st.server.Step(b.e, in, &b.out)
	if b.out.HangUp {
		st.closing = st.closing.With(leader)
	}
	st.closing |= b.out.Close
	st.beside.flushes(&st.server, flushed)
	switch s := &st.server; {
	case s.State != election.Leading:
		st.beside.starting, st.beside.old, st.beside.unapplied = false, 0, 0
	case served:
		st.beside.unapplied += uint8(s.Committed() - committed)
	case !served && s.Phase == election.Broadcast:
		st.beside.starting, st.beside.old = true, before
	}
	for _, p := range b.out.Packets {
		b.say(st, int(p.To), ofEngine(p.Packet))
	}
	var loop []election.Vote
	for _, n := range b.out.Notes {
		if int(n.To) == b.pos {
			loop = append(loop, n.Vote)
		}
	}
	for _, v := range loop {
		b.tell(st, b.pos, v)
	}
}

// tell lets the server hear and handle a notification.
func (b *belief) tell(st *state, from int, v election.Vote) {
	b.step(st, &election.Input{Kind: election.Notification, From: uint8(from), Vote: v})
	if st.server.State == election.Looking && st.server.Queued() > 0 {
		b.step(st, &election.Input{Kind: election.Handle})
	}
}

// say notes a packet, if the peer still reads the connection that it goes to.
func (b *belief) say(st *state, to int, s Said) {
	for _, in := range b.queue[to][st.taken[to]:] {
		if in.deaf {
			return
		}
	}
	st.unseen[to] = append(st.unseen[to], s)
}

// put is what a peer does at the quorum port. The server takes it when it comes to it.
func (b *belief) put(peer int, in input) {
	b.queue[peer] = append(b.queue[peer], in)
	if in.deaf {
		for i, st := range b.states {
			st = st.clone()
			st.unseen[peer], st.closing = nil, st.closing.Without(peer)
			b.states[i] = st
		}
	}
}

// told lets the voters say who leads, in the server's own round.
func (b *belief) told(leader election.SID, voters []election.SID) error {
	return b.elected(leader, func(st *state) {
		for _, v := range voters {
			pos, _ := b.e.Position(v)
			state := election.Following
			if v == leader {
				state = election.Leading
			}
			b.tell(st, pos, election.Vote{Candidate: election.Candidate{Leader: leader, PeerEpoch: toldEpoch}, Round: st.server.Round,
				State: state, Version: election.WireVersion})
		}
	})
}

// chosen lets the voters vote for the server until it leads.
func (b *belief) chosen(voters []election.SID) error {
	return b.elected(b.e.Members[b.pos].SID, func(st *state) {
		for _, v := range voters {
			pos, _ := b.e.Position(v)
			b.tell(st, pos, election.Vote{Candidate: st.server.Initial(b.e), Round: st.server.Round, Version: election.WireVersion})
		}
		b.step(st, &election.Input{Kind: election.Decide})
	})
}

// toldEpoch is the peer epoch of a vote that tells who leads. No state depends on it.
const toldEpoch = 1

// elected begins a term.
func (b *belief) elected(leader election.SID, elect func(st *state)) error {
	b.queue, b.ending = [election.MaxServers][]input{}, false
	for i, st := range b.states {
		st = st.clone()
		st.taken, st.closing, st.unseen = [election.MaxServers]uint8{}, 0, [election.MaxServers][]Said{}
		st.server.ForgetPast(b.e)
		elect(st)
		if got := st.server.Elected().Leader; st.server.State == election.Looking || got != leader {
			return fmt.Errorf("the engine does not elect server %v: %v, leader %v", leader, st.server.State, got)
		}
		if st.server.State == election.Leading {
			st.beside.leads(&st.server)
		}
		b.states[i] = st
	}
	b.states = b.distinct(b.states)
	return nil
}

// key tells states apart.
func (b *belief) key(st *state) string {
	k := b.codec.Append(make([]byte, 0, 160), &st.server)
	k = append(k, st.taken[:]...)
	k = append(k, byte(st.mode))
	k = election.AppendUvarint(k, uint64(st.closing))
	for _, list := range st.unseen {
		k = append(k, byte(len(list)))
		for _, s := range list {
			k = append(k, byte(s.Kind), byte(s.Current))
			k = b.codec.AppendZxid(k, s.Zxid)
		}
	}
	return string(st.beside.appendKey(k, b.codec))
}

// distinct drops what is there twice.
func (b *belief) distinct(list []*state) []*state {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(st *state) bool {
		k := b.key(st)
		known := seen[k]
		seen[k] = true
		return known
	})
}

// closure is the set of all states that the server can have come to by itself, with what the peers did.
func (b *belief) closure() ([]*state, error) {
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
		if len(list) > maxStates {
			return nil, errLost
		}
	}
	return list, nil
}

// alone is what a state can become in one step of one of the server's threads.
func (b *belief) alone(st *state) (next []*state) {
	s := &st.server
	try := func(kind election.InputKind) {
		c := st.clone()
		b.step(c, &election.Input{Kind: kind})
		next = append(next, c)
	}
	for i := range b.e.Members {
		if int(st.taken[i]) < len(b.queue[i]) {
			next = append(next, b.take(st, i)...)
		}
	}
	if s.State == election.Leading {
		if st.beside.unapplied > 0 {
			c := st.clone()
			c.beside.unapplied--
			next = append(next, c)
		}
		switch {
		case !s.Offered:
			try(election.Offer)
		case st.beside.starting:
			c := st.clone()
			c.beside.starting, c.beside.old = false, 0
			next = append(next, c)
		case s.Stage() == election.Establishing:
			try(election.Resume)
		case b.ending && s.Epoch == 0, s.Phase == election.Broadcast && s.LostQuorum(b.e, s.InSync()):
			try(election.GiveUp)
		}
	}
	if s.Unflushed() {
		try(election.Flush)
	}
	if len(st.beside.owed) > 0 {
		next = append(next, b.flushOwed(st)...)
	}
	return next
}

// atRest tells whether the server has nothing more to do, and nothing to say, until somebody else does
// something.
func (b *belief) atRest(st *state) bool {
	s := &st.server
	for i := range b.e.Members {
		if int(st.taken[i]) < len(b.queue[i]) || len(st.unseen[i]) > 0 {
			return false
		}
	}
	return st.closing&b.linked == 0 && !s.Unflushed() && len(st.beside.owed) == 0 && s.Stage() == election.Whole && (s.State != election.Leading || s.Offered)
}

// all tells whether something is true of all that the server can be now.
func (b *belief) all(condition func(s *election.Server) bool) bool {
	all, err := b.closure()
	return err == nil && !slices.ContainsFunc(all, func(st *state) bool { return !condition(&st.server) })
}

// rests tells whether the server can be at rest.
func (b *belief) rests() bool {
	all, err := b.closure()
	return err == nil && slices.ContainsFunc(all, b.atRest)
}

// observe keeps what explains an observation. If nothing does, the belief stays as it was.
func (b *belief) observe(what string, f func(st *state) *state) error {
	all, err := b.closure()
	if err != nil {
		return err
	}
	var kept []*state
	for _, st := range all {
		if st = f(st); st != nil {
			kept = append(kept, st)
		}
	}
	if len(kept) == 0 {
		return &Unexplained{What: what, Could: b.describe(all)}
	}
	b.states = b.distinct(kept)
	return nil
}
