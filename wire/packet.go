package wire

import (
	"fmt"
	"io"

	"github.com/zkcheck/zkcheck/election"
)

// PacketType is what a packet of the quorum port is (Leader).
type PacketType int32

const (
	PacketRequest           PacketType = 1  // learner -> leader: what a client of the learner wants
	PacketProposal          PacketType = 2  // leader -> follower: a [Txn]
	PacketAck               PacketType = 3  // follower -> leader: logged up to this proposal, or NEWLEADER
	PacketCommit            PacketType = 4  // leader -> follower
	PacketPing              PacketType = 5  // both ways; the learner's has its [Sessions]
	PacketRevalidate        PacketType = 6  // both ways: is a session that came to the learner still alive?
	PacketSync              PacketType = 7  // leader -> learner: all before this was sent
	PacketInform            PacketType = 8  // leader -> observer: a Txn, proposed and committed
	PacketCommitAndActivate PacketType = 9  // leader -> follower: COMMIT of a new configuration
	PacketNewLeader         PacketType = 10 // leader -> learner: end of the history; the data is the config's text
	PacketFollowerInfo      PacketType = 11 // follower -> leader: acceptedEpoch in the zxid, and a [LearnerInfo]
	PacketUpToDate          PacketType = 12 // leader -> learner: serve
	PacketDiff              PacketType = 13 // leader -> learner: proposals and commits follow, up to this zxid
	PacketTrunc             PacketType = 14 // leader -> learner: forget what is behind this zxid
	PacketSnap              PacketType = 15 // leader -> learner: a [Snapshot] follows, which is no packet
	PacketObserverInfo      PacketType = 16 // observer -> leader: as FOLLOWERINFO
	PacketLeaderInfo        PacketType = 17 // leader -> learner: the epoch in the zxid, and a [LeaderInfo]
	PacketAckEpoch          PacketType = 18 // learner -> leader: its last zxid, and an [AckEpoch]
	PacketInformAndActivate PacketType = 19 // leader -> observer: INFORM of a new configuration
)

var packetNames = map[PacketType]string{
	PacketRequest: "REQUEST", PacketProposal: "PROPOSAL", PacketAck: "ACK", PacketCommit: "COMMIT",
	PacketPing: "PING", PacketRevalidate: "REVALIDATE", PacketSync: "SYNC", PacketInform: "INFORM",
	PacketCommitAndActivate: "COMMITANDACTIVATE", PacketNewLeader: "NEWLEADER",
	PacketFollowerInfo: "FOLLOWERINFO", PacketUpToDate: "UPTODATE", PacketDiff: "DIFF", PacketTrunc: "TRUNC",
	PacketSnap: "SNAP", PacketObserverInfo: "OBSERVERINFO", PacketLeaderInfo: "LEADERINFO",
	PacketAckEpoch: "ACKEPOCH", PacketInformAndActivate: "INFORMANDACTIVATE",
}

// String is ZooKeeper's name.
func (t PacketType) String() string {
	if name, ok := packetNames[t]; ok {
		return name
	}
	return fmt.Sprintf("type %d", int32(t))
}

// MaxPacket is the most bytes that a packet has here. ZooKeeper has no limit for the list of identities.
const MaxPacket = 2 * MaxBuffer

// QuorumPacket is what leader and learner say to each other. A type that does not exist is read and written
// like any other: what a server does with it is up to where it stands.
type QuorumPacket struct {
	Type PacketType
	Zxid election.Zxid // election.NoZxid in UPTODATE and REQUEST
	Data []byte        // nil for none, which is another than none of no bytes
	Auth []AuthID      // of the client of a REQUEST; nil for none, and the same is true of it
}

// AuthID is an identity of a client.
type AuthID struct{ Scheme, ID string }

func (p QuorumPacket) String() string {
	switch n := len(p.Data); {
	case p.Zxid == election.NoZxid && n == 0:
		return p.Type.String()
	case p.Zxid == election.NoZxid:
		return fmt.Sprintf("%v, %d bytes", p.Type, n)
	case n == 0:
		return fmt.Sprintf("%v %v", p.Type, p.Zxid)
	default:
		return fmt.Sprintf("%v %v, %d bytes", p.Type, p.Zxid, n)
	}
}

// AppendBinary appends the packet.
func (p QuorumPacket) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "packet "+p.Type.String())
	s.int32(int32(p.Type))
	s.zxid(p.Zxid)
	s.buffer("data", p.Data)
	writeVector(s, p.Auth, writeAuthID)
	return s.end(MaxPacket)
}

// ReadQuorumPacket reads a packet, and no byte behind it: a snapshot may follow. The error is io.EOF where a
// packet could have begun and none did. Of what a packet says that it has, only what has arrived is allocated.
func ReadQuorumPacket(r io.Reader) (QuorumPacket, error) {
	s := &source{r: r, left: MaxPacket, what: "packet"}
	p := QuorumPacket{Type: PacketType(s.int32("type"))}
	s.what = "packet " + p.Type.String()
	p.Zxid = s.zxid("zxid")
	p.Data = s.buffer("data")
	p.Auth = readVector(s, "identities", 8, readAuthID)
	if s.err != nil {
		return QuorumPacket{}, s.err
	}
	return p, nil
}

func readAuthID(s *source) AuthID {
	return AuthID{Scheme: s.text("scheme of an identity"), ID: s.text("id of an identity")}
}

func writeAuthID(s *sink, a AuthID) {
	s.text("scheme of an identity", a.Scheme)
	s.text("id of an identity", a.ID)
}
