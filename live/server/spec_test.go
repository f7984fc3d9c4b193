package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfiguration(t *testing.T) {
	s := Spec{SID: 4, Dir: "/d", Config: map[string]string{"tickTime": "500", "maxSessionTimeout": "9000"}, Members: []Member{
		{SID: 1, Host: "127.20.0.1", Group: 1, Weight: 1}, {SID: 2, Host: "127.20.0.2", Group: 1, Weight: 3},
		{SID: 3, Host: "127.20.0.3", Group: 2, Weight: 0}, {SID: 4, Host: "127.20.0.4", QuorumPort: 7, Observer: true},
	}}.withDefaults()
	text, err := s.config()
	if err != nil {
		t.Fatal(err)
	}
	want := `4lw.commands.whitelist=*
admin.enableServer=false
clientPort=2181
clientPortAddress=127.20.0.4
dataDir=./data
group.1=1:2
group.2=3
initLimit=25
maxSessionTimeout=9000
peerType=observer
server.1=127.20.0.1:2888:3888:participant
server.2=127.20.0.2:2888:3888:participant
server.3=127.20.0.3:2888:3888:participant
server.4=127.20.0.4:7:3888:observer
standaloneEnabled=false
syncLimit=10
tickTime=500
weight.1=1
weight.2=3
weight.3=0
`
	if text != want {
		t.Errorf("zoo.cfg is\n%s", text)
	}
	s.SID = 9
	if _, err := s.config(); err == nil || !strings.Contains(err.Error(), "server 9 is not among the members") {
		t.Errorf("a stranger: %v", err)
	}
}

func TestArguments(t *testing.T) {
	i := Install{Java: "java", ClassPath: []string{"a.jar", "b.jar"}, backend: logback}
	s := Spec{SID: 1, Dir: "/d", Properties: map[string]string{"zookeeper.x": "1", preAllocate: "64"}, LogLevel: "DEBUG"}.withDefaults()
	args := strings.Join(s.arguments(i), " ")
	for _, part := range []string{"-Dlogback.configurationFile=logback.xml", "-Dzookeeper.x=1", "-Dzookeeper.preAllocSize=64 ", "-cp a.jar:b.jar ", " zoo.cfg"} {
		if !strings.Contains(args, part) {
			t.Errorf("no %s in %s", part, args)
		}
	}
	if strings.Contains(args, "SharedArchiveFile") {
		t.Errorf("an archive that nobody made: %s", args)
	}
	for b, part := range map[backend]string{
		log4j:   "log4j.logger.org.apache.zookeeper.server.quorum.FastLeaderElection=DEBUG",
		logback: `<logger name="org.apache.zookeeper.server.quorum.FastLeaderElection" level="DEBUG"/>`,
	} {
		if text, _ := s.logging(b); !strings.Contains(text, part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

func TestApachesTarballIsFound(t *testing.T) {
	if _, err := findJava(); err != nil {
		t.Skip(err)
	}
	home := t.TempDir()
	lib := filepath.Join(home, "lib")
	if err := os.Mkdir(lib, 0o755); err != nil {
		t.Fatal(err)
	}
	touch := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(lib, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(HomeVariable, home)
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "no ZooKeeper in "+home) {
		t.Errorf("an empty directory: %v", err)
	}
	touch("zookeeper-3.9.2.jar")
	touch("zookeeper-jute-3.9.2.jar")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "neither logback nor log4j") {
		t.Errorf("no logger: %v", err)
	}
	touch("logback-classic-1.2.13.jar")
	i, err := Find()
	if err != nil || i.Version != "3.9.2" || i.backend != logback || len(i.ClassPath) != 3 {
		t.Errorf("found %+v: %v", i, err)
	}
}

func TestJavaAndJarsAreFoundFromEverywhere(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	for path, mode := range map[string]os.FileMode{"zookeeper-3.9.2.jar": 0o644, "reload4j-1.2.jar": 0o644, "java": 0o755} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("JAVA_HOME", "none")
	if _, err := FindIn("."); err == nil || err.Error() != "JAVA_HOME: no program none/bin/java" {
		t.Errorf("got %v", err)
	}
	t.Setenv("JAVA_HOME", "")
	t.Setenv("PATH", home)
	i, err := FindIn(".")
	if err != nil || !filepath.IsAbs(i.Java) || len(i.ClassPath) != 2 || !filepath.IsAbs(i.ClassPath[0]) {
		t.Errorf("found %+v, %v", i, err)
	}
	t.Setenv(HomeVariable, "none")
	if _, err := Find(); err == nil || err.Error() != "ZOOKEEPER_HOME: no ZooKeeper in "+filepath.Join(home, "none") {
		t.Errorf("got %v", err)
	}
	t.Setenv(HomeVariable, "a:b")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "java can't have jars of a directory with ':' in its name") {
		t.Errorf("got %v", err)
	}
}

func TestNetworksDoNotMeet(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		n, err := NewNetwork()
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if seen[n.String()] {
			t.Errorf("%v is given twice", n)
		}
		seen[n.String()] = true
		if ip := net.ParseIP(n.Host(3)); !ip.IsLoopback() || ip.To4()[3] != 3 {
			t.Errorf("server 3 has address %v", ip)
		}
		again := &Network{prefix: n.prefix}
		if err := again.reserve(); err == nil {
			again.Close()
			t.Errorf("%v can be reserved again", n)
		}
	}
}

