package quorum

import (
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Witness counts how often situations occurred, by the names of their rows.
type Witness map[string]int

func (w Witness) add(o Witness) {
	for name, n := range o {
		w[name] += n
	}
}

// Row is a situation that a run of that phase and role has to have been in.
type Row struct {
	Name string
	Role Role // Both for either
	Sync bool // behind discovery only
	Doc  string
}

// Rows are those of a phase and a role.
func Rows(p Phase, r Role) (list []Row) {
	for _, row := range rows {
		if (r == Both || row.Role == Both || row.Role == r) && (p == Sync || !row.Sync) {
			list = append(list, row)
		}
	}
	return list
}

var rows = []Row{
	{"epoch-higher", Follower, false, "LEADERINFO of a higher epoch: promised, and acked"},
	{"epoch-equal", Follower, false, "LEADERINFO of the accepted epoch: acked with -1"},
	{"epoch-lower", Follower, false, "LEADERINFO of a lower epoch: refused"},
	{"hangup-info", Follower, false, "the connection is lost behind FOLLOWERINFO"},
	{"hangup-ackepoch", Follower, false, "and behind ACKEPOCH"},
	{"hangup-sync", Follower, true, "and behind DIFF, TRUNC or SNAP"},
	{"hangup-newleader", Follower, true, "and behind NEWLEADER"},
	{"hangup-serving", Follower, true, "and behind UPTODATE"},
	{"diff-empty", Follower, true, "an empty DIFF"},
	{"diff-committed", Follower, true, "a DIFF with transactions, all committed before NEWLEADER"},
	{"diff-uncommitted", Follower, true, "and one with some that are not"},
	{"trunc", Follower, true, "TRUNC"},
	{"snap", Follower, true, "SNAP"},
	{"commit-late", Follower, true, "COMMIT between NEWLEADER and UPTODATE"},
	{"propose-late", Follower, true, "PROPOSAL there, acked behind UPTODATE"},
	{"propose", Follower, true, "PROPOSAL behind UPTODATE"},
	{"commit", Follower, true, "COMMIT behind UPTODATE"},

	{"told", Leader, false, "the server is told that it leads"},
	{"elected", Leader, false, "the server is elected by votes"},
	{"raised", Leader, false, "a follower's acceptedEpoch above the leader's, before the epoch is fixed"},
	{"late", Leader, false, "a follower that comes when the epoch is fixed"},
	{"counted", Leader, false, "an ACKEPOCH that can count"},
	{"no-count", Leader, false, "ACKEPOCH with currentEpoch -1"},
	{"no-zxid", Leader, false, "ACKEPOCH with zxid -1"},
	{"ahead", Leader, false, "ACKEPOCH of a follower that is more recent: refused"},
	{"ahead-late", Leader, false, "the same when the epoch is established: synchronised"},
	{"unfixed", Leader, false, "a leader that gives up before its epoch is fixed"},
	{"drop-info", Leader, false, "a follower goes before its ACKEPOCH"},
	{"drop-acked", Leader, false, "and later"},
	{"lead-diff-empty", Leader, true, "it sends an empty DIFF"},
	{"lead-diff", Leader, true, "it sends a DIFF with transactions"},
	{"lead-trunc", Leader, true, "it sends TRUNC"},
	{"lead-snap", Leader, true, "it sends SNAP"},
	{"lead-uptodate", Leader, true, "it sends UPTODATE"},
	{"lead-outstanding", Leader, true, "it synchronises while a proposal is not committed"},
	{"lead-propose", Leader, true, "it sends PROPOSAL"},
	{"lead-commit", Leader, true, "it sends COMMIT"},
	{"unserved", Leader, true, "a leader of a fixed epoch that no quorum follows yet, and a follower that comes again"},

	{"restart", Both, false, "kill -9, and a process on the same disk"},
}

// hungUp counts a connection that a simulated leader closes.
func (w Witness) hungUp(t *term) {
	switch {
	case t.stage == stageInfo:
		w["hangup-info"]++
	case t.stage == stageEpoch:
		w["hangup-ackepoch"]++
	case t.stage == stageSync:
		w["hangup-sync"]++
	case t.stage == stageNew:
		w["hangup-newleader"]++
	case t.stage == stageServing:
		w["hangup-serving"]++
	}
}

// leads counts what a simulated leader sends.
func (w Witness) leads(t *term, s Said) {
	switch s.Kind {
	case election.LeaderInfo:
		switch {
		case t.epoch > t.accepted:
			w["epoch-higher"]++
		case t.epoch == t.accepted:
			w["epoch-equal"]++
		default:
			w["epoch-lower"]++
		}
	case election.Trunc:
		w["trunc"]++
	case election.Snap:
		w["snap"]++
	case election.NewLeader:
		switch {
		case t.mode != election.Diff:
		case len(t.history) == t.had:
			w["diff-empty"]++
		case t.committed == len(t.history):
			w["diff-committed"]++
		default:
			w["diff-uncommitted"]++
		}
	case election.Proposal:
		if t.stage == stageNew {
			w["propose-late"]++
		} else if t.stage == stageServing {
			w["propose"]++
		}
	case election.Commit:
		if t.stage == stageNew {
			w["commit-late"]++
		} else if t.stage == stageServing {
			w["commit"]++
		}
	}
}

// follows counts what the server sends as a leader.
func (w Witness) follows(f *follower, s Said, outstanding bool) {
	switch s.Kind {
	case election.Diff, election.Trunc, election.Snap:
		f.mode, f.txns = s.Kind, 0
		if outstanding {
			w["lead-outstanding"]++
		}
	case election.Proposal:
		if f.txns++; f.stage == stageServing {
			w["lead-propose"]++
		}
	case election.Commit:
		if f.stage == stageServing {
			w["lead-commit"]++
		}
	case election.UpToDate:
		w["lead-uptodate"]++
	case election.NewLeader:
		switch {
		case f.mode == election.Snap:
			w["lead-snap"]++
		case f.mode == election.Diff && f.txns == 0:
			w["lead-diff-empty"]++
		case f.mode == election.Diff:
			w["lead-diff"]++
		default:
			w["lead-trunc"]++
		}
	}
}

// dropped counts a follower that goes.
func (w Witness) dropped(at stage) {
	if at <= stageEpoch {
		w["drop-info"]++
	} else {
		w["drop-acked"]++
	}
}

// joins counts a follower that comes.
func (w Witness) joins(s *session, accepted uint32) {
	switch {
	case s.belief.all(func(v *election.Server) bool { return v.Epoch != 0 }):
		w["late"]++
	case accepted > s.disk.AcceptedEpoch:
		w["raised"]++
	}
}

// acks counts an ACKEPOCH.
func (w Witness) acks(s *session, step Step, said Said) {
	open := s.belief.all(func(v *election.Server) bool { return v.Phase == election.Discovery })
	ahead := said.Current > int32(s.own.PeerEpoch) || said.Current == int32(s.own.PeerEpoch) && int64(said.Zxid) > int64(s.own.Zxid)
	switch {
	case strings.HasSuffix(step.Mode, noCount):
		w["no-count"]++
	case ahead && open:
		w["ahead"]++
	case ahead:
		w["ahead-late"]++
	case said.Zxid == election.NoZxid:
		w["no-zxid"]++
	case open:
		w["counted"]++
	}
}
