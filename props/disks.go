package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// What must be true of what a crash leaves: P12.
func diskProperties() []Property {
	return []Property{
		{ID: "P12", Name: "disk-recovers", Kind: Always,
			Doc:   "recovery accepts every disk that a crash can leave, but for the one window of lesson unrecoverable-disk",
			Check: diskRecovers},
	}
}

// recovers is what QuorumPeer.loadDataBase asks of a disk, in the words of PROTOCOL section 6.
func recovers(d *election.Disk) bool {
	return d.Zxid.Epoch() <= d.CurrentEpoch && d.CurrentEpoch <= d.AcceptedEpoch
}

// inWindow: the crash fell between the flush of a synchronised log and the write of currentEpoch. A
// crash in the middle of a step is always that at a learner; a leader's offer writes epochs only.
func inWindow(st Step) bool {
	return st.Action.Kind == cluster.Crash && st.Action.N > 0 &&
		st.Before.Servers[st.After.Actor].State != election.Leading
}

// diskRecovers looks at every disk that a step wrote: a crash could come right after. The witness: one
// did come.
func diskRecovers(st Step) (Outcome, error) {
	crash := st.Action.Kind == cluster.Crash
	wrote := false
	for i := range st.After.Servers {
		d := &st.After.Servers[i].Disk
		if *d == st.Before.Servers[i].Disk && !(crash && i == st.After.Actor) {
			continue
		}
		wrote = true
		if recovers(d) || inWindow(st) {
			continue
		}
		return violated("the disk of server %v is refused at start: acceptedEpoch %d, currentEpoch %d, last zxid %v",
			st.sid(i), d.AcceptedEpoch, d.CurrentEpoch, d.Zxid)
	}
	if !wrote {
		return Silent, nil
	}
	return held(crash)
}
