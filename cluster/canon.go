package cluster

import (
	"os"

	"github.com/zkcheck/zkcheck/election"
)

var noW = os.Getenv("NOW")

// Canon makes equal what nothing can tell apart any more.
func (y *System) Canon(s *State) {
	y.canonHurry(s)
	for i := range s.Servers {
		if s.Up.Has(i) {
			s.Servers[i].ForgetVotes(y.Ensemble)
			if noW == "" && s.Servers[i].Waiting && y.unbeaten(s, i) {
				s.Servers[i].ForgetWait(y.Ensemble)
			}
		} else if y.gone(s, i) {
			for from := range y.n {
				y.channel(s, from, i).hasLast = false
			}
			if y.Phases == ElectionOnly || y.Phases == ThroughDiscovery {
				s.Servers[i] = election.NewServer(y.Ensemble, i, y.Disks[i])
				s.Servers[i].SetHistory(&y.logs[i])
			}
		}
	}
}

// gone: a server that is down for good.
func (y *System) gone(s *State, i int) bool {
	return !s.Up.Has(i) && s.Started.Has(i) && y.left(s, restartsLimit) <= 0
}

func (y *System) canonHurry(s *State) {
	if !s.unhurried {
		return
	}
	if s.Faults() > 0 {
		s.unhurried = false
	}
	for i := range s.Servers {
		if s.Servers[i].Round > 1 {
			s.unhurried = false
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
