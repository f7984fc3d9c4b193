package logs

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The samples are legal: what real servers did, the protocol explains.
func TestSamplesAreLegal(t *testing.T) {
	for _, name := range samples {
		for _, o := range []Options{{Voters: voters[name]}, {}} {
			r, err := Judge(sample(t, name), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if r.Verdict != Legal || len(r.Elections) == 0 {
				t.Errorf("%s: %v, %v", name, r.Verdict, r.Findings)
			}
		}
		for _, f := range sample(t, name) {
			r, err := Judge([]*Log{f}, Options{Voters: voters[name]})
			if err != nil || r.Verdict != Legal {
				t.Errorf("%s alone: %v, %v", f.Name, err, r)
			}
		}
	}
}

// Two threads of a server write its log, and what they do is not in the order of their lines: a vote that
// is sent once more at a time-out is heard behind one that came in meanwhile; a notification is queued for
// an election that had not begun when its state was read. Real servers, under load.
func TestRacesAreLegal(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "races", "*.log"))
	if err != nil || len(paths) < 4 {
		t.Fatalf("%v, %d files", err, len(paths))
	}
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Judge([]*Log{f}, Options{Voters: 5})
		if err != nil || r.Verdict != Legal || len(r.Contests) != 1 {
			t.Errorf("%s: %v, %v, %+v", path, err, r.Findings, r.Contests)
		}
	}
}

// each calls f for every log of every sample.
func each(t *testing.T, f func(t *testing.T, name, file string, lines []string)) {
	for _, name := range samples {
		paths, err := filepath.Glob(filepath.Join("testdata", name, "zk*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			file := filepath.Base(path)
			t.Run(name+"/"+file, func(t *testing.T) {
				t.Parallel()
				f(t, name, file, sampleLines(t, name, file))
			})
		}
	}
}

// judgePart judges a part of a log in the place of the log, alone or among the other logs of the sample.
// A part without a line about elections is no log.
func judgePart(t *testing.T, name, file string, lines []string, others []*Log, o Options) *Report {
	t.Helper()
	l, err := Read(file, newReader(lines))
	if err != nil {
		return nil
	}
	if l.SID == 255 {
		l.SID = sidOf(file)
	}
	r, err := Judge(append([]*Log{l}, others...), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Wherever a log begins and wherever it ends, nobody is accused.
func TestPartsOfLogsAreNotRefused(t *testing.T) {
	each(t, func(t *testing.T, name, file string, lines []string) {
		var others []*Log
		for _, f := range sample(t, name) {
			if f.Name != file {
				others = append(others, f)
			}
		}
		n := 0
		for cut, l := range lines {
			if _, ok, _ := newParser().parse([]byte(l)); !ok {
				continue
			}
			if n++; n%stride(name) != 0 {
				continue
			}
			for _, part := range [][]string{lines[:cut], lines[:cut+1], lines[cut:], lines[cut/2 : cut]} {
				with := [][]*Log{nil}
				if n%(5*stride(name)) == 0 {
					with = append(with, others)
				}
				for _, with := range with {
					r := judgePart(t, name, file, part, with, Options{Voters: voters[name]})
					if r != nil && r.Verdict == Illegal {
						t.Fatalf("cut at %d, %d lines, %d other logs: %v", cut, len(part), len(with), r.Findings)
					}
				}
			}
		}
	})
}

// stride is how many lines apart a log is cut: every line where there are few.
func stride(name string) int {
	n := 1
	switch {
	case strings.HasSuffix(name, "debug") || name == "zxids":
		n = 11
	case name == "flapping":
		n = 5
	}
	if testing.Short() {
		n *= 5
	}
	return n
}

// A log from which lines were taken may be refused: a decision by votes that were taken away is one that
// the protocol does not explain. But no line of another election is refused for it, and none of another
// server.
func TestMissingLinesAccuseNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, name, file string, lines []string) {
		var others []*Log
		for _, f := range sample(t, name) {
			if f.Name != file {
				others = append(others, f)
			}
		}
		check := func(removed []int) {
			var part []string
			var numbers []int // of the lines that are left, in the whole log
			for i, l := range lines {
				if !slices.Contains(removed, i) {
					part, numbers = append(part, l), append(numbers, i)
				}
			}
			with := others
			if removed[0]%3 != 0 {
				with = nil
			}
			r := judgePart(t, name, file, part, with, Options{Voters: voters[name]})
			if r == nil {
				return
			}
			for _, f := range r.Findings {
				if f.Verdict != Illegal {
					continue
				}
				if f.File != file {
					t.Fatalf("without lines %v: %v", removed, &f)
				}
				if !sameElection(lines, removed, numbers[f.Line-1]) {
					t.Fatalf("without lines %v, line %d is refused: %v", removed, numbers[f.Line-1], &f)
				}
			}
		}
		for i := 0; i < len(lines); i += stride(name) {
			check([]int{i})
		}
		rng := rand.New(rand.NewPCG(1, uint64(len(lines))))
		for range 25 / stride(name) {
			check([]int{rng.IntN(len(lines)), rng.IntN(len(lines)), rng.IntN(len(lines))})
		}
	})
}

