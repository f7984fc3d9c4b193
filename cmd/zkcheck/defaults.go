package main

import (
	"embed"

	"github.com/zkcheck/zkcheck/cluster"
)

// Everything that check does when it is told nothing, in one place. Together the parts take less than a
// minute on two cores.
const (
	exhaustiveServers = "1:1,8 2:1,8 3:1,7"
	exhaustiveLimits  = "rounds=2 epochs=2" // no fault
	crashLimits       = "crashes=1 restarts=1 writes=1 timeouts=0 rounds=1 epochs=2"
	cutLimits         = "cuts=1 writes=1 timeouts=0 rounds=1"
	fineLimits        = "writes=1 timeouts=0 rounds=1 inbox=1"     // in the fine grain
	endLimits         = "crashes=1 restarts=1 timeouts=0 rounds=1" // before the run becomes calm

	walkServers = "1:1,8 2:1,8 3:1,8 4:1,7 5:1,7"
	walkLimits  = "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 garbles=2 writes=3 giveups=2 rounds=12 epochs=12 channel-len=2"
	walkCount   = 15_000 // by each of the default runs
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
