package election

import "testing"

// TestForgetPast: what only a thread caught halfway shows is forgotten, and nothing that somebody asks for.
func TestForgetPast(t *testing.T) {
	voters := mustEnsemble(t, []Member{{SID: 1}, {SID: 2}, {SID: 3}})
	observed := mustEnsemble(t, []Member{{SID: 1}, {SID: 2}, {SID: 3}, {SID: 4, Observer: true}})
	decided := Vote{Candidate: Candidate{Leader: 2}, Round: 3}
	for _, k := range []struct {
		name     string
		ensemble *Ensemble
		state    State
		stage    Stage
		vote     bool // the vote stays
		proposal bool // the proposal stays
	}{
		{"looking", voters, Looking, Whole, false, true},
		{"looking, and an observer asks for the last decision", observed, Looking, Whole, true, true},
		{"following", voters, Following, Whole, true, false},
		{"caught halfway", voters, Looking, Entering, true, true},
	} {
		s := NewServer(k.ensemble, 0, Disk{})
		s.State, s.Vote, s.Proposal, s.lag.stage = k.state, decided, decided.Candidate, k.stage
		if has := s.HasPast(k.ensemble); has == (k.vote && k.proposal) {
			t.Errorf("%s: has a past: %v", k.name, has)
		}
		s.ForgetPast(k.ensemble)
		if (s.Vote == decided) != k.vote || (s.Proposal == decided.Candidate) != k.proposal {
			t.Errorf("%s: vote %v, proposal %v are left", k.name, s.Vote, s.Proposal)
		}
		if s.HasPast(k.ensemble) {
			t.Errorf("%s: there is still a past", k.name)
		}
	}
}
