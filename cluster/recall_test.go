package cluster

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// swapCase is two steps of server 1 of three that commute, as far as their outcomes go.
type swapCase struct {
	y        *System
	s        *State
	one, two *taken
	f, g     footprint
}

// newSwapCase: server 1 is LOOKING, and has said nothing to anybody; both steps are votes of its round that it counts.
func newSwapCase(t *testing.T) *swapCase {
	y := mustSystem(t, voters(3), Config{Limits: faulty(1)})
	c := &swapCase{y: y, s: &y.Init()[0]}
	c.s.Up, c.s.recall = c.y.Ensemble.VoterSet(), newRecall(y)
	v := election.Server{}
	v.CopyFrom(c.s.Servers[0], y.Ensemble.Voters)
	v.Round, v.Proposal = 1, election.Candidate{Leader: 1}
	a := c.s.recall.enter(&v, []byte("looking"))
	c.s.become(0, a)
	v.Memo = 1
	b := c.s.recall.enter(&v, []byte("looking, and something counted"))
	vote := election.Vote{Candidate: v.Proposal, Round: 1}
	c.one = &taken{became: b, in: election.Input{Kind: election.Notification, From: 1, Vote: vote}}
	c.two = &taken{became: b, in: election.Input{Kind: election.Notification, From: 2, Vote: vote}}
	c.one.swaps = []swap{{c.two, true}}
	c.f, c.g = footprint{own: 1, took: c.one}, footprint{own: 1, took: c.two}
	return c
}

// TestSwap: steps of one server that come to the same in either order commute, unless something else speaks against it.
func TestSwap(t *testing.T) {
	another := func(c *swapCase, change func(v *election.Server)) *acquaintance {
		var v election.Server
		v.CopyFrom(&c.one.became.server, 3)
		change(&v)
		return c.s.recall.enter(&v, []byte("another"))
	}
	leading := func(c *swapCase) {
		c.s.become(0, another(c, func(v *election.Server) { v.State = election.Leading }))
		c.one.became = c.s.met[0]
	}
	timeout := func(c *swapCase) { c.two.became = c.s.met[0] }
	for _, k := range []struct {
		name string
		kind Kind
		want bool
		make func(c *swapCase)
	}{
		{"two votes", Deliver, true, func(*swapCase) {}},
		{"not the same", Deliver, false, func(c *swapCase) { c.one.swaps[0].same = false }},
		{"not known", Deliver, false, func(c *swapCase) { c.g.took = nil }},
		{"both tell one", Deliver, false, func(c *swapCase) { c.one.touch.tells, c.two.touch.tells = 6, 4 }},
		{"both use one link", Deliver, false, func(c *swapCase) { c.one.touch.uses, c.two.touch.uses = 6, 4 }},
		{"a decided vote", Deliver, false, func(c *swapCase) { c.one.in.Vote.State = election.Leading }},
		{"the other is a decided vote", Deliver, false, func(c *swapCase) { c.two.in.Vote.State = election.Leading }},
		{"a vote of another round", Deliver, false, func(c *swapCase) { c.one.in.Vote.Round = 2 }},
		{"a vote that is adopted", Deliver, false, func(c *swapCase) {
			c.one.became = another(c, func(v *election.Server) { v.Proposal.Leader = 2 })
		}},
		{"a vote that decides", Deliver, false, func(c *swapCase) {
			c.one.became = another(c, func(v *election.Server) { v.State = election.Following })
		}},
		{"the fine grain", Deliver, false, func(c *swapCase) { c.y.Ensemble.Fine = true }},

		{"a time-out", Timeout, true, timeout},
		{"a time-out that changes the server", Timeout, false, func(*swapCase) {}},
		{"a time-out, and an answer", Timeout, false, func(c *swapCase) { timeout(c); c.one.touch.tells = 2 }},
		{"a time-out that a wait forbids", Timeout, false, func(c *swapCase) {
			timeout(c)
			c.one.became = another(c, func(v *election.Server) { v.Waiting = true })
		}},
		{"a time-out that tells nothing new", Timeout, false, func(c *swapCase) {
			timeout(c)
			for to := range 3 {
				x := c.y.channel(c.s, 0, to)
				x.n, x.msgs[0] = 1, c.s.Servers[0].Ballot()
			}
		}},

		{"a packet", Packet, true, leading},
		{"an offer", Offer, true, leading},
		{"a packet to who looks", Packet, false, func(*swapCase) {}},
		{"a packet, and a vote that changes the server", Packet, false, func(c *swapCase) {
			leading(c)
			c.one.became = c.s.recall.enter(c.s.Servers[0], []byte("changed"))
		}},
		{"a write", Write, false, leading},
	} {
		c := newSwapCase(t)
		k.make(c)
		if got := c.y.swap(c.s, Deliver, k.kind, &c.f, &c.g); got != k.want {
			t.Errorf("%s: %v, want %v", k.name, got, k.want)
		}
		if k.kind == Deliver {
			continue
		}
		if got := c.y.swap(c.s, k.kind, Deliver, &c.g, &c.f); got != k.want {
			t.Errorf("%s, the other way round: %v, want %v", k.name, got, k.want)
		}
	}
}

