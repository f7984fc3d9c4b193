package fuzz

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// appender is a record of the quorum port.
type appender interface {
	AppendBinary([]byte) ([]byte, error)
}

// ofAKind: an error is the end of the connection, or says what no server could use.
func ofAKind(t *testing.T, err error) {
	t.Helper()
	var bad *wire.Malformed
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &bad) {
		t.Fatalf("an error of no kind: %v", err)
	}
}

// writtenAs: what was read from some bytes is written as these.
func writtenAs(t *testing.T, v appender, data []byte) {
	t.Helper()
	again, err := v.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, data) {
		t.Fatalf("%+v was read from %x, and is written %x, %v", v, data, again, err)
	}
}

// parsed reads bytes as one kind of data.
func parsed[T appender](t *testing.T, data []byte, parse func([]byte) (T, error)) {
	t.Helper()
	v, err := parse(data)
	if err != nil {
		ofAKind(t, err)
		return
	}
	writtenAs(t, v, data)
}

func payload(t *testing.T, data []byte) {
	t.Helper()
	parsed(t, data, wire.ParseLearnerInfo)
	parsed(t, data, wire.ParseLeaderInfo)
	parsed(t, data, wire.ParseAckEpoch)
	parsed(t, data, wire.ParseSessions)
	parsed(t, data, wire.ParseRequest)
	parsed(t, data, wire.ParseTxn)
}

// quorumConnection reads packets until one is none, and the snapshots behind them. It returns how many
// bytes of the data were understood.
func quorumConnection(t *testing.T, data []byte) (read int) {
	t.Helper()
	r := bytes.NewReader(data)
	for {
		p, err := wire.ReadQuorumPacket(r)
		if err != nil {
			ofAKind(t, err)
			return read
		}
		end := len(data) - r.Len()
		writtenAs(t, p, data[read:end])
		payload(t, p.Data)
		if read = end; p.Type != wire.PacketSnap {
			continue
		}
		s, err := wire.ReadSnapshot(r)
		if err != nil {
			ofAKind(t, err)
			return read
		}
		end = len(data) - r.Len()
		writtenAs(t, s, data[read:end])
		read = end
	}
}

// FuzzQuorumPort: whatever arrives on a connection of the quorum port, reading it does not panic; what is
// understood is written byte for byte as it was.
func FuzzQuorumPort(f *testing.F) {
	for _, seed := range quorumSeeds(f) {
		f.Add(seed)
		f.Add(seed[:len(seed)-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) { quorumConnection(t, data) })
}

// FuzzPayload is FuzzQuorumPort for the data of one packet, so that no length stands before it.
func FuzzPayload(f *testing.F) {
	for _, txn := range txnSeeds() {
		f.Add(written(f, txn))
	}
	f.Add(written(f, wire.LearnerInfo{SID: 2, Protocol: wire.LearnerProtocol, ConfigVersion: 1}))
	f.Add(written(f, wire.AckEpoch{CurrentEpoch: wire.NoCount}))
	f.Add(written(f, wire.Sessions{{ID: 1 << 56, Timeout: 5000}, {ID: -1, Timeout: -1}}))
	f.Fuzz(func(t *testing.T, data []byte) { payload(t, data) })
}

// FuzzSentPacket: any numbers and bytes are written, and read as they were.
func FuzzSentPacket(f *testing.F) {
	f.Add(int32(2), uint64(1<<32|5), []byte("data"), "", "", true, int32(0))
	f.Add(int32(1), uint64(1<<64-1), []byte{}, "ip", "127.0.0.1", false, int32(-110))
	f.Add(int32(99), uint64(0), []byte(nil), "\xff", "/a", true, int32(-1))
	f.Fuzz(func(t *testing.T, kind int32, zxid uint64, data []byte, scheme, id string, some bool, n int32) {
		p := wire.QuorumPacket{Type: wire.PacketType(kind), Zxid: election.Zxid(zxid), Data: data}
		create := wire.Create{Path: id, Data: data, Ephemeral: some, ParentCVersion: n}
		if some {
			p.Auth = []wire.AuthID{{Scheme: scheme, ID: id}}
			create.ACL = []wire.ACL{{Perms: n, AuthID: p.Auth[0]}}
		}
		got, err := wire.ReadQuorumPacket(bytes.NewReader(written(t, p)))
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%+v is read as %+v, %v", p, got, err)
		}
		for _, txn := range []wire.Txn{
			{Type: wire.TxnCreate, Body: create, Digest: &wire.TxnDigest{Version: n}},
			{Type: wire.TxnSetData, Body: wire.SetData{Path: scheme, Data: data, Version: n}},
			{Type: wire.TxnCloseSession, Body: wire.CloseSession{Paths: []string{scheme, id}}},
			{Type: wire.TxnError, Body: wire.Refused{Code: n}},
		} {
			txn.Zxid, txn.Cxid = election.Zxid(zxid), n
			got, err := wire.ParseTxn(written(t, txn))
			if err != nil || !reflect.DeepEqual(got, txn) {
				t.Fatalf("%+v is read as %+v, %v", txn, got, err)
			}
		}
		snapshot := wire.EmptySnapshot()
		if id != "/" {
			snapshot.Nodes = append(snapshot.Nodes, wire.Node{Path: id, Data: data, Stat: wire.Stat{Version: n}})
		}
		read, err := wire.ReadSnapshot(bytes.NewReader(written(t, snapshot)))
		if err != nil || !reflect.DeepEqual(read, snapshot) {
			t.Fatalf("%+v is read as %+v, %v", snapshot, read, err)
		}
	})
}