// answers listens as a server that gives one answer to everybody.
func answers(t *testing.T, text string) (addr string) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadFull(c, make([]byte, 4))
			io.WriteString(c, text)
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestFourLetterWords(t *testing.T) {
	for _, test := range []struct{ answer, key, value string }{
		{"zk_version\t3.8.0\nzk_peer_state\tleading - broadcast\n", "zk_peer_state", "leading - broadcast"},
		{"Zookeeper version: 3.8.0\nZxid: 0x100000000\nMode: leader\n", "Zxid", "0x100000000"},
	} {
		got, err := FourLetter(t.Context(), answers(t, test.answer), "mntr")
		if err != nil || got[test.key] != test.value {
			t.Errorf("%q is read as %v: %v", test.answer, got, err)
		}
	}
	_, err := FourLetter(t.Context(), answers(t, "This ZooKeeper instance is not currently serving requests\n"), "mntr")
	if !errors.Is(err, ErrNotServing) {
		t.Errorf("a server that does not serve: %v", err)
	}
	if _, err := FourLetter(t.Context(), answers(t, ""), "mntr"); err == nil {
		t.Error("silence is an answer")
	}
}

func TestSlowReaderLosesLinesAndKnows(t *testing.T) {
	l := newLog(nil)
	early := &Lines{log: l}
	for i := range keptLines + 10 {
		fmt.Fprintf(l, "line %d\nha", i) // Write sees no borders of lines
		fmt.Fprint(l, "lf ")
	}
	line, err := early.Next(t.Context())
	if err != nil || line.Text != "half line 10" || early.Skipped() != 10 {
		t.Errorf("first %q, %d skipped: %v", line.Text, early.Skipped(), err)
	}
	l.end()
	last, n := "", 0
	for {
		line, err := early.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		last, n = line.Text, n+1
	}
	if last != "half " || n > keptLines {
		t.Errorf("the last of %d lines is %q", n, last)
	}
}

func TestReaderWaitsForLines(t *testing.T) {
	l := newLog(bufio.NewWriter(io.Discard))
	go fmt.Fprintln(l, "now")
	if line, err := (&Lines{log: l}).Next(t.Context()); err != nil || line.Text != "now" {
		t.Errorf("%q: %v", line.Text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&Lines{log: l, next: 1}).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing came: %v", err)
	}
}
