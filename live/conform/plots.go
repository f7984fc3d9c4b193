package conform

import "github.com/zkcheck/zkcheck/election"

// plots are drawn with these weights.
var plots = []struct {
	weight int
	play   func(g *generator)
}{
	{34, (*generator).told},
	{7, (*generator).toldZxids},
	{9, (*generator).toldEpochs},
	{6, (*generator).toldAcross},
	{7, (*generator).toldSelf},
	{7, (*generator).leaderSilent},
	{9, (*generator).majority},
	{5, (*generator).changing},
	{6, (*generator).dropped},
	{5, (*generator).rising},
	{3, (*generator).anything},
}

// told: the ensemble has a leader, and says so.
func (g *generator) told() {
	leader := pick(g.r, g.peers...)
	c := g.candidate(leader)
	round := pick(g.r, uint64(1), 1, 2, 5, 0)
	said := 0
	for _, peer := range g.order() {
		g.hear(peer, state(peer, leader), c, round)
		if said++; said >= g.quorum() && g.chance(70) && g.heardFrom(leader) {
			return
		}
		if g.chance(15) {
			g.noise(1)
		}
	}
}

func (g *generator) heardFrom(peer election.SID) bool {
	for _, s := range g.steps {
		if s.Kind == Hear && s.Peer == peer && s.Vote.State == election.Leading {
			return true
		}
	}
	return false
}

// state is what a peer says of itself that has decided for a leader.
func state(peer, leader election.SID) election.State {
	if peer == leader {
		return election.Leading
	}
	return election.Following
}

// exactly is a random quorum of peers, the leader among them, and no more.
func (g *generator) exactly(leader election.SID) []election.SID {
	list := g.order()
	for i, peer := range list {
		if peer == leader {
			k := g.r.IntN(min(g.quorum(), len(list)))
			list[i], list[k] = list[k], list[i]
			break
		}
	}
	return list[:min(g.quorum(), len(list))]
}

// toldZxids: out of the election, votes for one leader count together whatever their zxids are.
func (g *generator) toldZxids() {
	leader := pick(g.r, g.peers...)
	c := g.candidate(leader)
	round := pick(g.r, uint64(0), 2, 3)
	for i, peer := range g.exactly(leader) {
		vote := c
		vote.Zxid += election.Zxid(i)
		g.hear(peer, state(peer, leader), vote, round)
	}
}

// toldEpochs: votes for one leader of several peer epochs: in the round of the subject they count
// together, in another they do not. In the end they may all be of one.
func (g *generator) toldEpochs() {
	leader := pick(g.r, g.peers...)
	c := g.candidate(leader)
	round := pick(g.r, uint64(1), 1, 0, 2)
	for i, peer := range g.exactly(leader) {
		vote := c
		vote.PeerEpoch += uint32(i & 1)
		g.hear(peer, state(peer, leader), vote, round)
	}
	if g.chance(60) {
		for _, peer := range g.exactly(leader) {
			g.hear(peer, state(peer, leader), c, round)
		}
	}
}

// toldAcross: some are heard, then the round rises, which clears one of the two tables, then the others
// are heard.
func (g *generator) toldAcross() {
	leader := pick(g.r, g.peers...)
	c := g.candidate(leader)
	list := g.exactly(leader)
	rise := 1 + g.r.IntN(len(list)-1)
	late := c
	late.PeerEpoch++
	for i, peer := range list {
		round := uint64(1)
		if i >= rise {
			round++
		}
		if i == rise {
			other := pick(g.r, g.peers...)
			g.hear(other, election.Looking, g.candidate(other), round)
		}
		vote := c
		if i >= rise {
			vote = late
		}
		g.hear(peer, state(peer, leader), vote, round)
	}
	if g.chance(50) {
		for _, peer := range list {
			g.hear(peer, state(peer, leader), late, 2)
		}
	}
}

// toldSelf: a quorum follows the subject, which has only just looked: in its round, or in another.
func (g *generator) toldSelf() {
	c := g.candidate(g.subject)
	round := pick(g.r, uint64(1), 2, 3, 0)
	for _, peer := range g.order()[:min(len(g.peers), g.quorum())] {
		g.hear(peer, election.Following, c, round)
	}
	if round != 1 && g.chance(50) { // the round is caught up with, and one says it again
		g.hear(pick(g.r, g.peers...), election.Looking, g.candidate(pick(g.r, g.peers...)), max(round, 2))
		g.hear(pick(g.r, g.peers...), election.Following, c, max(round, 2))
	}
}

// leaderSilent: a quorum follows a leader that does not say that it leads, or not yet.
func (g *generator) leaderSilent() {
	leader := pick(g.r, g.peers...)
	c := g.candidate(leader)
	round := pick(g.r, uint64(1), 2)
	for _, peer := range g.order() {
		if peer != leader {
			g.hear(peer, election.Following, c, round)
		}
	}
	if g.e.Voters < 5 || g.chance(40) {
		g.hear(leader, pick(g.r, election.Looking, election.Following), c, round)
	}
	if g.chance(75) {
		g.hear(leader, election.Leading, c, round)
	}
}

