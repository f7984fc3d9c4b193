package quorum

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Rule is a rule of discovery, synchronisation or broadcast that can be broken in the engine, to see that the
// comparison finds it.
type Rule struct {
	Name  string
	Role  Role   // in which it shows
	Sync  bool   // it shows behind discovery only
	Wrong string // the wrong version
	Break func(r *election.Rules)
	early bool // proposals are acked before UPTODATE, which is no rule of its own in the engine
}

// FindRule finds a rule by its name.
func FindRule(name string) (Rule, error) {
	var names []string
	for _, r := range Rules() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Rule{}, fmt.Errorf("unknown rule %q, want one of %s", name, strings.Join(names, ", "))
}

// Rules are the rules that can be broken.
func Rules() []Rule { return append(discoveryRules(), syncRules()...) }

func discoveryRules() []Rule {
	return []Rule{
		{Name: "promise-lower", Role: Follower, Wrong: "LEADERINFO of a lower epoch is accepted", Break: func(r *election.Rules) {
			promise := r.Promise
			r.Promise = func(s *election.Server, epoch uint32, out *election.Outputs) (election.Packet, bool) {
				if ack, ok := promise(s, epoch, out); ok {
					return ack, true
				}
				return election.Packet{Kind: election.AckEpoch, Epoch: epoch, Zxid: s.Zxid, Current: s.CurrentEpoch}, true
			}
		}},
		{Name: "promise-twice", Role: Follower, Wrong: "an epoch that was accepted before is acked as if it were new", Break: func(r *election.Rules) {
			promise := r.Promise
			r.Promise = func(s *election.Server, epoch uint32, out *election.Outputs) (election.Packet, bool) {
				ack, ok := promise(s, epoch, out)
				if ack.NoCount {
					ack.NoCount, ack.Current = false, s.CurrentEpoch
				}
				return ack, ok
			}
		}},
		{Name: "epoch-above", Role: Leader, Wrong: "the epoch is the largest acceptedEpoch, without + 1", Break: func(r *election.Rules) {
			r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 { return max(candidate, accepted, 1) }
		}},
		{Name: "leader-promise", Role: Leader, Wrong: "a leader does not write the acceptedEpoch that it tells", Break: func(r *election.Rules) {
			r.PromiseAsLeader = func(s *election.Server, epoch uint32, _ *election.Outputs) { s.AcceptedEpoch = epoch }
		}},
		{Name: "epoch-quorum", Role: Leader, Wrong: "the epoch is fixed without a quorum", Break: func(r *election.Rules) {
			r.EpochReady = func(s *election.Server, _ *election.Ensemble) bool { return s.Heard().Has(s.Position()) }
		}},
		{Name: "no-count", Role: Leader, Wrong: "currentEpoch -1 counts", Break: func(r *election.Rules) {
			r.CountsAck = func(e *election.Ensemble, member int, _ election.Packet) bool { return member < e.Voters }
		}},
		{Name: "ahead", Role: Leader, Wrong: "a follower that is more recent than its leader is not refused", Break: func(r *election.Rules) {
			r.IsAhead = func(*election.Server, election.Packet) bool { return false }
		}},
	}
}

func syncRules() []Rule {
	return []Rule{
		{Name: "current-epoch", Role: Follower, Sync: true, Wrong: "NEWLEADER is acked with currentEpoch not written", Break: func(r *election.Rules) {
			r.Synchronise = func(s *election.Server, p election.Packet, out *election.Outputs) {
				s.SaveHistory(out)
				s.CurrentEpoch = p.Epoch
			}
		}},
		{Name: "early-ack", Role: Follower, Sync: true, Wrong: "a proposal behind NEWLEADER is acked before UPTODATE", early: true,
			Break: func(*election.Rules) {}},
		{Name: "last-logged", Role: Follower, Sync: true, Wrong: "a server votes with its last committed zxid", Break: func(r *election.Rules) {
			r.LastLogged = func(s *election.Server) election.Zxid {
				if n := s.Committed(); n > 0 {
					return s.History().At(n - 1).Zxid
				}
				return s.Zxid
			}
		}},
		{Name: "trunc", Role: Leader, Sync: true, Wrong: "who has more than its leader gets a DIFF", Break: func(r *election.Rules) {
			plan := r.PlanSync
			r.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
				p := plan(s, h, peer, buf)
				if p.Kind == election.Trunc {
					p.Kind, p.Zxid = election.Diff, h.Last
				}
				return p
			}
		}},
		{Name: "snap", Role: Leader, Sync: true, Wrong: "who is before the leader's log gets a DIFF", Break: func(r *election.Rules) {
			plan := r.PlanSync
			r.PlanSync = func(s *election.Server, h election.History, peer election.Zxid, buf []election.Txn) election.SyncPlan {
				p := plan(s, h, peer, buf)
				if p.Kind == election.Snap {
					p.Kind = election.Diff
				}
				return p
			}
		}},
		{Name: "serving-quorum", Role: Leader, Sync: true, Wrong: "a leader serves without a quorum of NEWLEADER acks", Break: func(r *election.Rules) {
			r.Synced = func(*election.Server, *election.Ensemble) bool { return true }
		}},
		{Name: "commit-quorum", Role: Leader, Sync: true, Wrong: "a proposal is committed by its leader alone", Break: func(r *election.Rules) {
			r.Commits = func(*election.Ensemble, election.Set) bool { return true }
		}},
	}
}
