package conform

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Kind is what the peers do in a step of a script.
type Kind uint8

const (
	Hear  Kind = iota + 1 // a peer sends the subject a notification
	Reset                 // the connection of a peer is lost and back
	Wait                  // nobody says anything for as long as finalizeWait needs
)

// Step is one step.
type Step struct {
	Kind Kind
	Peer election.SID
	Vote election.Vote // of Hear; the round is as if the subject had just entered round 1
}

// Script is one election of one server, with all of its peers played. It begins when the server enters
// the election and ends when it has decided, or at its end.
type Script struct {
	Config  cluster.Config // disks of others than the subject do not matter
	Subject election.SID
	Broken  string // the rule that the engine has wrong, "" for none
	Steps   []Step
}

// version is the first line of every trace; the second of a script names its subject.
const version = "zkcheck trace v1"

// String is the line of a step.
func (s Step) String() string {
	switch s.Kind {
	case Reset:
		return "reset " + s.Peer.String()
	case Wait:
		return "wait"
	}
	text := fmt.Sprintf("hear %v %v %v round %d", s.Peer, s.Vote.State, s.Vote.Candidate, s.Vote.Round)
	if s.Vote.Version != election.WireVersion {
		text += fmt.Sprintf(" version %d", s.Vote.Version)
	}
	return text
}

// Format writes the script as a file: the inverse of ParseScript. Comments stand under the header.
func (s *Script) Format(comments ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nsubject %v\n", version, s.Subject)
	for _, c := range comments {
		for _, line := range strings.Split(c, "\n") {
			fmt.Fprintf(&b, "# %s\n", line)
		}
	}
	fmt.Fprintf(&b, "cluster %s\n", s.Config.Servers())
	for _, line := range [][2]string{{"observers", s.Config.Observers()}, {"weights", s.Config.Weights()}, {"broken", s.Broken}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s %s\n", line[0], line[1])
		}
	}
	fmt.Fprintf(&b, "steps %d\n", len(s.Steps))
	for _, step := range s.Steps {
		fmt.Fprintln(&b, step)
	}
	return b.Bytes()
}

// IsScript tells whether a file is a script, and no other trace: its second line names a subject.
func IsScript(data []byte) bool {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimSuffix(first, []byte("\r"))) == version && bytes.HasPrefix(rest, []byte("subject "))
}

// Bounds of a script; of a file in bytes.
const (
	MaxFile  = 1 << 20
	maxSteps = 1000
	maxRound = 1 << 40
)

// ParseScript reads a script. Errors are one line, "file:line: what is wrong".
func ParseScript(name string, data []byte) (*Script, error) {
	p := &parser{name: name, line: 1, promised: -1}
	if len(data) > MaxFile {
		return nil, p.fail("the file is larger than %d MiB", MaxFile>>20)
	}
	if !IsScript(data) {
		return nil, p.fail("this is no script: want %q, and then a subject", version)
	}
	if data[len(data)-1] != '\n' {
		return nil, p.fail("truncated: the last line has no end")
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		p.line = i + 1
		line = strings.TrimSpace(line)
		if i == 0 || line == "" || line[0] == '#' {
			continue
		}
		if err := p.text(line); err != nil {
			return nil, err
		}
	}
	if err := p.configure(); err != nil {
		return nil, err
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
	header   map[string]string
	promised int
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{p.name, p.line}, args...)...)
}

func (p *parser) text(line string) error {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "subject", "cluster", "observers", "weights", "broken", "steps":
		if p.header == nil {
			p.header = map[string]string{}
		}
		switch _, twice := p.header[key]; {
		case twice:
			return p.fail("%s is given twice", key)
		case len(p.s.Steps) > 0:
			return p.fail("%s after the first step", key)
		}
		p.header[key] = value
		return nil
	}
	if err := p.configure(); err != nil {
		return err
	}
	if len(p.s.Steps) == maxSteps {
		return p.fail("more than %d steps", maxSteps)
	}
	step, err := parseStep(strings.Fields(line))
	if err != nil {
		return p.fail("%w", err)
	}
	if step.Kind != Wait {
		if _, ok := p.s.Config.Ensemble.Position(step.Peer); !ok || step.Peer == p.s.Subject {
			return p.fail("server %v is no peer of the subject", step.Peer)
		}
	}
	p.s.Steps = append(p.s.Steps, step)
	return nil
}

