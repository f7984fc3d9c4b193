package bridge

import (
	"math/bits"
	"strings"
	"sync/atomic"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
)

// Difference is a way in which the module is not what the engine, as ZooKeeper, does. Nothing else may differ.
type Difference uint8

const (
	Unconnected  Difference = iota // of what is sent to a process that does not run, the last comes
	EarlyTimeout                   // a notification time-out while messages are in the network
	Bounded                        // a full channel loses its oldest message
	Leftover                       // who leaves LOOKING forgets what is queued
	OwnUnheard                     // a server's vote counts when it has heard it itself
	OwnHeard                       // its own vote is the one that makes a quorum
	OwnEndsWait                    // its own vote, of an earlier round, ends a wait
	OwnStale                       // its own vote, of a round that it has gone back from, takes it there
	OwnAnswer                      // the receive path answers the server itself
	OwnTold                        // what it has told itself is taken for another's word
	OwnCounted                     // its own vote counts with those of servers that lead or follow
	WithoutOwn                     // its own vote does not count with those that elect it
	LeadersWord                    // that a leader of this round says so is not enough
	OtherRounds                    // in outOfElection rounds are not compared
	OlderPut                       // in outOfElection the last vote stays, not that of the latest round
	differences
)

// Names of the differences, as docs/fidelity.md has them.
var names = [differences]string{"unconnected", "early-timeout", "bounded", "leftover", "own-unheard", "own-heard",
	"own-ends-wait", "own-stale", "own-answer", "own-told", "own-counted", "without-own", "leaders-word", "other-rounds", "older-put"}

func (d Difference) String() string {
	if d < differences {
		return names[d]
	}
	return "?"
}

// All are the differences.
func All() (list []Difference) {
	for d := range differences {
		list = append(list, d)
	}
	return list
}

// Differences is a set of them.
type Differences uint32

// Has tells whether a difference is in the set.
func (s Differences) Has(d Difference) bool { return s>>d&1 != 0 }

func (s Differences) String() string {
	var list []string
	for d := range differences {
		if s.Has(d) {
			list = append(list, d.String())
		}
	}
	return strings.Join(list, " ")
}

// Counts says how often what occurred. It is safe for concurrent use.
type Counts struct {
	steps, exact, still atomic.Int64
	difference          [differences]atomic.Int64
}

// Add counts a step.
func (c *Counts) Add(s Step) {
	c.steps.Add(1)
	switch {
	case s.Differences != 0:
	case len(s.Actions) == 0:
		c.still.Add(1)
	default:
		c.exact.Add(1)
	}
	for set := uint32(s.Differences); set != 0; set &= set - 1 {
		c.difference[bits.TrailingZeros32(set)].Add(1)
	}
}

// Steps is how many steps were checked. Exact is how many of them are the module's without any difference, and Still how
// many changed nothing that the module has.
func (c *Counts) Steps() int64 { return c.steps.Load() }
func (c *Counts) Exact() int64 { return c.exact.Load() }
func (c *Counts) Still() int64 { return c.still.Load() }

// Of is in how many steps a difference occurred.
func (c *Counts) Of(d Difference) int64 { return c.difference[d].Load() }

// Property is for a search or for walks: every step of the engine is the module's. It is Witnessed by a step that needs no
// difference. What it finds is counted in c, if that is not nil.
func (b *Bridge) Property(c *Counts) explore.Property[cluster.State, cluster.Action] {
	return explore.Property[cluster.State, cluster.Action]{Name: "module",
		Check: func(before *cluster.State, by cluster.Action, after *cluster.State) explore.Outcome {
			if by.Kind == 0 {
				if b.Begins(after) != nil {
					return explore.Violated
				}
				return explore.Held
			}
			step, err := b.Step(before, by, after)
			if err != nil {
				return explore.Violated
			}
			if c != nil {
				c.Add(step)
			}
			if step.Differences == 0 {
				return explore.Witnessed
			}
			return explore.Held
		}}
}
