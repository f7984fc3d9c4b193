package cluster_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Three servers with empty disks. Whoever drives a cluster asks what can happen, and chooses: here the
// first that is no time-out and gives nothing up, until a leader serves.
func Example() {
	ensemble, err := election.NewEnsemble([]election.Member{{SID: 1}, {SID: 2}, {SID: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	system, err := cluster.New(cluster.Config{
		Ensemble: ensemble,
		Disks:    make([]election.Disk, 3),
		Limits:   cluster.DefaultLimits(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	state := system.Init()[0]
	var actions []cluster.Action
	for serving := false; !serving; {
		actions = system.Actions(&state, actions[:0])
		next := actions[0]
		for i := 1; next.Kind == cluster.Timeout || next.Kind == cluster.GiveUp; i++ {
			next = actions[i]
		}
		system.Apply(&state, next)
		if state.Out.Decided {
			fmt.Printf("%v: server %v decides: %v\n", next, ensemble.Members[state.Actor].SID, state.Out.Decision.Vote)
		}
		for _, fact := range state.Out.Facts {
			if fact.Kind == election.Serving {
				fmt.Printf("%v: server %v serves epoch %d\n", next, ensemble.Members[state.Actor].SID, fact.Epoch)
				serving = true
			}
		}
	}
	// Output:
	// decide 1: server 1 decides: FOLLOWING 2:0,0 round 1
	// decide 2: server 2 decides: LEADING 2:0,0 round 1
	// deliver 2->3: server 3 decides: FOLLOWING 2:0,0 round 1
	// packet 1->2: server 2 serves epoch 1
}
