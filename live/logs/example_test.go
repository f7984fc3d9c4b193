package logs_test

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/live/logs"
)

// The log of server 1, which says that it leads: with votes of its own only, out of three servers.
func Example() {
	const log = `Starting quorum peer, myid=1
INFO - LOOKING
INFO - New election. My id = 1, proposed zxid=0x0
INFO - Notification: my state:LOOKING; n.sid:1, n.state:LOOKING, n.leader:1, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0
INFO - LEADING
`
	file, err := logs.Read("zk1.log", strings.NewReader(log))
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := logs.Judge([]*logs.Log{file}, logs.Options{Voters: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	for _, f := range report.Findings {
		fmt.Println(&f)
	}
	// Output:
	// illegal
	// zk1.log:5: server 1 says LEADING; its last votes are {1: LOOKING 1:0,0 round 1}; server 1 has those of 1; a quorum of 3 is 2
}
