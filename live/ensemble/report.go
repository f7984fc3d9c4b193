package ensemble

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// Files of a report. Lines of .jsonl files are in the order in which they were seen.
const (
	configFile   = "config.json"    // Config: what was run
	scheduleFile = "schedule.jsonl" // Planned: the faults as they were drawn
	faultsFile   = "faults.jsonl"   // Fault: the faults as they happened
	historyFile  = "history.jsonl"  // Operation: what clients did
	samplesFile  = "samples.jsonl"  // Sample: what servers said of themselves
	disksFile    = "disks.jsonl"    // DiskSample: epochs on disks
	recoveryFile = "recovery.json"  // Recovery: how it ended
	logsDir      = "logs"           // SID-LIFE.log: what one process wrote
	dataDir      = "data"           // SID: directory of a server
	verdictFile  = "verdict.json"   // Verdict: the only file that the judge writes, but for pictures
)

const reportVersion = "zkcheck ensemble v1"

// Config is what was run.
type config struct {
	Version   string         `json:"version"`
	ZooKeeper string         `json:"zookeeper"`
	Servers   int            `json:"servers"`
	Seed      uint64         `json:"seed"`
	Seconds   float64        `json:"seconds"`
	Started   time.Time      `json:"started"` // at_ms and the like count from here
	Members   []configMember `json:"members"`
	Registers []string       `json:"registers"`
}

// ConfigMember is a server of the ensemble. Logs name the others by the address where this one finds them.
type configMember struct {
	SID   election.SID            `json:"sid"`
	Host  string                  `json:"host"`
	Peers map[election.SID]string `json:"peers"`
}

func (c *config) sids() []election.SID {
	var list []election.SID
	for _, m := range c.Members {
		list = append(list, m.SID)
	}
	return list
}

func (c *config) members() []election.Member {
	var list []election.Member
	for _, m := range c.Members {
		list = append(list, election.Member{SID: m.SID})
	}
	return list
}

// Planned is a line of the schedule.
type planned struct {
	AtMS int64  `json:"at_ms"`
	Step string `json:"step"`
}

// Fault is a step as it happened, or something that happened by itself.
type fault struct {
	AtMS    int64   `json:"at_ms"`
	Step    string  `json:"step"` // of the schedule, or one of those below
	Servers sidList `json:"servers,omitempty"`
	Note    string  `json:"note,omitempty"`
}

// SIDs is a list of servers. As plain bytes, which sids are, JSON would have it in base64.
type sidList []election.SID

func (s sidList) String() string {
	var names []string
	for _, sid := range s {
		names = append(names, sid.String())
	}
	return strings.Join(names, ", ")
}

func (s sidList) MarshalJSON() ([]byte, error) {
	numbers := make([]int, len(s))
	for i, sid := range s {
		numbers[i] = int(sid)
	}
	return json.Marshal(numbers)
}

func (s *sidList) UnmarshalJSON(text []byte) error {
	var numbers sidList
	var list []int
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	for _, n := range list {
		if n < 0 || n >= int(election.NoServer) {
			return fmt.Errorf("server %d is not a possible sid", n)
		}
		numbers = append(numbers, election.SID(n))
	}
	*s = numbers
	return nil
}

// Steps that no schedule has.
const (
	beginStep = "begin" // the times of the schedule count from here
	exitStep  = "exit"  // a server ended without being killed
	mendStep  = "mend"  // the harness wrote the currentEpoch that a crash had left unwritten, for the server would not start
	endStep   = "end"   // everything was repaired
	diskStep  = "disk"  // a disk could not be read
)

// Operation is something that a client did. Times are nanoseconds since the start.
type operation struct {
	Client   int     `json:"client"`
	Session  string  `json:"session,omitempty"` // of the whole operation; "" if unknown, or if there were two
	Server   string  `json:"server,omitempty"`  // that the client was connected to when it returned
	Kind     kind    `json:"kind"`
	Register string  `json:"register"`
	Value    string  `json:"value,omitempty"` // written or read
	Zxid     hexZxid `json:"mzxid,omitempty"` // of the transaction that wrote the value
	Call     int64   `json:"call_ns"`
	Return   int64   `json:"return_ns"`
	Outcome  outcome `json:"outcome"`
	Error    string  `json:"error,omitempty"`
}

// Kind is what an operation does.
type kind string

const (
	write      kind = "write"
	syncedRead kind = "synced-read" // sync, then get, in one session
	fencedRead kind = "fenced-read" // a write of a node of its own, then get, in one session: the write asks a quorum, sync does not
	plainRead  kind = "plain-read"
)

// Outcome is what is known of an operation afterwards.
type outcome string

const (
	answered outcome = "ok"
	unknown  outcome = "unknown" // a write that may have happened, happen yet, or never; a read that was not answered
	unsent   outcome = "unsent"  // there was no connection
)

// Zxid is written as ZooKeeper writes it, in hex.
type hexZxid election.Zxid

func (z hexZxid) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%x", uint64(z)), nil }

func (z *hexZxid) UnmarshalText(text []byte) error {
	v, err := election.ParseZxid(string(text))
	*z = hexZxid(v)
	return err
}

