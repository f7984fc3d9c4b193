package fuzz

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// connection is what a server reads from an election connection: a header and frames until one is none.
// It returns how many bytes of the data were understood.
func connection(t *testing.T, data []byte) (read int) {
	t.Helper()
	r := bytes.NewReader(data)
	ended := func(err error) bool {
		var bad *wire.Malformed
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &bad) {
			t.Fatalf("an error of no kind: %v", err)
		}
		return err != nil
	}
	header, err := wire.ReadHeader(r)
	if ended(err) {
		return 0
	}
	again, err := header.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, data[:len(again)]) || len(again) != len(data)-r.Len() {
		t.Fatalf("%+v was read, and is written %x, %v", header, again, err)
	}
	var buf []byte
	for {
		before := len(data) - r.Len()
		if buf, err = wire.ReadFrame(r, buf); cap(buf) > wire.MaxFrame {
			t.Fatalf("%d bytes were allocated", cap(buf))
		}
		if ended(err) {
			return before
		}
		again, err := wire.AppendFrame(nil, buf)
		if err != nil || !bytes.Equal(again, data[before:len(data)-r.Len()]) {
			t.Fatalf("a frame of %d bytes is written %x, %v", len(buf), again, err)
		}
		notification(t, buf)
	}
}

// notification: what is accepted is written as it was, and reads the same again.
func notification(t *testing.T, payload []byte) {
	t.Helper()
	n, err := wire.ParseNotification(payload)
	if err != nil {
		var bad *wire.Malformed
		if !errors.As(err, &bad) || bad.Effect != wire.Skip {
			t.Fatalf("a server would not skip it: %v", err)
		}
		return
	}
	again, err := n.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, payload) {
		t.Fatalf("%+v was read from %x, and is written %x, %v", n, payload, again, err)
	}
	config, err := wire.ParseConfig(n.Config)
	if err == nil {
		if second, err := wire.ParseConfig(config.String()); err != nil || second.String() != config.String() {
			t.Fatalf("%q is written %q, and that is read as %+v, %v", n.Config, config, second, err)
		}
	}
	if v, err := n.Vote(); err == nil {
		vote(t, v, n.Config)
	}
}

// vote: what was read as a vote can be sent, and is read as the same vote.
func vote(t *testing.T, v election.Vote, config string) {
	t.Helper()
	n, err := wire.FromVote(v, config)
	if err != nil {
		t.Fatalf("%v was read, and can't be written: %v", v, err)
	}
	payload, err := n.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err = wire.ParseNotification(payload); err != nil {
		t.Fatal(err)
	}
	if again, err := n.Vote(); err != nil || again != v {
		t.Fatalf("%v is written, and read as %v, %v", v, again, err)
	}
}

// FuzzConnection: whatever arrives at an election port, reading it does not panic and allocates no more
// than a frame may have; what is understood is written byte for byte as it was.
func FuzzConnection(f *testing.F) {
	for _, seed := range connectionSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { connection(t, data) })
}

// FuzzNotification is FuzzConnection for the payload of one frame, so that no length stands before it.
func FuzzNotification(f *testing.F) {
	for _, n := range notificationSeeds() {
		payload, err := n.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
		f.Add(payload[:len(payload)-1])
	}
	f.Fuzz(func(t *testing.T, payload []byte) { notification(t, payload) })
}

// FuzzSentVote: any numbers are either refused, or written and read as they were.
func FuzzSentVote(f *testing.F) {
	f.Add(uint8(3), uint64(1<<32|5), uint32(1), uint64(1), uint8(0), uint8(2), "server.1=127.0.0.1:2888:3888:participant\nversion=0")
	f.Add(uint8(255), uint64(0), uint32(0), uint64(1<<63-1), uint8(3), uint8(0), "")
	f.Add(uint8(254), uint64(1<<64-1), uint32(1<<31-1), uint64(1<<63), uint8(1), uint8(1), "version=zz")
	f.Fuzz(func(t *testing.T, leader uint8, zxid uint64, epoch uint32, round uint64, state, version uint8, config string) {
		v := election.Vote{Round: round, State: election.State(state), Version: version}
		v.Leader, v.Zxid, v.PeerEpoch = election.SID(leader), election.Zxid(zxid), epoch
		if _, err := wire.FromVote(v, config); err == nil && len(config) < wire.MaxFrame-44 {
			vote(t, v, config)
		}
	})
}

func notificationSeeds() []wire.Notification {
	config := wire.Config{Members: []wire.Member{
		{SID: 1, Host: "127.0.0.1", QuorumPort: 2888, ElectionPort: 3888},
		{SID: 2, Host: "::1", QuorumPort: 2888, ElectionPort: 3888, Observer: true, Client: "0.0.0.0:2181"},
	}}.String()
	return []wire.Notification{
		{Leader: 2, Zxid: 1<<32 | 5, Round: 1, PeerEpoch: 1, Version: 2, Config: config},
		{State: 1, Leader: 3, Round: 1<<63 - 1, Version: 2, Tail: "behind"},
		{State: 2, Leader: -1 << 63, Zxid: -1 << 63, PeerEpoch: -1 << 63, Version: 2},
		{State: 9, Leader: 1, Version: 1, Tail: "x"},
		{Leader: 1, PeerEpoch: 4, Form: wire.NoVersion, Tail: "\x00\x00\x00\x01"},
		{Leader: 1, Zxid: 3<<32 | 1, PeerEpoch: 3, Form: wire.NoPeerEpoch},
		{Version: 2, Config: "server.abc=\nversion=zz"},
	}
}

// connectionSeeds are headers of all protocols with good frames behind them, and with bad ones.
func connectionSeeds(t testing.TB) [][]byte {
	t.Helper()
	var seeds [][]byte
	for _, h := range []wire.Header{
		{Protocol: wire.OneAddress, SID: 2, Addrs: []string{"127.0.20.2:3888"}},
		{Protocol: wire.AnyAddresses, SID: wire.AnonymousSID, Addrs: []string{"[::1]:3888", "127.0.0.1:0"}},
		{Protocol: wire.BareSID, SID: 7},
	} {
		b, err := h.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b, b[:len(b)-1])
		for _, n := range notificationSeeds() {
			if b, err = n.AppendFrame(b); err != nil {
				t.Fatal(err)
			}
		}
		for _, end := range []string{"", "\x00\x00\x00\x00", "\x7f\xff\xff\xff\x01", "\x00\x00\x00\x09\x01"} {
			seeds = append(seeds, slices.Concat(b, []byte(end)))
		}
	}
	return append(seeds, nil, []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 24))
}

// The seeds are connections of the kinds that they are meant to be.
func TestConnectionSeedsAreUnderstood(t *testing.T) {
	longest := 0
	for _, seed := range connectionSeeds(t) {
		longest = max(longest, connection(t, seed))
	}
	if longest < 400 {
		t.Errorf("of no seed are more than %d bytes understood", longest)
	}
}
