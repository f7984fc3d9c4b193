package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// LessonCase is a lesson and the smallest cluster known to teach it.
type LessonCase struct {
	Property
	Cluster string // servers, as on the command line
	Limits  string
	Fine    bool   // the fine grain
	Way     string // a way there, its actions apart by commas, where a search would take too long; else empty
}

// Lessons are statements that look true and are not. ZooKeeper lives with every one of them.
func Lessons() []LessonCase {
	return []LessonCase{
		{Property{ID: "P7", Name: "two-leading-one-round", Kind: Lesson, Speaks: cluster.Decided, Check: twoLeadingOneRound,
			Doc: "no two servers are LEADING in the same round (a voter may change its mind after one candidate decided; discovery makes it harmless)"},
			"1:1,8 2:1,8 3:1,8", "rounds=1", false, ""},
		{Property{Name: "not-maximum-of-all", Kind: Lesson, Speaks: cluster.Decided, Check: notMaximumOfAll, Track: cluster.Track{Initials: true},
			Doc: "the winner is the maximum of all that are up (a better vote may come after finalizeWait)"},
			"1:1,8 2:1,8 3:1,8", "rounds=1", false, ""},
		{Property{Name: "not-maximum-of-quorum", Kind: Lesson, Speaks: cluster.Decided, Check: notMaximumOfQuorum, Track: cluster.Track{Initials: true},
			Doc: "the winner is the maximum of what its deciding quorum started with (FOLLOWING and LEADING votes count whatever their senders wanted)"},
			"1:1,8 2:1,8 3:1,8", "rounds=1", false, ""},
		{Property{Name: "unrecoverable-disk", Kind: Lesson, Speaks: cluster.By(cluster.Crash), Check: unrecoverableDisk,
			Doc: "every disk that a crash leaves can be loaded (a follower may crash after its log is flushed and before currentEpoch is written)"},
			"1:1/2,1.1 2:2,2.1 3:1,1.2", "rounds=1 crashes=1", false, ""},
		{Property{Name: "refuses-serving-leader", Kind: Lesson, Speaks: cluster.By(cluster.Packet), Check: refusesServingLeader,
			Doc: "who is up can follow the serving leader (not who has promised itself to a higher epoch, to a leader that came to nothing)"},
			"1:1,8 2:1,8 3:1/3,7", "rounds=2", false, ""},
		{Property{Name: "one-serving-leader", Kind: Lesson, Speaks: cluster.PastDiscovery, Check: oneServingLeader,
			Doc: "at any moment at most one leader serves (a deposed one does until syncLimit, and answers reads, even synced ones, with what it has)"},
			"1:1,8 2:1,8 3:1,8", "rounds=2 epochs=2 cuts=1 timeouts=0", false, ""},
		{Property{Name: "acks-stay-true", Kind: Lesson, Speaks: cluster.Happened(election.Committed), Check: acksStayTrue, Track: cluster.Track{Commits: true},
			Doc: "what a leader commits is on the disks of those whose acks it has counted (who comes back is truncated to what is committed, and its old ack counts on)"},
			"1:1,8 2:1,8 3:1,8", "rounds=2 epochs=1 writes=1 resets=1 timeouts=0", true, staleAck},
	}
}

func twoLeadingOneRound(st Step) (Outcome, error) {
	if !st.After.Out.Decided {
		return Silent, nil
	}
	for i := range st.After.Servers {
		a := st.After.Servers[i]
		for k := range i {
			b := st.After.Servers[k]
			if a.State == election.Leading && b.State == election.Leading && a.Vote.Round == b.Vote.Round {
				return violated("server %v and server %v are both LEADING in round %d", b.SID, a.SID, a.Vote.Round)
			}
		}
	}
	return Witnessed, nil
}

