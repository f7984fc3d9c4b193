package election

// drop forgets an entry of a table.
func (t *table) drop(i int) { t.votes[i], t.present = Vote{}, t.present.Without(i) }

// Canon clears what of a LOOKING server's tables can't count any more.
func (s *Server) Canon(e *Ensemble) {
	if s.State != Looking {
		return
	}
	ballot := s.Ballot()
	for i := range e.Voters {
		if !s.recvset.present.Has(i) {
			continue
		}
		v := s.recvset.votes[i]
		if v.State == Looking && v.Leader == e.Members[i].SID && !Same(ballot, v) {
			s.recvset.drop(i)
		}
	}
}
