package wire

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// TxnType is what a transaction does (ZooDefs.OpCode).
type TxnType int32

const (
	TxnCreateSession TxnType = -10 // CreateSession
	TxnCloseSession  TxnType = -11 // CloseSession
	TxnError         TxnType = -1  // Refused
	TxnCreate        TxnType = 1   // Create
	TxnDelete        TxnType = 2   // Delete
	TxnSetData       TxnType = 5   // SetData
	TxnCreate2       TxnType = 15  // Create
	TxnReconfig      TxnType = 16  // SetData of the configuration
)

// Txn is a transaction as it travels in PROPOSAL and INFORM, and stands in a log.
type Txn struct {
	Session int64 // of the client
	Cxid    int32 // the client's number of the request
	Zxid    election.Zxid
	Time    int64 // ms since 1970
	Type    TxnType
	Body    TxnBody
	Digest  *TxnDigest // nil for none
}

// TxnDigest is a digest of the tree behind the transaction.
type TxnDigest struct {
	Version int32
	Tree    int64
}

// TxnBody is what a transaction says beside its header: one of [CreateSession], [CloseSession], [Refused],
// [Create], [Delete] and [SetData], or [RawTxn].
type TxnBody interface {
	is(TxnType) bool
	write(*sink)
}

// CreateSession begins a session.
type CreateSession struct {
	Timeout int32 // ms
}

// CloseSession ends a session.
type CloseSession struct {
	Paths []string // of its ephemeral nodes, which go with it
}

// Refused is a request that failed: it changes nothing, but has its zxid.
type Refused struct {
	Code int32 // KeeperException.Code
}

// Create makes a node.
type Create struct {
	Path           string
	Data           []byte
	ACL            []ACL
	Ephemeral      bool
	ParentCVersion int32 // how often the parent's children have changed, this time included
}

// ACL is what an identity may do.
type ACL struct {
	Perms int32 // AllPerms for everything
	AuthID
}

// AllPerms is READ, WRITE, CREATE, DELETE and ADMIN.
const AllPerms = 31

// Anyone is the identity of everybody.
var Anyone = AuthID{Scheme: "world", ID: "anyone"}

// Delete removes a node.
type Delete struct{ Path string }

// SetData writes a node.
type SetData struct {
	Path    string
	Data    []byte
	Version int32 // of the data that is written
}

// RawTxn is the body, and the digest if there is one, of a transaction of another type. That of CloseSession
// is raw if it is empty: servers before 3.6 wrote no body.
type RawTxn []byte

func (CreateSession) is(t TxnType) bool { return t == TxnCreateSession }
func (CloseSession) is(t TxnType) bool  { return t == TxnCloseSession }
func (Refused) is(t TxnType) bool       { return t == TxnError }
func (Create) is(t TxnType) bool        { return t == TxnCreate || t == TxnCreate2 }
func (Delete) is(t TxnType) bool        { return t == TxnDelete }
func (SetData) is(t TxnType) bool       { return t == TxnSetData || t == TxnReconfig }

func (r RawTxn) is(t TxnType) bool {
	switch t {
	case TxnCreateSession, TxnError, TxnCreate, TxnDelete, TxnSetData, TxnCreate2, TxnReconfig:
		return false
	}
	return t != TxnCloseSession || len(r) == 0
}

func (c CreateSession) write(s *sink) { s.int32(c.Timeout) }
func (c CloseSession) write(s *sink)  { writeVector(s, c.Paths, writePath) }
func (r Refused) write(s *sink)       { s.int32(r.Code) }
func (d Delete) write(s *sink)        { s.text("path", d.Path) }
func (r RawTxn) write(s *sink)        { s.b = append(s.b, r...) }

func (c Create) write(s *sink) {
	s.text("path", c.Path)
	s.buffer("data", c.Data)
	writeVector(s, c.ACL, writeACL)
	s.bool(c.Ephemeral)
	s.int32(c.ParentCVersion)
}

func (d SetData) write(s *sink) {
	s.text("path", d.Path)
	s.buffer("data", d.Data)
	s.int32(d.Version)
}

// AppendBinary appends the transaction.
func (t Txn) AppendBinary(b []byte) ([]byte, error) {
	what := fmt.Sprintf("txn %v", t.Zxid)
	if t.Body == nil || !t.Body.is(t.Type) {
		return b, fmt.Errorf("%s: type %d has no body %T", what, t.Type, t.Body)
	}
	s := into(b, what)
	s.int64(t.Session)
	s.int32(t.Cxid)
	s.zxid(t.Zxid)
	s.int64(t.Time)
	s.int32(int32(t.Type))
	t.Body.write(s)
	if t.Digest != nil {
		if _, raw := t.Body.(RawTxn); raw {
			s.bad("the digest of a raw body is in it")
		}
		s.int32(t.Digest.Version)
		s.int64(t.Digest.Tree)
	}
	return s.end(MaxBuffer)
}

// ParseTxn reads a transaction.
func ParseTxn(data []byte) (Txn, error) {
	s := within("txn", data)
	t := Txn{Session: s.int64("session"), Cxid: s.int32("cxid"), Zxid: s.zxid("zxid"), Time: s.int64("time")}
	t.Type = TxnType(s.int32("type"))
	if s.err == nil {
		s.what = fmt.Sprintf("txn %v", t.Zxid)
	}
	t.Body = readBody(s, t.Type)
	if s.left > 0 && s.err == nil {
		t.Digest = &TxnDigest{Version: s.int32("digest"), Tree: s.int64("digest")}
	}
	if err := s.end(); err != nil {
		return Txn{}, err
	}
	return t, nil
}

func readBody(s *source, t TxnType) TxnBody {
	switch t {
	case TxnCreateSession:
		return CreateSession{Timeout: s.int32("time-out")}
	case TxnError:
		return Refused{Code: s.int32("error")}
	case TxnCreate, TxnCreate2:
		return Create{
			Path: s.text("path"), Data: s.buffer("data"), ACL: readVector(s, "ACLs", 12, readACL),
			Ephemeral: s.bool("ephemeral flag"), ParentCVersion: s.int32("parent's child version"),
		}
	case TxnDelete:
		return Delete{Path: s.text("path")}
	case TxnSetData, TxnReconfig:
		return SetData{Path: s.text("path"), Data: s.buffer("data"), Version: s.int32("version")}
	case TxnCloseSession:
		if s.left > 0 {
			return CloseSession{Paths: readVector(s, "paths", 4, readPath)}
		}
	}
	return RawTxn(s.rest("body"))
}

func readPath(s *source) string      { return s.text("path") }
func writePath(s *sink, path string) { s.text("path", path) }

func readACL(s *source) ACL { return ACL{Perms: s.int32("permissions"), AuthID: readAuthID(s)} }

func writeACL(s *sink, a ACL) {
	s.int32(a.Perms)
	writeAuthID(s, a.AuthID)
}
