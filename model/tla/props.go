package tla

import (
	"math/bits"

	"github.com/zkcheck/zkcheck/explore"
)

// Property is what must be true of every step; of a lesson that is known to be false.
type Property struct {
	Name, Doc string
	check     func(y *System, step step) explore.Outcome
}

// Of is the property for a search of the module.
func (p Property) Of(y *System) explore.Property[State, Action] {
	return explore.Property[State, Action]{Name: p.Name, Check: func(before *State, by Action, after *State) explore.Outcome {
		if by.Kind == 0 {
			return explore.Silent // every server's first state is as it must be
		}
		m := &y.member[(by.I-1)%room]
		return p.check(y, step{before, after, by.Kind, m, before.word[m.base%maxWords] & y.code, after.word[m.base%maxWords] & y.code})
	}}
}

// step is a step of a server, of which from and to are the first bits: what it would send before, and after.
type step struct {
	before, after *State
	kind          Kind
	m             *member
	from, to      uint64
}

// Properties are those that hold.
func Properties() []Property {
	return []Property{
		{"types", "a server that has taken a step has in its variables what may be there", types},
		{"waits-with-quorum", "a server that waits for something better has a quorum for its vote in receiveVotes", waitsWithQuorum},
		{"decides-with-quorum", "a server that WaitNewNotmsg takes out of LOOKING has a quorum for its vote in receiveVotes",
			decidesWithQuorum},
		{"winner-is-maximum", "whom WaitNewNotmsg elects is at least whom any LOOKING server in receiveVotes votes for",
			winnerIsMaximum},
		{"leads-with-quorum", "a server that becomes LEADING votes for itself, and its leadingVoteSet is a quorum", leadsWithQuorum},
	}
}

// Lessons are plausible, and violated.
func Lessons() []Property {
	return []Property{
		{"two-leading-one-round", "no two servers are LEADING in one round", twoLeading},
		{"not-maximum-of-all", "who becomes LEADING is the greatest of all servers", notMaximum},
		{"follows-no-leader", "who becomes FOLLOWING because a leader says so follows a server that is LEADING", followsNoLeader},
		{"clock-goes-back", "no server's logicalClock goes back", clockGoesBack},
	}
}

// types looks at what the step may have changed of the server that took it. What it sent is what it was or is, and is looked
// at again where it is queued.
func types(y *System, x step) explore.Outcome {
	ok := y.proposes(x.to) && (x.to>>y.state == leading) == (x.after.get(x.m, &y.set) != 0)
	// A LOOKING server never votes for less than itself.
	ok = ok && (x.to>>y.state != looking || x.to&y.leader >= x.m.id)
	if queue := x.after.get(x.m, &y.recv); queue != y.none() {
		for ; queue != 0; queue >>= y.slotBits % 64 {
			ok = ok && y.proposes(queue&y.code) && y.sender(queue) < uint64(y.peers)
		}
	}
	if x.kind == HandleNotmsg {
		received, outside := x.after.get(x.m, &y.received), x.after.get(x.m, &y.outside)
		for received|outside != 0 {
			a, b := received&y.code, outside&y.code
			// The votes that are counted while LOOKING are those of the round.
			ok = ok && (a == 0 || y.proposes(a) && (x.to>>y.state != looking || a&y.round == x.to&y.round))
			ok = ok && (b == 0 || y.proposes(b) && b>>y.state != looking)
			received, outside = received>>(y.codeBits%64), outside>>(y.codeBits%64)
		}
	}
	return judged(ok, true)
}

// proposes tells whether a message names a server, a round within the constraint, and a state.
func (y *System) proposes(code uint64) bool {
	leader := code & y.leader
	return leader >= 1 && leader <= uint64(y.servers) && code&y.round <= uint64(y.config.MaxClock)*y.oneRound && code>>y.state < none
}

// voteSet is how many servers agree with a server's vote, itself included, by receiveVotes.
func (y *System) voteSet(s *State, m *member, self uint64) int {
	return 1 + bits.OnesCount64(y.agreeing(s.get(m, &y.received), self))
}

func waitsWithQuorum(y *System, x step) explore.Outcome {
	if x.kind != HandleNotmsg && x.kind != WaitNewNotmsg || x.to>>y.state != looking || x.after.word[x.m.base]&y.wait == 0 {
		return explore.Silent
	}
	return judged(y.voteSet(x.after, x.m, x.to) >= y.quorum, x.kind == HandleNotmsg)
}

func decidesWithQuorum(y *System, x step) explore.Outcome {
	if x.kind != WaitNewNotmsg || x.to>>y.state == looking {
		return explore.Silent
	}
	return judged(y.voteSet(x.after, x.m, x.to) >= y.quorum && x.from&y.proposal == x.to&y.proposal, true)
}

func winnerIsMaximum(y *System, x step) explore.Outcome {
	if x.kind != WaitNewNotmsg || x.to>>y.state == looking {
		return explore.Silent
	}
	// The vote of a server that has settled is entered without a comparison, so with four servers it can be greater.
	others, ok := false, true
	for votes := x.after.get(x.m, &y.received); votes != 0; votes >>= y.codeBits {
		leader, state := votes&y.leader, votes&y.code>>y.state
		ok = ok && (state != looking || leader <= x.to&y.leader)
		others = others || leader != 0 && leader != x.to&y.leader
	}
	return judged(ok, others)
}

func leadsWithQuorum(y *System, x step) explore.Outcome {
	if x.from>>y.state == leading || x.to>>y.state != leading {
		return explore.Silent
	}
	return judged(x.to&y.leader == x.m.id && bits.OnesCount64(x.after.get(x.m, &y.set)) >= y.quorum, true)
}

func twoLeading(y *System, x step) explore.Outcome {
	if x.from>>y.state == leading || x.to>>y.state != leading {
		return explore.Silent
	}
	for i := range y.servers {
		other := &y.member[i]
		code := x.after.word[other.base] & y.code
		if other != x.m && code>>y.state == leading && code&y.round == x.to&y.round {
			return explore.Violated
		}
	}
	return explore.Witnessed
}

func notMaximum(y *System, x step) explore.Outcome {
	if x.from>>y.state == leading || x.to>>y.state != leading {
		return explore.Silent
	}
	return judged(x.m.id == uint64(y.servers), true)
}

func followsNoLeader(y *System, x step) explore.Outcome {
	if x.kind != HandleNotmsg || x.to>>y.state != following {
		return explore.Silent
	}
	leader := &y.member[uint64(y.servers)-x.to&y.leader]
	return judged(x.after.word[leader.base]&y.code>>y.state == leading, true)
}

func clockGoesBack(y *System, x step) explore.Outcome {
	if x.kind != HandleNotmsg {
		return explore.Silent
	}
	return judged(x.to&y.round >= x.from&y.round, x.to&y.round > x.from&y.round)
}

// judged is the outcome for a step that a property speaks of; witnessed where the property could have been false.
func judged(ok, witnessed bool) explore.Outcome {
	switch {
	case !ok:
		return explore.Violated
	case witnessed:
		return explore.Witnessed
	}
	return explore.Held
}
