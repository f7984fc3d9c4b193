package model

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

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
