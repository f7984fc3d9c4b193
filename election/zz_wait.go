package election

// ForgetWait keeps of a server in finalizeWait only what its decision counts, as votes of the first voters that are enough.
func (s *Server) ForgetWait(e *Ensemble) {
	if s.State != Looking || !s.Waiting {
		return
	}
	s.outofelection.clear()
	ballot := s.Ballot()
	ballot.State, ballot.Version = Looking, 0
	s.recvset.clear()
	for i := range e.Voters {
		s.recvset.put(i, ballot)
		if e.IsQuorum(s.recvset.present) {
			return
		}
	}
}

// ForgetDead drops what names dead leaders.
func (s *Server) ForgetDead(e *Ensemble, live, leads Set) {
	if s.State != Looking {
		return
	}
	for i := range e.Voters {
		if s.recvset.present.Has(i) {
			v := &s.recvset.votes[i]
			if Beats(e, s.Proposal, v.Candidate) && s.dead(e, &s.recvset, v, live, leads) {
				s.recvset.drop(i)
			}
		}
		if s.outofelection.present.Has(i) && s.dead(e, &s.outofelection, &s.outofelection.votes[i], live, leads) {
			s.outofelection.drop(i)
		}
	}
}

func (s *Server) dead(e *Ensemble, t *table, v *Vote, live, leads Set) bool {
	at, ok := e.Position(v.Leader)
	if !ok || !live.Has(at) {
		return true
	}
	if at == int(s.pos) || leads.Has(at) || t.present.Has(at) && t.votes[at].State == Leading {
		return false
	}
	return true
}
