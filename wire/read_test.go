package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

func TestHeadersThatServersTake(t *testing.T) {
	for name, want := range map[string]Header{
		"a bare sid":       {BareSID, 3, nil},
		"anonymous":        {OneAddress, AnonymousSID, []string{"127.0.0.1:3888"}},
		"a negative sid":   {OneAddress, -2, []string{"127.0.0.1:3888"}},
		"two addresses":    {AnyAddresses, 1, []string{"127.0.0.1:3888", "[::1]:3889"}},
		"no host":          {OneAddress, 1, []string{":0"}},
		"the longest text": {OneAddress, 1, []string{strings.Repeat("a", MaxAddresses-5) + ":3888"}},
	} {
		b, err := want.AppendBinary(nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := ReadHeader(bytes.NewReader(b)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, %v", name, got, err)
		}
	}
}

func TestHeadersThatCloseTheConnection(t *testing.T) {
	header := func(protocol, sid int64, n int32, text string) []byte {
		b := binary.BigEndian.AppendUint64(nil, uint64(protocol))
		b = binary.BigEndian.AppendUint64(b, uint64(sid))
		return append(binary.BigEndian.AppendUint32(b, uint32(n)), text...)
	}
	for want, data := range map[string][]byte{
		"header: unknown protocol -65537":                                        header(-65537, 1, 4, "a:38"),
		"header of sid 1: 0 bytes of addresses, possible are 1..2048":            header(OneAddress, 1, 0, ""),
		"header of sid 1: -1 bytes of addresses, possible are 1..2048":           header(OneAddress, 1, -1, ""),
		"header of sid 1: 2049 bytes of addresses, possible are 1..2048":         header(OneAddress, 1, 2049, ""),
		`header of sid 1: address "a" has no port`:                               header(OneAddress, 1, 1, "a"),
		`header of sid 1: address "" has no port`:                                header(AnyAddresses, 1, 5, "a:38|"),
		`header of sid 1: address "a:x": port "x" is not a number of 0..65535`:   header(OneAddress, 1, 3, "a:x"),
		`header of sid 1: address "::1:38": an IPv6 host is written in brackets`: header(OneAddress, 1, 6, "::1:38"),
		"header of sid 1: the addresses are not UTF-8":                           header(OneAddress, 1, 4, "\xff:38"),
	} {
		_, err := ReadHeader(bytes.NewReader(data))
		var m *Malformed
		if !errors.As(err, &m) || m.Effect != Close || err.Error() != want {
			t.Errorf("%q: got %v, want %s", data, err, want)
		}
	}
}

func TestAHeaderThatEndsEarly(t *testing.T) {
	whole, err := Header{OneAddress, 1, []string{"127.0.0.1:3888"}}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := ReadHeader(bytes.NewReader(whole[:n])); err != want {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
}

func TestFrames(t *testing.T) {
	frame := func(n int32, payload string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(n)), payload...)
	}
	largest := strings.Repeat("x", MaxFrame)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"one byte":       {frame(1, "x"), nil},
		"the largest":    {frame(MaxFrame, largest), nil},
		"nothing":        {nil, io.EOF},
		"half a length":  {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"no payload":     {frame(5, ""), io.ErrUnexpectedEOF},
		"half a payload": {frame(5, "xx"), io.ErrUnexpectedEOF},
		"empty":          {frame(0, ""), &Malformed{Close, "frame of 0 bytes, possible are 1..524288"}},
		"negative":       {frame(-1, ""), &Malformed{Close, "frame of -1 bytes, possible are 1..524288"}},
		"too large":      {frame(MaxFrame+1, largest+"x"), &Malformed{Close, "frame of 524289 bytes, possible are 1..524288"}},
	} {
		payload, err := ReadFrame(bytes.NewReader(c.data), nil)
		if !reflect.DeepEqual(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && !bytes.Equal(payload, c.data[4:]) {
			t.Errorf("%s: another payload was read", name)
		}
	}
	if _, err := AppendFrame(nil, nil); err == nil {
		t.Error("an empty frame was written")
	}
}

// message is a payload of n bytes: LOOKING for 3 with zxid (2,7) in round 5, and whatever fits of peer
// epoch 4, version and the config's length.
func message(n int, version, configLength int32) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0)
	for _, v := range []uint64{3, 2<<32 | 7, 5, 4} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(version))
	b = binary.BigEndian.AppendUint32(b, uint32(configLength))
	return append(b, make([]byte, 100)...)[:n]
}

