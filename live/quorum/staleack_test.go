package quorum

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/live/server"
)

// TestAStaleAckCommits: five voters, the real server leads 1 and 2. Server 1 acks a proposal, loses its
// connection, comes back and is sent TRUNC and the proposal again, which it does not ack. The ack of server 2
// then commits it: with the leader's own two of five have it, and the old ack of server 1 counts as a third.
// It is lesson acks-stay-true; a simulated leader's followers show it without a slow disk.
func TestAStaleAckCommits(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a real server")
	}
	install, err := server.Find()
	if err != nil {
		t.Skip(err)
	}
	data, err := os.ReadFile("testdata/stale-ack.zkt")
	if err != nil {
		t.Fatal(err)
	}
	script, err := Parse("testdata/stale-ack.zkt", data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), Real(install), script, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for n, step := range script.Steps {
		s.note("> %v", step)
		if err := s.disagree(n+1, s.play(step)); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(s.seen, "\n"))
		}
	}
	last := slices.Index(s.seen, "> acklast 2")
	if last < 0 || !slices.ContainsFunc(s.seen[last:], func(line string) bool { return strings.HasPrefix(line, "sends COMMIT 2.1") }) {
		t.Errorf("no COMMIT after the last ack: has ZooKeeper changed?\n%s", strings.Join(s.seen, "\n"))
	}
	if !slices.ContainsFunc(s.seen, func(line string) bool { return strings.HasPrefix(line, "sends TRUNC 2.0 to server 1") }) {
		t.Errorf("server 1 was not truncated:\n%s", strings.Join(s.seen, "\n"))
	}
}