func written(t testing.TB, v appender) []byte {
	t.Helper()
	b, err := v.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func txnSeeds() []wire.Txn {
	open := []wire.ACL{{Perms: wire.AllPerms, AuthID: wire.Anyone}}
	return []wire.Txn{
		{Session: 1 << 56, Zxid: 1<<32 | 1, Type: wire.TxnCreateSession, Body: wire.CreateSession{Timeout: 5000}},
		{Cxid: 1, Zxid: 1<<32 | 2, Type: wire.TxnCreate, Body: wire.Create{Path: "/a", Data: []byte("data"), ACL: open, ParentCVersion: 1},
			Digest: &wire.TxnDigest{Version: 2, Tree: 1371985504}},
		{Cxid: 2, Zxid: 1<<32 | 3, Type: wire.TxnError, Body: wire.Refused{Code: -110}},
		{Cxid: 3, Zxid: 1<<32 | 4, Type: wire.TxnSetData, Body: wire.SetData{Path: "/a", Version: 1}},
		{Cxid: 4, Zxid: 1<<32 | 5, Type: wire.TxnDelete, Body: wire.Delete{Path: "/a"}},
		{Cxid: 5, Zxid: 1<<32 | 6, Type: 14, Body: wire.RawTxn("a multi")},
		{Cxid: 6, Zxid: 1<<32 | 7, Type: wire.TxnCloseSession, Body: wire.CloseSession{Paths: []string{"/e"}}},
		{Cxid: 6, Zxid: 1<<32 | 7, Type: wire.TxnCloseSession, Body: wire.RawTxn{}},
	}
}

// quorumSeeds are what a follower says, and what a leader says that sends a snapshot or a diff.
func quorumSeeds(t testing.TB) [][]byte {
	t.Helper()
	info := written(t, wire.LearnerInfo{SID: 2, Protocol: wire.LearnerProtocol})
	leads := written(t, wire.LeaderInfo{Protocol: wire.LearnerProtocol})
	follower := slices.Concat(
		written(t, wire.QuorumPacket{Type: wire.PacketFollowerInfo, Zxid: 1 << 32, Data: info}),
		written(t, wire.QuorumPacket{Type: wire.PacketAckEpoch, Zxid: 1<<32 | 5, Data: written(t, wire.AckEpoch{CurrentEpoch: 1})}),
		written(t, wire.QuorumPacket{Type: wire.PacketAck, Zxid: 2 << 32}),
		written(t, wire.QuorumPacket{Type: wire.PacketPing, Data: written(t, wire.Sessions{{ID: 7, Timeout: 5000}})}),
		written(t, wire.QuorumPacket{Type: wire.PacketRequest, Zxid: election.NoZxid, Auth: []wire.AuthID{{Scheme: "ip", ID: "127.0.0.1"}},
			Data: written(t, wire.Request{Session: 7, Type: wire.TxnCreateSession, Body: []byte{0, 0, 19, 136}})}),
	)
	head := written(t, wire.QuorumPacket{Type: wire.PacketLeaderInfo, Zxid: 2 << 32, Data: leads})
	tail := slices.Concat(
		written(t, wire.QuorumPacket{Type: wire.PacketNewLeader, Zxid: 2 << 32, Data: []byte("version=0")}),
		written(t, wire.QuorumPacket{Type: wire.PacketUpToDate, Zxid: election.NoZxid}),
	)
	snap := slices.Concat(head, written(t, wire.QuorumPacket{Type: wire.PacketSnap, Zxid: 1<<32 | 7}), written(t, wire.EmptySnapshot()), tail)
	diff := slices.Concat(head, written(t, wire.QuorumPacket{Type: wire.PacketDiff, Zxid: 1<<32 | 7}))
	for _, txn := range txnSeeds() {
		diff = append(diff, written(t, wire.QuorumPacket{Type: wire.PacketProposal, Zxid: txn.Zxid, Data: written(t, txn)})...)
		diff = append(diff, written(t, wire.QuorumPacket{Type: wire.PacketCommit, Zxid: txn.Zxid})...)
	}
	return [][]byte{follower, snap, append(diff, tail...), bytes.Repeat([]byte{0xff}, 24)}
}

// The seeds are understood to their ends.
func TestQuorumSeedsAreUnderstood(t *testing.T) {
	seeds := quorumSeeds(t)
	for i, seed := range seeds[:3] {
		if n := quorumConnection(t, seed); n != len(seed) {
			t.Errorf("of the %d bytes of seed %d, %d are understood", len(seed), i, n)
		}
	}
}
