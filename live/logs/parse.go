package logs

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// Dialect is the wording of a log.
type Dialect uint8

const (
	NoDialect  Dialect = iota
	Dialect34          // 3.4.0 to 3.4.5: notifications have no version
	Dialect346         // 3.4.6 and later 3.4
	Dialect35          // 3.5: they have a config version
	Dialect36          // 3.6 to today
)

func (d Dialect) String() string {
	return [...]string{"unknown", "3.4.0-3.4.5", "3.4.6-3.4.14", "3.5", "3.6 or later"}[d%5]
}

// Marks by which a message is found in a line, whatever stands before it.
var (
	markHeard    = []byte("Notification: ")
	markHeard36  = []byte("Notification: my state:")
	markSending  = []byte("Sending Notification: ")
	markNew      = []byte("New election. My id = ")
	markProposed = []byte("Updating proposal: ")
	markCounted  = []byte("Adding vote: ")
	markLeaving  = []byte("About to leave FLE instance: ")
	markTimedOut = []byte("Notification time out: ")
	markStarted  = []byte("Starting quorum peer")
	markChanged  = []byte("Peer state changed: ")
)

// Lines behind which the rules or the members are others than those that are known here.
var beyond = []struct{ mark, why string }{
	{"Oracle indicates to follow", "the oracle lets the server follow"},
	{"estarting leader election", "the configuration changes"},
	{"Restarting Leader Election", "the configuration changes"},
}

// parser reads lines one by one. What it learns of the log as a whole stays in it.
type parser struct {
	dialect Dialect
	debug   bool
	configs []string             // the versions of the configuration that notifications name, no more than two
	sids    map[election.SID]int // the server's own id to the first line that gives it
	line    int
}

func newParser() *parser { return &parser{sids: map[election.SID]int{}} }

// parse reads a line. ok is false if it says nothing about an election. An event of kind Unread comes
// with the reason why it can't be read.
func (p *parser) parse(line []byte) (e Event, ok bool, err error) {
	p.prefix(line)
	line = message(line)
	var r *reader
	switch text, kind := find(line); kind {
	case Heard:
		e, r = p.heard(text)
	case Sending:
		p.debug = true
		r = &reader{fields: behind(text)}
		e.Vote.Candidate, e.Vote.Round = r.candidate("n.leader", "n.zxid", "n.peerEpoch"), r.long("n.round")
		e.Peer = r.sid("recipient")
		p.own(r.sid("myid"), r)
	case NewElection:
		r = &reader{fields: before(append([]byte("my id="), text...))}
		e.Vote.Zxid = election.Zxid(r.long("proposed zxid"))
		p.own(r.sid("my id"), r)
	case Proposed:
		p.debug = true
		r = &reader{fields: behind(text)}
		e.Vote.Candidate = r.candidate("newleader", "newzxid", "")
	case Counted:
		p.debug = true
		r = &reader{fields: before(text)}
		e.Vote.Candidate = r.candidate("proposed leader", "proposed zxid", "")
		e.Vote.Round, e.Peer = r.long("proposed election epoch"), r.sid("from")
	case Leaving:
		p.debug = true
		r = &reader{fields: before(text)}
		e.Vote.Candidate = r.candidate("leader", "zxid", "")
		e.Mine = r.state("my state")
		p.own(r.sid("my id"), r)
	case Started, TimedOut:
		e.Kind = kind
		return e, true, nil
	default:
		for _, b := range beyond {
			if bytes.Contains(line, []byte(b.mark)) {
				return Event{Kind: Unread}, true, errors.New(b.why)
			}
		}
		e, ok = state(line)
		return e, ok, nil
	}
	_, e.Kind = find(line)
	if r.err != nil {
		e = Event{Kind: Unread}
	}
	return e, true, r.err
}

// heard reads a notification. From 3.6 on the names stand before the values.
func (p *parser) heard(text []byte) (e Event, r *reader) {
	dialect := Dialect36
	if bytes.HasPrefix(text, []byte("my state:")) {
		r = &reader{fields: before(text)}
	} else {
		r = &reader{fields: behind(text)}
		_, versioned := r.get("message format version")
		_, configured := r.get("n.config version")
		switch {
		case configured:
			dialect = Dialect35
		case versioned:
			dialect = Dialect346
		default:
			dialect = Dialect34
		}
	}
	e.Mine, e.Peer, e.Vote.State = r.state("my state"), r.sid("n.sid"), r.state("n.state")
	e.Vote.Candidate = r.candidate("n.leader", "n.zxid", "n.peerEpoch")
	e.Vote.Round, e.Vote.Version = r.long("n.round"), r.version("message format version")
	if r.err == nil && p.dialect == NoDialect {
		p.dialect = dialect
	}
	if v, ok := r.get("n.config version"); ok && len(p.configs) < 2 && !slices.Contains(p.configs, config(v)) {
		p.configs = append(p.configs, config(v))
	}
	return e, r
}

