package election

import "reflect"

// IsStandard tells whether every rule is ZooKeeper's: the very functions of [Standard].
func (r *Rules) IsStandard() bool {
	own, standard := reflect.ValueOf(*r), reflect.ValueOf(Standard())
	for i := range own.NumField() {
		if f := own.Field(i); f.Kind() == reflect.Func && f.Pointer() != standard.Field(i).Pointer() {
			return false
		}
	}
	return true
}

// drop forgets an entry of a table.
func (t *table) drop(i int) { t.votes[i], t.present = Vote{}, t.present.Without(i) }

// ForgetVotes clears what of a LOOKING server's tables can't count any more, whatever comes. It is for
// [Standard] rules only, by which:
//
// A proposal only grows within a round, and a round that is adopted begins with an empty recvset. So a vote in recvset that
// is smaller than the proposal will never equal it. If it is LOOKING it can still equal a decided vote of its
// round (Vote.equals). But where it is its sender's vote for itself, such a vote leads to a decision only once that sender
// has said LEADING (CheckLeader), which takes its place in the table. So it is dead.
//
// A decided vote in recvset is compared with decided ones by its leader alone, and with the proposal as a
// whole: where it is smaller than the proposal, its zxid and epoch are dead. In outofelection leader and epoch are looked
// at, not zxid and round.
//
// It tells whether there was anything.
func (s *Server) ForgetVotes(e *Ensemble) (forgot bool) {
	if s.State != Looking {
		return false
	}
	for i := range e.Voters {
		if s.recvset.present.Has(i) {
			v := &s.recvset.votes[i]
			smaller := v.Zxid != NoZxid && Beats(e, s.Proposal, v.Candidate)
			switch {
			case smaller && v.State != Looking:
				forgot = forgot || v.Zxid != 0 || v.PeerEpoch != 0
				v.Zxid, v.PeerEpoch = 0, 0
			case smaller && i != int(s.pos) && v.Leader == e.Members[i].SID:
				s.recvset.drop(i)
				forgot = true
			}
		}
		if s.outofelection.present.Has(i) {
			v := &s.outofelection.votes[i]
			forgot = forgot || v.Round != s.Round || v.Zxid != 0
			v.Round, v.Zxid = s.Round, 0
		}
	}
	return forgot
}

// HasVotes tells whether one of the tables has an entry of somebody else.
func (s *Server) HasVotes() bool {
	return (s.recvset.present | s.outofelection.present).Without(int(s.pos)) != 0
}

// ForgetWait keeps of a server in finalizeWait only what its decision counts, as votes of the first voters
// that are enough. It is for who knows that nothing better than the proposal will come: then what comes is
// dropped, the silence ends the wait, and both tables are cleared.
func (s *Server) ForgetWait(e *Ensemble) (forgot bool) {
	was, others := s.recvset, s.outofelection.present
	s.outofelection.clear()
	ballot := s.Ballot()
	ballot.Version = 0
	s.recvset.clear()
	for i := range e.Voters {
		s.recvset.put(i, ballot)
		if e.IsQuorum(s.recvset.present) {
			break
		}
	}
	return others != 0 || s.recvset != was
}

// ForgetDead clears what of the tables only a decided vote for a voter outside live could count, or one for a voter
// that has not said LEADING and is outside leads, itself excepted. It is for who knows that no decided vote will
// name others than those in live, and that none but those in leads will say that it is LEADING.
//
// A decided vote counts votes that name its leader. So what names another is dead in outofelection; in recvset it can
// besides equal the proposal, now or when that has grown, unless it is smaller. A decided vote for
// another leader leads to a decision only with that one's own word in the table (CheckLeader).
func (s *Server) ForgetDead(e *Ensemble, live, leads Set) (forgot bool) {
	before, others := s.recvset.present, s.outofelection.present
	for i := range e.Voters {
		if s.recvset.present.Has(i) && Beats(e, s.Proposal, s.recvset.votes[i].Candidate) && s.dead(e, &s.recvset, i, live, leads) {
			s.recvset.drop(i)
		}
		if s.outofelection.present.Has(i) && s.dead(e, &s.outofelection, i, live, leads) {
			s.outofelection.drop(i)
		}
	}
	return before != s.recvset.present || others != s.outofelection.present
}

func (s *Server) dead(e *Ensemble, t *table, i int, live, leads Set) bool {
	at, ok := e.Position(t.votes[i].Leader)
	switch {
	case !ok || !live.Has(at):
		return true
	case at == int(s.pos) || leads.Has(at):
		return false
	}
	return !t.present.Has(at) || t.votes[at].State != Leading
}
