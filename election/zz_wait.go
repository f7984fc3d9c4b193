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