func TestOldFormsOfNotifications(t *testing.T) {
	old := Notification{Leader: 3, Zxid: 2<<32 | 7, Round: 5, PeerEpoch: 2, Form: NoPeerEpoch}
	if got, err := ParseNotification(message(28, 2, 0)); err != nil || got != old {
		t.Errorf("28 bytes: %+v, %v", got, err)
	}
	old.PeerEpoch, old.Form, old.Tail = 4, NoVersion, "\x00\x00\x00\x01"
	if got, err := ParseNotification(message(40, 1, 0)); err != nil || got != old {
		t.Errorf("40 bytes: %+v, %v", got, err)
	}
	old.Form, old.Version, old.Tail = Full, 1, "\x00\x00\x00\x07\x00"
	if got, err := ParseNotification(message(45, 1, 7)); err != nil || got != old {
		t.Errorf("45 bytes of version 1: %+v, %v", got, err)
	}
}

func TestNotificationsThatAreSkipped(t *testing.T) {
	for want, payload := range map[string][]byte{
		"notification of 0 bytes, the least is 28":                        nil,
		"notification of 27 bytes, the least is 28":                       message(27, 2, 0),
		"notification of 29 bytes: the version is cut off":                message(29, 2, 0),
		"notification of 36 bytes: the version is cut off":                message(36, 2, 0),
		"notification of 43 bytes: the length of the config is cut off":   message(43, 2, 0),
		"notification of 50 bytes: a config of 7 bytes, 6 are there":      message(50, 2, 7),
		"notification of 50 bytes: a config of -123 bytes, 6 are there":   message(50, 2, -123),
		"notification of 74 bytes: a config of 10000 bytes, 30 are there": message(74, 3, 10000),
	} {
		_, err := ParseNotification(payload)
		var m *Malformed
		if !errors.As(err, &m) || m.Effect != Skip || err.Error() != want {
			t.Errorf("%d bytes: got %v, want %s", len(payload), err, want)
		}
	}
}

func TestVotesThatDoNotFit(t *testing.T) {
	for want, n := range map[string]Notification{
		"notification: state 4 is not 0..3":                        {State: 4},
		"notification: state -1 is not 0..3":                       {State: -1},
		"notification: leader 255 is not 0..254":                   {Leader: 255},
		"notification: leader -9223372036854775808 is not 0..254":  {Leader: math.MinInt64},
		"notification: zxid -2 is not -1 or more":                  {Zxid: -2},
		"notification: round -2 is not -1 or more":                 {Round: -2},
		"notification: peer epoch 2147483648 is not 0..2147483647": {PeerEpoch: 1 << 31},
		"notification: version -1 is not 0..255":                   {Version: -1},
		"notification: version 256 is not 0..255":                  {Version: 256},
	} {
		if _, err := n.Vote(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for want, v := range map[string]election.Vote{
		"vote: state 9 is not 0..3":                                    {State: 9},
		"vote: round 9223372036854775808 is above 9223372036854775807": {Round: 1 << 63},
		"vote: the epoch of zxid 2147483648.0 is above 2147483647":     {Candidate: election.Candidate{Zxid: 1 << 63}},
		"vote: peer epoch 2147483648 is above 2147483647":              {Candidate: election.Candidate{PeerEpoch: 1 << 31}},
		"vote for nobody: it has zxid 7 and peer epoch 0":              {Candidate: election.Candidate{Leader: election.NoServer, Zxid: 7}},
	} {
		if _, err := FromVote(v, ""); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// An observer proposes nobody, with the smallest numbers there are.
func TestNobodysVote(t *testing.T) {
	v := election.Vote{Candidate: election.Candidate{Leader: election.NoServer}, Round: 3, Version: 2}
	n, err := FromVote(v, "")
	if err != nil || n.Leader != math.MinInt64 || n.Zxid != math.MinInt64 || n.PeerEpoch != math.MinInt64 {
		t.Errorf("written %+v, %v", n, err)
	}
	if got, err := n.Vote(); err != nil || got != v {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestConfigsAsServersWriteThem(t *testing.T) {
	const text = "server.10=[::1]:2888:3888:observer;0.0.0.0:2181\n" +
		"server.2=a.example:1:2\r\n" +
		"server.3=b:1:2:Participant|c:3:4:participant\ngroup.1=2:3\n\nversion=1f"
	want := Config{Version: 31, Members: []Member{
		{SID: 2, Host: "a.example", QuorumPort: 1, ElectionPort: 2},
		{SID: 3, Host: "b", QuorumPort: 1, ElectionPort: 2},
		{SID: 10, Host: "::1", QuorumPort: 2888, ElectionPort: 3888, Observer: true, Client: "0.0.0.0:2181"},
	}}
	got, err := ParseConfig(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("read %+v, %v", got, err)
	}
	if again, err := ParseConfig(got.String()); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("read again %+v, %v", again, err)
	}
	for text, want := range map[string]string{
		"server.abc=h:1:2":    `config: server.abc: "abc" is not a sid`,
		"server.1=":           `config: server.1: "" is not host:port:port or host:port:port:role`,
		"server.1=h:1:65536":  `config: server.1: port "65536" is not a number of 0..65535`,
		"server.1=h:1:2:boss": `config: server.1: unknown role "boss"`,
		"version=zz":          `config: version "zz" is not a hex number`,
	} {
		if _, err := ParseConfig(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
