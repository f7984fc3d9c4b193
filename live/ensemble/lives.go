package ensemble

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// life is one process of a server, as its log tells it.
type life struct {
	sid    election.SID
	number int
	log    string // path
	events []event
}

// eventKind is what a line of a log says.
type eventKind uint8

const (
	looking   eventKind = iota + 1 // a new election begins
	decided                        // for itself, at the end of an election
	following                      // connected to a leader
	serving                        // a leader serves an epoch
	newleader                      // a follower has what it needs, and writes currentEpoch
	snapshot                       // a server has written a snapshot
	synced                         // a follower is told that it is up to date
	refused                        // the process ends for what is on its disk
)

// event is a line that says something about terms.
type event struct {
	kind  eventKind
	at    time.Time // as the server's clock has it: this machine's
	epoch uint32    // of serving
	peer  string    // of following: the address of the leader
	text  string
}

// Parts of lines. They are of level INFO, which every installation has.
const (
	lineLooking   = "New election. My id = "
	lineLeading   = " - LEADING - LEADER ELECTION TOOK"
	lineConnected = "Successfully connected to leader, using address: /"
	lineServing   = "starting up and setting last processed zxid: 0x"
	lineSnapshot  = "Snapshot taken in "
	lineNewLeader = "Learner received NEWLEADER message"
	lineSynced    = "Learner received UPTODATE message"

	// A crash came before currentEpoch was written: The current epoch, 1, is older than the last zxid, 8589934593.
	lineOlder = ", is older than the last zxid, "
	// Or while it was written: Found null in .../currentEpoch.tmp. A whole file of that name would have been used.
	lineTorn = "/currentEpoch.tmp"
	lineNull = "Found null in "
)

// refusal tells whether a line says that a server does not start with the epochs that a crash has left.
func refusal(line string) bool {
	return strings.Contains(line, lineOlder) || strings.Contains(line, lineNull) && strings.Contains(line, lineTorn)
}

// stamp is the layout of the time at the beginning of a line.
const stamp = "2006-01-02 15:04:05,000"

// parseEvent reads a line of a log; most say nothing of terms.
func parseEvent(line string) (event, bool) {
	e := event{text: line}
	switch {
	case strings.Contains(line, lineLooking):
		e.kind = looking
	case strings.Contains(line, lineLeading):
		e.kind = decided
	case strings.Contains(line, lineNewLeader):
		e.kind = newleader
	case strings.Contains(line, lineSnapshot):
		e.kind = snapshot
	case strings.Contains(line, lineSynced):
		e.kind = synced
	case strings.Contains(line, lineConnected):
		_, peer, _ := strings.Cut(line, lineConnected)
		e.kind, e.peer = following, peer
	case strings.Contains(line, lineServing):
		_, hex, _ := strings.Cut(line, lineServing)
		zxid, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		if err != nil {
			return e, false
		}
		e.kind, e.epoch = serving, election.Zxid(zxid).Epoch()
	case refusal(line):
		e.kind = refused
	default:
		return e, false
	}
	if len(line) >= len(stamp) {
		e.at, _ = time.Parse(stamp, line[:len(stamp)]) // stack traces have no time, and their events none either
	}
	return e, true
}

// readLives reads the logs of a report.
func readLives(dir string, c *config) ([]life, error) {
	var lives []life
	for _, sid := range c.sids() {
		for n := 1; ; n++ {
			l := life{sid: sid, number: n, log: filepath.Join(dir, logsDir, logName(sid, n))}
			err := l.read()
			if errors.Is(err, fs.ErrNotExist) {
				if later, _ := filepath.Glob(filepath.Join(dir, logsDir, sid.String()+"-*.log")); len(later) >= n {
					return nil, fmt.Errorf("%s: there is no %s, but later ones", logsDir, logName(sid, n))
				}
				break
			}
			if err != nil {
				return nil, err
			}
			lives = append(lives, l)
		}
	}
	return lives, nil
}

// maxLine is the longest line of a log, in bytes.
const maxLine = 1 << 20

func (l *life) read() error {
	f, err := open(filepath.Split(l.log))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if e, ok := parseEvent(lines.Text()); ok {
			l.events = append(l.events, e)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line is longer than %d MiB", filepath.Base(l.log), maxLine>>20)
	} else if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(l.log), err)
	}
	return nil
}
