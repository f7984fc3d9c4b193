package wire

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

// buffer is nil now and then, and empty now and then.
func buffer(t *rapid.T, name string) []byte {
	return rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOf(rapid.Byte())).Draw(t, name)
}

func zxid(t *rapid.T, name string) election.Zxid {
	return election.Zxid(rapid.OneOf(rapid.Uint64(), rapid.Just(uint64(election.NoZxid))).Draw(t, name))
}

func identity(t *rapid.T) AuthID {
	return AuthID{Scheme: rapid.String().Draw(t, "scheme"), ID: rapid.String().Draw(t, "id")}
}

func acls(t *rapid.T) []ACL {
	one := rapid.Custom(func(t *rapid.T) ACL { return ACL{Perms: rapid.Int32().Draw(t, "perms"), AuthID: identity(t)} })
	return rapid.OneOf(rapid.Just([]ACL(nil)), rapid.SliceOfN(one, 0, 3)).Draw(t, "acl")
}

func body(t *rapid.T) (TxnType, TxnBody) {
	path := rapid.SampledFrom([]string{"", "/", "/a", "/\xff"}).Draw(t, "path")
	n := rapid.Int32().Draw(t, "number")
	raw := RawTxn(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))
	b := rapid.SampledFrom([]TxnBody{
		CreateSession{n}, CloseSession{nil}, CloseSession{[]string{path}}, Refused{n}, Delete{path},
		Create{path, buffer(t, "data"), acls(t), n > 0, n}, SetData{path, buffer(t, "data"), n}, raw, RawTxn{},
	}).Draw(t, "body")
	types := []TxnType{
		TxnCreateSession, TxnCloseSession, TxnError, TxnCreate, TxnDelete, TxnSetData, TxnCreate2, TxnReconfig, 7, 14,
	}
	kind := rapid.SampledFrom(types).Filter(b.is).Draw(t, "type")
	return kind, b
}

func TestPacketsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := QuorumPacket{
			Type: PacketType(rapid.Int32Range(-1, 20).Draw(t, "type")), Zxid: zxid(t, "zxid"), Data: buffer(t, "data"),
			Auth: rapid.OneOf(rapid.Just([]AuthID(nil)), rapid.SliceOfN(rapid.Custom(identity), 0, 3)).Draw(t, "auth"),
		}
		b, err := p.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := bytes.NewReader(append(b, "behind"...))
		got, err := ReadQuorumPacket(r)
		if err != nil || !reflect.DeepEqual(got, p) || r.Len() != len("behind") {
			t.Fatalf("%+v is read as %+v, %v, with %d bytes left", p, got, err, r.Len())
		}
	})
}

func TestTxnsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Txn{
			Session: rapid.Int64().Draw(t, "session"), Cxid: rapid.Int32().Draw(t, "cxid"),
			Zxid: zxid(t, "zxid"), Time: rapid.Int64().Draw(t, "time"),
		}
		x.Type, x.Body = body(t)
		raw, isRaw := x.Body.(RawTxn)
		if !isRaw && rapid.Bool().Draw(t, "with a digest") {
			x.Digest = &TxnDigest{Version: rapid.Int32().Draw(t, "version"), Tree: rapid.Int64().Draw(t, "tree")}
		}
		b, err := x.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseTxn(b); err != nil || !reflect.DeepEqual(got, x) {
			t.Fatalf("%+v (%x) is read as %+v, %v", x, raw, got, err)
		}
	})
}

func TestSnapshotsComeBack(t *testing.T) {
	node := rapid.Custom(func(t *rapid.T) Node {
		return Node{
			Path: rapid.SampledFrom([]string{"", "/a", "/a/b"}).Draw(t, "path"), Data: buffer(t, "data"), ACL: rapid.Int64().Draw(t, "acl"),
			Stat: Stat{
				Czxid: zxid(t, "created"), Mzxid: zxid(t, "modified"), Pzxid: zxid(t, "children"),
				Ctime: rapid.Int64().Draw(t, "ctime"), Mtime: rapid.Int64().Draw(t, "mtime"),
				Version: rapid.Int32().Draw(t, "version"), CVersion: rapid.Int32().Draw(t, "cversion"),
				AVersion: rapid.Int32().Draw(t, "aversion"), EphemeralOwner: rapid.Int64().Draw(t, "owner"),
			},
		}
	})
	entry := rapid.Custom(func(t *rapid.T) ACLEntry {
		e := ACLEntry{Number: rapid.Int64().Draw(t, "number"), ACL: acls(t)}
		if len(e.ACL) == 0 {
			e.ACL = nil
		}
		return e
	})
	session := rapid.Custom(func(t *rapid.T) Session {
		return Session{ID: rapid.Int64().Draw(t, "id"), Timeout: rapid.Int32().Draw(t, "time-out")}
	})
	rapid.Check(t, func(t *rapid.T) {
		var s Snapshot
		if rapid.Bool().Draw(t, "with sessions") {
			s.Sessions = rapid.SliceOfN(session, 1, 3).Draw(t, "sessions")
		}
		if rapid.Bool().Draw(t, "with ACLs") {
			s.ACLs = rapid.SliceOfN(entry, 1, 3).Draw(t, "ACLs")
		}
		if rapid.Bool().Draw(t, "with nodes") {
			s.Nodes = rapid.SliceOfN(node, 1, 4).Draw(t, "nodes")
		}
		b, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := bytes.NewReader(append(b, "behind"...))
		if got, err := ReadSnapshot(r); err != nil || !reflect.DeepEqual(got, s) || r.Len() != len("behind") {
			t.Fatalf("%+v is read as %+v, %v, with %d bytes left", s, got, err, r.Len())
		}
	})
}

func TestDataComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m, z := rapid.Int64().Draw(t, "first"), rapid.Int32().Draw(t, "second"), rapid.Int64().Draw(t, "third")
		cameBack(t, LearnerInfo{n, m, z}, ParseLearnerInfo)
		cameBack(t, LeaderInfo{m}, ParseLeaderInfo)
		cameBack(t, AckEpoch{m}, ParseAckEpoch)
		cameBack(t, Sessions{{n, m}, {z, m}}, ParseSessions)
		cameBack(t, Request{n, m, TxnType(z), rapid.SliceOf(rapid.Byte()).Draw(t, "body")}, ParseRequest)
	})
	if l, err := ParseSessions(nil); l != nil || err != nil {
		t.Errorf("no sessions are %v, %v", l, err)
	}
}

func cameBack[T interface{ AppendBinary([]byte) ([]byte, error) }](t *rapid.T, v T, parse func([]byte) (T, error)) {
	b, err := v.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parse(b); err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("%+v is read as %+v, %v", v, got, err)
	}
}
