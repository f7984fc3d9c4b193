package quorum

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// Said is a packet as it is compared: what is on the wire, without what no election goes by.
type Said struct {
	Kind    election.PacketKind
	Zxid    election.Zxid // of the epoch e where the wire has an epoch: (e,0); 0 of UPTODATE
	Current int32         // of ACKEPOCH: currentEpoch or wire.NoCount
}

func (s Said) String() string {
	switch s.Kind {
	case election.UpToDate:
		return s.Kind.String()
	case election.AckEpoch:
		return fmt.Sprintf("%v %v with currentEpoch %d", s.Kind, s.Zxid, s.Current)
	case election.FollowerInfo, election.LeaderInfo, election.NewLeader:
		return fmt.Sprintf("%v of epoch %d", s.Kind, s.Zxid.Epoch())
	}
	if s.Zxid == election.NoZxid {
		return fmt.Sprintf("%v -1", s.Kind)
	}
	return fmt.Sprintf("%v %v", s.Kind, s.Zxid)
}

// ofEngine is a packet of the engine.
func ofEngine(p election.Packet) Said {
	s := Said{Kind: p.Kind, Zxid: p.Zxid}
	switch p.Kind {
	case election.FollowerInfo, election.LeaderInfo, election.NewLeader:
		s.Zxid = election.NewZxid(p.Epoch, 0)
	case election.Ack:
		if p.Zxid == 0 {
			s.Zxid = election.NewZxid(p.Epoch, 0)
		}
	case election.AckEpoch:
		if s.Current = int32(p.Current); p.NoCount {
			s.Current = wire.NoCount
		}
	case election.UpToDate:
		s.Zxid = 0
	}
	return s
}

// kinds are the packets that are compared. The others keep a connection alive, or are of clients.
var kinds = map[wire.PacketType]election.PacketKind{
	wire.PacketFollowerInfo: election.FollowerInfo, wire.PacketLeaderInfo: election.LeaderInfo,
	wire.PacketAckEpoch: election.AckEpoch, wire.PacketNewLeader: election.NewLeader,
	wire.PacketAck: election.Ack, wire.PacketUpToDate: election.UpToDate, wire.PacketDiff: election.Diff,
	wire.PacketTrunc: election.Trunc, wire.PacketSnap: election.Snap, wire.PacketProposal: election.Proposal,
	wire.PacketCommit: election.Commit, wire.PacketInform: election.Inform,
}

// ofWire is a packet that was read; ok is false for a packet that is not compared.
func ofWire(p wire.QuorumPacket) (s Said, ok bool, err error) {
	kind, ok := kinds[p.Type]
	if !ok {
		return s, false, nil
	}
	s = Said{Kind: kind, Zxid: p.Zxid}
	switch kind {
	case election.UpToDate:
		s.Zxid = 0
	case election.AckEpoch:
		a, err := wire.ParseAckEpoch(p.Data)
		if err != nil {
			return s, true, err
		}
		s.Current = a.CurrentEpoch
	case election.FollowerInfo:
		_, err = wire.ParseLearnerInfo(p.Data)
	case election.LeaderInfo:
		_, err = wire.ParseLeaderInfo(p.Data)
	}
	return s, true, err
}

// toWire is a packet as a simulated peer sends it.
func toWire(s Said, from election.SID, config string) (wire.QuorumPacket, error) {
	p := wire.QuorumPacket{Zxid: s.Zxid}
	for t, k := range kinds {
		if k == s.Kind {
			p.Type = t
		}
	}
	var err error
	switch s.Kind {
	case election.FollowerInfo:
		p.Data, err = wire.LearnerInfo{SID: int64(from), Protocol: wire.LearnerProtocol}.AppendBinary(nil)
	case election.LeaderInfo:
		p.Data, err = wire.LeaderInfo{Protocol: wire.LearnerProtocol}.AppendBinary(nil)
	case election.AckEpoch:
		p.Data, err = wire.AckEpoch{CurrentEpoch: s.Current}.AppendBinary(nil)
	case election.NewLeader:
		p.Data = []byte(config)
	case election.UpToDate:
		p.Zxid = election.NoZxid
	case election.Proposal:
		p.Data, err = wire.Txn{Session: 1, Zxid: s.Zxid, Type: wire.TxnCreate, Body: wire.Create{
			Path: nodeOf(s.Zxid), Data: []byte("zkcheck"), ParentCVersion: -1,
			ACL: []wire.ACL{{Perms: wire.AllPerms, AuthID: wire.Anyone}}}}.AppendBinary(nil)
	}
	return p, err
}

// toEngine is what a simulated peer has sent, as the engine takes it. A leader's epoch stands beside what
// the wire does not have.
func toEngine(s Said, epoch uint32) election.Packet {
	p := election.Packet{Kind: s.Kind, Zxid: s.Zxid, Epoch: epoch}
	switch s.Kind {
	case election.FollowerInfo, election.LeaderInfo, election.NewLeader:
		p.Epoch, p.Zxid = s.Zxid.Epoch(), 0
	case election.AckEpoch:
		if p.NoCount = s.Current == wire.NoCount; !p.NoCount {
			p.Current = uint32(s.Current)
		}
	case election.Ack:
		if p.Zxid.Counter() == 0 {
			p.Zxid = 0
		}
	}
	return p
}
