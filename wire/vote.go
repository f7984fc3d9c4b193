package wire

import (
	"fmt"
	"math"

	"github.com/zkcheck/zkcheck/election"
)

// nobody is what an observer proposes: leader, zxid and peer epoch are all Long.MIN_VALUE
// (FastLeaderElection.getInitId, getInitLastLoggedZxid and getPeerEpoch).
const nobody = math.MinInt64

// Vote is the notification as the engine sees it. The error says which value election's types can't
// hold; a state that does not exist is one that a real server skips.
func (n Notification) Vote() (election.Vote, error) {
	var v election.Vote
	bad := func(field string, value int64, possible string) (election.Vote, error) {
		return election.Vote{}, fmt.Errorf("notification: %s %d is not %s", field, value, possible)
	}
	switch {
	case n.State < 0 || n.State > int32(election.Observing):
		return v, skips("notification: state %d is not 0..%d", n.State, election.Observing)
	case n.Round < -1: // -1 is election.NoRound
		return bad("round", n.Round, "-1 or more")
	case n.Version < 0 || n.Version > math.MaxUint8:
		return bad("version", int64(n.Version), "0..255")
	}
	v.State, v.Round, v.Version = election.State(n.State), uint64(n.Round), uint8(n.Version)
	if n.Leader == nobody && n.Zxid == nobody && (n.PeerEpoch == nobody || n.Form == NoPeerEpoch) {
		v.Leader = election.NoServer
		return v, nil
	}
	switch {
	case n.Leader < 0 || n.Leader >= int64(election.NoServer):
		return bad("leader", n.Leader, fmt.Sprintf("0..%d", election.NoServer-1))
	case n.Zxid < 0 && election.Zxid(n.Zxid) != election.NoZxid:
		return bad("zxid", n.Zxid, "-1 or more")
	case n.PeerEpoch < 0 || n.PeerEpoch > election.MaxEpoch:
		return bad("peer epoch", n.PeerEpoch, fmt.Sprintf("0..%d", election.MaxEpoch))
	}
	v.Candidate = election.Candidate{
		Zxid: election.Zxid(n.Zxid), PeerEpoch: uint32(n.PeerEpoch), Leader: election.SID(n.Leader),
	}
	return v, nil
}

// FromVote is the vote as a server puts it on the wire: with the config, if the vote's version has one.
// What it returns is read as the same vote again.
func FromVote(v election.Vote, config string) (Notification, error) {
	n := Notification{
		State: int32(v.State), Leader: int64(v.Leader), Zxid: int64(v.Zxid), Round: int64(v.Round),
		PeerEpoch: int64(v.PeerEpoch), Version: int32(v.Version),
	}
	switch {
	case v.State > election.Observing:
		return Notification{}, fmt.Errorf("vote: state %d is not 0..%d", v.State, election.Observing)
	case v.Round > math.MaxInt64 && v.Round != election.NoRound:
		return Notification{}, fmt.Errorf("vote: round %d is above %d", v.Round, math.MaxInt64)
	case v.PeerEpoch > election.MaxEpoch:
		return Notification{}, fmt.Errorf("vote: peer epoch %d is above %d", v.PeerEpoch, election.MaxEpoch)
	case n.Zxid < 0 && v.Zxid != election.NoZxid:
		return Notification{}, fmt.Errorf("vote: the epoch of zxid %v is above %d", v.Zxid, election.MaxEpoch)
	case v.Leader == election.NoServer && v.Candidate != election.Candidate{Leader: election.NoServer}:
		return Notification{}, fmt.Errorf("vote for nobody: it has zxid %v and peer epoch %d", v.Zxid, v.PeerEpoch)
	}
	if v.Leader == election.NoServer {
		n.Leader, n.Zxid, n.PeerEpoch = nobody, nobody, nobody
	}
	switch v.Version {
	case 0:
		n.Form = NoVersion
	case 1: // in 40 bytes, as 3.4.6 sends it, it would be read as version 0
		n.Tail = zeros
	default:
		n.Config = config
	}
	return n, nil
}
