package hostile

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestEqualSeedsMakeEqualCases(t *testing.T) {
	a, b, other := newGenerator(7), newGenerator(7), newGenerator(8)
	differ := false
	for range 300 {
		c := a.next()
		if !reflect.DeepEqual(c, b.next()) {
			t.Fatal("another case")
		}
		differ = differ || !bytes.Equal(c.Format(), other.next().Format())
	}
	if !differ {
		t.Error("the seed does not matter")
	}
}

// Kinds of cases that every run of some length has.
func TestCasesAreOfAllKinds(t *testing.T) {
	g := newGenerator(1)
	all := ""
	for range 500 {
		all += g.next().Description + "\n"
	}
	for _, kind := range []string{
		"from a stranger\n", "from voter 2\n", "header: protocol", "header: sid", "header: length", "header: addresses", "header: cut",
		"frame: length", "notification: cut", "notification: config length", "notification: round 9223372036854775807", "notifications at once",
		"config: without line", "config: line", "config: empty", "config: a line", "config: 1,000 lines", "config: cut",
	} {
		if !strings.Contains(all, kind) {
			t.Errorf("no case has %q", kind)
		}
	}
}

func TestCasesAreLocal(t *testing.T) {
	g := newGenerator(2)
	for range 500 {
		if c := g.next(); local(c) != nil {
			t.Fatalf("%s", c.Format())
		}
	}
	for text, want := range map[string]bool{
		"server.2=127.0.0.2:2888:3888": true, "server.9223372036854775807=127.1:1:2": true, "version=16909060": false,
		"server.2=10.0.0.1:2888:3888": false, "1.2:3": false, "server.2=zk.example.org:1:2": true, "[::1]:3888": true,
		"[fe80::1]:3888": false, "[2001:db8::1": false, `server.2=\u0031:1:2`: false, "127.0.0.1.8.8.8.8": true,
		"0.0.0.0:3888": true, "server.2=12\\\n7.0.0.1": false, "2130706433:3888": true, "99999999999999": true,
	} {
		if got := local(Case{Header: []byte(text)}) == nil; got != want {
			t.Errorf("%q: local is %v", text, got)
		}
	}
}

func TestFilesOfCases(t *testing.T) {
	g := newGenerator(3)
	for range 200 {
		c := g.next()
		if len(c.Header) == 0 {
			c.Header = nil
		}
		got, err := ParseCase("x", c.Format())
		if len(got.Header) == 0 {
			got.Header = nil
		}
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%v\n%s\n%s", err, c.Format(), got.Format())
		}
	}
	for want, text := range map[string]string{
		`x:1: the first line is not "zkcheck hostile v1"`:       "header 00",
		`x:2: unknown word "tail": header or frame`:             "zkcheck hostile v1\ntail 00",
		"x:2: header: want hex digits, two for a byte":          "zkcheck hostile v1\nheader 0",
		"x:2: there is one header, and it is before the frames": "zkcheck hostile v1\nframe 00",
		"x:3: there is one header, and it is before the frames": "zkcheck hostile v1\nheader 00\nheader 00",
		"x: there is no header":                                 "zkcheck hostile v1\n# nothing",
		"x: an address outside 127.0.0.0/8":                     "zkcheck hostile v1\nheader 382e382e382e38",
	} {
		if _, err := ParseCase("x", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
