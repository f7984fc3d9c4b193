package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// numbers are bytes: an int32 has four, an int64 eight, a string those of its own.
func numbers(t testing.TB, list ...any) []byte {
	t.Helper()
	var b []byte
	for _, v := range list {
		switch v := v.(type) {
		case int32:
			b = binary.BigEndian.AppendUint32(b, uint32(v))
		case int64:
			b = binary.BigEndian.AppendUint64(b, uint64(v))
		case string:
			b = append(b, v...)
		default:
			t.Fatalf("%T", v)
		}
	}
	return b
}

func refused(t *testing.T, want string, err error) {
	t.Helper()
	var m *Malformed
	if !errors.As(err, &m) || m.Effect != Close || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPacketsThatCloseTheConnection(t *testing.T) {
	const none, proposal = int32(-1), int32(2)
	head := []any{proposal, int64(1<<32 | 3)}
	for want, behind := range map[string][]any{
		"packet PROPOSAL: the data has -2 bytes, possible are -1..2097150":                      {int32(-2)},
		"packet PROPOSAL: the data has 2097151 bytes, possible are -1..2097150":                 {int32(MaxBuffer + 1)},
		"packet PROPOSAL: -2 identities, possible are -1..524285":                               {none, int32(-2)},
		"packet PROPOSAL: 524286 identities, possible are -1..524285":                           {none, int32(524286)},
		"packet PROPOSAL: the scheme of an identity is null":                                    {none, int32(1), none},
		"packet PROPOSAL: the id of an identity is null":                                        {none, int32(1), int32(2), "ip", none},
		"packet PROPOSAL: the id of an identity has 2147483647 bytes, possible are -1..2097150": {none, int32(1), int32(0), int32(math.MaxInt32)},
		"packet PROPOSAL: the id of an identity has 2097150 bytes, possible are -1..2097122":    {int32(MaxBuffer), strings.Repeat("x", MaxBuffer), int32(1), int32(0), int32(MaxBuffer)},
	} {
		_, err := ReadQuorumPacket(bytes.NewReader(numbers(t, slices.Concat(head, behind)...)))
		refused(t, want, err)
	}
}

// A packet that ends inside is told from a connection that ends between two.
func TestAPacketThatEndsEarly(t *testing.T) {
	whole, err := QuorumPacket{Type: PacketRequest, Zxid: election.NoZxid, Data: []byte("data"), Auth: []AuthID{{"ip", "127.0.0.1"}}}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if p, err := ReadQuorumPacket(bytes.NewReader(whole[:n])); err != want || p.Type != 0 || p.Data != nil {
			t.Errorf("of %d bytes: %v, %v, want %v", n, p, err, want)
		}
	}
}

