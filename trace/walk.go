package trace

import (
	"fmt"
	"math/rand/v2"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// Strategy is how walks choose their steps.
type Strategy uint8

const (
	Walk   Strategy = iota // by urgency (props.Pick), each walk alike
	PCT                    // by priorities of threads (explore.Priorities)
	Swarm                  // each walk by some kinds of actions, and weights of its own (props.Swarm)
	Guided                 // as Walk, but on from where another walk met a protocol state not seen before
	strategies
)

var strategyNames = [strategies]string{"walk", "pct", "swarm", "guided"}

func (s Strategy) String() string { return strategyNames[s%strategies] }

// ParseStrategy is the inverse of String.
func ParseStrategy(s string) (Strategy, error) {
	for i, name := range strategyNames {
		if s == name {
			return Strategy(i), nil
		}
	}
	return 0, fmt.Errorf("strategy %q: want walk, pct, swarm or guided", s)
}

// pctDepth is the depth of the bugs that PCT is after. With 5 rather than the paper's 3 a walk wakes more timers and faults
// out of turn, and finds rare bugs a little more often.
const pctDepth = 5

// drawn are choices of the walk's own generator.
type drawn struct{ rng *rand.Rand }

func (d drawn) Int(n int) int { return d.rng.IntN(n) }

// chooser makes what chooses the steps of one worker's walks.
func (s Strategy) chooser(y *cluster.System, steps int) (begin func(), choose func(*rand.Rand, []cluster.Action) int) {
	switch s {
	case PCT:
		p := explore.NewPriorities(pctDepth, pctSteps(steps), func(a cluster.Action) (int, bool) { return thread(y, a) })
		return p.Begin, p.Choose
	case Swarm:
		var swarm props.Swarm
		fresh := false
		return func() { fresh = true }, func(rng *rand.Rand, enabled []cluster.Action) int {
			if fresh {
				swarm.Begin(drawn{rng}, &y.Limits)
				fresh = false
			}
			return swarm.Pick(drawn{rng}, enabled)
		}
	}
	return func() {}, func(rng *rand.Rand, enabled []cluster.Action) int { return props.Pick(drawn{rng}, enabled) }
}

// pctSteps is how long a walk without an end is expected to be.
func pctSteps(steps int) int {
	if steps > 0 {
		return steps
	}
	return 200
}

// thread is the thread of an action, for PCT. What priorities decide is what ZooKeeper leaves to the network and the
// scheduler: which server is slow to read its notifications, which to read its packets, and which in what it does by
// itself; these are three threads of each server. All else is in the background, where threads take turns: timers by
// server, clients and repairs by server, and faults by kind.
func thread(y *cluster.System, a cluster.Action) (thread int, background bool) {
	from, _ := y.Ensemble.Position(a.From)
	to, _ := y.Ensemble.Position(a.To)
	of := func(group, server int) int { return int(cluster.Wipe) + 1 + group*len(y.Ensemble.Members) + server }
	switch a.Kind {
	case cluster.Restart, cluster.Heal:
		return of(0, from), true
	case cluster.Write:
		return of(1, from), true
	case cluster.Calm, cluster.Crash, cluster.Cut, cluster.Reset, cluster.Drop, cluster.Dup, cluster.Wipe:
		return int(a.Kind), true
	}
	switch {
	case a.N > 0:
		return 0, true // a thread is caught halfway
	case a.Kind == cluster.Timeout:
		return of(2, from), true
	case a.Kind == cluster.GiveUp:
		return of(3, from), true
	case a.Kind == cluster.Deliver:
		return of(4, to), false
	case a.Kind == cluster.Packet:
		return of(5, to), false
	}
	return of(6, from), false
}
