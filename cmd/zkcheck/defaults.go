package main

import (
	"embed"

	"github.com/zkcheck/zkcheck/cluster"
)

// Everything that check does when it is told nothing, in one place. Together the parts take about
// twenty seconds on two cores.
const (
	exhaustiveServers = "1:1,8 2:1,8 3:1,7"
	exhaustiveLimits  = "rounds=2 epochs=2" // no fault
	crashLimits       = "crashes=1 restarts=1 rounds=1 epochs=1"
	cutLimits         = "cuts=1 rounds=1"
	fineLimits        = "rounds=1 timeouts=0 inbox=1" // in the fine grain

	walkServers = "1:1,8 2:1,8 3:1,8 4:1,7 5:1,7"
	walkLimits  = "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 giveups=2 rounds=12 epochs=12 channel-len=2"
	walkCount   = 30_000
	walkSteps   = 200
	walkSeed    = 1

	memoryLimit = "4GiB"
)

// scenarios are the stories that every introduction tells, as traces that hold.
//
//go:embed scenarios/*.zkt
var scenarios embed.FS

// mustLimits reads limits of this file.
func mustLimits(s string) cluster.Limits {
	l, err := cluster.ParseLimits(s)
	if err != nil {
		panic("the limits that are built in can't be read: " + err.Error())
	}
	return l
}
