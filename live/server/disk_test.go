package server

import (
	"encoding/binary"
	"hash/adler32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

func TestDiskIsReadAsItWasWritten(t *testing.T) {
	for _, d := range []election.Disk{
		{},
		{AcceptedEpoch: 1},
		{Zxid: 8, CurrentEpoch: 0, AcceptedEpoch: 0},
		{Zxid: election.NewZxid(1, 5), CurrentEpoch: 1, AcceptedEpoch: 1},
		{Zxid: election.NewZxid(3, 0), CurrentEpoch: 4, AcceptedEpoch: 6},
		{Zxid: election.NewZxid(election.MaxEpoch, 1<<32-1), CurrentEpoch: election.MaxEpoch, AcceptedEpoch: election.MaxEpoch},
	} {
		dir := t.TempDir()
		if err := WriteDisk(dir, d); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadDisk(dir); got != d || err != nil {
			t.Errorf("written %v, read %v: %v", d, got, err)
		}
	}
	if got, err := ReadDisk(t.TempDir()); got != (election.Disk{}) || err != nil {
		t.Errorf("a directory that no server has seen: %v: %v", got, err)
	}
}

func TestDiskThatZooKeeperWouldRefuse(t *testing.T) {
	for _, d := range []election.Disk{
		{Zxid: election.NewZxid(2, 1), CurrentEpoch: 1, AcceptedEpoch: 2},
		{CurrentEpoch: 2, AcceptedEpoch: 1},
	} {
		if err := WriteDisk(t.TempDir(), d); err == nil || !strings.Contains(err.Error(), "epoch(zxid) <= currentEpoch") {
			t.Errorf("%v: %v", d, err)
		}
	}
	dir := t.TempDir()
	d := election.Disk{Zxid: 1}
	if err := WriteDisk(dir, d); err != nil {
		t.Fatal(err)
	}
	if err := WriteDisk(dir, d); err == nil {
		t.Error("a disk is written over another one")
	}
}

// logged is a log as FileTxnLog writes it, with room that is not filled yet.
func logged(zxids ...election.Zxid) []byte {
	b := append([]byte("ZKLG"), make([]byte, 12)...)
	for _, z := range zxids {
		txn := make([]byte, 40)
		binary.BigEndian.PutUint64(txn[12:], uint64(z))
		b = appendLong(b, int64(adler32.Checksum(txn)))
		b = appendString(b, string(txn))
		b = append(b, 'B')
	}
	return append(b, make([]byte, 100)...)
}

func TestLastTransactionOfTheLogs(t *testing.T) {
	whole := logged(1<<32|1, 1<<32|2, 1<<32|3)
	third := len(logged(1<<32|1, 1<<32|2)) - 100
	damaged := logged(1<<32|1, 1<<32|2, 1<<32|3)
	damaged[third+20]++
	for _, test := range []struct {
		name  string
		files map[string][]byte
		want  election.Zxid
	}{
		{"a log", map[string][]byte{"log.100000001": whole}, 1<<32 | 3},
		{"a log that is older than a snapshot", map[string][]byte{"log.100000001": whole, "snapshot.100000007": emptySnapshot()}, 1<<32 | 7},
		{"half a snapshot", map[string][]byte{"log.100000001": whole, "snapshot.100000007": emptySnapshot()[:100]}, 1<<32 | 3},
		{"half a transaction", map[string][]byte{"log.100000001": whole[:third+30]}, 1<<32 | 2},
		{"a damaged transaction", map[string][]byte{"log.100000001": damaged}, 1<<32 | 2},
		{"half a header", map[string][]byte{"log.100000001": whole[:10]}, 0},
		{"two logs", map[string][]byte{"log.100000001": whole, "log.200000001": logged(2<<32 | 1)}, 2<<32 | 1},
		{"files of others", map[string][]byte{"snapshot.x": emptySnapshot(), "notes": nil}, 0},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, version2), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range test.files {
			if err := os.WriteFile(filepath.Join(dir, version2, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := ReadDisk(dir); got.Zxid != test.want || err != nil {
			t.Errorf("%s: %v, want %v: %v", test.name, got.Zxid, test.want, err)
		}
	}
}

func TestEpochThatIsNone(t *testing.T) {
	dir := t.TempDir()
	if err := WriteDisk(dir, election.Disk{AcceptedEpoch: 1}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, version2, "currentEpoch")
	if err := os.WriteFile(path, []byte("-1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadDisk(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("currentEpoch -1: %v", err)
	}
}

func TestDiskOfACrashBeforeCurrentEpoch(t *testing.T) {
	dir := t.TempDir()
	if err := WriteDisk(dir, election.Disk{Zxid: election.NewZxid(1, 1), CurrentEpoch: 1, AcceptedEpoch: 2}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := MendEpoch(dir); err == nil {
		t.Error("nothing was broken, and it was mended")
	}
	for name, text := range map[string][]byte{"snapshot.200000007": emptySnapshot(), "currentEpoch.tmp": nil} {
		if err := os.WriteFile(filepath.Join(dir, version2, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, after, err := MendEpoch(dir)
	if err != nil || before != 1 || after != 2 {
		t.Errorf("currentEpoch was %d, is %d: %v", before, after, err)
	}
	want := election.Disk{Zxid: election.NewZxid(2, 7), CurrentEpoch: 2, AcceptedEpoch: 2}
	if got, err := ReadDisk(dir); got != want || err != nil {
		t.Errorf("mended: %v: %v", got, err)
	}
	if exists(filepath.Join(dir, version2, "currentEpoch.tmp")) {
		t.Error("the torn file is still there")
	}
}
