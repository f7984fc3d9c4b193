package bridge_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/model/bridge"
)

// Two servers elect, and what the module does meanwhile. Its s1 is the best candidate: server 2.
func Example() {
	config, err := cluster.ParseConfig([]string{"1:0,0", "2:0,0"}, "", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	config.Ensemble.Fine, config.FIFO, config.Phases = true, true, cluster.ElectionOnly
	config.Limits = cluster.Limits{Rounds: 1, ChannelLen: 2, Inbox: 2}
	system, err := cluster.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := bridge.New(system)
	if err != nil {
		fmt.Println(err)
		return
	}
	state := system.Init()[0]
	var before cluster.State
	for _, line := range []string{"start 1", "start 2", "deliver 1->1", "deliver 2->1", "deliver 2->2", "deliver 1->2",
		"handle 2", "handle 1", "handle 1", "handle 2", "deliver 1->2", "handle 2", "decide 2", "deliver 1->1", "handle 1"} {
		action, err := cluster.ParseAction(line)
		if err != nil {
			fmt.Println(err)
			return
		}
		system.Copy(&before, &state)
		system.Apply(&state, action)
		step, err := b.Step(&before, action, &state)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-13s%v", line, step.Actions)
		if step.Differences != 0 {
			fmt.Print(" ", step.Differences)
		}
		fmt.Println()
	}
	// Output:
	// start 1      [HandleNotmsg s2]
	// start 2      [HandleNotmsg s1]
	// deliver 1->1 []
	// deliver 2->1 [ReceiveNotmsg s2 s1]
	// deliver 2->2 []
	// deliver 1->2 [ReceiveNotmsg s1 s2]
	// handle 2     []
	// handle 1     []
	// handle 1     [HandleNotmsg s2] own-unheard
	// handle 2     [HandleNotmsg s1]
	// deliver 1->2 [ReceiveNotmsg s1 s2]
	// handle 2     [HandleNotmsg s1]
	// decide 2     [WaitNewNotmsg s1]
	// deliver 1->1 []
	// handle 1     [] own-heard
}
