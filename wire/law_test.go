package wire

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

// A vote that can be written is read as the same vote, whatever is behind it in the frame.
func TestVotesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := election.Vote{
			Candidate: election.Candidate{
				Leader:    election.SID(rapid.IntRange(0, 255).Draw(t, "leader")),
				Zxid:      election.Zxid(rapid.Uint64().Draw(t, "zxid")),
				PeerEpoch: rapid.Uint32().Draw(t, "peer epoch"),
			},
			Round:   rapid.Uint64().Draw(t, "round"),
			State:   election.State(rapid.IntRange(0, 4).Draw(t, "state")),
			Version: rapid.Uint8().Draw(t, "version"),
		}
		n, err := FromVote(v, rapid.String().Draw(t, "config"))
		if err != nil {
			return
		}
		payload, err := n.AppendBinary(nil)
		if err != nil {
			t.Fatalf("%+v: %v", n, err)
		}
		read, err := ParseNotification(payload)
		if err != nil || read != n {
			t.Fatalf("%+v is read as %+v, %v", n, read, err)
		}
		if got, err := read.Vote(); err != nil || got != v {
			t.Fatalf("%v is read as %v, %v", v, got, err)
		}
	})
}

// What can be written is read as it was, and what is refused would have been read as something else.
func TestNotificationsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Notification{
			State: rapid.Int32().Draw(t, "state"), Leader: rapid.Int64().Draw(t, "leader"),
			Zxid: rapid.Int64().Draw(t, "zxid"), Round: rapid.Int64().Draw(t, "round"),
			PeerEpoch: rapid.Int64().Draw(t, "peer epoch"),
			Version:   rapid.SampledFrom([]int32{0, 1, 2, 3, -1, math.MaxInt32}).Draw(t, "version"),
			Config:    rapid.SampledFrom([]string{"", "version=0", "\xff"}).Draw(t, "config"),
			Form:      Form(rapid.IntRange(0, 3).Draw(t, "form")),
			Tail:      rapid.SampledFrom([]string{"", "x", zeros, "tail"}).Draw(t, "tail"),
		}
		if rapid.Bool().Draw(t, "the zxid's epoch") {
			n.PeerEpoch = n.Zxid >> 32
		}
		payload, err := n.AppendBinary(nil)
		if err != nil {
			if len(payload) > 0 {
				t.Fatalf("refused, but %d bytes were written", len(payload))
			}
			return
		}
		if got, err := ParseNotification(payload); err != nil || got != n {
			t.Fatalf("%+v is read as %+v, %v", n, got, err)
		}
	})
}

func TestHeadersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{
			Protocol: rapid.SampledFrom([]int64{BareSID, OneAddress, AnyAddresses, -1, 1}).Draw(t, "protocol"),
			SID:      rapid.Int64().Draw(t, "sid"),
			Addrs: rapid.SliceOf(rapid.SampledFrom([]string{"127.0.0.1:3888", "[::1]:0", "a|b:1", "a", "", ":65535", ":65536"})).
				Draw(t, "addresses"),
		}
		data, err := h.AppendBinary(nil)
		if err != nil {
			return
		}
		r := bytes.NewReader(append(data, "behind"...))
		got, err := ReadHeader(r)
		if len(got.Addrs) == 0 {
			got.Addrs = h.Addrs[:0]
		}
		if err != nil || !reflect.DeepEqual(got, h) || r.Len() != len("behind") {
			t.Fatalf("%+v is read as %+v, %v, with %d bytes left", h, got, err, r.Len())
		}
	})
}

func TestReadingAllocatesNoMoreThanAFrame(t *testing.T) {
	whole, err := Notification{Version: 2, Config: capturedConfig}.AppendFrame(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, buf := bytes.NewReader(whole), make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() {
		r.Reset(whole)
		if _, err := ReadFrame(r, buf); err != nil {
			t.Fatal(err)
		}
	}); n > 1 { // the four bytes of the length
		t.Errorf("reading a frame into a buffer that holds it took %v allocations", n)
	}
}