// majority: LOOKING votes for the same candidate, and nothing more until finalizeWait is over.
func (g *generator) majority() {
	round := pick(g.r, uint64(1), 1, 1, 2, 4)
	best := g.best()
	for i, peer := range g.order() {
		if i+1 >= g.quorum() && g.chance(75) {
			break
		}
		if g.chance(30) {
			g.hear(peer, election.Looking, g.candidate(peer), round)
		}
		g.hear(peer, election.Looking, best, round)
	}
	g.steps = append(g.steps, Step{Kind: Wait})
}

// best draws a candidate that beats the subject's own vote, or is it.
func (g *generator) best() election.Candidate {
	own := election.Candidate{Leader: g.subject, Zxid: g.disk.Zxid, PeerEpoch: g.disk.CurrentEpoch}
	for range 8 {
		if c := g.candidate(g.voter()); election.Beats(g.e, c, own) {
			return c
		}
	}
	return own
}

// changing: a better vote comes in finalizeWait, and in the end a majority for that.
func (g *generator) changing() {
	first := g.best()
	order := g.order()
	for _, peer := range order[:g.quorum()-1] {
		g.hear(peer, election.Looking, first, 1)
	}
	if g.chance(40) { // polled, and no better
		g.hear(pick(g.r, order...), election.Looking, g.candidate(pick(g.r, order...)), pick(g.r, uint64(0), 1))
	}
	better := first
	better.Leader = pick(g.r, g.peers...)
	if g.chance(50) {
		better.PeerEpoch++
	} else {
		better.Zxid++
	}
	last := order[len(order)-1]
	g.hear(last, pick(g.r, election.Looking, election.Looking, election.Following), better, pick(g.r, uint64(1), 1, 2))
	if g.chance(80) {
		round := g.steps[len(g.steps)-1].Vote.Round
		for _, peer := range order[:g.quorum()] {
			g.hear(peer, election.Looking, better, round)
		}
	}
	g.steps = append(g.steps, Step{Kind: Wait})
}

// dropped: what is told in finalizeWait is forgotten, so that it is missing when the wait has ended.
func (g *generator) dropped() {
	first := g.best()
	order := g.order()
	leader := order[0]
	for _, peer := range order[:g.quorum()-1] {
		g.hear(peer, election.Looking, first, 1)
	}
	told := election.Candidate{Leader: leader} // beats nothing
	round := pick(g.r, uint64(1), 1, 3)
	tell := func(peer election.SID) { g.hear(peer, state(peer, leader), told, round) }
	split := 1 + g.r.IntN(g.quorum()-1)
	for _, peer := range order[:split] {
		tell(peer)
	}
	better := first
	better.Leader, better.PeerEpoch = pick(g.r, g.peers...), better.PeerEpoch+1
	// A LOOKING one would be a majority of three.
	g.hear(order[len(order)-1], pick(g.r, election.Following, election.Following, election.Looking), better, 1)
	for _, peer := range order[split:] {
		tell(peer)
	}
	if g.chance(70) { // now for those that were forgotten
		for _, peer := range order[:split] {
			tell(peer)
		}
	}
}

// rising: rounds go up and down under LOOKING votes.
func (g *generator) rising() {
	round := uint64(1)
	if g.chance(50) { // something better, which the next round forgets
		c := g.best()
		c.PeerEpoch++
		g.hear(pick(g.r, g.peers...), election.Looking, c, round)
		round++
	}
	for range 2 + g.r.IntN(3) {
		peer := pick(g.r, g.peers...)
		round += uint64(g.r.IntN(3))
		g.hear(peer, election.Looking, g.candidate(pick(g.r, peer, g.voter())), round)
		if g.chance(30) {
			g.hear(pick(g.r, g.peers...), election.Looking, g.candidate(g.voter()), round-1)
		}
	}
	c := g.best()
	c.PeerEpoch += 2
	if g.chance(75) {
		for _, peer := range g.order()[:g.quorum()] {
			g.hear(peer, election.Looking, c, round)
		}
		g.steps = append(g.steps, Step{Kind: Wait})
	}
}

// anything: states, votes and rounds as they come.
func (g *generator) anything() {
	for range 3 + g.r.IntN(6) {
		peer := pick(g.r, g.peers...)
		state := pick(g.r, election.Looking, election.Looking, election.Following, election.Leading)
		leader := g.voter()
		if state == election.Leading {
			leader = peer
		}
		g.hear(peer, state, g.candidate(leader), uint64(g.r.IntN(4)))
	}
	g.steps = append(g.steps, Step{Kind: Wait})
}
