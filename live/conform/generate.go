package conform

import (
	"math/rand/v2"

	"github.com/zkcheck/zkcheck/election"
)

// generator draws scripts for one subject. Uniformly random ones end undecided in most cases: each script
// follows a plot that brings a quorum about, or nearly, with noise around it.
type generator struct {
	r       *rand.Rand
	e       *election.Ensemble
	subject election.SID
	disk    election.Disk
	peers   []election.SID // voters but the subject
	others  []election.SID // observers
	steps   []Step
}

// script draws the steps of one election.
func (g *generator) script() []Step {
	g.steps = nil
	total := 0
	for _, p := range plots {
		total += p.weight
	}
	pick := g.r.IntN(total)
	for _, p := range plots {
		if pick -= p.weight; pick < 0 {
			g.noise(2)
			p.play(g)
			break
		}
	}
	g.epilogue()
	return g.steps
}

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// order is the peers in random order.
func (g *generator) order() []election.SID {
	list := append([]election.SID(nil), g.peers...)
	g.r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return list
}

// candidate draws a vote for a leader, biased to ties with what the subject itself has.
func (g *generator) candidate(leader election.SID) election.Candidate {
	c := election.Candidate{Leader: leader, Zxid: g.disk.Zxid, PeerEpoch: g.disk.CurrentEpoch}
	switch g.r.IntN(6) {
	case 0:
		c.Zxid++
	case 1:
		if c.Zxid.Counter() > 0 {
			c.Zxid--
		}
	case 2:
		c.PeerEpoch++
	case 3:
		if c.PeerEpoch > 0 {
			c.PeerEpoch--
		}
		c.Zxid = pick(g.r, c.Zxid, c.Zxid+1)
	}
	return c
}

// voter draws any voter, the subject included.
func (g *generator) voter() election.SID {
	if g.chance(100 / (len(g.peers) + 1)) {
		return g.subject
	}
	return pick(g.r, g.peers...)
}

func (g *generator) hear(peer election.SID, state election.State, c election.Candidate, round uint64) {
	v := election.Vote{Candidate: c, Round: round, State: state, Version: election.WireVersion}
	if g.chance(4) {
		v.Version = uint8(g.r.IntN(2))
	}
	g.steps = append(g.steps, Step{Kind: Hear, Peer: peer, Vote: v})
}

// noise is up to n steps that decide nothing by themselves.
func (g *generator) noise(n int) {
	for range g.r.IntN(n + 1) {
		peer := pick(g.r, g.peers...)
		switch g.r.IntN(8) {
		case 0:
			g.steps = append(g.steps, Step{Kind: Reset, Peer: peer})
		case 1:
			g.ask()
		case 2: // a lagging one
			g.hear(peer, election.Looking, g.candidate(peer), 0)
		case 3:
			g.hear(peer, election.Observing, g.candidate(g.voter()), 1)
		case 4: // of a leader that no one knows
			g.hear(peer, pick(g.r, election.Looking, election.Following), g.candidate(99), 1)
		case 5:
			g.hear(peer, election.Following, g.candidate(g.voter()), pick(g.r, uint64(0), 1, 2))
		default:
			g.hear(peer, election.Looking, g.candidate(pick(g.r, peer, g.voter())), 1)
		}
	}
}

// ask lets an observer ask, if there is one.
func (g *generator) ask() {
	if len(g.others) > 0 {
		peer := pick(g.r, g.others...)
		g.hear(peer, election.Looking, election.Candidate{Leader: election.NoServer}, uint64(g.r.IntN(3)))
	}
}

// epilogue asks whoever decided what it decided.
func (g *generator) epilogue() {
	if g.chance(40) {
		g.ask()
	}
	if g.chance(60) {
		peer := pick(g.r, g.peers...)
		g.hear(peer, election.Looking, g.candidate(peer), 1)
	}
}

// quorum is how many votes of others decide by themselves.
func (g *generator) quorum() int { return g.e.Voters/2 + 1 }

func newGenerator(r *rand.Rand, e *election.Ensemble, subject election.SID, d election.Disk) *generator {
	g := &generator{r: r, e: e, subject: subject, disk: d}
	for i, m := range e.Members {
		switch {
		case m.SID == subject:
		case i < e.Voters:
			g.peers = append(g.peers, m.SID)
		default:
			g.others = append(g.others, m.SID)
		}
	}
	return g
}