// notMaximumOfAll looks at decisions after finalizeWait; who is told of a leader knows that it exists.
func notMaximumOfAll(st Step) (Outcome, error) {
	d := &st.After.Out.Decision
	if !st.After.Out.Decided || d.Told {
		return Silent, nil
	}
	for i := range st.System.Ensemble.Voters {
		c := st.After.InitialOf(i)
		if st.After.Up.Has(i) && st.System.Ensemble.Weight(c.Leader) > 0 && model.Better(c, d.Vote.Candidate) {
			return violated("server %v elected %v, but server %v is up and started with %v",
				st.actor().SID, d.Vote.Candidate, st.sid(i), c)
		}
	}
	return Witnessed, nil
}

func notMaximumOfQuorum(st Step) (Outcome, error) {
	d := &st.After.Out.Decision
	if !st.After.Out.Decided {
		return Silent, nil
	}
	for i := range st.System.Ensemble.Voters {
		if !d.Counted.Has(i) || d.Entries[i].State == election.Looking {
			continue
		}
		c := st.Before.InitialOf(i)
		if st.System.Ensemble.Weight(c.Leader) > 0 && model.Better(c, d.Vote.Candidate) {
			return violated("server %v elected %v with the %v vote of server %v, which had started this election with %v",
				st.actor().SID, d.Vote.Candidate, d.Entries[i].State, st.sid(i), c)
		}
	}
	return Witnessed, nil
}

func unrecoverableDisk(st Step) (Outcome, error) {
	if st.Action.Kind != cluster.Crash {
		return Silent, nil
	}
	if d := &st.After.Servers[st.After.Actor].Disk; !recovers(d) {
		return violated("server %v will not start again: acceptedEpoch %d, currentEpoch %d, last zxid %v",
			st.sid(st.After.Actor), d.AcceptedEpoch, d.CurrentEpoch, d.Zxid)
	}
	return Witnessed, nil
}

// acksStayTrue: no set of acks ever shrinks (Leader.processAck), and a follower that comes back with a
// proposal that is not committed is sent TRUNC and that proposal again, which it logs after UPTODATE only
// (LearnerHandler.syncFollower, Learner.syncWithLeader).
func acksStayTrue(st Step) (Outcome, error) {
	for _, f := range st.After.Out.Facts {
		if f.Kind != election.Committed {
			continue
		}
		for i := range st.System.Ensemble.Voters {
			if election.Set(f.Max).Has(i) && f.Flag && !st.After.Servers[i].OnDisk().Has(f.Txn) {
				return violated("server %v commits %v by the acks of %v, but server %v has lost it from its disk since: %v", st.actor().SID,
					f.Txn, st.sids(election.Set(f.Max)), st.sid(i), st.After.Servers[i].OnDisk())
			}
		}
		return Witnessed, nil
	}
	return Silent, nil
}

// oneServingLeader: a sync is answered by a leader on its own word, without a quorum (Leader.processSync).
func oneServingLeader(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || a.State != election.Leading || a.Phase != election.Broadcast {
		return Silent, nil
	}
	for i := range st.After.Servers {
		b := st.After.Servers[i]
		if i != st.After.Actor && st.After.Up.Has(i) && b.State == election.Leading && b.Phase == election.Broadcast {
			return violated("server %v serves epoch %d, and server %v still serves epoch %d", a.SID, a.Epoch, b.SID, b.Epoch)
		}
	}
	return Witnessed, nil
}

// refusesServingLeader: LEADERINFO of a serving leader makes a learner give up (the IOException of
// Learner.registerWithLeader, "Leaders epoch is less than accepted epoch"). It will find the same leader
// again and again, as long as that one serves.
func refusesServingLeader(st Step) (Outcome, error) {
	if st.Action.Kind != cluster.Packet {
		return Silent, nil
	}
	from, _ := st.System.Ensemble.Position(st.Action.From)
	leader, a := st.After.Servers[from], st.actor()
	if leader.State != election.Leading || leader.Phase != election.Broadcast {
		return Silent, nil
	}
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.GaveUp {
			return violated("server %v, promised to epoch %d, refuses server %v, which serves epoch %d",
				a.SID, a.AcceptedEpoch, leader.SID, leader.Epoch)
		}
	}
	return Witnessed, nil
}