// sameElection tells whether one of the lines that were removed is of the election that a line is of, or
// of what its server was doing before: from one line LOOKING to the next.
func sameElection(lines []string, removed []int, at int) bool {
	section := func(i int) int {
		n := 0
		for _, l := range lines[:i+1] {
			if e, ok, _ := newParser().parse([]byte(l)); ok && (e.Kind == Looking || e.Kind == Started) {
				n++
			}
		}
		return n
	}
	is := section(at)
	return slices.ContainsFunc(removed, func(i int) bool { s := section(i); return s == is || s == is-1 })
}

// Where lines are missing and it shows, nobody is accused: neither in the election that they are of, nor in
// any other. A line that is too long shows it, and the end of a file.
func TestGapsAccuseNobody(t *testing.T) {
	long := strings.Repeat("x", MaxLine+1)
	each(t, func(t *testing.T, name, file string, lines []string) {
		rng := rand.New(rand.NewPCG(2, uint64(len(lines))))
		for range 120 / stride(name) {
			from := rng.IntN(len(lines))
			to := from + rng.IntN(min(len(lines)-from, 40)+1)
			var files [][]*Log
			changed := slices.Replace(slices.Clone(lines), from, to, long)
			if l, err := Read(file, newReader(changed)); err == nil {
				files = append(files, []*Log{l})
			}
			first, err := Read(file+".1", newReader(lines[:from]))
			second, err2 := Read(file, newReader(lines[to:]))
			if err == nil && err2 == nil {
				files = append(files, []*Log{first, second})
			}
			for _, list := range files {
				for _, l := range list {
					l.SID = sidOf(file)
				}
				r, err := Judge(list, Options{Voters: voters[name]})
				if err != nil {
					t.Fatal(err)
				}
				if r.Verdict == Illegal && !starts(lines[to:]) {
					t.Fatalf("without lines %d-%d, %d files: %v", from+1, to, len(list), r.Findings)
				}
			}
		}
	})
}

// A log that was searched for some words is not refused for the lines that were not found.
func TestSearchedLogs(t *testing.T) {
	for _, words := range []string{"FastLeaderElection", "Notification: my", "LOOKING|New election|FOLLOWING|LEADING",
		"New election|Notification", "Notification|LEADING$|FOLLOWING$|LOOKING$|New election", "INFO", "DEBUG",
		"Notification: my|Peer state|New election", "QuorumPeer@|Notification: my", "Adding vote|Notification|New election|LOOKING"} {
		pattern := regexp.MustCompile(words)
		each(t, func(t *testing.T, name, file string, lines []string) {
			found := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !pattern.MatchString(l) })
			r := judgePart(t, name, file, found, nil, Options{Voters: voters[name]})
			if r != nil && r.Verdict == Illegal {
				t.Errorf("searched for %s: %v", words, r.Findings)
			}
		})
	}
}

// starts tells whether the first line about elections is the start of a process.
func starts(lines []string) bool {
	for _, l := range lines {
		if e, ok, _ := newParser().parse([]byte(l)); ok {
			return e.Kind == Started
		}
	}
	return false
}

// A gap that shows makes the election unknown, not illegal.
func TestGapsThatShow(t *testing.T) {
	lines := sampleLines(t, "classic", "zk1.log")
	gone := line(1, "n.sid:1", "n.leader:3").find(t, lines)
	long := string(make([]byte, MaxLine+10))
	for what, text := range map[string]string{
		"line %d is too long to be read": long,
		"line %d can't be followed":      lines[gone][:len(lines[gone])-60] + "n.zxid:0xzz",
	} {
		changed := slices.Clone(lines)
		changed[gone] = text
		r := judgePart(t, "classic", "zk1.log", changed, nil, Options{Voters: 5})
		want := fmt.Sprintf(what, gone+1)
		if r.Verdict != Unknown || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return contains(f.Text, want) }) {
			t.Errorf("%v: %v, want %q", r.Verdict, r.Findings, want)
		}
	}
	// The same in two files: what is between them, nobody knows.
	first := read(t, "zk1.log.1", lines[:gone])
	second := read(t, "zk1.log", lines[gone+1:])
	r, err := Judge([]*Log{second, first}, Options{Voters: 5})
	if err != nil || r.Verdict != Unknown {
		t.Errorf("%v, %v", err, r)
	}
	second = read(t, "zk1.log", lines[gone:])
	if r, err = Judge([]*Log{second, first}, Options{Voters: 5}); err != nil || r.Verdict != Legal {
		t.Errorf("rotated: %v, %v, %v", err, r.Verdict, r.Findings)
	}
}
