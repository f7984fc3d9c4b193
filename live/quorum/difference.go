package quorum

// Difference is something that a version of ZooKeeper does in another way than the engine, which does what
// today's master does. It is allowed for that version alone.
type Difference struct {
	Name   string
	Issues string // of ZooKeeper
	Doc    string
	on     func(a *Allowed)
}

// Allowed are the differences that a comparison allows.
type Allowed struct {
	earlyLog    bool
	commitFails bool
	skips       bool
}

var before393 = []Difference{
	{"early-log", "ZOOKEEPER-3911, 4643, 4646, 4685, 4712, 4785", "at NEWLEADER a follower writes currentEpoch first and then logs " +
		"all that came, committed or not; it acks each transaction when that is flushed, by a thread of its own that can be ahead " +
		"of the ack of NEWLEADER; what a DIFF brought is not in memory before UPTODATE, and forgotten there, but not on the disk, " +
		"if the connection is lost before", func(a *Allowed) { a.earlyLog = true }},
	{"commit-fails", "ZOOKEEPER-4394", "a COMMIT between NEWLEADER and UPTODATE ends a follower's term, unless a proposal has " +
		"come since NEWLEADER", func(a *Allowed) { a.commitFails = true }},
	{"skips-committed", "ZOOKEEPER-4925", "what is committed behind a SNAP or TRUNC, before NEWLEADER, is not among the " +
		"transactions that the server as a leader sends", func(a *Allowed) { a.skips = true }},
}

// Differences are those of a version.
func Differences(version string) []Difference {
	if version == "3.8.0" {
		return before393
	}
	return nil
}

// Allow is what is allowed for a version.
func Allow(version string) (a Allowed) {
	for _, d := range Differences(version) {
		d.on(&a)
	}
	return a
}

func (d Difference) String() string { return d.Name + " (" + d.Issues + "): " + d.Doc }
