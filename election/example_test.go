package election_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// Three servers with empty disks start together. Every notification is delivered in the order in which
// it was sent; then finalizeWait is over.
func Example() {
	ensemble, err := election.NewEnsemble([]election.Member{{SID: 1}, {SID: 2}, {SID: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	type mail struct {
		from int
		election.Note
	}
	var servers []election.Server
	var inbox []mail
	var out election.Outputs
	step := func(pos int, in election.Input) {
		out.Reset()
		servers[pos].Step(ensemble, &in, &out)
		for _, note := range out.Notes {
			inbox = append(inbox, mail{pos, note})
		}
	}
	for pos := range ensemble.Members {
		servers = append(servers, election.NewServer(ensemble, pos, election.Disk{}))
		step(pos, election.Input{Kind: election.Start})
	}
	for ; len(inbox) > 0; inbox = inbox[1:] {
		m := inbox[0]
		step(int(m.To), election.Input{Kind: election.Notification, From: uint8(m.from), Vote: m.Vote})
	}
	for pos := range servers {
		step(pos, election.Input{Kind: election.Decide})
		fmt.Printf("server %v is %v and its vote is %v\n", servers[pos].SID, servers[pos].State, servers[pos].Vote.Leader)
	}
	// Output:
	// server 1 is FOLLOWING and its vote is 3
	// server 2 is FOLLOWING and its vote is 3
	// server 3 is LEADING and its vote is 3
}
