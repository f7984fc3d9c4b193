package hostile

import (
	"strings"
	"testing"
)

// A log as ZooKeeper 3.8.0 writes it.
var deadReceiver = strings.Split(`INFO |ListenerHandler-/127.0.0.1:3888|Received connection request from /127.0.0.1:1
WARN |RecvWorker:2|Connection broken for id 2, my id = 1
java.io.EOFException
	at org.apache.zookeeper.server.quorum.QuorumCnxManager$RecvWorker.run(QuorumCnxManager.java:1390)
ERROR|WorkerReceiver[myid=1]|Thread Thread[WorkerReceiver[myid=1],5,main] died
java.lang.NumberFormatException: For input string: "abc"
	at java.base/java.lang.Long.parseLong(Long.java:697)
	at org.apache.zookeeper.server.quorum.flexible.QuorumMaj.<init>(QuorumMaj.java:115)
	at org.apache.zookeeper.server.quorum.QuorumPeer.configFromString(QuorumPeer.java:1)
WARN |RecvWorker:65535|Connection broken`, "\n")

func TestTheCauseIsWhereNobodyCaught(t *testing.T) {
	if got := cause(deadReceiver); got != "NumberFormatException in QuorumMaj.<init>" {
		t.Errorf("got %q", got)
	}
	if got := excerpt(deadReceiver); strings.Count(got, "\n") != 4 || strings.Contains(got, "parseLong") || strings.Contains(got, "EOF") {
		t.Errorf("got\n%s", got)
	}
	if got := cause(deadReceiver[:4]); got != "" || died(deadReceiver[:4]) {
		t.Errorf("an exception that was caught is the cause: %q", got)
	}
}

func TestReport(t *testing.T) {
	c, err := ParseCase("x", []byte("zkcheck hostile v1\n# config: line 1: \"1\" becomes \"abc\"\nheader ffffffffffff0000000000000000ffff00000003683a31\n"+
		"frame 00000037 00000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000002 0000000b 7365727665722e6162633d\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Seed: 1, Cases: 3, Done: 3, Counts: [classes]int{Survived: 1, Deaf: 1, Interrupted: 1}, Findings: []Finding{
		{Class: Interrupted, Case: c, Original: c, Number: 1, Times: 1},
		{Class: Deaf, Case: c, Original: c, Number: 2, Times: 1, Cause: cause(deadReceiver), Log: excerpt(deadReceiver), Alone: true},
	}}
	r.sort()
	var b strings.Builder
	if err := r.Write(&b, func(f Finding) string { return f.FileName(r.Seed) }); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if len(line) > columns {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	const want = `3 of 3 hostile connections, seed 1
  survived         1  the message is passed over or handled, and the server answers as before
  interrupted      1  the server leaves its election and its port, and begins anew
  deaf             1  the process runs, but takes no part in elections until it is restarted

finding 1: deaf, in 1 of the cases
  cause   NumberFormatException in QuorumMaj.<init>
  made by config: line 1: "1" becomes "abc"
  sent    header of sid 65535, "h:1"
          a notification with config "server.abc="
`
	if !strings.HasPrefix(b.String(), want) || !strings.Contains(b.String(), "  zkcheck live conform --hostile --case zkcheck-hostile-deaf-1-2.txt\n\nfinding 2: interrupted") || r.OK() {
		t.Errorf("got\n%s", b.String())
	}
}
