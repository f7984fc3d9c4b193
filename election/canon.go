package election

// drop forgets an entry of a table.
func (t *table) drop(i int) { t.votes[i], t.present = Vote{}, t.present.Without(i) }

// ForgetVotes clears what of a LOOKING server's tables can't count any more, whatever comes, under the
// rules of Standard.
func (s *Server) ForgetVotes(e *Ensemble) {
	if s.State != Looking {
		return
	}
	ballot := s.Ballot()
	for i := range e.Voters {
		if s.recvset.present.Has(i) {
			v := &s.recvset.votes[i]
			switch {
			case v.State != Looking:
				if !Same(ballot, *v) && !Beats(e, v.Candidate, ballot.Candidate) {
					v.Zxid, v.PeerEpoch = 0, 0
				}
			case i != int(s.pos) && v.Leader == e.Members[i].SID && !Same(ballot, *v):
				s.recvset.drop(i)
			}
		}
		if s.outofelection.present.Has(i) {
			v := &s.outofelection.votes[i]
			v.Round, v.Zxid = s.Round, 0
		}
	}
}

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
