package model

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// IsQuorum tells whether the servers in have are a quorum of the members' voters. Observers and strangers count nowhere, a
// server that is listed twice counts once. If no voter has a group: more than half of the voters (QuorumMaj). Otherwise: more
// than half of the weight, in more than half of the groups that have any (QuorumHierarchical).
func IsQuorum(members []election.Member, have []election.SID) bool {
	if hierarchical(members) {
		return isQuorumOfGroups(members, have)
	}
	voters, votes := 0, 0
	for _, m := range members {
		if m.Observer {
			continue
		}
		voters++
		if slices.Contains(have, m.SID) {
			votes++
		}
	}
	return 2*votes > voters
}

func hierarchical(members []election.Member) bool {
	for _, m := range members {
		if !m.Observer && m.Group != 0 {
			return true
		}
	}
	return false
}

func isQuorumOfGroups(members []election.Member, have []election.SID) bool {
	groups, won := 0, 0
	for i, m := range members {
		if m.Observer || hasVoterOfGroup(members[:i], m.Group) {
			continue // every group is looked at once, when its first voter is met
		}
		weight, votes := groupWeight(members, m.Group, have)
		if weight > 0 {
			groups++
			if 2*votes > weight {
				won++
			}
		}
	}
	return 2*won > groups
}

func hasVoterOfGroup(members []election.Member, group uint8) bool {
	for _, m := range members {
		if !m.Observer && m.Group == group {
			return true
		}
	}
	return false
}

// groupWeight is the weight of a group, and that of its voters in have.
func groupWeight(members []election.Member, group uint8, have []election.SID) (weight, votes int) {
	for _, m := range members {
		if m.Observer || m.Group != group {
			continue
		}
		weight += int(m.Weight)
		if slices.Contains(have, m.SID) {
			votes += int(m.Weight)
		}
	}
	return weight, votes
}

// Missing is the smallest number of voters, 0 and up, that together with those in have are a quorum; -1 if even all voters
// are none, because all weights are 0. It tries all choices, so it is for ensembles of at most [election.MaxServers] and for
// messages to people, not for an inner loop.
func Missing(members []election.Member, have []election.SID) int {
	var rest []election.SID
	for _, m := range members {
		if !m.Observer && !slices.Contains(have, m.SID) {
			rest = append(rest, m.SID)
		}
	}
	for more := 0; more <= len(rest); more++ {
		if quorumWith(members, have, rest, more) {
			return more
		}
	}
	return -1
}

// quorumWith tells whether have and some choice of exactly that many servers from rest are a quorum.
func quorumWith(members []election.Member, have, rest []election.SID, more int) bool {
	if more == 0 {
		return IsQuorum(members, have)
	}
	for i, sid := range rest {
		if quorumWith(members, append(slices.Clone(have), sid), rest[i+1:], more-1) {
			return true
		}
	}
	return false
}

// LeaderQuorum is the part of P6 about epochs: the servers by whose word a leader fixed, established or serves an epoch are a
// quorum, and the leader is one of them (Leader.getEpochToPropose, waitForEpochAck, waitForNewLeaderAck). It returns nil or
// the evidence. Nothing is allocated where it holds.
func LeaderQuorum(members []election.Member, leader election.SID, did string, epoch uint32, by []election.SID) error {
	if !slices.Contains(by, leader) {
		return fmt.Errorf("server %v %s epoch %d by the word of %v, its own not among them", leader, did, epoch, slices.Clone(by))
	}
	if !IsQuorum(members, by) {
		return fmt.Errorf("server %v %s epoch %d by the word of %v, which are no quorum", leader, did, epoch, slices.Clone(by))
	}
	return nil
}
