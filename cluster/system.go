package cluster

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// Track says which history is part of a state. A property that needs one asks for it; what is not
// tracked costs nothing.
type Track struct {
	Epochs   bool // who established which epoch
	Hurry    bool // whether every decision was made with nothing in flight to the decider
	Initials bool // with which vote each server entered its last election
	Commits  bool // what has been committed
	Replies  bool // which writes clients were told are done
}

// Or is both.
func (t Track) Or(u Track) Track {
	return Track{t.Epochs || u.Epochs, t.Hurry || u.Hurry, t.Initials || u.Initials, t.Commits || u.Commits, t.Replies || u.Replies}
}

// Phases is how far servers go. What belongs to a later phase does not happen, so that larger ensembles
// stay affordable.
type Phases uint8

const (
	AllPhases        Phases = iota
	ElectionOnly            // to a decision
	ThroughDiscovery        // to an established leader
	ThroughSync             // to a serving leader, no writes
	phasesCount
)

// PhaseNames are how the phases are written, by Phases.
var PhaseNames = [phasesCount]string{"all", "election", "discovery", "sync"}

func (p Phases) String() string { return PhaseNames[p%phasesCount] }

// ParsePhases is the inverse of String.
func ParsePhases(s string) (Phases, error) {
	for i, name := range PhaseNames {
		if s == name {
			return Phases(i), nil
		}
	}
	return 0, fmt.Errorf("phases %q: want election, discovery, sync or all", s)
}

// include tells whether servers go through a phase.
func (p Phases) include(q election.Phase) bool { return p == AllPhases || int(q) < int(p) }

// Config is what a cluster is made of.
type Config struct {
	Ensemble *election.Ensemble
	Disks    []election.Disk // at the start, by position
	Limits   Limits
	FIFO     bool // plain FIFO channels instead of ZooKeeper's one-slot send queue
	Track    Track

	Phases Phases // how far servers go
}

// System is the transition system of a cluster. It is immutable and safe for concurrent use.
type System struct {
	Config
	codec     *election.Codec
	logs      []election.Log // on the disks at the start
	n         int
	budgets   [len(limitFields)]int // of Limits, by index in limitFields
	plausible bool
	standard  bool // every rule is ZooKeeper's
	flawless  bool // no limit allows a fault
	ordinals  [Kinds]ordinals
	lastEpoch uint64 // no leader fixes an epoch above it
}

// New makes the system. The number of disks must be that of the members.
func New(c Config) (*System, error) {
	if err := c.Limits.Validate(); err != nil {
		return nil, err
	}
	if len(c.Disks) != len(c.Ensemble.Members) {
		return nil, fmt.Errorf("%d disks for %d servers", len(c.Disks), len(c.Ensemble.Members))
	}
	s := &System{Config: c, codec: election.NewCodec(c.Ensemble, c.Disks), logs: election.Histories(c.Disks), n: len(c.Ensemble.Members)}
	for i, field := range limitFields {
		s.budgets[i] = *field.at(&s.Limits)
	}
	s.plausible, s.standard, s.flawless = plausible(c), c.Ensemble.Rules.IsStandard(), true
	s.ordinals = number(s.n)
	for i, field := range limitFields {
		s.flawless = s.flawless && !(field.Fault && s.budgets[i] > 0)
	}
	if c.Limits.Epochs == Unlimited {
		s.lastEpoch = election.MaxEpoch
	} else {
		for _, d := range c.Disks {
			s.lastEpoch = max(s.lastEpoch, uint64(d.AcceptedEpoch))
		}
		s.lastEpoch = min(s.lastEpoch+uint64(c.Limits.Epochs), election.MaxEpoch)
	}
	return s, nil
}

// Plausible tells whether a run of ZooKeeper could have left the disks at the start: an epoch that shows in
// a currentEpoch or a zxid was promised by a quorum, and nobody is at (e,0), which takes a quorum with a
// history that these disks do not tell. On other disks old transactions can have the zxids of new ones.
func (y *System) Plausible() bool { return y.plausible }

func plausible(c Config) bool {
	for _, d := range c.Disks {
		if d.Zxid.Counter() == 0 && d.Zxid != 0 {
			return false
		}
		var promised election.Set
		for i := range c.Ensemble.Voters {
			if c.Disks[i].AcceptedEpoch >= d.CurrentEpoch {
				promised = promised.With(i)
			}
		}
		if !c.Ensemble.IsQuorum(promised) {
			return false
		}
	}
	return true
}

