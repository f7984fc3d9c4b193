package quorum

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"os"
	"path/filepath"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// treeSize is the size of a node in a snapshot, so large that the logs of a life are small beside it: a leader
// whose log is larger than a part of its snapshot sends the snapshot (ZKDatabase.getProposalsFromTxnLog).
const treeSize = 24 << 10

// tree is the snapshot of a simulated leader, and that on the first disk. It has a node for each transaction, as it
// would if they had been made one by one.
func tree(history ...election.Zxid) *wire.Snapshot {
	p := wire.EmptySnapshot()
	last := election.Zxid(0)
	for _, z := range history {
		last = z
		p.Nodes = append(p.Nodes, wire.Node{Path: nodeOf(z), Data: []byte("zkcheck"), ACL: wire.OpenACL,
			Stat: wire.Stat{Czxid: z, Mzxid: z, Pzxid: z}})
	}
	p.Nodes = append(p.Nodes, wire.Node{Path: "/large", Data: make([]byte, treeSize), ACL: wire.OpenACL,
		Stat: wire.Stat{Czxid: last, Mzxid: last, Pzxid: last}})
	return &p
}

// nodeOf is the node that a transaction makes.
func nodeOf(z election.Zxid) string { return fmt.Sprintf("/%x", uint64(z)) }

// writeDisk writes the disk that the life begins with, with a large tree.
func (s *Script) writeDisk(dir string) error {
	if err := server.WriteDisk(dir, s.Disk); err != nil || s.Disk == (election.Disk{}) {
		return err
	}
	const signature = 4 + len("BenWasHere") // is there on the wire only
	b := binary.BigEndian.AppendUint32([]byte("ZKSN"), 2)
	b = binary.BigEndian.AppendUint64(b, ^uint64(0))
	b, err := tree(s.Disk.Zxid).AppendBinary(b)
	if err != nil {
		return err
	}
	b = b[:len(b)-signature]
	b = binary.BigEndian.AppendUint64(b, uint64(adler32.Checksum(b)))
	b = append(b, 0, 0, 0, 1, '/')
	return os.WriteFile(filepath.Join(dir, "version-2", fmt.Sprintf("snapshot.%x", uint64(s.Disk.Zxid))), b, 0o644)
}
