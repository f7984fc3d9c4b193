package cluster

import (
	"math/bits"

	"github.com/zkcheck/zkcheck/election"
)

// Two actions commute in a state if each can happen after the other and does the same then, both orders lead to the same
// state, and what a step property says of one after the other it says of that one at once, or of the other one after that
// one. What an action touches is found out by letting the server that steps take a look ahead; two footprints that do not
// meet commute. Nothing here knows a rule of the protocol, so it holds under broken rules as well.

// footprint is what an action touches.
type footprint struct {
	actor   int8 // whose step it is, -1 for one of the network
	popFrom int8 // from whom the notification is, or -1

	own     election.Set // servers that it reads or writes
	asks    election.Set // servers of which it only asks whether they lead
	pushTo  election.Set // whom the actor notifies
	uses    election.Set // learners whose connection to a leader it takes from or sends on
	rewires election.Set // learners whose connection to a leader it makes, breaks or judges
	attach  election.Set // the leader that it connects to
	ends    election.Set // the leader whose term it ends, which nobody must connect to meanwhile

	edges  uint64 // connections that it uses, as bits of pairs
	ups    uint64 // connections that it may bring up
	downs  uint64 // connections that it may take away
	spends uint32 // limits whose budgets it takes from, if that can matter

	took     *taken // the actor's step, if it is one and known
	plain    bool   // touches nothing but its actor and what goes through election channels, and observes at most
	alone    bool   // commutes with nothing
	turns    bool   // the actor begins or ends to lead
	near     uint64 // the connections of the actor, if it decides
	hurry    bool   // leaves LOOKING in a run that is unhurried so far
	commits  bool   // commits, establishes or begins to serve
	logs     bool   // changes a log
	observes int8   // whose log, and whose commits, a property compares with the actor's, or -1
}

// maxPairs bounds the pairs of servers that have a bit in a footprint.
const maxPairs = 64

func (y *System) pair(a, b int) uint64 {
	if a > b {
		a, b = b, a
	}
	return 1 << (b*(b-1)/2 + a)
}

// pairs are the connections of a server with all others.
func (y *System) pairs(a int) (set uint64) {
	for b := range y.n {
		if b != a {
			set |= y.pair(a, b)
		}
	}
	return set
}

// meets tells whether two footprints meet, so that the order of the actions may matter, but for what servers are theirs.
func (f *footprint) meets(g *footprint) bool {
	return f.alone || g.alone || f.spends&g.spends != 0 ||
		f.ups&(g.edges|g.ups|g.downs) != 0 || g.ups&(f.edges|f.downs) != 0 ||
		f.downs&g.edges != 0 || g.downs&f.edges != 0 || f.within(g) || g.within(f)
}

// within is the half of meets that looks from one side.
func (f *footprint) within(g *footprint) bool {
	return f.rewires&(g.uses|g.rewires) != 0 || f.attach&g.ends != 0 ||
		g.turns && f.asks.Has(int(g.actor)) ||
		f.takes(g) || f.hurried(g) || f.commits && g.commits || f.logs && g.logs || f.observed(g)
}

// takes tells whether one takes a notification from the send queue that the other one puts one into. As it holds one, that
// does not commute.
func (f *footprint) takes(g *footprint) bool {
	return f.popFrom >= 0 && f.popFrom == g.actor && g.pushTo.Has(int(f.actor))
}

// hurried: whether a decision was made in a hurry depends on what is in flight to the decider, and what is
// said of one that was not on who is up. After a fault, in a later round and after a hurried decision nothing is said.
func (f *footprint) hurried(g *footprint) bool {
	return f.hurry && (g.ups != 0 || g.downs&f.near != 0 || g.pushTo.Has(int(f.actor)))
}

// observed: f compares logs with what g changes.
func (f *footprint) observed(g *footprint) bool {
	return f.observes >= 0 && (g.commits || g.logs && (g.actor == f.observes || f.commits))
}

// Commuting returns masks, one for each enabled action of the state: bit k of a wanted i-th says that the i-th and the k-th
// action commute, for k below i and those asleep. All are indices below 64; more actions than those commute with nothing.
func (y *System) Commuting(s *State, enabled []Action, asleep, wanted uint64, masks []uint64) []uint64 {
	masks = masks[:0]
	for range enabled {
		masks = append(masks, 0)
	}
	n := min(len(enabled), 64)
	if y.Limits.Calm > 0 || y.n*(y.n-1)/2 > maxPairs {
		return masks
	}
	if n <= fewActions { // most states; the memory is cleared in any case
		var prints [fewActions]footprint
		y.commuting(s, enabled[:n], prints[:n], asleep, wanted, masks)
	} else {
		var prints [64]footprint
		y.commuting(s, enabled[:n], prints[:n], asleep, wanted, masks)
	}
	return masks
}

const fewActions = 10

func (y *System) commuting(s *State, enabled []Action, prints []footprint, asleep, wanted uint64, masks []uint64) {
	known := uint64(0)
	footprint := func(i int) *footprint {
		if known>>i&1 == 0 {
			known |= 1 << i
			y.footprint(s, enabled[i], &prints[i])
		}
		return &prints[i]
	}
	for left := wanted; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		for others := (1<<i - 1 | asleep) &^ (1 << i) & (1<<len(enabled) - 1); others != 0; others &= others - 1 {
			k := bits.TrailingZeros64(others)
			if !y.meet(s, enabled[i].Kind, enabled[k].Kind, footprint(i), footprint(k)) {
				masks[i] |= 1 << k
			}
		}
	}
}

// meet tells whether two actions meet: mostly by a look at who tells whom.
func (y *System) meet(s *State, a, b Kind, f, g *footprint) bool {
	switch {
	case f.actor == g.actor && f.actor >= 0:
		return f.own != g.own || f.meets(g) || !y.swap(s, a, b, f, g)
	case f.plain && g.plain:
		return f.takes(g) || g.takes(f)
	}
	return f.own&g.own != 0 || f.meets(g)
}
