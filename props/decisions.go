package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// What must be true of votes and decisions: P6, P8, P9, P14, P20, P21.
func decisionProperties() []Property {
	return []Property{
		{ID: "P6", Name: "majority", Kind: Always,
			Doc: "a decision has a quorum of equal votes in its own table; an epoch is fixed, established and served by quorums",
			Speaks: cluster.Decided | cluster.Happened(election.EpochFixed) | cluster.Happened(election.Established) |
				cluster.Happened(election.Serving),
			Own: true, Check: majority},
		{ID: "P8", Name: "winner-is-maximum", Kind: Always,
			Doc:    "nobody votes below its own initial vote, and no LOOKING vote that was counted is better than the winner",
			Speaks: cluster.Decided | cluster.Notified, Own: true, Check: winnerIsMaximum},
		{ID: "P8", Name: "quiet-round-elects-maximum", Kind: Always, Track: cluster.Track{Hurry: true},
			Doc:    "fault-free first round, nothing in flight to any decider: the winner is the maximum of all that are up",
			Speaks: cluster.Decided, Check: quietRoundElectsMaximum},
		{ID: "P9", Name: "eligible", Kind: Always,
			Doc: "an elected leader is a voter with weight > 0", Speaks: cluster.Decided, Own: true, Check: eligible},
		{ID: "P14", Name: "proposal-only-grows", Kind: Always,
			Doc:    "within one round of one election a server's proposal never gets smaller",
			Speaks: cluster.KeepsLooking, Own: true, Check: proposalOnlyGrows},
		{ID: "P20", Name: "leader-said-so", Kind: Always,
			Doc:    "who joins a leader by decided votes has that leader's own LEADING statement",
			Speaks: cluster.Decided, Own: true, Check: leaderSaidSo},
		{ID: "P21", Name: "own-round", Kind: Always,
			Doc: "who becomes leader by decided votes does so in its own round", Speaks: cluster.Decided, Own: true, Check: ownRound},
	}
}

func majority(st Step) (Outcome, error) {
	out := &st.After.Out
	if out.Decided {
		return judged(model.Majority(st.members(), &out.Decision))
	}
	spoke := false
	for _, f := range out.Facts {
		switch f.Kind {
		case election.EpochFixed, election.Established, election.Serving:
			if err := quorums(st, f); err != nil {
				return Violated, err
			}
			spoke = true
		}
	}
	if !spoke {
		return Silent, nil
	}
	return Witnessed, nil
}

// winnerIsMaximum. A counted LOOKING vote equals the winner, and its sender never voted below the vote
// it started with; together that is P8. What a thread caught halfway leaves behind is no vote of this
// election: an answer can be LOOKING and carry the vote of the one before. The witness: a decision after
// finalizeWait.
func winnerIsMaximum(st Step) (Outcome, error) {
	out := &st.After.Out
	if out.Decided {
		if err := model.Maximum(st.members(), &out.Decision); err != nil {
			return Violated, err
		}
		return held(!out.Decision.Told)
	}
	a := st.actor()
	if a == nil || len(out.Notes) == 0 || a.State != election.Looking ||
		a.Stage() == election.Entering || st.Action.Kind == cluster.Answer {
		return Silent, nil
	}
	initial := a.Initial(st.System.Ensemble)
	if initial.Leader == election.NoServer {
		return Silent, nil
	}
	for i := range out.Notes {
		n := &out.Notes[i]
		if n.Vote.State == election.Looking && int(n.To) < st.System.Ensemble.Voters &&
			model.Better(initial, n.Vote.Candidate) {
			return violated("server %v, whose initial vote is %v, sent the smaller %v to server %v",
				a.SID, initial, n.Vote.Candidate, st.sid(int(n.To)))
		}
	}
	return Held, nil
}

// quietRoundElectsMaximum speaks of decisions after finalizeWait: who is told of a leader may well be
// better than it (server 5 of the classic first start). And of voters: nobody tells an observer anything
// that it has not asked for, so that nothing in flight to it does not mean that it has heard all. And of
// whole threads: a server caught between its state and its vote answers with the vote of an election
// before, and that answer can take the place of its last vote in the send queue.
func quietRoundElectsMaximum(st Step) (Outcome, error) {
	out := &st.After.Out
	if !out.Decided || out.Decision.Told || st.System.Limits.Lags != 0 || st.After.Actor >= st.System.Ensemble.Voters || !st.After.Unhurried() || st.After.Faults() > 0 {
		return Silent, nil
	}
	for i := range st.After.Servers {
		if st.After.Servers[i].Round > 1 {
			return Silent, nil
		}
	}
	elected, up := out.Decision.Vote.Candidate, 0
	for i := range st.System.Ensemble.Voters {
		if !st.After.Up.Has(i) || st.System.Ensemble.Weight(st.sid(i)) == 0 {
			continue
		}
		up++
		d := &st.System.Disks[i]
		c := election.Candidate{Zxid: d.Zxid, PeerEpoch: d.CurrentEpoch, Leader: st.sid(i)}
		if model.Better(c, elected) {
			return violated("server %v elected %v with nothing in flight to it, but server %v is up with %v",
				st.actor().SID, elected, c.Leader, c)
		}
	}
	return held(up > 1 || st.System.Ensemble.Voters == 1)
}

func eligible(st Step) (Outcome, error) {
	if !st.After.Out.Decided {
		return Silent, nil
	}
	return judged(model.Eligible(st.members(), &st.After.Out.Decision))
}

// proposalOnlyGrows. The witness: it grew. An observer starts from nobody, which anything beats.
func proposalOnlyGrows(st Step) (Outcome, error) {
	a := st.actor()
	if a == nil || a.State != election.Looking || !st.Before.Up.Has(st.After.Actor) {
		return Silent, nil
	}
	b := st.Before.Servers[st.After.Actor]
	if b.State != election.Looking || b.Round != a.Round || b.Proposal.Leader == election.NoServer ||
		b.Stage() == election.Adopting {
		return Silent, nil
	}
	if model.Better(b.Proposal, a.Proposal) {
		return violated("server %v went from proposal %v to the smaller %v in round %d", a.SID, b.Proposal, a.Proposal, a.Round)
	}
	return held(a.Proposal != b.Proposal)
}

func leaderSaidSo(st Step) (Outcome, error) {
	d := &st.After.Out.Decision
	if !st.After.Out.Decided || !d.Told || d.Vote.Leader == st.actor().SID {
		return Silent, nil
	}
	return judged(model.LeaderSaidSo(st.members(), st.actor().SID, d))
}

func ownRound(st Step) (Outcome, error) {
	d := &st.After.Out.Decision
	if !st.After.Out.Decided || !d.Told || d.Vote.Leader != st.actor().SID {
		return Silent, nil
	}
	return judged(model.OwnRound(st.actor().SID, d))
}
