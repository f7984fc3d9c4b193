package props

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Features appends the protocol states that a step came to, as numbers: a few thousand of them can occur. One is of what the
// step did, one of the server that stepped, one of it and each other server, and one of the cluster as a whole. They are
// coarse so that two runs which do the same thing with other servers, epochs or rounds have the same: a number is told only
// by how it relates to another, and no server by its sid, but for which of two is larger.
func Features(st Step, buf []uint64) []uint64 {
	before, by, after := st.Before, st.Action, st.After
	buf = append(buf, ensembleFeature(st.System, after))
	actor := after.Actor
	if actor < 0 {
		at, ok := st.System.Ensemble.Position(by.From)
		if !ok { // calm
			return append(buf, newFeature(ofStep).with(uint64(by.Kind)).sum())
		}
		actor = at
	}
	buf = append(buf, stepFeature(before, by, after, actor), serverFeature(after, actor))
	for other := range after.Servers {
		if other != actor {
			buf = append(buf, pairFeature(after, min(actor, other), max(actor, other)))
		}
	}
	return buf
}

// feature is a number that is being made (FNV-1a, over words).
type feature uint64

// What a feature is of.
const (
	ofEnsemble = iota + 1
	ofStep
	ofServer
	ofPair
)

func newFeature(of uint64) feature { return feature(14695981039346656037).with(of) }

func (f feature) with(x uint64) feature { return (f ^ feature(x)) * 1099511628211 }

func (f feature) is(b bool) feature {
	if b {
		return f.with(1)
	}
	return f.with(2)
}

// compared tells which of two numbers is larger.
func (f feature) compared(a, b uint64) feature {
	switch {
	case a < b:
		return f.with(1)
	case a > b:
		return f.with(2)
	}
	return f.with(3)
}

func (f feature) sum() uint64 {
	f ^= f >> 32
	f *= 0x9e3779b97f4a7c15
	return uint64(f ^ f>>29)
}

// role is what a server does: down, or its state, and how far it is in it. It is below 64.
func role(s *cluster.State, pos int) uint64 {
	v := s.Servers[pos]
	switch {
	case !s.Started.Has(pos):
		return 0
	case !s.Up.Has(pos):
		return 1
	case v.State == election.Looking && v.Waiting:
		return 2
	case v.State == election.Looking:
		return 3
	}
	return 4 + uint64(v.State)<<2 + uint64(v.Phase)
}

// ensembleFeature is how many servers have which role.
func ensembleFeature(y *cluster.System, s *cluster.State) uint64 {
	var roles [election.MaxServers]uint64
	list := roles[:len(s.Servers)]
	for i := range list {
		list[i] = role(s, i)
	}
	slices.Sort(list)
	f := newFeature(ofEnsemble).is(y.Ensemble.IsQuorum(s.Up))
	for _, r := range list {
		f = f.with(r)
	}
	return f.sum()
}

// stepFeature is what happened, to a server in which role.
func stepFeature(before *cluster.State, by cluster.Action, after *cluster.State, actor int) uint64 {
	f := newFeature(ofStep).with(uint64(by.Kind)).is(by.N > 0).with(role(before, actor)).with(role(after, actor))
	if after.Actor < 0 {
		return f.sum()
	}
	facts := uint64(0)
	for _, fact := range after.Out.Facts {
		facts |= 1 << fact.Kind
	}
	f = f.with(facts).is(after.Out.Decided && after.Out.Decision.Told).is(after.Out.HangUp).is(after.Out.Close != 0)
	if by.Kind == cluster.Packet {
		f = f.with(uint64(after.In.Packet.Kind))
	}
	return f.sum()
}

// serverFeature is where a server stands, and what it has on its disk and from its leader.
func serverFeature(s *cluster.State, pos int) uint64 {
	v := s.Servers[pos]
	f := newFeature(ofServer).with(role(s, pos)).compared(uint64(v.Disk.AcceptedEpoch), uint64(v.Disk.CurrentEpoch)).
		compared(uint64(v.Disk.Zxid.Epoch()), uint64(v.Disk.CurrentEpoch))
	if !s.Up.Has(pos) {
		return f.sum()
	}
	log := v.History()
	f = f.with(uint64(v.Stage())).is(v.Held()).is(v.Unflushed()).with(uint64(min(2, log.Len()-v.Committed())))
	switch v.State {
	case election.Looking:
		newest := uint64(0)
		for i := range s.Servers {
			if s.Up.Has(i) {
				newest = max(newest, s.Servers[i].Round)
			}
		}
		f = f.with(min(2, newest-v.Round)).is(v.Proposal.Leader == v.SID).with(uint64(min(2, s.InFlight(pos))))
	case election.Leading:
		f = f.is(v.Offered).is(v.Epoch != 0).with(uint64(min(3, v.Heard().Len()))).with(uint64(min(3, v.Acked().Len()))).
			with(uint64(min(3, v.InSync().Len()))).with(uint64(min(2, v.Outstanding())))
	default:
		f = f.is(v.Epoch != 0).is(v.Syncing())
		leader, alive := s.LeaderOf(pos)
		f = f.is(alive)
		if leader >= 0 {
			l := s.Servers[leader]
			f = f.with(role(s, leader)).is(v.Epoch == l.Epoch).with(related(s, pos, leader))
		}
	}
	return f.sum()
}

// pairFeature is how two servers relate, that of the smaller sid first.
func pairFeature(s *cluster.State, a, b int) uint64 {
	v, w := s.Servers[a], s.Servers[b]
	f := newFeature(ofPair).with(role(s, a)).with(role(s, b)).is(s.IsCut(a, b)).
		compared(uint64(v.Disk.CurrentEpoch), uint64(w.Disk.CurrentEpoch)).
		compared(uint64(v.Disk.AcceptedEpoch), uint64(w.Disk.AcceptedEpoch)).with(related(s, a, b))
	if s.Up.Has(a) && s.Up.Has(b) {
		f = f.compared(v.Round, w.Round)
		if v.State == election.Looking && w.State == election.Looking {
			f = f.is(v.Proposal == w.Proposal)
		}
	}
	x, _ := s.LeaderOf(a)
	z, _ := s.LeaderOf(b)
	return f.is(x == b).is(z == a).sum()
}

// related is how the logs of two servers relate: the same, the one a part of the other, or each with something of its own.
func related(s *cluster.State, a, b int) uint64 {
	x, z := log(s, a), log(s, b)
	switch {
	case x.IsPrefixOf(z) && z.IsPrefixOf(x):
		return 1
	case x.IsPrefixOf(z):
		return 2
	case z.IsPrefixOf(x):
		return 3
	}
	return 4
}

// log is a server's history, in memory while it is up.
func log(s *cluster.State, pos int) *election.Log {
	if s.Up.Has(pos) {
		return s.Servers[pos].History()
	}
	return s.Servers[pos].OnDisk()
}
