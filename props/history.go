package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// What must be true of transactions: P3, P4, P5, the safety half of P11, and the part of P17 that a single
// step shows.
func historyProperties() []Property {
	commits := cluster.Track{Commits: true}
	return []Property{
		{ID: "P3", Name: "leader-completeness", Kind: Always, Track: commits,
			Doc:    "who establishes an epoch has every transaction that was committed in an earlier one",
			Speaks: cluster.Happened(election.Established), Check: leaderCompleteness},
		{ID: "P4", Name: "committed-is-durable", Kind: Always, Track: commits,
			Doc:    "what is committed is on the disks of a quorum, and stays there unchanged",
			Speaks: cluster.HasCommits, Check: committedIsDurable},
		{ID: "P5", Name: "prefix-consistency", Kind: Always, Track: commits,
			Doc:    "servers commit the same transactions in the same order; who follows has a part of its leader's log",
			Speaks: cluster.PastDiscovery, Check: prefixConsistency},
		{ID: "P11", Name: "serving-leader-stays", Kind: Always,
			Doc:    "a serving leader leaves only when it has lost its quorum, or has no counter left",
			Speaks: cluster.WasServing, Own: true, Check: servingLeaderStays},
		{ID: "P17", Name: "replies-are-kept", Kind: Always, Track: cluster.Track{Commits: true, Replies: true},
			Doc:    "a leader that begins to serve has every write that a client was told is done",
			Speaks: cluster.Happened(election.Serving), Check: repliesAreKept},
	}
}

// tracked tells whether the system keeps what has been committed, from disks that mean something. A run in
// which a stale ack was counted is past saving: that is lesson acks-stay-true.
func tracked(st Step) bool {
	return st.System.Track.Commits && st.System.Plausible() && !st.After.Doubtful()
}

// leaderCompleteness looks at the moment an epoch is established.
func leaderCompleteness(st Step) (Outcome, error) {
	for _, f := range st.After.Out.Facts {
		if f.Kind != election.Established || !tracked(st) {
			continue
		}
		leader, checked := st.actor(), false
		for i := range st.Before.Commits() {
			t, epoch := st.Before.Commit(i)
			if epoch >= f.Epoch {
				continue
			}
			if checked = true; !leader.History().Has(t) {
				return violated("server %v establishes epoch %d without %v, which was committed in epoch %d: its history is %v",
					leader.SID, f.Epoch, t, epoch, leader.History())
			}
		}
		return held(checked)
	}
	return Silent, nil
}

// committedIsDurable looks at every step that writes a log or commits. Wiped disks are nobody's fault.
func committedIsDurable(st Step) (Outcome, error) {
	if st.After.Commits() == 0 || st.System.Limits.Wipes > 0 || !tracked(st) {
		return Silent, nil
	}
	changed := st.After.Commits() != st.Before.Commits()
	for i := range st.After.Servers {
		was, is := st.Before.Servers[i].OnDisk(), st.After.Servers[i].OnDisk()
		changed = changed || was.Len() != is.Len() || !was.IsPrefixOf(is)
	}
	if !changed {
		return Silent, nil
	}
	for i := range st.After.Commits() {
		t, epoch := st.After.Commit(i)
		var with election.Set
		for k := range st.System.Ensemble.Voters {
			if st.After.Servers[k].OnDisk().Has(t) {
				with = with.With(k)
			}
		}
		if !st.System.Ensemble.IsQuorum(with) {
			return violated("%v, committed in epoch %d, is on the disks of %v only", t, epoch, st.sids(with))
		}
	}
	return Witnessed, nil
}

// prefixConsistency looks at the server that stepped.
func prefixConsistency(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || !st.After.Up.Has(st.After.Actor) || a.State == election.Looking || a.Phase < election.Synchronization || !tracked(st) {
		return Silent, nil
	}
	history, witnessed := a.History(), false
	for i := 0; a.Phase == election.Broadcast && i < a.Committed(); i++ {
		if i == st.After.Commits() {
			return violated("server %v has committed %v, which no leader has", a.SID, history.At(i))
		}
		if t, epoch := st.After.Commit(i); t != history.At(i) {
			return violated("server %v has committed %v where %v was committed in epoch %d", a.SID, history.At(i), t, epoch)
		}
		witnessed = true
	}
	at, connected := st.After.LeaderOf(st.After.Actor)
	if !connected || a.Syncing() || st.After.Servers[at].State != election.Leading {
		return held(witnessed)
	}
	if leader := st.After.Servers[at]; !history.IsPrefixOf(leader.History()) {
		return violated("the log of server %v, %v, is not a part of that of its leader %v, %v", a.SID, history, leader.SID, leader.History())
	}
	return held(history.Len() > 0)
}

// servingLeaderStays. The system lets a stalled term end, and others within a budget; nothing that arrives
// may. The witness: a notification arrives at a serving leader.
func servingLeaderStays(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || !st.After.Up.Has(st.After.Actor) {
		return Silent, nil
	}
	b := st.Before.Servers[st.After.Actor]
	if b.State != election.Leading || b.Phase != election.Broadcast || !st.Before.Up.Has(st.After.Actor) {
		return Silent, nil
	}
	if a.State == election.Leading || st.Action.Kind == cluster.GiveUp || rolledOver(st) {
		return held(st.Action.Kind == cluster.Deliver)
	}
	return violated("server %v, which served epoch %d with its quorum, stopped leading", a.SID, b.Epoch)
}

func rolledOver(st Step) bool {
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.RolledOver {
			return true
		}
	}
	return false
}

func repliesAreKept(st Step) (Outcome, error) {
	for _, f := range st.After.Out.Facts {
		if f.Kind != election.Serving || !st.System.Track.Replies || !tracked(st) {
			continue
		}
		leader := st.actor()
		for i := range st.Before.Replies() {
			if t := st.Before.Reply(i); !leader.History().Has(t) {
				return violated("server %v serves epoch %d without %v, which a client was told is done: its history is %v",
					leader.SID, f.Epoch, t, leader.History())
			}
		}
		return held(st.Before.Replies() > 0)
	}
	return Silent, nil
}
