package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// What a server must do in a step, besides the catalogue: who leaves one of these out breaks no promise, and
// keeps an election from ending.
func dutyProperties() []Property {
	return []Property{
		{Name: "due-decision-is-made", Kind: Always,
			Doc:    "who handles a vote with which its tables agree enters finalizeWait, or joins the leader it is told of",
			Speaks: cluster.Handled, Own: true, Check: dueDecisionIsMade},
		{Name: "asker-is-answered", Kind: Always,
			Doc:    "a LOOKING vote is answered by who is not LOOKING, and by who is in a later round; an observer always is",
			Speaks: cluster.By(cluster.Deliver), Own: true, Check: askerIsAnswered},
		{Name: "learner-stays", Kind: Always,
			Doc:    "of all that a leader sends only LEADERINFO below its acceptedEpoch makes a learner look again",
			Speaks: cluster.By(cluster.Packet), Own: true, Check: learnerStays},
	}
}

// counts tells whether a vote is one that a LOOKING server puts into recvset.
func counts(st Step, v *election.Vote, s *election.Server) bool {
	return v.State == election.Looking && st.System.Ensemble.IsVoter(v.Leader) && v.Round == s.Round &&
		v.Zxid != election.NoZxid && s.Zxid != election.NoZxid
}

// dueDecisionIsMade asks ZooKeeper's own order, equality and leader check, whatever the engine's rules are. The
// vote that is handled makes the difference, so only then are the tables asked: what finalizeWait polls is
// forgotten. The witness: finalizeWait was entered, or a leader joined.
func dueDecisionIsMade(st Step) (Outcome, error) {
	in, a, e := &st.After.In, st.actor(), st.System.Ensemble
	if a == nil || !handled(st) || int(in.From) >= e.Voters || !e.IsVoter(in.Vote.Leader) {
		return Silent, nil
	}
	was := st.Before.Servers[st.After.Actor]
	switch {
	case was.State != election.Looking || was.Waiting || was.Stage() != election.Whole || a.Stage() != election.Whole:
		return Silent, nil
	case a.State != election.Looking || a.Waiting:
		return Witnessed, nil
	}
	if in.Vote.State != election.Looking {
		for _, t := range []election.Table{election.Recvset, election.Outofelection} {
			if t == election.Recvset && in.Vote.Round != a.Round {
				continue
			}
			if set := agreed(e, a, t, in.Vote); set != 0 {
				return violated("server %v is still LOOKING, and %v has the votes of %v for %v, which itself says so", a.SID, t, st.sids(set), in.Vote)
			}
		}
		return Held, nil
	}
	votes, present := a.Votes(election.Recvset)
	if set := equal(votes, present, a.Ballot()); counts(st, &in.Vote, a) && e.IsQuorum(set) {
		return violated("server %v is not in finalizeWait with the votes of %v for %v", a.SID, st.sids(set), a.Proposal)
	}
	return Held, nil
}

// agreed is who in the table says what a decided vote says, if that is enough to join its leader; else nobody.
func agreed(e *election.Ensemble, s *election.Server, t election.Table, v election.Vote) election.Set {
	votes, present := s.Votes(t)
	leader, _ := e.Position(v.Leader)
	set := equal(votes, present, v)
	if !e.IsQuorum(set) || !election.CheckLeader(s, votes, present, v.Leader, leader, v.Round) {
		return 0
	}
	return set
}

func equal(votes *[election.MaxVoters]election.Vote, present election.Set, probe election.Vote) (set election.Set) {
	for i := range votes {
		if present.Has(i) && election.Same(probe, votes[i]) {
			set = set.With(i)
		}
	}
	return set
}

// askerIsAnswered. A thread that is caught halfway answers later.
func askerIsAnswered(st Step) (Outcome, error) {
	in, a := &st.After.In, st.actor()
	if a == nil || st.Action.Kind != cluster.Deliver || st.Action.N > 0 || int(in.From) == st.After.Actor || in.Vote.State != election.Looking {
		return Silent, nil
	}
	was := st.Before.Servers[st.After.Actor]
	if int(in.From) < st.System.Ensemble.Voters && was.State == election.Looking && int64(in.Vote.Round) >= int64(was.Round) {
		return Held, nil
	}
	for _, n := range st.After.Out.Notes {
		if n.To == in.From {
			return Witnessed, nil
		}
	}
	return violated("server %v, %v in round %d, does not answer the vote of server %v in round %d", a.SID, was.State, was.Round,
		st.sid(int(in.From)), in.Vote.Round)
}

// learnerStays. The witness: a packet of the broadcast came.
func learnerStays(st Step) (Outcome, error) {
	if st.Action.Kind != cluster.Packet {
		return Silent, nil
	}
	was, p := st.Before.Servers[st.After.Actor], &st.After.In.Packet
	if was.State != election.Following && was.State != election.Observing {
		return Silent, nil
	}
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.GaveUp && !(p.Kind == election.LeaderInfo && p.Epoch < was.AcceptedEpoch) {
			return violated("server %v leaves its leader because of %v", was.SID, p.Kind)
		}
	}
	return held(p.Kind == election.Proposal || p.Kind == election.Commit)
}