// Sample is what a server says of itself when it is asked.
type sample struct {
	AtMS      int64        `json:"at_ms"`
	Server    election.SID `json:"server"`
	PeerState string       `json:"peer_state,omitempty"` // mntr's zk_peer_state: "leading - broadcast"
	Mode      string       `json:"mode,omitempty"`       // srvr's: leader, follower
	Zxid      hexZxid      `json:"zxid,omitempty"`       // srvr's; of a leader, of the epoch it serves
	Error     string       `json:"error,omitempty"`
}

// DiskSample is what is on a disk.
type diskSample struct {
	AtMS          int64        `json:"at_ms"`    // it was read after
	UntilMS       int64        `json:"until_ms"` // and before
	Server        election.SID `json:"server"`
	When          string       `json:"when"` // running, stopped, end
	CurrentEpoch  uint32       `json:"current_epoch"`
	AcceptedEpoch uint32       `json:"accepted_epoch"`
	Zxid          hexZxid      `json:"zxid,omitempty"` // of a server that is stopped
}

// Recovery is how the run ended.
type recovery struct {
	Interrupted bool         `json:"interrupted"` // by who started it: nothing below was waited for
	Recovered   bool         `json:"recovered"`   // one leader served, and all others followed
	WaitedMS    int64        `json:"waited_ms"`
	Leader      election.SID `json:"leader,omitempty"`
	States      []sample     `json:"states"` // at the end of the wait
}

// logName is the log of the n-th process of a server, 1 the first.
func logName(sid election.SID, life int) string { return fmt.Sprintf("%v-%03d.log", sid, life) }

// journal is a .jsonl file that is written while a run goes on.
type journal[T any] struct {
	mu   sync.Mutex
	file *os.File
	buf  *bufio.Writer
	err  error // the first
}

func newJournal[T any](dir, name string) (*journal[T], error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return &journal[T]{file: f, buf: bufio.NewWriter(f)}, nil
}

func (j *journal[T]) add(v T) {
	line, err := json.Marshal(v)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		_, err = j.buf.Write(append(line, '\n'))
	}
	if j.err == nil {
		j.err = err
	}
}

// close writes what is left. A report that is not whole must not be judged: any error of its life is returned.
func (j *journal[T]) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.err, j.buf.Flush(), j.file.Close())
}

func writeJSON(dir, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), append(text, '\n'), 0o644)
}

// open opens a file of a report. A pipe would be waited for.
func open(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func readJSON(dir, name string, v any) error {
	f, err := open(dir, name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readLines reads a .jsonl file. A file that is not there is an error: a report that lost one would be judged too well.
func readLines[T any](dir, name string) ([]T, error) {
	f, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []T
	d := json.NewDecoder(bufio.NewReader(f))
	d.DisallowUnknownFields()
	for {
		var v T
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s: line %d: %w", name, len(list)+1, err)
		}
		list = append(list, v)
	}
}

// report is a report in memory, without its logs.
type report struct {
	dir      string
	config   config
	faults   []fault
	history  []operation
	samples  []sample
	disks    []diskSample
	recovery recovery
	lives    []life
}

// readReport reads all that is judged.
func readReport(dir string) (*report, error) {
	r := &report{dir: dir}
	if err := readJSON(dir, configFile, &r.config); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is no report of an ensemble: it has no %s", dir, configFile)
		}
		return nil, err
	}
	if r.config.Version != reportVersion {
		return nil, fmt.Errorf("%s: version %q, want %q", configFile, r.config.Version, reportVersion)
	}
	if len(r.config.Members) == 0 {
		return nil, fmt.Errorf("%s: no members", configFile)
	}
	if _, err := election.NewEnsemble(r.config.members()); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	var err error
	read := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	read(func() (e error) { r.faults, e = readLines[fault](dir, faultsFile); return })
	read(func() (e error) { r.history, e = readLines[operation](dir, historyFile); return })
	read(func() (e error) { r.samples, e = readLines[sample](dir, samplesFile); return })
	read(func() (e error) { r.disks, e = readLines[diskSample](dir, disksFile); return })
	read(func() error { return readJSON(dir, recoveryFile, &r.recovery) })
	read(func() error { return checkHistory(r.history) })
	read(func() (e error) { r.lives, e = readLives(dir, &r.config); return })
	read(r.complete)
	return r, err
}

// complete refuses the report of a whole run that has lost what such a run always writes: it would be judged by what is
// left, too well or too badly.
func (r *report) complete() error {
	if r.recovery.Interrupted {
		return nil
	}
	for _, sid := range r.config.sids() {
		if !slices.ContainsFunc(r.lives, func(l life) bool { return l.sid == sid }) {
			return fmt.Errorf("%s: no log of server %v", logsDir, sid)
		}
	}
	if r.recovery.Recovered && !slices.ContainsFunc(r.faults, func(f fault) bool { return f.Step == beginStep }) {
		return fmt.Errorf("%s: it does not say when the faults began", faultsFile)
	}
	return nil
}

// checkHistory refuses operations that no judge would look at.
func checkHistory(history []operation) error {
	for i, o := range history {
		switch o.Kind {
		case write, syncedRead, fencedRead, plainRead:
		default:
			return fmt.Errorf("%s: line %d: unknown kind %q", historyFile, i+1, o.Kind)
		}
		switch o.Outcome {
		case answered, unknown, unsent:
		default:
			return fmt.Errorf("%s: line %d: unknown outcome %q", historyFile, i+1, o.Outcome)
		}
		if o.Return < o.Call {
			return fmt.Errorf("%s: line %d: it returns before it is called", historyFile, i+1)
		}
	}
	return nil
}
