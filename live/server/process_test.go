package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// patience is for a machine that is busy with other things.
const patience = time.Minute

// bed is what a test with real servers has: or it is skipped.
func bed(t *testing.T) (context.Context, Install, *Network) {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers are not started in short mode")
	}
	install, err := Find()
	if err != nil {
		t.Skip(err)
	}
	n, err := NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx, install, n
}

func members(n *Network, count int) []Member {
	var list []Member
	for sid := election.SID(1); int(sid) <= count; sid++ {
		list = append(list, Member{SID: sid, Host: n.Host(sid)})
	}
	return list
}

func start(t *testing.T, ctx context.Context, install Install, s Spec) *Process {
	t.Helper()
	if s.Dir == "" {
		s.Dir = t.TempDir()
	}
	s.LogFile = filepath.Join(s.Dir, "server.log")
	p, err := Start(ctx, install, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if text, err := os.ReadFile(s.LogFile); t.Failed() && err == nil {
			t.Logf("log of server %v:\n%s", s.SID, text)
		}
	})
	return p
}

func await(t *testing.T, ctx context.Context, p *Process, part string) string {
	t.Helper()
	line, err := p.Lines().Await(ctx, func(text string) bool { return strings.Contains(text, part) })
	if err != nil {
		t.Fatalf("server %v never wrote %q: %v", p.Spec.SID, part, err)
	}
	return line.Text
}

// serving waits until a server serves, and says what it is.
func serving(t *testing.T, ctx context.Context, p *Process) string {
	t.Helper()
	for {
		answer, err := FourLetter(ctx, p.ClientAddr(), "mntr")
		if err == nil {
			return answer["zk_peer_state"]
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-p.Done():
			t.Fatalf("server %v has ended: %v", p.Spec.SID, p.Wait())
		case <-ctx.Done():
			t.Fatalf("server %v does not serve: %v", p.Spec.SID, err)
		}
	}
}

func TestOneServerServes(t *testing.T) {
	ctx, install, n := bed(t)
	p := start(t, ctx, install, Spec{SID: 1, Members: members(n, 1)})
	if state := serving(t, ctx, p); state != "leading - broadcast" {
		t.Errorf("a server alone is %q", state)
	}
}

func TestThreeServersElect(t *testing.T) {
	ctx, install, n := bed(t)
	var all []*Process
	for _, m := range members(n, 3) {
		all = append(all, start(t, ctx, install, Spec{SID: m.SID, Members: members(n, 3), LogLevel: "DEBUG", LogPattern: CompactPattern}))
	}
	leaders := 0
	for _, p := range all {
		if strings.HasPrefix(serving(t, ctx, p), "leading") {
			leaders++
		}
	}
	if leaders != 1 {
		t.Errorf("%d leaders", leaders)
	}
	if line := await(t, ctx, all[0], "Sending Notification"); !strings.Contains(line, "|DEBUG|") {
		t.Errorf("not in the pattern that was asked for: %s", line)
	}
}

func TestCraftedDiskIsBelieved(t *testing.T) {
	ctx, install, n := bed(t)
	disk := election.Disk{Zxid: election.NewZxid(3, 5), CurrentEpoch: 4, AcceptedEpoch: 6}
	p := start(t, ctx, install, Spec{SID: 1, Members: members(n, 1), Disk: disk})
	await(t, ctx, p, "New election. My id = 1, proposed zxid=0x300000005")
	if line := await(t, ctx, p, "Notification: my state:LOOKING"); !strings.Contains(line, "n.peerEpoch:0x4") {
		t.Errorf("current epoch 4 is not in %s", line)
	}
	await(t, ctx, p, "LEADING - LEADER ELECTION TOOK")
	serving(t, ctx, p)
	p.Kill()
	after, err := ReadDisk(DataDir(p.Spec.Dir))
	if err != nil || after.CurrentEpoch != 7 || after.AcceptedEpoch != 7 {
		t.Errorf("the leader of epoch 7 has left disk %v: %v", after, err)
	}
	p = start(t, ctx, install, p.Spec) // the disk of the spec is not written again
	await(t, ctx, p, fmt.Sprintf("proposed zxid=0x%x", uint64(after.Zxid)))
}

func TestPausedServerIsSilentAndComesBack(t *testing.T) {
	ctx, install, n := bed(t)
	p := start(t, ctx, install, Spec{SID: 1, Members: members(n, 1)})
	serving(t, ctx, p)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if answer, err := FourLetter(short, p.ClientAddr(), "mntr"); err == nil {
		t.Errorf("a paused server answers %v", answer)
	}
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	serving(t, ctx, p)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	lines := p.Lines()
	if _, err := lines.Await(ctx, func(string) bool { return false }); !errors.Is(err, io.EOF) {
		t.Errorf("the log of a dead server ends with %v", err)
	}
}

func TestContextEndsServer(t *testing.T) {
	ctx, install, n := bed(t)
	ctx, cancel := context.WithCancel(ctx)
	p := start(t, ctx, install, Spec{SID: 1, Members: members(n, 1)})
	cancel()
	if err := p.Wait(); err == nil {
		t.Error("it ended by itself")
	}
}

const harnessVariable = "ZKCHECK_TEST_HARNESS"

// actAsHarness makes the test binary a harness that starts a server, says its number and waits to be killed.
func actAsHarness() {
	dir := os.Getenv(harnessVariable)
	if dir == "" {
		return
	}
	install, err := Find()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	n, err := NewNetwork()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	p, err := Start(context.Background(), install, Spec{SID: 1, Members: members(n, 1), Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.PID())
	os.Exit(map[bool]int{true: 1}[p.Wait() != nil])
}

func TestServersDieWithTheHarness(t *testing.T) {
	ctx, _, _ := bed(t)
	harness := exec.Command(os.Args[0])
	harness.Env = append(os.Environ(), harnessVariable+"="+t.TempDir())
	out, err := harness.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the harness says %q", line)
	}
	if !alive(pid) {
		t.Fatalf("process %d does not run", pid)
	}
	harness.Process.Kill()
	harness.Wait()
	for alive(pid) {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("process %d has outlived its harness", pid)
		}
	}
}

// alive tells whether a process runs. One that has ended and waits to be reaped by init does not.
func alive(pid int) bool {
	if p, err := os.FindProcess(pid); err != nil || p.Signal(syscall.Signal(0)) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
