package conform

import (
	"context"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// sightKind is a line of the subject's log that conformance goes by.
type sightKind uint8

const (
	heard    sightKind = iota + 1 // the receive path took a notification
	stale                         // the election thread handled one of a lower round: all before it is handled
	leaving                       // the election has its decision
	entering                      // an election begins
	ended                         // the process is gone
)

// sight is such a line.
type sight struct {
	kind  sightKind
	from  election.SID
	state election.State
	vote  election.Vote
}

// Texts of the lines (FastLeaderElection, 3.6.0 and later).
const (
	heardText    = "Notification: my state:"
	staleText    = "Notification election epoch is smaller than logicalclock"
	leavingText  = "About to leave FLE instance: "
	enteringText = "New election. My id = "
)

// watch passes on the lines that matter until the process is gone or nobody wants them.
func watch(ctx context.Context, lines *server.Lines, to chan<- sight) {
	send := func(s sight) {
		select {
		case to <- s:
		case <-ctx.Done():
		}
	}
	for {
		line, err := lines.Next(ctx)
		if err != nil {
			send(sight{kind: ended})
			return
		}
		if s, ok := parseSight(line.Text); ok {
			send(s)
		}
	}
}

func parseSight(line string) (s sight, ok bool) {
	if at := strings.Index(line, heardText); at >= 0 {
		return parseHeard(line[at+len("Notification: "):])
	}
	switch at := strings.Index(line, leavingText); {
	case at >= 0:
		f := fields(line[at+len(leavingText):], "=")
		s.kind, s.vote.Leader, s.vote.Zxid = leaving, sidOf(f["leader"]), election.Zxid(number(f["zxid"]))
		s.state, ok = stateOf(f["my state"])
		return s, ok
	case strings.Contains(line, staleText):
		return sight{kind: stale}, true
	case strings.Contains(line, enteringText):
		return sight{kind: entering}, true
	}
	return s, false
}

// parseHeard reads "my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:3, n.round:0x1, n.peerEpoch:0x0,
// n.zxid:0x0, message format version:0x2, n.config version:0x0".
func parseHeard(text string) (s sight, ok bool) {
	f := fields(strings.Replace(text, ";", ",", 1), ":")
	s.kind, s.from = heard, sidOf(f["n.sid"])
	s.vote = election.Vote{
		Candidate: election.Candidate{Leader: sidOf(f["n.leader"]), Zxid: election.Zxid(number(f["n.zxid"])),
			PeerEpoch: uint32(number(f["n.peerEpoch"]))},
		Round: number(f["n.round"]), Version: uint8(number(f["message format version"])),
	}
	s.vote.State, ok = stateOf(f["n.state"])
	return s, ok
}

// fields reads "key:value, key:value".
func fields(text, sep string) map[string]string {
	f := map[string]string{}
	for _, part := range strings.Split(text, ", ") {
		key, value, _ := strings.Cut(part, sep)
		f[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return f
}

func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 0, 64)
	return n
}

// sidOf is the sid in a log; what is none, as an observer's candidate, is nobody.
func sidOf(text string) election.SID {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return election.NoServer
	}
	return election.SID(n)
}

func stateOf(text string) (election.State, bool) {
	for s := election.Looking; s <= election.Observing; s++ {
		if s.String() == text {
			return s, true
		}
	}
	return 0, false
}
