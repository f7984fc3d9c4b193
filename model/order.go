package model

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// Reason is what a comparison of two candidates was settled by.
type Reason int

const (
	ByEpoch Reason = iota
	ByZxid
	BySID
	Equal // nothing: the candidates are the same
)

func (r Reason) String() string {
	switch r {
	case ByEpoch:
		return "EPOCH"
	case ByZxid:
		return "ZXID"
	case BySID:
		return "SID"
	case Equal:
		return "EQUAL"
	}
	return fmt.Sprintf("Reason(%d)", int(r))
}

// Compare is the vote order: -1 if a is worse than b, 0 if they are the same, 1 if a is better, and by what. Larger EPOCH
// wins; equal: larger ZXID; equal: larger SID (FastLeaderElection.totalOrderPredicate). Weights are the caller's business: a
// candidate of weight 0 must not be compared at all.
func Compare(a, b election.Candidate) (int, Reason) {
	// Nobody's candidate, with which an observer starts, carries the epoch Long.MIN_VALUE.
	aIsNobody, bIsNobody := a.Leader == election.NoServer, b.Leader == election.NoServer
	switch {
	case aIsNobody && bIsNobody:
		return 0, Equal
	case aIsNobody:
		return -1, ByEpoch
	case bIsNobody:
		return 1, ByEpoch
	case a.PeerEpoch < b.PeerEpoch:
		return -1, ByEpoch
	case a.PeerEpoch > b.PeerEpoch:
		return 1, ByEpoch
	}
	// ZooKeeper compares zxids as signed longs, and -1 is a zxid: that of a server that must not win.
	aZxid, bZxid := int64(a.Zxid), int64(b.Zxid)
	switch {
	case aZxid < bZxid:
		return -1, ByZxid
	case aZxid > bZxid:
		return 1, ByZxid
	case a.Leader < b.Leader:
		return -1, BySID
	case a.Leader > b.Leader:
		return 1, BySID
	}
	return 0, Equal
}

// Better tells whether a beats b.
func Better(a, b election.Candidate) bool {
	order, _ := Compare(a, b)
	return order > 0
}

// Winner is the best of the votes; false if there are none.
func Winner(votes []election.Candidate) (election.Candidate, bool) {
	if len(votes) == 0 {
		return election.Candidate{}, false
	}
	best := votes[0]
	for _, v := range votes[1:] {
		if Better(v, best) {
			best = v
		}
	}
	return best, true
}

// Same tells whether two votes count for the same thing (Vote.equals). There are three cases.
func Same(a, b election.Vote) bool {
	switch {
	case a.State == election.Looking || b.State == election.Looking:
		return a.Leader == b.Leader && a.Zxid == b.Zxid && a.Round == b.Round && a.PeerEpoch == b.PeerEpoch
	case a.Version == 0 && b.Version > 0, a.Version > 0 && b.Version == 0:
		return a.Leader == b.Leader
	default:
		return a.Leader == b.Leader && a.PeerEpoch == b.PeerEpoch
	}
}
