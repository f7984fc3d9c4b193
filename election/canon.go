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
func (s *Server) ForgetVotes(e *Ensemble) {
	if s.State != Looking {
		return
	}
	for i := range e.Voters {
		if s.recvset.present.Has(i) {
			v := &s.recvset.votes[i]
			smaller := v.Zxid != NoZxid && Beats(e, s.Proposal, v.Candidate)
			switch {
			case smaller && v.State != Looking:
				v.Zxid, v.PeerEpoch = 0, 0
			case smaller && i != int(s.pos) && v.Leader == e.Members[i].SID:
				s.recvset.drop(i)
			}
		}
		if s.outofelection.present.Has(i) {
			v := &s.outofelection.votes[i]
			v.Round, v.Zxid = s.Round, 0
		}
	}
}
