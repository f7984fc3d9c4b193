package ensemble

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// captured copies the report of a real run: three servers, two faults, three terms. The logs have only the lines that
// matter, and the clients were slow.
func captured(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "report"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func verdictOf(t *testing.T, dir string) Verdict {
	t.Helper()
	v, err := Judge(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func check(t *testing.T, v Verdict, name string) Check {
	t.Helper()
	i := slices.IndexFunc(v.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no check %s", name)
	}
	return v.Checks[i]
}

func TestCapturedRunHolds(t *testing.T) {
	dir := captured(t)
	v := verdictOf(t, dir)
	for _, c := range v.Checks {
		if c.Verdict != Holds || len(c.Evidence) > 0 || c.Seen == "" {
			t.Errorf("%s: %s: %s: %q", c.Name, c.Verdict, c.Seen, c.Evidence)
		}
	}
	if v.Verdict != Holds || len(v.Terms) != 3 || v.Elections != 3 || v.Faults != 2 || v.Writes != 61 || v.Unknown != 4 {
		t.Errorf("%+v", v)
	}
	var again Verdict
	if err := readJSON(dir, verdictFile, &again); err != nil || again.Verdict != Holds {
		t.Errorf("the verdict that was written is %q: %v", again.Verdict, err)
	}
}

// edit changes the values of a .jsonl file; change returns false to drop one.
func edit[T any](t *testing.T, dir, name string, change func(v *T) bool) {
	t.Helper()
	list, err := readLines[T](dir, name)
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJournal[T](dir, name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if change(&list[i]) {
			j.add(list[i])
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

func editHistory(change func(o *operation) bool) func(*testing.T, string) {
	return func(t *testing.T, dir string) { edit(t, dir, historyFile, change) }
}

// more adds values to a .jsonl file.
func more[T any](name string, values ...T) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		var text bytes.Buffer
		for _, v := range values {
			line, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(append(line, '\n'))
		}
		appendTo(t, filepath.Join(dir, name), text.String())
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// replaceInLog changes the log of the first process of a server.
func replaceInLog(sid election.SID, old, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, logsDir, logName(sid, 1))
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(log, []byte(old)) {
			t.Fatalf("the log of server %v has no %q", sid, old)
		}
		if err := os.WriteFile(path, bytes.ReplaceAll(log, []byte(old), []byte(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func editRecovery(change func(r *recovery)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		var r recovery
		if err := readJSON(dir, recoveryFile, &r); err != nil {
			t.Fatal(err)
		}
		change(&r)
		if err := writeJSON(dir, recoveryFile, r); err != nil {
			t.Fatal(err)
		}
	}
}

// late is an operation after all others of the captured run.
func late(kind kind, value string, zxid hexZxid, second int64) operation {
	return operation{Client: 7, Session: "0x7", Server: "127.0.0.1:2181", Kind: kind, Register: "/zkcheck/r1", Value: value, Zxid: zxid,
		Call: second * 1e9, Return: second*1e9 + 1e6, Outcome: answered}
}

const (
	epoch3 = hexZxid(3 << 32)
	after  = int64(1000) // seconds; nothing happens so late
)

// Each case takes a run in which all holds and changes what it has left in one place; the checks named must say so,
// and no other may be violated.
var tampered = []struct {
	name   string
	change func(t *testing.T, dir string)
	want   map[string]string // check -> verdict: part of the evidence
}{
	{"an acknowledged write is lost", editHistory(func(o *operation) bool {
		if o.Client >= lastClients && o.Register == "/zkcheck/r2" {
			o.Value, o.Zxid = firstValue, 0x10000000e
		}
		return true
	}), map[string]string{"no-write-lost": "violated: is lost: server 1 has first", "linearizable": "violated: stale: ",
		"synced-reads": "violated: stale: "}},
	{"one server has lost a write", editHistory(func(o *operation) bool {
		if o.Client == lastClients+2 && o.Register == "/zkcheck/r2" {
			o.Value, o.Zxid = firstValue, 0x10000000e
		}
		return true
	}), map[string]string{"no-write-lost": "violated: is lost: server 2 has first", "linearizable": "violated: r2", "synced-reads": "violated: r2"}},
	{"a transaction changes", more(historyFile, late(write, "7.1", epoch3+900, after), late(plainRead, "7.2", epoch3+900, after+1)),
		map[string]string{"no-write-lost": "violated: transaction 0x300000384 changed"}},
	{"a value that nobody wrote", more(historyFile, late(plainRead, "9.9", epoch3+900, after)),
		map[string]string{"no-write-lost": "violated: nobody sent that"}},
	{"the last reads are missing", editHistory(func(o *operation) bool { return o.Client < lastClients }),
		map[string]string{"no-write-lost": "unknown: 0 of 12 last reads"}},
	{"a read that is not linearizable", more(historyFile, late(write, "7.1", epoch3+900, after), late(write, "7.2", epoch3+901, after+1),
		late(fencedRead, "7.1", epoch3+900, after+2), late(write, "7.3", epoch3+902, after+3)),
		map[string]string{"linearizable": "violated: reads r1 = 7.1", "synced-reads": "violated: reads r1 = 7.1",
			"no-write-lost": "violated: is lost", "sessions-in-order": "violated: session 0x7 went back"}},
	{"a refused write is read", more(historyFile, func() operation {
		o := late(write, "7.1", 0, after)
		o.Outcome = unsent
		return o
	}(), late(fencedRead, "7.1", epoch3+900, after+1)),
		map[string]string{"linearizable": "violated: no order of the operations on /zkcheck/r1", "synced-reads": "violated: no order",
			"no-write-lost": "violated: nobody sent that"}},
	{"a session goes back", more(historyFile, late(plainRead, "0.1", epoch3+900, after), late(plainRead, "0.1", epoch3+899, after+1)),
		map[string]string{"sessions-in-order": "violated: session 0x7 went back", "no-write-lost": "violated: nobody sent that"}},
	{"zxids go back", more(historyFile, late(write, "7.1", epoch3+900, after), late(write, "7.2", epoch3+899, after+1)),
		map[string]string{"writes-in-order": "violated: was acknowledged after 1000001 ms", "no-write-lost": "violated: is lost",
			"sessions-in-order": "violated: went back"}},
	{"a synced read is stale, of a server that leads", more(historyFile, late(write, "7.1", epoch3+900, after),
		late(write, "7.2", epoch3+901, after+1), late(syncedRead, "7.1", epoch3+900, after+2)),
		map[string]string{"synced-reads": "violated: stale: client 7 reads r1 = 7.1", "no-write-lost": "violated: is lost",
			"sessions-in-order": "violated: went back"}},
	{"two leaders of an epoch, as logs have it", replaceInLog(3, "processed zxid: 0x300000000", "processed zxid: 0x200000000"),
		map[string]string{"one-leader-per-epoch": "violated: epoch 2 has two leaders", "every-term-writes": "unknown: no log says who served it"}},
	{"two leaders of an epoch, as one is asked", more(samplesFile, sample{AtMS: 9000, Server: 1, Mode: "leader", Zxid: 2 << 32}),
		map[string]string{"one-leader-per-epoch": "violated: epoch 2 has two leaders"}},
	{"two leaders of an epoch, as a follower's disk has it", more(disksFile, diskSample{AtMS: 9000, UntilMS: 9001, Server: 1, CurrentEpoch: 3, AcceptedEpoch: 3}),
		map[string]string{"one-leader-per-epoch": "violated: epoch 3 has two leaders", "epochs-grow": ""}},
	{"an epoch goes back", more(disksFile, diskSample{AtMS: 90000, UntilMS: 90001, Server: 3, CurrentEpoch: 2, AcceptedEpoch: 3}),
		map[string]string{"epochs-grow": "violated: server 3: currentEpoch was 3"}},
	{"a promise is forgotten", more(disksFile, diskSample{AtMS: 90000, UntilMS: 90001, Server: 3, CurrentEpoch: 3, AcceptedEpoch: 2}),
		map[string]string{"epochs-grow": "violated: server 3: acceptedEpoch was 3"}},
	{"current beyond accepted", more(disksFile, diskSample{AtMS: 90000, UntilMS: 90001, Server: 3, CurrentEpoch: 4, AcceptedEpoch: 3}),
		map[string]string{"epochs-grow": "violated: server 3: acceptedEpoch 3 is smaller than currentEpoch 4"}},
	{"no look at a disk", func(t *testing.T, dir string) { edit(t, dir, disksFile, func(*diskSample) bool { return false }) },
		map[string]string{"epochs-grow": "unknown: disks of 0 of 3 servers"}},
	{"a term without acknowledged writes", editHistory(func(o *operation) bool {
		return o.Kind != write || election.Zxid(o.Zxid).Epoch() != 2
	}), map[string]string{"every-term-writes": "unknown: vacuous: epoch 2 of server 2", "no-write-lost": "violated: nobody sent that",
		"linearizable": "violated: no order", "synced-reads": "violated: no order"}},
	{"no operation at all", editHistory(func(*operation) bool { return false }),
		map[string]string{"every-term-writes": "unknown: vacuous", "no-write-lost": "unknown: vacuous", "writes-in-order": "unknown: vacuous",
			"sessions-in-order": "unknown: vacuous", "linearizable": "unknown: vacuous", "synced-reads": "unknown: vacuous"}},
	{"no election", func(t *testing.T, dir string) {
		for sid := election.SID(1); sid <= 3; sid++ {
			if err := os.Truncate(filepath.Join(dir, logsDir, logName(sid, 1)), 0); err != nil {
				t.Fatal(err)
			}
		}
		edit(t, dir, samplesFile, func(s *sample) bool { return false })
	}, map[string]string{"one-leader-per-epoch": "unknown: no server ever served", "elections-by-the-rules": "unknown: no log shows an election",
		"every-term-writes": "unknown: vacuous"}},
	{"the votes are others", replaceInLog(3, "n.leader:3, n.round:0x1", "n.leader:1, n.round:0x1"),
		map[string]string{"elections-by-the-rules": "violated: server 3"}},
	{"a server ends by itself", more(faultsFile, fault{AtMS: 5000, Step: exitStep, Servers: sidList{2}, Note: "ERROR Severe unrecoverable error"}),
		map[string]string{"servers-live": "violated: server 2 ended by itself"}},
	{"a server refuses its disk", more(faultsFile, fault{AtMS: 5000, Step: exitStep, Servers: sidList{2},
		Note: "java.io.IOException: The current epoch, 1, is older than the last zxid, 8589934593"}),
		map[string]string{"servers-live": "known: server 2 refuses the disk"}},
	{"no leader at the end", editRecovery(func(r *recovery) {
		r.Recovered, r.Leader, r.WaitedMS = false, 0, recoverTime.Milliseconds()+1
		for i := range r.States {
			r.States[i].PeerState = "looking"
		}
	}), map[string]string{"recovers": "violated: 1 looking; 2 looking; 3 looking"}},
	{"no leader yet", editRecovery(func(r *recovery) {
		r.Recovered, r.Leader, r.WaitedMS, r.States[0].PeerState = false, 0, 1000, ""
	}), map[string]string{"recovers": "unknown: they were given 1000 ms only"}},
	{"two leaders at the end", editRecovery(func(r *recovery) {
		for i := range r.States {
			r.States[i].PeerState = leadingNow
		}
	}), map[string]string{"recovers": "unknown: "}},
	{"interrupted", editRecovery(func(r *recovery) { *r = recovery{Interrupted: true} }),
		map[string]string{"recovers": "unknown: interrupted"}},
}

func TestTamperedReports(t *testing.T) {
	noticed := map[string]bool{}
	for _, test := range tampered {
		t.Run(test.name, func(t *testing.T) {
			dir := captured(t)
			test.change(t, dir)
			v := verdictOf(t, dir)
			worst := Holds
			for _, c := range v.Checks {
				want, named := test.want[c.Name]
				verdict, part, _ := strings.Cut(want, ": ")
				switch {
				case !named && c.Verdict == Violated:
					t.Errorf("%s should not be violated: %q", c.Name, c.Evidence)
				case named && want != "" && c.Verdict != verdict:
					t.Errorf("%s is %s, want %s: %q", c.Name, c.Verdict, verdict, c.Evidence)
				case named && !strings.Contains(strings.Join(c.Evidence, "\n"), part):
					t.Errorf("%s: no %q in %q", c.Name, part, c.Evidence)
				}
				if c.Verdict == Violated {
					noticed[c.Name] = true
					worst = Violated
				} else if c.Verdict == Unclear && worst == Holds {
					worst = Unclear
				}
			}
			if v.Verdict != worst {
				t.Errorf("the whole is %s, want %s", v.Verdict, worst)
			}
		})
	}
	for _, j := range judges {
		if !noticed[j.name] && j.name != "every-term-writes" { // which doubts only
			t.Errorf("no case violates %s", j.name)
		}
	}
}

// A leader that was cut off does not know for a while that it is deposed, and answers sync.
func TestStaleReadOfDeposedLeaderIsTold(t *testing.T) {
	dir := captured(t)
	r, err := readReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Server 3 was paused as the leader of epoch 1 and looks for a leader again when it wakes; server 2 serves epoch 2.
	second := r.terms()[1]
	woke := int64(0)
	for _, e := range r.lives[2].events {
		if at := r.ms(e.at); e.kind == looking && at > second.AtMS && woke == 0 {
			woke = at
		}
	}
	if woke == 0 {
		t.Fatal("server 3 did not wake")
	}
	var missed operation
	for _, o := range r.history {
		if o.Kind == write && o.Outcome == answered && o.epoch() == 2 && o.Return/1e6 < woke-20 {
			missed = o
		}
	}
	stale := missed
	stale.Client, stale.Session, stale.Kind, stale.Value, stale.Zxid = 8, "0x8", syncedRead, firstValue, 0x10000000d
	stale.Server, stale.Call, stale.Return = "127.0.0.1:2181", (woke-10)*1e6, (woke-5)*1e6
	for _, m := range r.config.Members {
		if m.SID == 3 {
			stale.Server = address(m.Host, 2181)
		}
	}
	more(historyFile, stale)(t, dir)
	if c := check(t, verdictOf(t, dir), "synced-reads"); c.Verdict != Known || !strings.Contains(c.Seen, "1 stale, all answered by deposed servers") {
		t.Errorf("%s: %s: %q", c.Verdict, c.Seen, c.Evidence)
	}
	// The same read by way of the leader of epoch 2 has no excuse.
	edit(t, dir, historyFile, func(o *operation) bool {
		if o.Client == 8 {
			o.Server = address(r.config.Members[1].Host, 2181)
		}
		return true
	})
	if c := check(t, verdictOf(t, dir), "synced-reads"); c.Verdict != Violated {
		t.Errorf("%s: %s: %q", c.Verdict, c.Seen, c.Evidence)
	}
}

func TestPictureOfWhatIsNoRegister(t *testing.T) {
	dir := captured(t)
	more(historyFile, late(write, "7.1", epoch3+900, after), late(fencedRead, firstValue, 0x10000000d, after+1))(t, dir)
	c := check(t, verdictOf(t, dir), "linearizable")
	text, err := os.ReadFile(filepath.Join(dir, "history-r1.html"))
	if err != nil || !bytes.Contains(text, []byte("client 7 writes r1 = 7.1")) {
		t.Errorf("%d bytes: %v; %q", len(text), err, c.Evidence)
	}
}

// Whose term a server is in is what its log said last, and for a follower what the log of its leader says.
func TestTermsOfServers(t *testing.T) {
	r, err := readReport(captured(t))
	if err != nil {
		t.Fatal(err)
	}
	terms := r.terms()
	for _, test := range []struct {
		sid  election.SID
		ms   int64
		want uint32
	}{
		{3, terms[0].AtMS - 500, 0},
		{3, terms[0].AtMS + 10, 1},
		{1, terms[0].AtMS + 500, 1},
		{3, terms[1].AtMS + 100, 1}, // paused, and not aware of anything
		{2, terms[1].AtMS + 100, 2},
		{1, terms[1].AtMS + 1000, 2},
		{1, terms[2].AtMS + 500, 3},
		{2, terms[2].AtMS + 5000, 3},
	} {
		if got, ok := r.termOf(test.sid, test.ms); got != test.want || ok != (test.want > 0) {
			t.Errorf("server %v after %d ms is in the term of epoch %d, want %d", test.sid, test.ms, got, test.want)
		}
	}
}

func TestReportsThatAreNone(t *testing.T) {
	for _, test := range []struct{ name, file, text, want string }{
		{"no report", configFile, "", "config.json"},
		{"another version", configFile, `{"version":"zkcheck ensemble v9"}`, "version"},
		{"half a history", historyFile, `{"client":1,`, "history.jsonl: line 1"},
		{"an outcome that nobody knows", historyFile, `{"kind":"write","outcome":"fine"}`, "history.jsonl: line 1: unknown outcome"},
		{"a kind that nobody knows", historyFile, `{"kind":"rite","outcome":"ok"}`, "history.jsonl: line 1: unknown kind"},
		{"backwards", historyFile, `{"kind":"write","outcome":"ok","call_ns":2,"return_ns":1}`, "returns before it is called"},
		{"a field that nobody knows", faultsFile, `{"at_ms":1,"stepp":"crash"}`, "faults.jsonl: line 1"},
	} {
		dir := captured(t)
		if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Judge(dir); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, name := range []string{historyFile, samplesFile, disksFile, faultsFile, recoveryFile} {
		dir := captured(t)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Judge(dir); err == nil {
			t.Errorf("judged without %s", name)
		}
	}
	if _, err := Judge(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no report of an ensemble") {
		t.Errorf("an empty directory: %v", err)
	}
}

// A report that has lost something is refused, and not judged by what is left.
func TestReportsThatAreNotWhole(t *testing.T) {
	for want, lose := range map[string]func(dir string) error{
		"faults.jsonl: it does not say when the faults began": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, faultsFile), nil, 0o644)
		},
		"logs: no log of server 1": func(dir string) error { return os.RemoveAll(filepath.Join(dir, logsDir)) },
		"logs: there is no 3-001.log, but later ones": func(dir string) error {
			logs := filepath.Join(dir, logsDir)
			return os.Rename(filepath.Join(logs, logName(3, 1)), filepath.Join(logs, logName(3, 2)))
		},
		"disks.jsonl: not a regular file": func(dir string) error {
			disks := filepath.Join(dir, disksFile)
			return errors.Join(os.Remove(disks), os.Mkdir(disks, 0o755))
		},
	} {
		dir := captured(t)
		if err := lose(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Judge(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
