package quorum

import (
	"math/rand/v2"

	"github.com/zkcheck/zkcheck/election"
)

// termsOfLife is how many terms of the role that a run is about a life has. The engine's log has an end, and
// so has what a server may have gone through for a file to be readable.
const termsOfLife = 12

// generator draws the steps of a life.
type generator struct {
	r     *rand.Rand
	phase Phase
	role  Role
	peers []election.SID
	steps []Step
}

// life draws a script with that many terms. What is drawn depends on seed and number alone.
func life(o *Options, number, terms int) *Script {
	r := rand.New(rand.NewPCG(o.Seed, uint64(number)))
	s := &Script{Phase: o.Phase, Subject: election.SID(1 + number%o.Voters), Voters: o.Voters, Version: o.Host.Version, Broken: o.Broken}
	if r.IntN(5) > 0 {
		s.Disk.CurrentEpoch = uint32(r.IntN(3))
		s.Disk.AcceptedEpoch = s.Disk.CurrentEpoch + uint32(r.IntN(2))
		s.Disk.Zxid = election.NewZxid(uint32(r.IntN(int(s.Disk.CurrentEpoch)+1)), 1+uint32(r.IntN(6)))
	}
	g := &generator{r: r, phase: o.Phase, role: o.Role}
	for i := range o.Voters {
		if sid := election.SID(i + 1); sid != s.Subject {
			g.peers = append(g.peers, sid)
		}
	}
	if o.Role != Follower {
		g.prologue(s.Disk == election.Disk{})
	}
	for range terms {
		if o.Role == Leader || o.Role == Both && g.chance(50) {
			g.leading()
		} else {
			g.following()
		}
		if g.chance(6) {
			g.add(Step{Kind: Restart})
		}
	}
	s.Steps = g.steps
	return s
}

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *generator) add(list ...Step) { g.steps = append(g.steps, list...) }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// prologue gives a server that will lead a history: a snapshot, and a log behind it.
func (g *generator) prologue(snap bool) {
	g.add(Step{Kind: Follow, Peer: pick(g.r, g.peers...)}, Step{Kind: LeadsInfo, N: 1})
	if snap || g.chance(70) {
		g.add(Step{Kind: Snap, N: 1 + g.r.IntN(3)})
	} else {
		g.add(Step{Kind: Diff})
	}
	g.add(Step{Kind: NewLeads}, Step{Kind: UpToDate})
	for range g.r.IntN(4) {
		g.add(Step{Kind: Propose}, Step{Kind: Commit})
	}
	if g.chance(40) {
		g.add(Step{Kind: Propose})
	}
	g.add(Step{Kind: HangUp})
}

// hangs ends the term here, with a chance.
func (g *generator) hangs(percent int) bool {
	if g.chance(percent) {
		g.add(Step{Kind: HangUp})
		return true
	}
	return false
}

// following is a term in which the server follows.
func (g *generator) following() {
	g.add(Step{Kind: Follow, Peer: pick(g.r, g.peers...)})
	if g.hangs(8) {
		return
	}
	switch n := g.r.IntN(100); {
	case n < 10:
		g.add(Step{Kind: LeadsInfo, N: -1 - g.r.IntN(2)})
		return
	case n < 24:
		g.add(Step{Kind: LeadsInfo, N: 0})
	default:
		g.add(Step{Kind: LeadsInfo, N: 1 + g.r.IntN(2)})
	}
	if g.phase == Discovery || g.hangs(6) {
		g.add(Step{Kind: HangUp})
		return
	}
	switch n := g.r.IntN(100); {
	case n < 20:
		g.add(Step{Kind: Trunc, N: 1 + g.r.IntN(2)})
	case n < 40:
		g.add(Step{Kind: Snap, N: 1 + g.r.IntN(2)})
	}
	g.add(Step{Kind: Diff}) // passed over where one of the others was possible
	if g.hangs(5) {
		return
	}
	for range g.r.IntN(4) {
		g.add(Step{Kind: Propose, Mode: pick(g.r, "", modeOld)})
		if g.chance(70) {
			g.add(Step{Kind: Commit})
		}
		if g.hangs(4) {
			return
		}
	}
	g.add(Step{Kind: NewLeads})
	if g.hangs(8) {
		return
	}
	for range g.r.IntN(3) {
		g.add(Step{Kind: pick(g.r, Propose, Propose, Propose, Commit)})
		if g.chance(15) {
			g.add(Step{Kind: Wait})
		}
		if g.hangs(5) {
			return
		}
	}
	g.add(Step{Kind: UpToDate})
	for range g.r.IntN(5) {
		g.add(Step{Kind: pick(g.r, Propose, Commit)})
	}
	if !g.chance(4) { // otherwise the server is told to follow another one, or is killed
		g.add(Step{Kind: HangUp})
	}
}

// leading is a term in which the server leads.
func (g *generator) leading() {
	if g.chance(10) && len(g.steps) > 0 {
		g.prologue(false)
	}
	lead := Step{Kind: Lead}
	if g.chance(8) {
		lead.Mode = modeVotes
	}
	g.add(lead)
	order := append([]election.SID(nil), g.peers...)
	g.r.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
	come := len(order) - max(0, g.r.IntN(len(order)+3)-2)
	for i, p := range order[:max(0, come)] {
		g.add(Step{Kind: Info, Peer: p, N: pick(g.r, -2, -1, 0, 0, 0, 1, 3)})
		switch {
		case g.chance(8):
			g.add(Step{Kind: Drop, Peer: p})
		case g.chance(4):
			g.add(Step{Kind: Wait})
		case i > 0 && g.chance(30): // an earlier one goes on first
			g.acks(order[g.r.IntN(i)])
		}
	}
	if g.chance(8) {
		return
	}
	for range 2 {
		g.r.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
		for _, p := range order {
			if g.chance(75) {
				g.add(Step{Kind: Info, Peer: p}) // a late comer, or passed over
			}
			if g.chance(85) {
				g.acks(p)
			}
			if g.phase == Sync && g.chance(85) {
				g.add(Step{Kind: Ack, Peer: p})
			}
			if g.chance(7) {
				g.add(Step{Kind: Drop, Peer: p})
			}
		}
	}
	if g.phase == Discovery {
		return
	}
	for range g.r.IntN(4) {
		p := pick(g.r, order...)
		g.add(Step{Kind: Request, Peer: p})
		for _, q := range order {
			if g.chance(60) {
				g.add(Step{Kind: AckLast, Peer: q})
			}
		}
		if g.chance(30) { // one comes again, while something may be outstanding
			g.add(Step{Kind: Drop, Peer: p}, Step{Kind: Info, Peer: p})
			g.acks(p)
			g.add(Step{Kind: Ack, Peer: p})
		}
	}
}

// acks lets a follower answer LEADERINFO.
func (g *generator) acks(p election.SID) {
	s := Step{Kind: AckEpoch, Peer: p, N: pick(g.r, 0, 0, 0, 0, -1, -1, -1, 1)}
	if g.phase == Discovery {
		s.Mode = pick(g.r, zxidSame, zxidSame, zxidAhead, zxidNone, zxidBehind+"1", zxidNobody)
	} else {
		s.Mode = pick(g.r, zxidSame, zxidSame, zxidAhead, zxidNone, zxidBehind+"0", zxidBehind+"1", zxidBehind+"2", zxidBehind+"3",
			zxidBeside+"0", zxidBeside+"2", zxidEpoch, zxidNobody)
	}
	if g.chance(15) {
		s.Mode += "-" + noCount
	}
	g.add(s)
}
