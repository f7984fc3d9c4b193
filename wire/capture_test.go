package wire

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// What a real server 2 of three sent to server 1, byte for byte, when it had adopted 2's own vote (1,5).
const (
	capturedHeader = "ffffffffffff0000 0000000000000002 0000000f" // "127.0.20.2:3888"
	capturedFrame  = "000000b3 00000000 0000000000000002 0000000100000005 0000000000000001 0000000000000001 00000002 00000087"
	capturedConfig = "server.1=127.0.20.1:2888:3888:participant\n" +
		"server.2=127.0.20.2:2888:3888:participant\n" +
		"server.3=127.0.20.3:2888:3888:participant\n" +
		"version=0"
)

func captured(t testing.TB, numbers, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(numbers, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return append(b, text...)
}

func TestHeaderIsTheCapturedOne(t *testing.T) {
	want := Header{OneAddress, 2, []string{"127.0.20.2:3888"}}
	data := captured(t, capturedHeader, "127.0.20.2:3888")
	if got, err := ReadHeader(bytes.NewReader(data)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
	if got, err := want.AppendBinary(nil); err != nil || !bytes.Equal(got, data) {
		t.Errorf("wrote %x, %v", got, err)
	}
}

func TestNotificationIsTheCapturedOne(t *testing.T) {
	config := Config{}
	for sid := int64(1); sid <= 3; sid++ {
		config.Members = append(config.Members, Member{SID: sid, Host: "127.0.20." + string(rune('0'+sid)), QuorumPort: 2888, ElectionPort: 3888})
	}
	if config.String() != capturedConfig {
		t.Fatalf("the config is written\n%s", config)
	}
	vote := election.Vote{
		Candidate: election.Candidate{Leader: 2, Zxid: election.NewZxid(1, 5), PeerEpoch: 1},
		Round:     1, State: election.Looking, Version: election.WireVersion,
	}
	want := Notification{Leader: 2, Zxid: 0x100000005, Round: 1, PeerEpoch: 1, Version: 2, Config: capturedConfig}
	if got, err := FromVote(vote, capturedConfig); err != nil || got != want {
		t.Errorf("the vote is %+v on the wire, %v", got, err)
	}
	data := captured(t, capturedFrame, capturedConfig)
	if got, err := want.AppendFrame(nil); err != nil || !bytes.Equal(got, data) {
		t.Errorf("wrote %x, %v", got, err)
	}
	payload, err := ReadFrame(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseNotification(payload)
	if err != nil || got != want {
		t.Errorf("read %+v, %v", got, err)
	}
	if v, err := got.Vote(); err != nil || v != vote {
		t.Errorf("read as the vote %v, %v", v, err)
	}
}
