package quorum

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Phase is how far terms go.
type Phase string

// The phases.
const (
	Discovery Phase = "discovery"
	Sync      Phase = "sync" // and the broadcast behind it
)

// Role is what the server is in a term.
type Role string

// The roles.
const (
	Follower Role = "follower"
	Leader   Role = "leader"
	Both     Role = "both"
)

// Script is a life: a server that starts on a disk, and its terms.
type Script struct {
	Phase   Phase
	Subject election.SID
	Voters  int
	Version string // of the server, whose differences are allowed
	Disk    election.Disk
	Broken  string // the rule that the engine has wrong, "" for none
	Steps   []Step
}

// log is what is on the disk: all in a snapshot.
func (s *Script) log() *election.Log {
	if s.Disk.Zxid.Counter() == 0 {
		return &election.Log{}
	}
	l := election.NewLog([]election.Zxid{s.Disk.Zxid}, true)
	return &l
}

func (s *Script) ensemble() (*election.Ensemble, error) {
	var members []election.Member
	for i := range s.Voters {
		members = append(members, election.Member{SID: election.SID(i + 1)})
	}
	e, err := election.NewEnsemble(members)
	if err != nil || s.Broken == "" {
		return e, err
	}
	rule, err := FindRule(s.Broken)
	if err != nil {
		return nil, err
	}
	rule.Break(&e.Rules)
	return e, nil
}

// version is the first line of every trace; the second of these scripts names the phase.
const version = "zkcheck trace v1"

// Format writes the script as a file: the inverse of Parse. Comments stand under the first lines.
func (s *Script) Format(comments ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nphase %s\n", version, s.Phase)
	for _, c := range comments {
		for _, line := range strings.Split(c, "\n") {
			fmt.Fprintf(&b, "# %s\n", line)
		}
	}
	fmt.Fprintf(&b, "subject %v\nvoters %d\nversion %s\ndisk %v\n", s.Subject, s.Voters, s.Version, s.Disk)
	if s.Broken != "" {
		fmt.Fprintf(&b, "broken %s\n", s.Broken)
	}
	fmt.Fprintf(&b, "steps %d\n", len(s.Steps))
	for _, step := range s.Steps {
		fmt.Fprintln(&b, step)
	}
	return b.Bytes()
}

// IsScript tells whether a file is such a script, and no other trace.
func IsScript(data []byte) bool {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimSuffix(first, []byte("\r"))) == version && bytes.HasPrefix(rest, []byte("phase "))
}

// Bounds of a script; of a file in bytes.
const (
	MaxFile  = 1 << 20
	maxSteps = 2000
)

// Parse reads a script. Errors are one line, "file:line: what is wrong".
func Parse(name string, data []byte) (*Script, error) {
	p := &parser{name: name, line: 1, given: map[string]bool{}}
	switch {
	case len(data) > MaxFile:
		return nil, p.fail("the file is larger than %d MiB", MaxFile>>20)
	case !IsScript(data):
		return nil, p.fail("this is no script: want %q, and then a phase", version)
	case data[len(data)-1] != '\n':
		return nil, p.fail("truncated: the last line has no end")
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		p.line = i + 1
		line = strings.TrimSpace(line)
		if i == 0 || line == "" || line[0] == '#' {
			continue
		}
		if err := p.text(line); err != nil {
			return nil, p.fail("%w", err)
		}
	}
	for _, key := range []string{"phase", "subject", "voters", "version", "disk", "steps"} {
		if !p.given[key] {
			return nil, p.fail("there is no %s in the header", key)
		}
	}
	if p.s.Subject == 0 || int(p.s.Subject) > p.s.Voters {
		return nil, p.fail("the subject %v is none of the %d voters", p.s.Subject, p.s.Voters)
	}
	if p.promised != len(p.s.Steps) {
		return nil, p.fail("truncated: %d steps are here, the header promises %d", len(p.s.Steps), p.promised)
	}
	return &p.s, nil
}

type parser struct {
	name     string
	line     int
	s        Script
	given    map[string]bool
	promised int
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{p.name, p.line}, args...)...)
}

func (p *parser) text(line string) (err error) {
	key, value, _ := strings.Cut(line, " ")
	if p.given["steps"] {
		if len(p.s.Steps) == maxSteps {
			return fmt.Errorf("more than %d steps", maxSteps)
		}
		step, err := parseStep(line)
		if step.Peer != 0 && (int(step.Peer) > p.s.Voters || step.Peer == p.s.Subject) {
			return fmt.Errorf("server %v is no peer of the subject", step.Peer)
		}
		p.s.Steps = append(p.s.Steps, step)
		return err
	}
	if p.given[key] {
		return fmt.Errorf("%s is given twice", key)
	}
	p.given[key] = true
	number := func(low, high int) (n int) {
		if n, err = strconv.Atoi(value); err != nil || n < low || n > high {
			err = fmt.Errorf("%s %s: want %d..%d", key, value, low, high)
		}
		return n
	}
	switch key {
	case "phase":
		if p.s.Phase = Phase(value); p.s.Phase != Discovery && p.s.Phase != Sync {
			return fmt.Errorf("phase %q: want %s or %s", value, Discovery, Sync)
		}
	case "subject":
		p.s.Subject = election.SID(number(1, election.MaxVoters))
	case "voters":
		p.s.Voters = number(3, election.MaxVoters)
	case "version":
		p.s.Version = value
	case "disk":
		var c cluster.Config
		if c, err = cluster.ParseConfig([]string{"1:" + value}, "", ""); err == nil {
			p.s.Disk = c.Disks[0]
		}
	case "broken":
		p.s.Broken = value
		_, err = FindRule(value)
	case "steps":
		p.promised = number(0, maxSteps)
	default:
		return fmt.Errorf("%q is no line of a header", line)
	}
	return err
}
