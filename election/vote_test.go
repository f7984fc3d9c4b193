package election

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyZxid prefers the corners: the halves' borders, and few different values so that ties are frequent.
func anyZxid() *rapid.Generator[Zxid] {
	return rapid.OneOf(
		rapid.SampledFrom([]Zxid{0, 1, 1<<32 - 1, NewZxid(1, 0), NewZxid(1, 1), NewZxid(2, 0), NewZxid(MaxEpoch, 1<<32-1)}),
		rapid.Custom(func(t *rapid.T) Zxid {
			return NewZxid(rapid.Uint32Range(0, MaxEpoch).Draw(t, "epoch"), rapid.Uint32().Draw(t, "counter"))
		}))
}

func TestParseZxidIsInverseOfString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := anyZxid().Draw(t, "zxid")
		if z != NewZxid(z.Epoch(), z.Counter()) {
			t.Fatalf("%#x is not made of its halves", uint64(z))
		}
		for _, text := range []string{z.String(), fmt.Sprint(uint64(z)), fmt.Sprintf("%#x", uint64(z)),
			fmt.Sprintf("%d.%d", z.Epoch(), z.Counter())} {
			if got, err := ParseZxid(text); err != nil || got != z {
				t.Fatalf("ParseZxid(%q) = %v, %v; want %v", text, got, err, z)
			}
		}
	})
}

func TestZxidNotation(t *testing.T) {
	for z, want := range map[Zxid]string{0: "0", 8: "8", 1<<32 - 1: "4294967295", 1 << 32: "1.0", NewZxid(3, 7): "3.7"} {
		if got := z.String(); got != want {
			t.Errorf("Zxid(%d).String() = %q, want %q", uint64(z), got, want)
		}
	}
}

func TestParseZxidErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                     `zxid "" is not a number, 0x-number or epoch.counter`,
		"x":                    `zxid "x" is not a number, 0x-number or epoch.counter`,
		"-1":                   `zxid "-1" is not a number, 0x-number or epoch.counter`,
		"0x":                   `zxid "0x" is not a number, 0x-number or epoch.counter`,
		"1_0":                  `zxid "1_0" is not a number, 0x-number or epoch.counter`,
		"18446744073709551616": `zxid "18446744073709551616" is not a number, 0x-number or epoch.counter`,
		"0x8000000000000000":   `zxid "0x8000000000000000": epoch is above 2147483647`,
		".":                    `zxid ".": epoch "" is not a number of 0..2147483647`,
		"1.":                   `zxid "1.": counter "" is not a number of 0..4294967295`,
		"1.4294967296":         `zxid "1.4294967296": counter "4294967296" is not a number of 0..4294967295`,
		"2147483648.0":         `zxid "2147483648.0": epoch 2147483648 is above 2147483647`,
		"1.2.3":                `zxid "1.2.3": counter "2.3" is not a number of 0..4294967295`,
	} {
		if z, err := ParseZxid(text); err == nil || err.Error() != want {
			t.Errorf("ParseZxid(%q) = %v, %v\nwant error %s", text, z, err, want)
		}
	}
}

func TestParseEpoch(t *testing.T) {
	for _, e := range []uint32{0, 1, MaxEpoch} {
		if got, err := ParseEpoch(fmt.Sprint(e)); err != nil || got != e {
			t.Errorf("ParseEpoch(%d) = %d, %v", e, got, err)
		}
	}
	for _, text := range []string{"", "x", "-1", "1.0", "2147483648", "99999999999999999999"} {
		_, err := ParseEpoch(text)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "epoch ") {
			t.Errorf("ParseEpoch(%q): error %v", text, err)
		}
	}
}

// TestNotation pins the texts that traces, reports and pictures show.
func TestNotation(t *testing.T) {
	candidate := Candidate{Zxid: NewZxid(2, 5), PeerEpoch: 3, Leader: 7}
	for _, c := range []struct {
		value fmt.Stringer
		want  string
	}{
		{SID(0), "0"}, {SID(254), "254"}, {NoServer, "none"},
		{candidate, "7:3,2.5"},
		{Candidate{Leader: NoServer}, "none:0,0"},
		{Vote{Candidate: candidate, Round: 4, State: Leading}, "LEADING 7:3,2.5 round 4"},
		{Disk{}, "0,0"},
		{Disk{Zxid: 8, AcceptedEpoch: 1, CurrentEpoch: 1}, "1,8"},
		{Disk{Zxid: NewZxid(1, 2), AcceptedEpoch: 2, CurrentEpoch: 1}, "1/2,1.2"},
		{Looking, "LOOKING"}, {Following, "FOLLOWING"}, {Leading, "LEADING"}, {Observing, "OBSERVING"},
		{Election, "ELECTION"}, {Broadcast, "BROADCAST"},
		{FollowerInfo, "FOLLOWERINFO"}, {UpToDate, "UPTODATE"}, {PacketKind(0), "?"},
		{Recvset, "recvset"}, {Outofelection, "outofelection"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%T: %q, want %q", c.value, got, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, i := Set(rapid.Uint16().Draw(t, "set")), rapid.IntRange(0, MaxServers-1).Draw(t, "position")
		with, without := s.With(i), s.Without(i)
		if !with.Has(i) || without.Has(i) || with.Without(i) != without || with.Len() != without.Len()+1 {
			t.Fatalf("set %b, position %d: with %b, without %b", s, i, with, without)
		}
		if s != with && s != without {
			t.Fatalf("set %b is neither %b nor %b", s, with, without)
		}
	})
}
