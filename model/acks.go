package model

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// AckQuorum is the part of P6 about epochs: the servers whose ACKEPOCH a leader counted are a quorum and the leader is one of
// them (Leader.waitForEpochAck). It returns nil or the evidence. Nothing
// is allocated where it holds.
func AckQuorum(members []election.Member, leader election.SID, epoch uint32, counted []election.SID) error {
	if !slices.Contains(counted, leader) {
		return fmt.Errorf("server %v established epoch %d by the acks of %v, its own not among them",
			leader, epoch, slices.Clone(counted))
	}
	if !IsQuorum(members, counted) {
		return fmt.Errorf("server %v established epoch %d by the acks of %v, which are no quorum",
			leader, epoch, slices.Clone(counted))
	}
	return nil
}