// TestSwapStaysAtHome: a step that reaches another server is no matter of one server alone.
func TestSwapStaysAtHome(t *testing.T) {
	c := newSwapCase(t)
	if c.f.popFrom, c.g.popFrom, c.f.observes, c.g.observes = -1, -1, -1, -1; c.y.meet(c.s, Deliver, Deliver, &c.f, &c.g) {
		t.Fatal("they do not commute")
	}
	if c.g.own = 3; !c.y.meet(c.s, Deliver, Deliver, &c.f, &c.g) {
		t.Error("one reads or writes another server, and they are said to commute")
	}
}

// TestPlainPairs: of two plain footprints a look at who tells whom says what all of both says.
func TestPlainPairs(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		plain, rng := 0, rand.New(rand.NewPCG(5, 6))
		for range 10 {
			s := y.Init()[0]
			for range 60 {
				enabled := y.Actions(&s, nil)
				if len(enabled) == 0 {
					break
				}
				prints := make([]footprint, len(enabled))
				for i, a := range enabled {
					y.footprint(&s, a, &prints[i])
				}
				for i := range prints {
					f := &prints[i]
					if f.plain && (f.asks|f.rewires|f.attach|f.ends != 0 || f.own != election.Set(1)<<f.actor || f.alone) {
						t.Fatalf("%v is said to be plain: %+v", enabled[i], *f)
					}
					for k := range i {
						g := &prints[k]
						if !f.plain || !g.plain || f.actor == g.actor {
							continue
						}
						plain++
						if fast := f.takes(g) || g.takes(f); fast != (f.own&g.own != 0 || f.meets(g)) {
							t.Fatalf("%v and %v: a look says %v", enabled[i], enabled[k], fast)
						}
					}
				}
				y.Apply(&s, enabled[rng.IntN(len(enabled))])
			}
		}
		if plain == 0 && y.n > 2 {
			t.Error("no plain pair was met")
		}
	})
}

// TestRecallKnowsPlaces: servers that are written alike are others at other places.
func TestRecallKnowsPlaces(t *testing.T) {
	c := newSwapCase(t)
	r, b := c.s.recall, []byte("written alike")
	first := r.meet(&election.Server{}, b, len(b))
	second := r.meet(c.y.Init()[0].Servers[1], b, len(b))
	if first == second || first.is(second) {
		t.Fatal("servers of two places are one")
	}
	if r.read(0, b) != first || r.read(1, b) != second {
		t.Error("they are not read as what they are")
	}
	h := hashServer(1, b)
	for i := range r.known[1:] { // as if the hashes were one
		r.known[1+i] = entry{h, first}
	}
	if r.read(1, b) == first {
		t.Error("a server was read at the place of another one")
	}
	if r.enter(&second.server, b) == first {
		t.Error("a server was taken for the one of another place")
	}
}

