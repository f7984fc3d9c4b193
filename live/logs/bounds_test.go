package logs

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// Numbers that no server can have are a line that can't be read, with the reason.
func TestNumbersOutOfRange(t *testing.T) {
	const whole = "Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:3, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2"
	for _, x := range []struct{ old, fresh, want string }{
		{"n.sid:2", "n.sid:255", "n.sid 255: only sids of 0..254 can be followed"},
		{"n.sid:2", "n.sid:-1", "n.sid -1: only sids of 0..254 can be followed"},
		{"n.sid:2", "n.sid:99999999999999999999", `n.sid "99999999999999999999" is not a number of 64 bits`},
		{"n.leader:3", "n.leader:300", "n.leader 300: only sids of 0..254 can be followed"},
		{"n.round:0x1", "n.round:0x10000000000000000", `n.round "0x10000000000000000" is not a number of 64 bits`},
		{"n.round:0x1", "n.round:", `n.round "" is not a number of 64 bits`},
		{"n.peerEpoch:0x0", "n.peerEpoch:0x80000000", "n.peerEpoch 0x80000000 is above 2147483647"},
		{"n.zxid:0x0", "n.zxid:0x", `n.zxid "0x" is not a number of 64 bits`},
		{"n.state:LOOKING", "n.state:LURKING", `n.state "LURKING" is no state`},
		{"my state:LOOKING", "my state:", `my state "" is no state`},
		{", n.zxid:0x0", "", "there is no n.zxid"},
		{"version:0x2", "version:two", `message format version "two" is not a number`},
	} {
		e, ok, err := newParser().parse([]byte(strings.Replace(whole, x.old, x.fresh, 1)))
		if !ok || e.Kind != Unread || err == nil || err.Error() != x.want {
			t.Errorf("%s: %+v, %v, want %s", x.fresh, e, err, x.want)
		}
	}
	e, ok, err := newParser().parse([]byte(strings.Replace(whole, "0x1", "0x7fffffffffffffff", 1)))
	if !ok || err != nil || e.Vote.Round != 1<<63-1 {
		t.Errorf("the largest round: %+v, %v", e, err)
	}
}

// A log with the line ends of Windows, packed or not, without an end of its last line, is the same log.
func TestEncodings(t *testing.T) {
	lines := sampleLines(t, "classic", "zk3.log")
	want := read(t, "x", lines)
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.String()
	}
	text := strings.Join(lines, "\n") + "\n"
	for name, data := range map[string]string{
		"crlf": strings.ReplaceAll(text, "\n", "\r\n"), "gz": pack(text), "gz of two": pack(text[:500]) + pack(text[500:]),
	} {
		got, err := Read("x", strings.NewReader(data))
		if err != nil || len(got.Events) != len(want.Events) || got.Cut || got.SID != 3 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, data := range map[string]string{
		"no last end": text + lines[0], "gz cut off": pack(text)[:900], "gz broken at its end": pack(text)[:len(pack(text))-4],
	} {
		got, err := Read("x", strings.NewReader(data))
		if err != nil || !got.Cut || len(got.Events) == 0 || len(got.Events) > len(want.Events) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A line that is too long is skipped and counted, however long it is; so is nothing else.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	text := "INFO - LOOKING\n" + long + "\n" + long + long + "y\n" + long[:MaxLine-2] + "\nmyid=1 LOOKING\nINFO - LEADING\n" + long
	l, err := Read("x", strings.NewReader(text))
	if err != nil || l.Long != 2 || !l.Cut || len(l.Events) != 2 || l.Events[1].Line != 6 {
		t.Errorf("%+v, %v", l, err)
	}
}

// What can't be judged at all is an error that names the file.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):         "none: no such file or directory",
		dir:                                "not a regular file",
		write("empty", ""):                 "empty: no line of it is about an election",
		write("other", "hello\n"):          "other: no line of it is about an election",
		write("magic", "\x1f\x8bnot gzip"): "magic: it begins like a file of gzip, and can't be unpacked: gzip: invalid header",
		write("two", "[myid:1] - LOOKING\nx\n[myid:2] - LOOKING\n"): "two:3: this line is of server 2, line 1 of server 1",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	nameless, err := Open(write("nameless", "INFO - LOOKING\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Judge([]*Log{nameless}, Options{}); err == nil || !strings.Contains(err.Error(), "say so: SID=") {
		t.Errorf("got %v", err)
	}
}

func TestNamed(t *testing.T) {
	for arg, want := range map[string]election.SID{"3=zk.log": 3, "a/b=c.log": election.NoServer, "255=x": election.NoServer, "zk.log": election.NoServer} {
		path, sid, named := Named(arg)
		if sid != want || named != (want != election.NoServer) || named == (path == arg) {
			t.Errorf("%s: %s, %v, %v", arg, path, sid, named)
		}
	}
}
