package model

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// What a server may decide when it leaves LOOKING (properties P6, P8, P9, P20, P21). Each function here returns
// nil or an error whose text is the evidence. The members are those of the ensemble in its order, [election.Ensemble.Members]:
// entry i of the decision's table is that of members[i]. Nothing is allocated as long as the rule holds, since a model checker
// asks at every decision.

// Majority is P6: the entries of the decider's own table that equal its decision, under that table's equality, are a quorum.
// They are counted again here. Three slips are evidence of their own: the entries were compared with something else than what
// was decided, or with a vote of the wrong kind (LOOKING if and only if not Told), or the engine counted others than the
// equal ones.
func Majority(members []election.Member, d *election.Decision) error {
	if d.Probe.Candidate != d.Vote.Candidate || d.Probe.Round != d.Vote.Round {
		return fmt.Errorf("decided %v, but counted the votes for %v: %s", d.Vote, d.Probe, describeTable(members, d))
	}
	if d.Told == (d.Probe.State == election.Looking) {
		return fmt.Errorf("decided %v with told=%v by comparing with a %v vote: %s",
			d.Vote, d.Told, d.Probe.State, describeTable(members, d))
	}
	var array [election.MaxVoters]election.SID
	have, counted := array[:0], election.Set(0)
	for i := range d.Entries {
		if isEntry(members, d, i) && Same(d.Probe, d.Entries[i]) {
			if d.From == election.Recvset && d.Entries[i].Round != d.Round {
				return fmt.Errorf("decided %v in round %d, counting server %v's vote of round %d: %s",
					d.Vote, d.Round, members[i].SID, d.Entries[i].Round, describeTable(members, d))
			}
			have = append(have, members[i].SID)
			counted = counted.With(i)
		}
	}
	if !IsQuorum(members, have) {
		return fmt.Errorf("decided %v without a quorum, %d of %d voters agree: %s",
			d.Vote, len(have), countVoters(members), describeTable(members, d))
	}
	if counted != d.Counted {
		return fmt.Errorf("decided %v by %s, but the votes that are equal are those of %s: %s",
			d.Vote, describeSet(members, d.Counted), describeSet(members, counted), describeTable(members, d))
	}
	return nil
}

// Maximum is the part of P8 that the table shows: no LOOKING entry that the engine counted is for a better candidate than the
// elected one. FOLLOWING and LEADING entries are exempt. (The other part, that the elected candidate is not worse than what
// each of these senders started with, needs to know what they started with.)
func Maximum(members []election.Member, d *election.Decision) error {
	for i := range d.Entries {
		if !isEntry(members, d, i) || !d.Counted.Has(i) || d.Entries[i].State != election.Looking {
			continue
		}
		if order, reason := Compare(d.Vote.Candidate, d.Entries[i].Candidate); order < 0 {
			return fmt.Errorf("decided %v, but server %v, which was counted, votes for %v, better by %v: %s",
				d.Vote, members[i].SID, d.Entries[i].Candidate, reason, describeTable(members, d))
		}
	}
	return nil
}

// Eligible is P9: who is elected is a voter, and of weight > 0 where voters have weights.
func Eligible(members []election.Member, d *election.Decision) error {
	for i := range members {
		m := &members[i]
		if m.SID != d.Vote.Leader {
			continue
		}
		if m.Observer {
			return fmt.Errorf("decided %v, but server %v is an observer", d.Vote, m.SID)
		}
		if hierarchical(members) && m.Weight == 0 {
			return fmt.Errorf("decided %v, but server %v has weight 0 in group %d", d.Vote, m.SID, m.Group)
		}
		return nil
	}
	return fmt.Errorf("decided %v, but server %v is not a member", d.Vote, d.Vote.Leader)
}

// LeaderSaidSo is P20: who decides for another server from FOLLOWING and LEADING votes has, in the table that decided, that
// one's own statement that it is LEADING (FastLeaderElection.checkLeader). Others' word is not enough: they may speak of a
// leader that crashed.
func LeaderSaidSo(members []election.Member, self election.SID, d *election.Decision) error {
	if !d.Told || d.Vote.Leader == self {
		return nil
	}
	for i := range d.Entries {
		if isEntry(members, d, i) && members[i].SID == d.Vote.Leader {
			if d.Entries[i].State == election.Leading {
				return nil
			}
			return fmt.Errorf("server %v decided %v, but server %v says %v: %s",
				self, d.Vote, d.Vote.Leader, d.Entries[i], describeTable(members, d))
		}
	}
	return fmt.Errorf("server %v decided %v, but heard nothing of server %v itself: %s",
		self, d.Vote, d.Vote.Leader, describeTable(members, d))
}

// OwnRound is P21: who decides for itself from FOLLOWING and LEADING votes does so in its own round (checkLeader again): votes
// of another round speak of a leadership that it has lost since.
func OwnRound(self election.SID, d *election.Decision) error {
	if d.Told && d.Vote.Leader == self && d.Round != d.Vote.Round {
		return fmt.Errorf("server %v in round %d decided for itself by votes of round %d: %v", self, d.Round, d.Vote.Round, d.Vote)
	}
	return nil
}

// isEntry tells whether position i of the decision's table is the entry of a voter.
func isEntry(members []election.Member, d *election.Decision, i int) bool {
	return i < len(members) && !members[i].Observer && d.Present.Has(i)
}

func countVoters(members []election.Member) int {
	voters := 0
	for _, m := range members {
		if !m.Observer {
			voters++
		}
	}
	return voters
}

// describeTable writes the table that decided: "recvset of round 1: 1 LOOKING 2:0,0 round 1; 2 LOOKING 2:0,0 round 1".
func describeTable(members []election.Member, d *election.Decision) string {
	var entries []string
	for i := range d.Entries {
		if isEntry(members, d, i) {
			entries = append(entries, fmt.Sprintf("%v %v", members[i].SID, d.Entries[i]))
		}
	}
	if len(entries) == 0 {
		entries = append(entries, "empty")
	}
	return fmt.Sprintf("%v in round %d: %s", d.From, d.Round, strings.Join(entries, "; "))
}

// describeSet writes a set of positions as servers: "{1 3}".
func describeSet(members []election.Member, set election.Set) string {
	var names []string
	for i := range election.MaxServers {
		if !set.Has(i) {
			continue
		}
		if i < len(members) {
			names = append(names, members[i].SID.String())
		} else {
			names = append(names, fmt.Sprintf("position %d", i))
		}
	}
	return "{" + strings.Join(names, " ") + "}"
}