// config is the version of a configuration, in hex digits.
func config(text []byte) string { return string(bytes.TrimPrefix(text, []byte("0x"))) }

// find finds the message of a line: its kind, and the text behind its mark.
func find(line []byte) ([]byte, Kind) {
	at := func(mark []byte) []byte {
		if i := bytes.Index(line, mark); i >= 0 {
			return line[i+len(mark):]
		}
		return nil
	}
	if bytes.Contains(line, []byte("otification")) {
		if text := at(markSending); text != nil {
			return text, Sending
		}
		if text := at(markTimedOut); text != nil {
			return text, TimedOut
		}
		if text := at(markHeard); text != nil {
			if bytes.Contains(line, markHeard36) || bytes.Contains(text, []byte(" (n.leader)")) {
				return text, Heard
			}
		}
		return nil, 0
	}
	for _, m := range [...]struct {
		mark []byte
		kind Kind
	}{{markNew, NewElection}, {markProposed, Proposed}, {markCounted, Counted}, {markLeaving, Leaving}, {markStarted, Started}} {
		if text := at(m.mark); text != nil {
			return text, m.kind
		}
	}
	return nil, 0
}

// state reads the lines that are a state and nothing else, and setPeerState's of 3.6 and later.
func state(line []byte) (Event, bool) {
	if i := bytes.Index(line, markChanged); i >= 0 {
		s, ok := stateOf(bytes.ToUpper(line[i+len(markChanged):]))
		return Event{Kind: Decided, Early: true, Mine: s}, ok && s != election.Looking
	}
	i := bytes.LastIndexAny(line, " \t|]>:")
	s, ok := stateOf(line[i+1:])
	if !ok || !ends(bytes.TrimRight(line[:i+1], " \t")) {
		return Event{}, false
	}
	if s == election.Looking {
		return Event{Kind: Looking}, true
	}
	return Event{Kind: Decided, Mine: s}, true
}

// ends tells whether a prefix is one behind which a message can begin: it is no part of a sentence.
func ends(prefix []byte) bool {
	if len(prefix) == 0 {
		return true
	}
	for _, end := range []string{"-", "|", "]", ">", "INFO", "QuorumPeer:", "QuorumPeer"} {
		if bytes.HasSuffix(prefix, []byte(end)) {
			return true
		}
	}
	return false
}

// message is a line without the logger's name that some layouts put behind it: " (org.apache...)".
func message(line []byte) []byte {
	line = bytes.TrimRight(line, " \t")
	if i := bytes.LastIndex(line, []byte(" (org.apache.zookeeper.")); i >= 0 && bytes.HasSuffix(line, []byte(")")) {
		line = line[:i]
	}
	return line
}

// prefix looks for the server's own id in what layouts put before the message: [myid:3] and the names of
// threads, [myid=3].
func (p *parser) prefix(line []byte) {
	for _, mark := range []string{"[myid:", "[myid="} {
		if i := bytes.Index(line, []byte(mark)); i >= 0 {
			rest := line[i+len(mark):]
			if end := bytes.IndexByte(rest, ']'); end > 0 && end < 4 {
				if v, ok := number(rest[:end]); ok && v < uint64(election.NoServer) {
					p.own(election.SID(v), &reader{})
				}
			}
		}
	}
}

func (p *parser) own(sid election.SID, r *reader) {
	if _, seen := p.sids[sid]; r.err == nil && !seen {
		p.sids[sid] = p.line
	}
}

// stamp is the stock time stamp that a line begins with, with or without a bracket, in milliseconds.
func stamp(line []byte) int64 {
	const layout = "2006-01-02 15:04:05"
	line = bytes.TrimPrefix(line, []byte("["))
	if len(line) < len(layout)+4 || line[4] != '-' || line[len(layout)] != ',' {
		return 0
	}
	t, err := time.Parse(layout, string(line[:len(layout)]))
	ms, ok := number(line[len(layout)+1 : len(layout)+4])
	if err != nil || !ok || ms > 999 {
		return 0
	}
	return t.UnixMilli() + int64(ms)
}
