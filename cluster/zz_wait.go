package cluster

import "github.com/zkcheck/zkcheck/election"

// CanonWait is Canonical, and forgets what a server in finalizeWait holds if nothing better than its proposal is
// around NOW. Unproven: something better can come up while it waits.
func (y *System) CanonWait(s *State) {
	y.Canonical(s)
	for i := range s.Servers {
		if s.Up.Has(i) && s.Servers[i].Waiting && y.unbeaten(s, i) {
			s.Servers[i].ForgetWait(y.Ensemble)
		}
	}
}

// unbeaten: nothing better than the proposal of a server is around.
func (y *System) unbeaten(s *State, i int) bool {
	p := s.Servers[i].Proposal
	for k := range s.Servers {
		v := &s.Servers[k]
		if !s.Up.Has(k) {
			d := &v.Disk
			if election.Beats(y.Ensemble, election.Candidate{Leader: v.SID, Zxid: d.Zxid, PeerEpoch: d.CurrentEpoch}, p) {
				return false
			}
			continue
		}
		if election.Beats(y.Ensemble, v.Initial(y.Ensemble), p) || v.State != election.Looking && election.Beats(y.Ensemble, v.Vote.Candidate, p) {
			return false
		}
		if c := y.channel(s, k, i); k != i && (c.n > 0 || c.hasLast) {
			for _, m := range c.msgs[:max(1, c.n)] {
				if election.Beats(y.Ensemble, m.Candidate, p) {
					return false
				}
			}
		}
	}
	return true
}
