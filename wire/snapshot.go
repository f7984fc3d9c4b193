package wire

import (
	"io"

	"github.com/zkcheck/zkcheck/election"
)

// MaxSnapshot is the most bytes that a snapshot has here. ZooKeeper has no limit: a harness keeps its tree small.
const MaxSnapshot = 16 << 20

// signature stands behind the snapshot (LearnerHandler.run).
const signature = "BenWasHere"

// Snapshot is what follows a SNAP packet on the connection: everything that the leader has. The zxid is that of the
// packet (ZKDatabase.serializeSnapshot; a snapshot on a disk has a file's header before it, and sums behind).
type Snapshot struct {
	Sessions []Session
	ACLs     []ACLEntry
	Nodes    []Node // each behind its parent
}

// ACLEntry is a list of ACLs with the number by which nodes have it.
type ACLEntry struct {
	Number int64
	ACL    []ACL
}

// OpenACL is the number of the ACL that lets everybody do everything. It has no entry.
const OpenACL = -1

// Node is a node of the tree.
type Node struct {
	Path string // "" of the root
	Data []byte
	ACL  int64
	Stat Stat
}

// Stat is what a server keeps about a node.
type Stat struct {
	Czxid, Mzxid                election.Zxid
	Ctime, Mtime                int64 // ms since 1970
	Version, CVersion, AVersion int32 // of the data, the children and the ACL
	EphemeralOwner              int64 // the session; 0 for none
	Pzxid                       election.Zxid
}

// EmptySnapshot has the nodes that ZooKeeper makes itself.
func EmptySnapshot() Snapshot {
	const readOnly = 1
	return Snapshot{
		ACLs: []ACLEntry{{Number: readOnly, ACL: []ACL{{Perms: 1, AuthID: Anyone}}}},
		Nodes: []Node{
			{Path: "", Data: []byte{}, ACL: OpenACL},
			{Path: "/zookeeper", Data: []byte{}, ACL: OpenACL},
			{Path: "/zookeeper/config", Data: []byte{}, ACL: readOnly},
			{Path: "/zookeeper/quota", Data: []byte{}, ACL: OpenACL},
		},
	}
}

// endPath is the path that says that no node follows.
const endPath = "/"

// AppendBinary appends the snapshot with its signature. It does not look whether the nodes make a tree.
func (p Snapshot) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "snapshot")
	writeList(s, p.Sessions, writeSession)
	writeList(s, p.ACLs, writeACLEntry)
	for _, n := range p.Nodes {
		if n.Path == endPath {
			s.bad("a node has the path %s, which is the end", endPath)
		}
		s.text("path of a node", n.Path)
		s.buffer("data of a node", n.Data)
		s.int64(n.ACL)
		writeStat(s, n.Stat)
	}
	s.text("path of a node", endPath)
	s.text("signature", signature)
	return s.end(MaxSnapshot)
}

// ReadSnapshot reads a snapshot with its signature, and no byte behind it.
func ReadSnapshot(r io.Reader) (Snapshot, error) {
	s := &source{r: r, left: MaxSnapshot, what: "snapshot", begun: true}
	p := Snapshot{
		Sessions: readList(s, "sessions", sessionLength, readSession),
		ACLs:     readList(s, "ACLs", 12, readACLEntry),
	}
	for s.err == nil {
		path := s.text("path of a node")
		if path == endPath {
			break
		}
		p.Nodes = append(p.Nodes, Node{
			Path: path, Data: s.buffer("data of a node"), ACL: s.int64("ACL of a node"), Stat: readStat(s),
		})
	}
	if text := s.text("signature"); s.err == nil && text != signature {
		s.bad("the signature is %q, not %s", text, signature)
	}
	if s.err != nil {
		return Snapshot{}, s.err
	}
	return p, nil
}

// readList reads a vector that is there, and writeList writes one: a list is nil if it is empty.
func readList[T any](s *source, field string, least int, read func(*source) T) []T {
	list := readVector(s, field, least, read)
	if list == nil {
		s.bad("the %s are null", field)
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func writeList[T any](s *sink, list []T, write func(*sink, T)) {
	if list == nil {
		list = []T{}
	}
	writeVector(s, list, write)
}

func readACLEntry(s *source) ACLEntry {
	return ACLEntry{Number: s.int64("number of an ACL"), ACL: readList(s, "ACLs", 12, readACL)}
}

func writeACLEntry(s *sink, e ACLEntry) {
	s.int64(e.Number)
	writeList(s, e.ACL, writeACL)
}

func readStat(s *source) Stat {
	const field = "state of a node"
	return Stat{
		Czxid: s.zxid(field), Mzxid: s.zxid(field), Ctime: s.int64(field), Mtime: s.int64(field),
		Version: s.int32(field), CVersion: s.int32(field), AVersion: s.int32(field),
		EphemeralOwner: s.int64(field), Pzxid: s.zxid(field),
	}
}

func writeStat(s *sink, t Stat) {
	s.zxid(t.Czxid)
	s.zxid(t.Mzxid)
	s.int64(t.Ctime)
	s.int64(t.Mtime)
	s.int32(t.Version)
	s.int32(t.CVersion)
	s.int32(t.AVersion)
	s.int64(t.EphemeralOwner)
	s.zxid(t.Pzxid)
}
