package mutant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Mutant is a bug that can be switched on, or a control.
type Mutant struct {
	ID       string // ZK-1419 for ZOOKEEPER-1419, or the name of a design mistake
	Title    string
	Wrong    string // the wrong rule, in a sentence
	Right    string // ZooKeeper's, in a sentence
	Property string // the name of the property, goal or lesson that must notice; empty for a control
	Case     Case   // the smallest cluster known to show it; of a control, one to look at
	Source   string // the commit or the test it comes from, or the argument
	Paid     string // what other tools paid to find the same bug; empty if nobody has published it
	Alone    bool   // of P1 to P21, only Property notices in Case
	Control  bool   // not a bug: nobody must notice

	change func(*election.Rules)
}

const (
	phasesElection  = cluster.ElectionOnly
	phasesDiscovery = cluster.ThroughDiscovery
	phasesSync      = cluster.ThroughSync
)

// Case is a cluster in notation.
type Case struct {
	Servers, Observers, Weights, Limits string

	Fine    bool           // the fine grain
	FIFO    bool           // plain FIFO channels
	Phases  cluster.Phases // how far servers go
	Counter uint32         // at which a leader steps down; 0 where ZooKeeper's is meant
}

// Apply puts the bug in its place. The rules bear its name from then on.
func (m *Mutant) Apply(r *election.Rules) {
	m.change(r)
	r.Name = m.ID
}

// Config is the mutant's Case, under its rules.
func (m *Mutant) Config() (cluster.Config, error) {
	c, err := m.Case.Config()
	if err != nil {
		return c, fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	m.Apply(&c.Ensemble.Rules)
	return c, nil
}

// Config is the cluster, under ZooKeeper's rules.
func (k Case) Config() (cluster.Config, error) {
	c, err := cluster.ParseConfig(strings.Fields(k.Servers), k.Observers, k.Weights)
	if err != nil {
		return c, err
	}
	if c.Limits, err = cluster.ParseLimits(k.Limits); err != nil {
		return c, err
	}
	c.FIFO, c.Phases, c.Ensemble.Fine = k.FIFO, k.Phases, k.Fine
	if k.Counter != 0 {
		c.Ensemble.LastCounter = k.Counter
	}
	return c, nil
}

// All are the bugs, in the order of the catalogue: elections, discovery, synchronisation and broadcast.
func All() []Mutant {
	return slices.Concat(orderMutants(), lookingMutants(), joiningMutants(), discoveryMutants(), syncMutants(), broadcastMutants())
}

// Controls are the changes that are no bugs.
func Controls() []Mutant { return controls() }

// Find finds a mutant or a control by its id.
func Find(id string) (Mutant, error) {
	list := slices.Concat(All(), Controls())
	i := slices.IndexFunc(list, func(m Mutant) bool { return m.ID == id })
	if i < 0 {
		return Mutant{}, fmt.Errorf("unknown mutant %q", id)
	}
	return list[i], nil
}
