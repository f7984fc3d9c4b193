package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// A capture is what a real server sent on one connection at a quorum port. A line with a # says which
// packet follows, in hex.
type capture struct {
	names []string
	bytes []byte
}

func captures(t *testing.T) map[string]capture {
	t.Helper()
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]capture{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c capture
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if name, ok := strings.CutPrefix(line, "# "); ok {
				c.names = append(c.names, name)
			} else if !strings.HasPrefix(line, "##") {
				b, err := hex.DecodeString(line)
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				c.bytes = append(c.bytes, b...)
			}
		}
		all[strings.TrimSuffix(filepath.Base(file), ".hex")] = c
	}
	return all
}

// written holds what is written against what was captured, and takes it away from there.
func written(t *testing.T, rest []byte, what any, b []byte, err error) []byte {
	t.Helper()
	if err != nil || !bytes.HasPrefix(rest, b) {
		t.Fatalf("%+v is written %x, %v, and was captured as %x", what, b, err, rest[:min(len(b), len(rest))])
	}
	return rest[len(b):]
}

func TestPacketsAreTheCapturedOnes(t *testing.T) {
	types := map[PacketType]bool{}
	for file, c := range captures(t) {
		rest, r := c.bytes, bytes.NewReader(c.bytes)
		for _, name := range c.names {
			if name == "snapshot" {
				s, err := ReadSnapshot(r)
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				b, err := s.AppendBinary(nil)
				rest = written(t, rest, s, b, err)
				continue
			}
			p, err := ReadQuorumPacket(r)
			if err != nil || p.String() != name {
				t.Fatalf("%s: read %v, %v, want %s", file, p, err, name)
			}
			b, err := p.AppendBinary(nil)
			rest = written(t, rest, p, b, err)
			types[p.Type] = true
			understood(t, p)
		}
		if r.Len() > 0 || len(rest) > 0 {
			t.Errorf("%s: %d bytes were not read, %d not written", file, r.Len(), len(rest))
		}
	}
	if len(types) < 13 {
		t.Errorf("only %d types of packets were captured", len(types))
	}
}

// understood reads the data of a packet, and writes it again.
func understood(t *testing.T, p QuorumPacket) {
	t.Helper()
	var v interface{ AppendBinary([]byte) ([]byte, error) }
	var err error
	switch p.Type {
	case PacketFollowerInfo:
		v, err = ParseLearnerInfo(p.Data)
	case PacketLeaderInfo:
		v, err = ParseLeaderInfo(p.Data)
	case PacketAckEpoch:
		v, err = ParseAckEpoch(p.Data)
	case PacketPing:
		v, err = ParseSessions(p.Data)
	case PacketRequest:
		v, err = ParseRequest(p.Data)
	case PacketProposal:
		x, failed := ParseTxn(p.Data)
		if _, raw := x.Body.(RawTxn); raw || x.Zxid != p.Zxid {
			t.Errorf("%v has the txn %+v", p, x)
		}
		v, err = x, failed
	case PacketNewLeader:
		c, failed := ParseConfig(string(p.Data))
		if failed != nil || len(c.Members) != 3 {
			t.Errorf("%v has the config %+v, %v", p, c, failed)
		}
		return
	default:
		if len(p.Data) > 0 {
			t.Errorf("%v has data", p)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	b, err := v.AppendBinary(nil)
	written(t, p.Data, v, b, err)
	if len(b) != len(p.Data) {
		t.Errorf("%v: of %d bytes of data %d are written", p, len(p.Data), len(b))
	}
}

// What a leader proposed for a client that made a session, a node, the same node again, and so on.
func TestTransactionsOfAClient(t *testing.T) {
	r := bytes.NewReader(captures(t)["leader-serving"].bytes)
	everything := []ACL{{AllPerms, Anyone}}
	want := []Txn{
		{Type: TxnCreateSession, Body: CreateSession{5000}},
		{Type: TxnCreate, Body: Create{"/a", []byte("data"), everything, false, 1}},
		{Type: TxnError, Body: Refused{-110}}, // the node exists
		{Type: TxnSetData, Body: SetData{"/a", []byte("more"), 1}},
		{Type: TxnCreate, Body: Create{"/e", nil, everything, true, 2}},
		{Type: TxnDelete, Body: Delete{"/a"}},
		{Type: TxnCloseSession, Body: CloseSession{[]string{"/e"}}},
	}
	var got int
	for {
		p, err := ReadQuorumPacket(r)
		if err != nil {
			break
		}
		if p.Type != PacketProposal {
			continue
		}
		x, err := ParseTxn(p.Data)
		if err != nil {
			t.Fatal(err)
		}
		// What changes nothing has no digest.
		if (x.Digest == nil) != (x.Type == TxnError) {
			t.Errorf("%+v: digest %v", x, x.Digest)
		}
		w := want[got]
		w.Session, w.Cxid, w.Zxid, w.Time, w.Digest = x.Session, int32(got), election.NewZxid(1, uint32(got+1)), x.Time, x.Digest
		a, err := w.AppendBinary(nil)
		if err != nil || !bytes.Equal(a, p.Data) {
			t.Errorf("proposed %+v, want %+v, %v", x, w, err)
		}
		got++
	}
	if got != len(want) {
		t.Errorf("%d transactions, want %d", got, len(want))
	}
}

// The order in which followers acknowledge is the real one's: NEWLEADER first, then what came before it.
func TestAcksOfACapturedFollower(t *testing.T) {
	got := captures(t)["follower-diff"].names
	want := []string{"FOLLOWERINFO 0, 20 bytes", "ACKEPOCH 0, 4 bytes", "ACK 1.0", "ACK 1", "ACK 2", "ACK 1.0", "PING 1.0"}
	if !slices.Equal(got[:len(want)], want) {
		t.Errorf("the capture is %q", got)
	}
}

// A real leader's snapshot has the nodes of the empty one, and a real follower took the empty one.
func TestTheEmptySnapshotIsARealOne(t *testing.T) {
	c := captures(t)["leader-snap"]
	r := bytes.NewReader(c.bytes)
	for p := (QuorumPacket{}); p.Type != PacketSnap; {
		var err error
		if p, err = ReadQuorumPacket(r); err != nil {
			t.Fatal(err)
		}
	}
	captured, err := ReadSnapshot(r)
	if err != nil {
		t.Fatal(err)
	}
	empty := EmptySnapshot()
	if len(captured.Nodes) != len(empty.Nodes) || len(captured.ACLs) != 1 || captured.ACLs[0].ACL[0] != empty.ACLs[0].ACL[0] {
		t.Fatalf("read %+v", captured)
	}
	for i, n := range captured.Nodes {
		if e := empty.Nodes[i]; n.Path != e.Path || n.ACL != e.ACL || n.Data == nil {
			t.Errorf("node %+v, want %+v", n, e)
		}
	}
}