// configure makes the ensemble when the header is over.
func (p *parser) configure() error {
	if p.s.Config.Ensemble != nil {
		return nil
	}
	for _, key := range []string{"subject", "cluster", "steps"} {
		if p.header[key] == "" {
			return p.fail("there is no %s in the header", key)
		}
	}
	c, err := cluster.ParseConfig(strings.Fields(p.header["cluster"]), p.header["observers"], p.header["weights"])
	if err != nil {
		return p.fail("%w", err)
	}
	sid, err := parseSID(p.header["subject"])
	if err != nil {
		return p.fail("subject: %w", err)
	}
	if !c.Ensemble.IsVoter(sid) {
		return p.fail("the subject %v is no voter of the cluster", sid)
	}
	n, err := strconv.ParseUint(p.header["steps"], 10, 32)
	if err != nil {
		return p.fail("steps: %q is not a number", p.header["steps"])
	}
	if p.s.Broken = p.header["broken"]; p.s.Broken != "" {
		rule, err := FindRule(p.s.Broken)
		if err != nil {
			return p.fail("%w", err)
		}
		rule.Break(&c.Ensemble.Rules)
	}
	p.s.Config, p.s.Subject, p.promised = c, sid, int(n)
	return nil
}

// parseStep is the inverse of Step.String.
func parseStep(w []string) (s Step, err error) {
	switch {
	case w[0] == "wait" && len(w) == 1:
		return Step{Kind: Wait}, nil
	case w[0] == "reset" && len(w) == 2:
		s.Kind = Reset
		s.Peer, err = parseSID(w[1])
		return s, err
	case w[0] != "hear" || len(w) != 6 && len(w) != 8 || w[4] != "round" || len(w) == 8 && w[6] != "version":
		return s, fmt.Errorf("step %q: want wait, reset P, or hear P STATE L:EPOCH,ZXID round R", strings.Join(w, " "))
	}
	s.Kind = Hear
	if s.Peer, err = parseSID(w[1]); err != nil {
		return s, err
	}
	states := []string{"LOOKING", "FOLLOWING", "LEADING", "OBSERVING"}
	state := slices.Index(states, w[2])
	if state < 0 {
		return s, fmt.Errorf("%q is no state", w[2])
	}
	c, err := parseCandidate(w[3])
	if err != nil {
		return s, err
	}
	round, err := strconv.ParseUint(w[5], 10, 64)
	if err != nil || round > maxRound {
		return s, fmt.Errorf("round %q is not a number of 0..%d", w[5], uint64(maxRound))
	}
	s.Vote = election.Vote{Candidate: c, State: election.State(state), Round: round, Version: election.WireVersion}
	if len(w) == 8 {
		v, err := strconv.ParseUint(w[7], 10, 8)
		if err != nil || v > election.WireVersion {
			return s, fmt.Errorf("version %q is not 0..%d", w[7], election.WireVersion)
		}
		s.Vote.Version = uint8(v)
	}
	return s, nil
}

// parseCandidate is the inverse of Candidate.String. A vote can name an epoch and a zxid that no server
// could start from.
func parseCandidate(text string) (c election.Candidate, err error) {
	leader, rest, _ := strings.Cut(text, ":")
	epoch, zxid, ok := strings.Cut(rest, ",")
	if !ok {
		return c, fmt.Errorf("vote %q is not LEADER:EPOCH,ZXID", text)
	}
	if c.Leader = election.NoServer; leader != election.NoServer.String() {
		if c.Leader, err = parseSID(leader); err != nil {
			return c, err
		}
	}
	if c.PeerEpoch, err = election.ParseEpoch(epoch); err != nil {
		return c, err
	}
	c.Zxid, err = election.ParseZxid(zxid)
	return c, err
}

func parseSID(text string) (election.SID, error) {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || election.SID(n) == election.NoServer {
		return 0, fmt.Errorf("%q is no sid", text)
	}
	return election.SID(n), nil
}
