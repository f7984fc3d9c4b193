package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// What must be true of what a crash leaves: P12.
func diskProperties() []Property {
	return []Property{
		{ID: "P12", Name: "disk-recovers", Kind: Always,
			Doc:    "recovery accepts every disk that a crash can leave, but for the one window of lesson unrecoverable-disk",
			Speaks: cluster.DiskMoved | cluster.By(cluster.Crash), Own: true, Check: diskRecovers},
	}
}

// recovers is what QuorumPeer.loadDataBase asks of a disk: epoch(zxid) <= currentEpoch <= acceptedEpoch.
func recovers(d *election.Disk) bool {
	return d.Zxid.Epoch() <= d.CurrentEpoch && d.CurrentEpoch <= d.AcceptedEpoch
}

// inWindow: the crash fell between the flush of a synchronised log and the write of currentEpoch, and
// left a log of a higher epoch; nothing else is wrong with the disk.
func inWindow(st Step, was, is *election.Disk) bool {
	return st.Action.Kind == cluster.Crash && st.Action.N > 0 && was.Zxid != is.Zxid &&
		is.CurrentEpoch == was.CurrentEpoch && is.AcceptedEpoch >= is.CurrentEpoch
}

// epochHasHistory looks at every step that writes a learner's currentEpoch. Of two disks the one with the larger
// currentEpoch wins the next election, so it must be the one that knows more. On disks that no run could have
// left a zxid can mean two transactions. The witness: there was such a write.
func epochHasHistory(st Step) (Outcome, error) {
	i := st.After.Actor
	if i < 0 || !st.System.Plausible() || st.Before.Servers[i].Disk.CurrentEpoch == st.After.Servers[i].Disk.CurrentEpoch || st.Action.Kind == cluster.Wipe {
		return Silent, nil
	}
	at, connected := st.Before.LeaderOf(i)
	if !connected || !st.Before.Up.Has(at) || st.Before.Servers[at].State != election.Leading {
		return Silent, nil
	}
	a, leader, epoch := st.After.Servers[i], st.Before.Servers[at], st.After.Servers[i].Disk.CurrentEpoch
	for k := range leader.History().Len() {
		if t := leader.History().At(k); t.Zxid.Epoch() < epoch && !a.OnDisk().Has(t) {
			return violated("the disk of server %v has currentEpoch %d, and not %v, with which server %v began that epoch: %v",
				a.SID, epoch, t, leader.SID, a.OnDisk())
		}
	}
	return Witnessed, nil
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
		if engine := st.System.Ensemble.Rules.Recovers(*d); engine != recovers(d) {
			return violated("server %v: recovery of disk %v is accepted by the engine: %v, by the protocol: %v",
				st.sid(i), *d, engine, !engine)
		}
		if recovers(d) || inWindow(st, &st.Before.Servers[i].Disk, d) {
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
