package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// What must be true of single steps besides the catalogue: each sees a broken rule long before an epoch
// has two leaders.
func conductProperties() []Property {
	return []Property{
		{Name: "rounds-move-on", Kind: Always,
			Doc:    "a new election starts the next round, a decision is made in finalizeWait or told, and sets the clock to its round",
			Speaks: cluster.StaysUp, Doubts: cluster.Decided | cluster.Turned, Own: true, Check: roundsMoveOn},
		{Name: "best-vote-is-taken", Kind: Always,
			Doc:    "who handles a LOOKING vote of its round or a later one proposes nothing smaller, an earlier one changes nothing",
			Speaks: cluster.Handled, Own: true, Check: bestVoteIsTaken},
		{Name: "said-is-on-disk", Kind: Always,
			Doc:    "memory and disk agree; NEWLEADER is acked, and an epoch established, with currentEpoch and log on disk",
			Speaks: cluster.IsUp,
			Doubts: cluster.Remembers | cluster.Happened(election.Established) | cluster.Happened(election.Synced), Check: saidIsOnDisk},
		{Name: "ahead-is-refused", Kind: Always,
			Doc:    "a leader in DISCOVERY refuses exactly the learners that are more recent than itself",
			Speaks: cluster.By(cluster.Packet), Own: true, Check: aheadIsRefused},
		{Name: "epoch-has-history", Kind: Always,
			Doc:    "whose disk has currentEpoch e has the history on it with which e began, also after a crash between two writes",
			Speaks: cluster.DiskMoved, Check: epochHasHistory},
	}
}

func roundsMoveOn(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || !st.Before.Up.Has(st.After.Actor) || !st.After.Up.Has(st.After.Actor) {
		return Silent, nil
	}
	b, out := st.Before.Servers[st.After.Actor], &st.After.Out
	if out.Decided {
		if d := &out.Decision; a.Round != d.Vote.Round {
			return violated("server %v decided %v and is in round %d", a.SID, d.Vote, a.Round)
		} else if !d.Told && st.Action.Kind != cluster.Decide {
			return violated("server %v decided %v without finalizeWait", a.SID, d.Vote)
		}
		return Witnessed, nil
	}
	if a.Stage() == election.Entering {
		return Held, nil // the next round begins when the thread goes on
	}
	if (b.State != election.Looking || b.Stage() == election.Entering) && a.State == election.Looking && a.Round != b.Round+1 {
		return violated("server %v, in round %d, looks again in round %d", a.SID, b.Round, a.Round)
	}
	return Held, nil
}

// bestVoteIsTaken. A vote that is dropped in finalizeWait does not beat the proposal, so it is no
// exception; one that ends it is put back, and in the fine grain it is handled later. The witness: the
// vote was better than what the server started with.
func bestVoteIsTaken(st Step) (Outcome, error) {
	in, a, e := &st.After.In, st.actor(), st.System.Ensemble
	if a == nil || !handled(st) || in.Vote.State != election.Looking ||
		int(in.From) >= e.Voters || !e.IsVoter(in.Vote.Leader) || e.Weight(in.Vote.Leader) == 0 {
		return Silent, nil
	}
	b := st.Before.Servers[st.After.Actor]
	switch {
	case b.State != election.Looking || a.State != election.Looking ||
		in.Vote.Zxid == election.NoZxid || a.Zxid == election.NoZxid:
		return Silent, nil
	case st.System.Ensemble.Fine && b.Waiting && !a.Waiting, a.Stage() == election.Adopting:
		return Silent, nil
	case int64(in.Vote.Round) < int64(b.Round):
		if a.Proposal != b.Proposal {
			return violated("server %v, in round %d, took %v of round %d", a.SID, b.Round, in.Vote.Candidate, in.Vote.Round)
		}
		return Held, nil
	case model.Better(in.Vote.Candidate, a.Proposal):
		return violated("server %v handled the vote %v of round %d and proposes the smaller %v", a.SID,
			in.Vote.Candidate, in.Vote.Round, a.Proposal)
	}
	return held(model.Better(in.Vote.Candidate, a.Initial(e)))
}

// handled tells whether an election thread took a notification in the step.
func handled(st Step) bool {
	if st.System.Ensemble.Fine {
		return st.Action.Kind == cluster.Handle
	}
	return st.Action.Kind == cluster.Deliver
}

// saidIsOnDisk. The last zxid in memory may be (e,0) of a leader that served, which no log holds, or of a
// snapshot that NEWLEADER will bring to the disk; and in the fine grain the log lags behind.
func saidIsOnDisk(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || !st.After.Up.Has(st.After.Actor) {
		return Silent, nil
	}
	d := &a.Disk
	logged := a.Zxid == d.Zxid || a.Zxid.Counter() == 0 || a.Syncing() || a.Unflushed()
	if a.AcceptedEpoch != d.AcceptedEpoch || a.CurrentEpoch != d.CurrentEpoch || !logged {
		return violated("server %v remembers acceptedEpoch %d, currentEpoch %d, zxid %v and has %d, %d, %v on its disk",
			a.SID, a.AcceptedEpoch, a.CurrentEpoch, a.Zxid, d.AcceptedEpoch, d.CurrentEpoch, d.Zxid)
	}
	for _, f := range st.After.Out.Facts {
		switch f.Kind {
		case election.Established:
			if d.CurrentEpoch != f.Epoch {
				return violated("server %v established epoch %d with currentEpoch %d on its disk", a.SID, f.Epoch, d.CurrentEpoch)
			}
			return Witnessed, nil
		case election.Synced:
			if d.CurrentEpoch != f.Epoch {
				return violated("server %v acked NEWLEADER(%d) with currentEpoch %d on its disk", a.SID, f.Epoch, d.CurrentEpoch)
			}
			if !st.System.Plausible() {
				return Held, nil
			}
			return historyOnDisk(a, st.After.Servers[f.Peer], f.Epoch)
		}
	}
	return Held, nil
}

// historyOnDisk: who acks NEWLEADER has all on its disk that its leader brought from earlier epochs.
func historyOnDisk(a, leader *election.Server, epoch uint32) (Outcome, error) {
	history := leader.History()
	for i := range history.Len() {
		if t := history.At(i); t.Zxid.Epoch() < epoch && !a.OnDisk().Has(t) {
			return violated("server %v acked NEWLEADER(%d) without %v of server %v's history on its disk: %v",
				a.SID, epoch, t, leader.SID, a.OnDisk())
		}
	}
	return held(history.Len() > 0)
}

// aheadIsRefused compares (currentEpoch, last zxid), zxids signed (StateSummary.isMoreRecentThan). The
// witness is an ack that is compared: one that is ahead is rare.
func aheadIsRefused(st Step) (Outcome, error) {
	in := &st.After.In
	if st.Action.Kind != cluster.Packet || in.Packet.Kind != election.AckEpoch {
		return Silent, nil
	}
	b := st.Before.Servers[st.After.Actor]
	ack := &in.Packet
	asked := b.Phase == election.Discovery && !ack.NoCount
	ahead := asked && (ack.Current > b.CurrentEpoch ||
		ack.Current == b.CurrentEpoch && int64(ack.Zxid) > int64(b.Zxid))
	if refused := st.After.Out.Close.Has(int(in.From)); refused != ahead {
		return violated("server %v at (%d, %v) refused server %v at (%d, %v): %v", b.SID, b.CurrentEpoch, b.Zxid,
			st.sid(int(in.From)), ack.Current, ack.Zxid, refused)
	}
	return held(asked)
}