// What only says that it is long costs nothing.
func TestALongPacketThatDoesNotCome(t *testing.T) {
	var before, after runtime.MemStats
	for _, data := range [][]byte{
		numbers(t, int32(2), int64(0), int32(MaxBuffer), "x"),
		numbers(t, int32(2), int64(0), int32(-1), int32(500_000), int32(0)),
		numbers(t, int32(2), int64(0), int32(-1), int32(1), int32(MaxBuffer), "ip"),
	} {
		runtime.ReadMemStats(&before)
		_, err := ReadQuorumPacket(bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; err != io.ErrUnexpectedEOF || n > 4*believed {
			t.Errorf("%v, %d bytes were allocated", err, n)
		}
	}
}

func TestPacketsThatCanNotBeSent(t *testing.T) {
	long := strings.Repeat("x", MaxBuffer+1)
	for want, p := range map[string]QuorumPacket{
		"packet DIFF: the data has 2097151 bytes, possible are 0..2097150":                 {Type: PacketDiff, Data: []byte(long)},
		"packet type 99: the id of an identity has 2097151 bytes, possible are 0..2097150": {Type: 99, Auth: []AuthID{{"", long}}},
		"packet PING: 4194320 bytes, possible are 0..4194300":                              {Type: PacketPing, Data: []byte(long[1:]), Auth: []AuthID{{"", long[9:]}}},
	} {
		if b, err := p.AppendBinary([]byte("before")); err == nil || err.Error() != want || string(b) != "before" {
			t.Errorf("got %v and %d bytes, want %s", err, len(b), want)
		}
	}
}

// ParseX of what is cut off, and of what has too much.
func TestDataThatNoServerSends(t *testing.T) {
	create := []any{int64(1), int32(2), int64(1<<32 | 3), int64(4), int32(1)}
	for want, parse := range map[string]func() error{
		"learner info: the protocol is cut off": func() error { _, err := ParseLearnerInfo(make([]byte, 8)); return err },
		"learner info: 1 bytes behind it":       func() error { _, err := ParseLearnerInfo(make([]byte, 21)); return err },
		"leader info: the protocol is cut off":  func() error { _, err := ParseLeaderInfo(nil); return err },
		"epoch ack: 4 bytes behind it":          func() error { _, err := ParseAckEpoch(make([]byte, 8)); return err },
		"sessions: the time-out of a session is cut off": func() error {
			_, err := ParseSessions(make([]byte, 20))
			return err
		},
		"request: the type is cut off":                func() error { _, err := ParseRequest(make([]byte, 12)); return err },
		"txn: the type is cut off":                    func() error { _, err := ParseTxn(make([]byte, 28)); return err },
		"txn: 2097151 bytes, possible are 0..2097150": func() error { _, err := ParseTxn(make([]byte, MaxBuffer+1)); return err },
		"txn 1.3: the path is null":                   func() error { _, err := ParseTxn(numbers(t, append(create, int32(-1))...)); return err },
		"txn 1.3: the data is cut off":                func() error { _, err := ParseTxn(numbers(t, append(create, int32(1), "/")...)); return err },
		"txn 1.3: 9 ACLs, possible are -1..0": func() error {
			_, err := ParseTxn(numbers(t, append(create, int32(1), "/", int32(-1), int32(9))...))
			return err
		},
		"txn 1.3: the ephemeral flag is 2, possible are 0 and 1": func() error {
			_, err := ParseTxn(numbers(t, append(create, int32(1), "/", int32(-1), int32(-1), "\x02")...))
			return err
		},
		"txn 1.3: the parent's child version is cut off": func() error {
			_, err := ParseTxn(numbers(t, append(create, int32(1), "/", int32(-1), int32(-1), "\x01")...))
			return err
		},
		"txn 1.3: the digest is cut off": func() error {
			_, err := ParseTxn(numbers(t, append(create, int32(1), "/", int32(-1), int32(-1), "\x01", int32(7), int32(2))...))
			return err
		},
		"txn 1.3: 1 bytes behind it": func() error {
			_, err := ParseTxn(numbers(t, append(create, int32(1), "/", int32(-1), int32(-1), "\x01", int32(7), int32(2), int64(3), "x")...))
			return err
		},
	} {
		refused(t, want, parse())
	}
}

func TestTxnsThatCanNotBeSent(t *testing.T) {
	digest := &TxnDigest{Version: 2}
	for want, txn := range map[string]Txn{
		"txn 1.3: type 1 has no body <nil>":               {Type: TxnCreate},
		"txn 1.3: type 1 has no body wire.SetData":        {Type: TxnCreate, Body: SetData{}},
		"txn 1.3: type 5 has no body wire.RawTxn":         {Type: TxnSetData, Body: RawTxn{}},
		"txn 1.3: type -11 has no body wire.RawTxn":       {Type: TxnCloseSession, Body: RawTxn{1}},
		"txn 1.3: the digest of a raw body is in it":      {Type: 14, Body: RawTxn{}, Digest: digest},
		"txn 1.3: 2097206 bytes, possible are 0..2097150": {Type: TxnSetData, Body: SetData{Data: make([]byte, MaxBuffer)}, Digest: digest},
	} {
		txn.Zxid = election.NewZxid(1, 3)
		if b, err := txn.AppendBinary(nil); err == nil || err.Error() != want || len(b) > 0 {
			t.Errorf("got %v and %d bytes, want %s", err, len(b), want)
		}
	}
}

func TestSnapshotsThatCloseTheConnection(t *testing.T) {
	none := []any{int32(0), int32(0)} // sessions and ACLs
	node := []any{int32(2), "/a", int32(-1), int64(-1), strings.Repeat("\x00", 60)}
	for want, data := range map[string][]any{
		"snapshot: the sessions are null":                                     {int32(-1)},
		"snapshot: -5 sessions, possible are -1..1398101":                     {int32(-5)},
		"snapshot: the ACLs are null":                                         {int32(0), int32(1), int64(1), int32(-1)},
		"snapshot: the path of a node is null":                                append(none, int32(-1)),
		`snapshot: the signature is "BenWasThere", not BenWasHere`:            append(none, int32(1), "/", int32(11), "BenWasThere"),
		"snapshot: the data of a node has -7 bytes, possible are -1..2097150": append(none, int32(2), "/a", int32(-7)),
	} {
		_, err := ReadSnapshot(bytes.NewReader(numbers(t, data...)))
		refused(t, want, err)
	}
	for _, data := range [][]byte{nil, numbers(t, none...), numbers(t, slices.Concat(none, node)...)} {
		if _, err := ReadSnapshot(bytes.NewReader(data)); err != io.ErrUnexpectedEOF {
			t.Errorf("after %d bytes: %v", len(data), err)
		}
	}
	// A tree without an end.
	endless := io.MultiReader(bytes.NewReader(numbers(t, none...)), &again{data: numbers(t, node...)})
	_, err := ReadSnapshot(endless)
	refused(t, "snapshot: the state of a node is cut off", err)
	if _, err := (Snapshot{Nodes: []Node{{Path: "/"}}}).AppendBinary(nil); err == nil || err.Error() != "snapshot: a node has the path /, which is the end" {
		t.Errorf("got %v", err)
	}
}

// again is the same bytes for ever.
type again struct {
	data []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	n := copy(p, a.data[a.at:])
	a.at = (a.at + n) % len(a.data)
	return n, nil
}