// TestRecallReadsLengths: servers that begin alike are found at the beginning of what goes on after them, as many of them
// as there is room for, and one that is too long for that is met each time.
func TestRecallReadsLengths(t *testing.T) {
	c := newSwapCase(t)
	r, v := c.s.recall, &c.y.Init()[0].Servers[1]
	rest := []byte("and what follows, of any length")
	var met []*acquaintance
	written := func(i int) []byte { return append([]byte("all alike "), bytes.Repeat([]byte{byte(i)}, 3*i)...) }
	for i := 1; i <= 5; i++ {
		met = append(met, r.meet(*v, append(written(i), rest...), len(written(i))))
	}
	for i, a := range met {
		want := a
		if i == 0 {
			want = nil // forgotten for the fifth
		}
		if got := r.read(1, append(written(i+1), rest...)); got != want {
			t.Errorf("server %d is read wrongly", i)
		}
	}
	if r.read(1, written(3)) != met[2] || r.read(1, written(3)[:12]) != nil {
		t.Error("the end of what is written is read wrongly")
	}
	long := bytes.Repeat([]byte("x"), 300)
	if r.meet(*v, long, len(long)) == nil || r.read(1, long) != nil {
		t.Error("a length that has no room was kept")
	}
}

// TestInputsOfOneHash: inputs are the same only if all of them is, whatever their hashes are.
func TestInputsOfOneHash(t *testing.T) {
	y := mustSystem(t, voters(3), Config{Limits: faulty(1)})
	s := &y.Init()[0]
	y.Apply(s, Action{Kind: Start, From: y.sid(0)})
	vote := election.Vote{Candidate: election.Candidate{Leader: 1}, Round: 1}
	for _, k := range [][2]election.Input{
		{{Kind: election.Notification, From: 1, Vote: vote}, {Kind: election.Notification, From: 1, Vote: election.Vote{Round: 2}}},
		{{Kind: election.Notification, From: 1, Vote: vote}, {Kind: election.Notification, From: 2, Vote: vote}},
		{{Kind: election.PacketIn, From: 1}, {Kind: election.PacketIn, From: 1, Packet: election.Packet{Epoch: 1}}},
		{{Kind: election.Timeout}, {Kind: election.Decide}},
		{{Kind: election.Write, Value: 1}, {Kind: election.Write, Value: 2}},
		{{Kind: election.Handle}, {Kind: election.Handle, Halfway: true}},
	} {
		r := newRecall(y)
		a := r.enter(s.Servers[0], []byte("one"))
		a.steps = []step{{hashInput(&k[1]), &taken{in: k[0], became: a}}}
		if sameInput(&k[0], &k[1]) || !sameInput(&k[1], &k[1]) {
			t.Errorf("%+v is taken for %+v", k[1], k[0])
		}
		if in := k[1]; in.Kind == election.Notification && r.step(a, &in) == a.steps[0].taken {
			t.Errorf("the step of %+v is that of %+v", in, k[0])
		}
	}
}

// TestSnapshotsAreNotRecalled: what a snapshot holds is no part of what is remembered.
func TestSnapshotsAreNotRecalled(t *testing.T) {
	y := mustSystem(t, voters(3), Config{Limits: faulty(1)})
	c := y.Cursor(false).(*Cursor)
	s := &y.Init()[0]
	y.Apply(s, Action{Kind: Start, From: y.sid(0)})
	loaded := c.Load(y.Encode(s, nil))
	a := loaded.met[0]
	if a == nil {
		t.Fatal("a server with a process is not known")
	}
	in := election.Input{Kind: election.PacketIn, From: 1, Packet: election.Packet{Kind: election.Snap}, Snapshot: &election.Log{}}
	y.give(loaded, 0, &in)
	if loaded.met[0] != nil || len(a.steps) > 0 {
		t.Error("a step with a snapshot was remembered")
	}
}