// WithLimits is the same system under other limits. States of the one are states of the other.
func (y *System) WithLimits(l Limits) (*System, error) {
	c := y.Config
	c.Limits = l
	return New(c)
}

// Init is the one state before any start.
func (y *System) Init() []State {
	s := State{Actor: -1}
	s.Out.Reset()
	y.resize(&s)
	for i := range s.Servers {
		s.own[i] = election.NewServer(y.Ensemble, i, y.Disks[i])
		s.Servers[i].SetHistory(&y.logs[i])
	}
	s.unhurried = y.Track.Hurry
	return []State{s}
}

func (y *System) resize(s *State) {
	if len(s.Servers) == y.n {
		return
	}
	s.own = make([]election.Server, y.n)
	s.Servers = roomy[*election.Server](y.n)
	for i := range s.own {
		s.Servers[i] = &s.own[i]
	}
	s.met = roomy[*acquaintance](y.n)
	s.changed = roomy[uint64]((y.parts() + 63) / 64)
	s.cuts = roomy[election.Set](y.n)
	s.notes = make([]channel, y.n*y.n)
	s.links = make([]link, y.n)
	s.initials = roomy[election.Candidate](y.n)
}

// roomy makes a short slice with room behind it, so that the states of two workers, who write them all the time, never
// share a cache line.
func roomy[T any](n int) []T { return make([]T, n, n+128) }

// Copy makes dst equal to src; they share nothing. The record of src's last step is not copied.
func (y *System) Copy(dst, src *State) {
	y.resize(dst)
	y.copyHead(dst, src)
	for i := range src.Servers {
		y.copyServer(dst, src, i)
		dst.links[i].copyFrom(&src.links[i])
	}
	for i := range src.notes {
		dst.notes[i].copyFrom(&src.notes[i])
	}
	clear(dst.changed)
}

// copyPart is Copy of one part.
func (y *System) copyPart(dst, src *State, part int) {
	switch i := part - 1; {
	case part == headPart:
		y.copyHead(dst, src)
	case i < y.n:
		y.copyServer(dst, src, i)
	case i < 2*y.n:
		dst.links[i-y.n].copyFrom(&src.links[i-y.n])
	default:
		dst.notes[i-2*y.n].copyFrom(&src.notes[i-2*y.n])
	}
}

func (y *System) copyHead(dst, src *State) {
	copy(dst.cuts, src.cuts)
	dst.Started, dst.Up, dst.spent, dst.unhurried = src.Started, src.Up, src.spent, src.unhurried
	dst.epochs.n = src.epochs.n
	copy(dst.epochs.list[:src.epochs.n], src.epochs.list[:src.epochs.n])
	dst.commits.copyFrom(&src.commits)
	dst.replies.copyFrom(&src.replies)
	dst.lap = src.lap
}

func (y *System) copyServer(dst, src *State, i int) {
	if a := src.met[i]; a != nil && dst.recall == src.recall {
		dst.become(i, a)
	} else {
		dst.own[i].CopyFrom(src.Servers[i], y.Ensemble.Voters)
		dst.Servers[i], dst.met[i] = &dst.own[i], nil
	}
	if y.Track.Initials {
		dst.initials[i] = src.initials[i]
	}
}

