package logs

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

var raw = flag.String("raw", "", "make the samples anew of raw logs, `DIR`/SAMPLE/SID/log")

// Samples are the elections in testdata, a folder each.
var samples = []string{"classic", "classic-debug", "zxids", "epochs", "flapping", "flapping-debug"}

// noise are lines that are no election's, of which a few stay in every sample.
var noise = regexp.MustCompile(`QuorumCnxManager|Leader@|Learner@|Follower@|LearnerHandler@|Leader\||Learner\||Follower\||` +
	`^java\.net\.|^\tat java\.net|FileTxnSnapLog|tickTime set|initLimit set`)

var (
	address = regexp.MustCompile(`127\.0\.\d+\.(\d+)`)
	port    = regexp.MustCompile(`(/127\.0\.0\.\d+):\d{5}`)
	private = regexp.MustCompile(`/tmp|/usr|/root|/home|Environment|environment|\.jar|NIOServerCnxn@|mbean|user\.|datadir|Snapshotting`)
)

// sanitise keeps what is about elections and a little noise, without paths and addresses of the machine.
func sanitise(text []byte) []byte {
	var out bytes.Buffer
	kept := 0
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		_, ours, _ := newParser().parse([]byte(line))
		ours = ours || strings.Contains(line, "FastLeaderElection") || strings.Contains(line, "Peer state changed")
		if private.MatchString(line) {
			continue
		}
		if !ours {
			if !noise.MatchString(line) || kept > 25 {
				continue
			}
			kept++
		}
		line = address.ReplaceAllString(line, "127.0.0.$1")
		out.WriteString(port.ReplaceAllString(line, "$1:50000") + "\n")
	}
	return out.Bytes()
}

// TestRaw makes the samples. It does nothing unless -raw is given.
func TestRaw(t *testing.T) {
	if *raw == "" {
		t.Skip("no -raw")
	}
	for _, sample := range append([]string{"weights", "observers"}, samples...) {
		if _, err := os.Stat(filepath.Join(*raw, sample)); err != nil {
			continue
		}
		files, err := filepath.Glob(filepath.Join(*raw, sample, "*", "log"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, no logs", sample, err)
		}
		dir := filepath.Join("testdata", sample)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text = sanitise(text)
			to := filepath.Join(dir, fmt.Sprintf("zk%s.log", filepath.Base(filepath.Dir(name))))
			if !strings.HasPrefix(sample, "classic") && sample != "zxids" && sample != "epochs" {
				var packed bytes.Buffer
				z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
				z.Write(text)
				z.Close()
				text, to = packed.Bytes(), to+".gz"
			}
			if err := os.WriteFile(to, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sample reads the logs of a sample.
func sample(t testing.TB, name string) []*Log {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", name, "zk*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("sample %s: %v, no logs", name, err)
	}
	var files []*Log
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Name = filepath.Base(path)
		files = append(files, f)
	}
	return files
}

// sampleLines are the lines of one log of a sample.
func sampleLines(t testing.TB, name, file string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := newLines(file, f)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for {
		line, err := in.next()
		if err != nil {
			return list
		}
		list = append(list, string(line))
	}
}

// read reads lines as a log.
func read(t testing.TB, name string, lines []string) *Log {
	t.Helper()
	l, err := Read(name, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newReader(lines []string) *strings.Reader {
	return strings.NewReader(strings.Join(append(lines[:len(lines):len(lines)], ""), "\n"))
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// sidOf is the server that a sample log is of, by its name.
func sidOf(file string) election.SID { return election.SID(file[2] - '0') }
