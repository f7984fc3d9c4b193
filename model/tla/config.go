package tla

import "fmt"

// MaxServers is how many servers a configuration may have.
const MaxServers = 7

// Config is a configuration of the module: its servers, and the bounds of the state constraint. A step to a state beyond a
// bound is counted as generated and is not taken, as with TLC's CONSTRAINT.
type Config struct {
	Servers  int // Cardinality(Server)
	MaxClock int // of every logicalClock
	MaxSum   int // of all logicalClocks together
	MaxRecv  int // of the length of every recvQueue
	MaxChan  int // of the length of every electionMsgs[i][j]
}

// mostOfLimit is what no bound may be above; the room in a state is exhausted long before.
const mostOfLimit = 1 << 20

// validate refuses numbers that mean nothing.
func (c Config) validate() error {
	if c.Servers < 1 || c.Servers > MaxServers {
		return fmt.Errorf("servers: %d is not 1..%d", c.Servers, MaxServers)
	}
	for _, l := range []struct {
		name  string
		value int
	}{{"max-clock", c.MaxClock}, {"max-sum", c.MaxSum}, {"max-recv", c.MaxRecv}, {"max-chan", c.MaxChan}} {
		if l.value < 0 || l.value > mostOfLimit {
			return fmt.Errorf("%s: %d is not 0..%d", l.name, l.value, mostOfLimit)
		}
	}
	return nil
}

// String writes a configuration as the command line does.
func (c Config) String() string {
	return fmt.Sprintf("servers=%d max-clock=%d max-sum=%d max-recv=%d max-chan=%d",
		c.Servers, c.MaxClock, c.MaxSum, c.MaxRecv, c.MaxChan)
}