// Apply makes the action happen. It must be one of Actions; what another one does means nothing, and
// may be a panic.
func (y *System) Apply(s *State, a Action) {
	s.Out.Reset()
	s.In.Kind, s.cut, s.took, s.again = 0, 0, nil, false
	if a.Kind == Calm {
		s.changeHead()
		s.spent[cutCalm], s.Actor = 1, -1
		return
	}
	from, ok := y.Ensemble.Position(a.From)
	if !ok {
		panic("action of a server outside the cluster: " + a.String())
	}
	to, _ := y.Ensemble.Position(a.To)
	s.Actor = from
	switch a.Kind {
	case Start:
		s.changeHead()
		s.Started = s.Started.With(from)
		y.boot(s, from)
	case Deliver:
		s.Actor = to
		s.In = election.Input{Kind: election.Notification, From: uint8(from), Halfway: a.N > 0}
		s.In.Vote = y.pop(s, from, to)
		y.step(s, to)
	case Timeout:
		if s.Calm() {
			s.changeHead()
			s.lap.end(&s.lap.resends, from)
		} else {
			s.spend(cutTimeouts, y.Limits.Timeouts)
		}
		s.In = election.Input{Kind: election.Timeout}
		y.step(s, from)
	case Decide:
		s.In = election.Input{Kind: election.Decide, Halfway: a.N > 0}
		y.step(s, from)
	case Offer:
		s.In = election.Input{Kind: election.Offer}
		y.step(s, from)
	case Packet:
		s.Actor = to
		y.gather(s, from, to)
		s.In.Halfway = a.N > 0
		y.step(s, to)
	case GiveUp:
		switch {
		case s.Calm():
			s.changeHead()
			s.lap.end(&s.lap.giveUps, from)
		case !y.Stalled(s, from):
			s.spend(cutGiveUps, y.Limits.GiveUps)
		}
		s.In = election.Input{Kind: election.GiveUp, Halfway: a.N > 0}
		y.step(s, from)
	case Handle:
		sender, v, _ := s.Servers[from].Next()
		s.In = election.Input{Kind: election.Handle, From: uint8(sender), Vote: v, Halfway: a.N > 0}
		y.step(s, from)
	case Resume:
		s.In = election.Input{Kind: election.Resume}
		y.step(s, from)
	case Answer:
		s.In = election.Input{Kind: election.Answer, Halfway: a.N > 0}
		y.step(s, from)
	case Write:
		value := uint8(s.spent[cutWrites] + 1)
		s.spend(cutWrites, y.Limits.Writes)
		s.In = election.Input{Kind: election.Write, Value: value}
		y.step(s, from)
	case Flush:
		s.In = election.Input{Kind: election.Flush}
		y.step(s, from)
	default:
		y.applyFault(s, a, from, to)
		s.took = nil
	}
	if y.Ensemble.Fine {
		y.lag(s, a)
	}
	y.remember(s)
}

// step lets one server act on s.In and carries what leaves it.
func (y *System) step(s *State, pos int) {
	out := &s.Out
	y.give(s, pos, &s.In)
	s.In.Snapshot = nil
	if out.HaltAfter > 0 {
		return
	}
	if out.HangUp {
		y.hangUp(s, pos)
	}
	if out.Close != 0 {
		for l := range s.links {
			if out.Close.Has(l) && int(s.links[l].leader) == pos && s.links[l].status == connected {
				s.changeLink(l).breakOff()
				y.give(s, pos, &election.Input{Kind: election.Disconnected, From: uint8(l)})
			}
		}
	}
	if out.Connect >= 0 {
		l := s.changeLink(pos)
		l.status, l.leader, l.up.n, l.down.n = connecting, uint8(out.Connect), 0, 0
	}
	for _, p := range out.Packets {
		y.sendPacket(s, pos, int(p.To), p.Packet)
	}
	for i := range out.Notes {
		y.sendNote(s, pos, int(out.Notes[i].To), &out.Notes[i].Vote)
	}
}

// boot starts a process: connections come up with it, and what others last sent it is sent again.
func (y *System) boot(s *State, pos int) {
	s.changeHead()
	s.Up = s.Up.With(pos)
	for other := range y.n {
		y.connect(s, pos, other)
	}
	s.In = election.Input{Kind: election.Start}
	y.step(s, pos)
}

// remember keeps the history that is tracked.
func (y *System) remember(s *State) {
	if y.Track.Epochs {
		for _, f := range s.Out.Facts {
			if f.Kind != election.Established {
				continue
			}
			s.changeHead()
			if !s.epochs.add(f.Epoch, s.Servers[s.Actor].SID) {
				s.cut |= 1 << cutEpochs
			}
		}
	}
	if y.Track.Commits {
		y.rememberCommits(s)
	}
	if y.Track.Replies {
		s.rememberReplies()
	}
	if y.Track.Hurry && s.Out.Decided && s.InFlight(s.Actor) > 0 {
		s.changeHead()
		s.unhurried = false
	}
	if y.Track.Initials && s.Actor >= 0 && s.Up.Has(s.Actor) && s.Servers[s.Actor].State == election.Looking {
		s.changed.add(s.serverPart(s.Actor))
		s.initials[s.Actor] = s.Servers[s.Actor].Initial(y.Ensemble)
	}
}

// spend takes one from a budget; an unlimited one is not counted, so that it does not tell states apart.
func (s *State) spend(limit int, budget int) {
	if budget != Unlimited {
		s.changeHead()
		s.spent[limit]++
	}
}
