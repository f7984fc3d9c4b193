package fuzz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/logs"
)

// FuzzLog: whatever is in a log, reading and judging it does not panic; what is said of it names a line
// that is there, and is one line.
func FuzzLog(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<15 {
			t.Skip("long logs are slow to judge, and no other")
		}
		l, err := logs.Read("fuzz", bytes.NewReader(data))
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "fuzz:") || strings.Contains(text, "\n") {
				t.Fatalf("an error is one line, the file first: %q", text)
			}
			return
		}
		if l.SID == election.NoServer {
			l.SID = 1
		}
		for _, o := range []logs.Options{{Voters: 3}, {Voters: 5}} {
			r, err := logs.Judge([]*logs.Log{l}, o)
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Fatalf("an error is one line: %q", err)
				}
				continue
			}
			report(t, l, r)
		}
	})
}

// report checks that a report is one that can be shown.
func report(t *testing.T, l *logs.Log, r *logs.Report) {
	t.Helper()
	for i := range r.Findings {
		x := &r.Findings[i]
		if x.Line < 1 || x.Line > l.Lines || x.File != "fuzz" || strings.Contains(x.String(), "\n") || x.Verdict == logs.Legal {
			t.Fatalf("of a log of %d lines: %q", l.Lines, x)
		}
	}
	for i := range r.Elections {
		x := &r.Elections[i]
		if x.From.Line < 1 || x.To.Line > l.Lines || x.From.Line > x.To.Line || strings.Contains(x.Story(), "\n") {
			t.Fatalf("of a log of %d lines: %+v", l.Lines, x)
		}
	}
	for i := range r.Contests {
		if len(r.Story(&r.Contests[i])) == 0 {
			t.Fatalf("no story of %+v", r.Contests[i])
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
}

// logSeeds are the first lines of real logs, packed and not, and texts that are almost a log.
func logSeeds(t *testing.T) [][]byte {
	t.Helper()
	var seeds [][]byte
	for _, name := range []string{"classic/zk3.log", "classic/zk4.log", "zxids/zk2.log", "epochs/zk1.log"} {
		data, err := os.ReadFile(filepath.Join("..", "live", "logs", "testdata", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, data[:min(len(data), 12<<10)])
	}
	packed, err := os.Open(filepath.Join("..", "live", "logs", "testdata", "flapping", "zk1.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	data, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	seeds = append(seeds, data)
	head := "Starting quorum peer, myid=1\n - LOOKING\n - New election. My id = 1, proposed zxid=0x0\n"
	for _, text := range []string{
		"Notification: 1 (n.leader), 0 (n.zxid), 1 (n.round), LOOKING (n.state), 1 (n.sid), 0 (n.peerEPoch), LOOKING (my state)\n - LEADING\n",
		"Notification: 2 (message format version), 3 (n.leader), 0x0 (n.zxid), 0x1 (n.round), LEADING (n.state), 3 (n.sid), 0x1 (n.peerEPoch), LOOKING (my state)0 (n.config version)\r\n",
		"Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, n.round:0xffffffffffffffff, n.peerEpoch:0x0, n.zxid:0xffffffffffffffff\n",
		"Updating proposal: 1 (newleader), 0x0 (newzxid), -1 (oldleader), 0xffffffffffffffff (oldzxid)\nAdding vote: from=1, proposed leader=1, proposed zxid=0x0, proposed election epoch=0x1\n",
		"Sending Notification: 1 (n.leader), 0x0 (n.zxid), 0x1 (n.round), 2 (recipient), 1 (myid), 0x0 (n.peerEpoch) \nAbout to leave FLE instance: leader=1, zxid=0x0, my id=1, my state=LEADING\n",
	} {
		seeds = append(seeds, []byte(head+text))
	}
	return append(seeds, nil, []byte("\x1f\x8b"), []byte("Notification: (n.leader)"), []byte(head))
}

// TestLogSeeds: FuzzLog has its seeds. With -update they are made anew.
func TestLogSeeds(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzLog")
	seeds := logSeeds(t)
	if !*update {
		if old, _ := filepath.Glob(filepath.Join(dir, "seed-*")); len(old) != len(seeds) {
			t.Errorf("%s has %d seeds, want %d", dir, len(old), len(seeds))
		}
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, s := range seeds {
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%s)\n", strconv.Quote(string(s)))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("seed-%02d", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
