package cluster

import "github.com/zkcheck/zkcheck/election"

// Two steps of one server commute, too, if it comes to the same and puts the same out in either order, and who gets
// something of both gets it by ways that do not meet. A cursor knows that of servers and inputs that it has met before.

// swap tells whether two steps of one server, whose footprints do not meet otherwise, commute. One of them is a notification,
// which can be delivered whatever the server does first. What is said of them is about the same, because one of them leaves
// the server as it is, or both are votes that it counts in its round for what they are.
func (y *System) swap(s *State, a, b Kind, f, g *footprint) bool {
	if a != Deliver {
		a, b, f, g = b, a, g, f
	}
	if a != Deliver || b != Deliver && b != Timeout && b != Offer && b != Packet || y.Ensemble.Fine {
		return false
	}
	one, two := f.took, g.took
	if one == nil || two == nil || one.touch.tells&two.touch.tells != 0 || one.touch.uses&two.touch.uses != 0 {
		return false
	}
	v := s.met[f.actor]
	looking := v.server.State == election.Looking
	switch {
	case b == Timeout: // still one that tells something
		if one.touch.tells != 0 || !one.counts(v) || one.became.server.Waiting || !two.became.is(v) || !y.lacks(s, int(f.actor)) {
			return false
		}
	case b == Deliver && looking:
		if !one.counts(v) || !two.counts(v) {
			return false
		}
	case looking || !one.became.is(v):
		return false
	}
	return s.recall.swap(one, two)
}

// counts: a vote of somebody LOOKING for the round of the server, who keeps its proposal.
func (t *taken) counts(was *acquaintance) bool {
	is, vote := &t.became.server, &t.in.Vote
	return is.State == election.Looking && is.Round == was.server.Round && is.Proposal == was.server.Proposal &&
		vote.State == election.Looking && vote.Round == is.Round
}

// swap tells whether two steps of the same server come to the same in either order, and put the same out.
func (r *recall) swap(one, two *taken) bool {
	for _, known := range one.swaps {
		if known.other == two {
			return known.same
		}
	}
	last, other := r.step(one.became, &two.in), r.step(two.became, &one.in)
	same := last.became.is(other.became) && last.out.Equal(&two.out) && other.out.Equal(&one.out)
	one.swaps = append(one.swaps, swap{two, same})
	return same
}
