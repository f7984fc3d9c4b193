package cluster

import "github.com/zkcheck/zkcheck/election"

// elects tells whether in a run without a fault, in which all are in the first round, somebody can still decide after
// finalizeWait. If not it no longer matters whether decisions were made in a hurry.
//
// Who ends a finalizeWait has a quorum of votes equal to its proposal. In one round a proposal only grows, and becomes
// none that is better than the best that is voted for by who is LOOKING, or will be: a current vote becomes no
// proposal. So who has decided agrees with it only by a vote between the two, in its table or
// on its way or still to be told; and who looks, or will, can come to agree with it in any case.
func (y *System) elects(s *State) bool {
	best := election.Candidate{Leader: election.NoServer}
	var looking election.Set
	for i := range s.Servers {
		if c, ok := y.looks(s, i); ok {
			best, looking = y.better(c, best), looking.With(i)
		}
	}
	if looking == 0 {
		return false
	}
	for from := range y.n {
		for to := range y.n {
			list := y.flying(s, from, to)
			for k := range list {
				if looking.Has(to) && list[k].State == election.Looking {
					best = y.better(list[k].Candidate, best)
				}
			}
		}
	}
	for k := range s.Servers {
		if !looking.Has(k) {
			continue
		}
		with := looking
		for j := range s.Servers {
			if !looking.Has(j) && y.agrees(s, j, k, best) {
				with = with.With(j)
			}
		}
		if s.Servers[k].Waiting || y.Ensemble.IsQuorum(with) {
			return true
		}
	}
	return false
}

func (y *System) better(a, b election.Candidate) election.Candidate {
	if election.Beats(y.Ensemble, a, b) {
		return a
	}
	return b
}

// looks tells whether a server is LOOKING or will be in the first round, and with which proposal.
func (y *System) looks(s *State, i int) (election.Candidate, bool) {
	v := s.Servers[i]
	switch {
	case !s.Started.Has(i):
		return onDisk(v), true
	case s.Up.Has(i) && v.State == election.Looking:
		return v.Proposal, true
	}
	return election.Candidate{}, false
}

func onDisk(v *election.Server) election.Candidate {
	return election.Candidate{Leader: v.SID, Zxid: v.Disk.Zxid, PeerEpoch: v.Disk.CurrentEpoch}
}

// agrees tells whether server k, which looks, can have a vote for what it proposes of server j, which has decided.
func (y *System) agrees(s *State, j, k int, best election.Candidate) bool {
	own, _ := y.looks(s, k)
	fits := func(c election.Candidate) bool {
		return !election.Beats(y.Ensemble, own, c) && !election.Beats(y.Ensemble, c, best)
	}
	if s.Up.Has(j) && fits(s.Servers[j].Vote.Candidate) {
		return true
	}
	for _, m := range y.flying(s, j, k) {
		if fits(m.Candidate) {
			return true
		}
	}
	votes, present := s.Servers[k].Votes(election.Recvset)
	return present.Has(j) && fits(votes[j].Candidate)
}
