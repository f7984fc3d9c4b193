package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Setup draws a cluster: one to seven voters, sometimes observers and weights, disks that are biased to
// ties, limits, and the kind of channel. It is always a valid one.
func Setup(c Choices) cluster.Config {
	voters := 1 + c.Int(7)
	observers := max(0, c.Int(8)-5)
	groups := 0
	if voters >= 3 && c.Int(6) == 5 {
		groups = 1 + c.Int(3)
	}
	members := make([]election.Member, 0, voters+observers)
	disks := make([]election.Disk, 0, voters+observers)
	sid, gaps := election.SID(1), c.Int(4) == 3
	if gaps {
		sid = 0
	}
	for i := range voters + observers {
		m := election.Member{SID: sid, Observer: i >= voters}
		sid++
		if gaps {
			sid += election.SID(c.Int(3))
		}
		if groups > 0 && i < voters {
			m.Group, m.Weight = uint8(1+i%groups), uint8(c.Int(3))
			if i < groups {
				m.Weight = max(m.Weight, 1) // no group without a say, so there is a quorum
			}
		}
		members = append(members, m)
		disks = append(disks, disk(c))
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		panic("a generated ensemble is always valid: " + err.Error())
	}
	if c.Int(8) < 7 {
		promise(e, disks)
	}
	cfg := cluster.Config{Ensemble: e, Disks: disks, Limits: faults(c), FIFO: c.Int(8) == 7, Track: TrackOf(All())}
	if e.Fine = c.Int(4) == 3; e.Fine {
		cfg.Limits.Lags, cfg.Limits.Inbox = budget(c), 1+c.Int(election.MaxInbox)
	}
	return cfg
}

// promise makes disks plausible: what the newest epoch is was promised by a quorum.
func promise(e *election.Ensemble, disks []election.Disk) {
	newest, promised := uint32(0), election.Set(0)
	for _, d := range disks {
		newest = max(newest, d.CurrentEpoch)
	}
	for i := 0; i < e.Voters && !e.IsQuorum(promised); i++ {
		disks[i].AcceptedEpoch = max(disks[i].AcceptedEpoch, newest)
		promised = promised.With(i)
	}
}

// disk draws small epochs and counters, so that ties are the rule: epoch(zxid) <= currentEpoch <=
// acceptedEpoch.
func disk(c Choices) election.Disk {
	current := uint32(c.Int(3))
	accepted := current
	if c.Int(4) == 3 {
		accepted += 1 + uint32(c.Int(2))
	}
	epoch := current
	if c.Int(4) == 3 {
		epoch = uint32(c.Int(int(current) + 1))
	}
	counter := uint32(c.Int(3))
	if epoch > 0 && counter == 0 && c.Int(4) < 3 {
		counter = 1 // few are at (e,0), which tells of a history that others must have
	}
	return election.Disk{AcceptedEpoch: accepted, CurrentEpoch: current, Zxid: election.NewZxid(epoch, counter)}
}

// faults draws a profile: no faults at all, or none, few or many of each kind, and channels of one to
// three. Disks are never wiped: who forgets what it promised breaks what the protocol is built on.
func faults(c Choices) cluster.Limits {
	l := cluster.DefaultLimits()
	l.Rounds, l.Epochs = 12, 12
	l.Writes = budget(c)
	l.ChannelLen = 1 + c.Int(3)
	if c.Int(4) == 0 {
		return l
	}
	l.Crashes, l.Cuts, l.Resets = budget(c), budget(c), budget(c)
	l.Drops, l.Dups, l.GiveUps = budget(c), budget(c), budget(c)
	l.Garbles = budget(c)
	l.Restarts = max(0, l.Crashes-c.Int(2)) // who crashed last may stay down
	return l
}

// budget is none, few or many.
func budget(c Choices) int { return [...]int{0, 1, 2, 6}[c.Int(4)] }

// urgency is how often an action is drawn.
type urgency uint8

const (
	often  urgency = iota // messages, finalizeWait, writes, restarts and heals
	rarely                // timers, and threads caught halfway
	seldom                // faults
	urgencies
)

// weights are of how many of 256 draws one takes what is drawn rarely, or seldom.
type weights struct{ rarely, seldom int }

// usual are one draw in eight, and one in sixty-four, or a budget is gone before there is a term to disturb.
var usual = weights{34, 4}

func urgencyOf(a cluster.Action) urgency {
	switch a.Kind {
	case cluster.Timeout, cluster.GiveUp:
		return rarely
	case cluster.Restart, cluster.Heal:
		return often
	}
	switch {
	case a.Kind.Fault():
		return seldom
	case a.N > 0:
		return rarely
	}
	return often
}

// Pick draws one of the enabled actions. It returns an index, so that every draw is a valid one. What is
// less often drawn comes when nothing else is there.
func Pick(c Choices, enabled []cluster.Action) int { return pick(c, usual, enabled) }

func pick(c Choices, w weights, enabled []cluster.Action) int {
	b := c.Int(256)
	var count [urgencies]int
	for _, a := range enabled {
		count[urgencyOf(a)]++
	}
	wanted := often
	switch {
	case b >= 256-w.seldom:
		wanted = seldom
	case b >= 256-w.seldom-w.rarely:
		wanted = rarely
	}
	for count[wanted] == 0 { // the next more urgent class, from the last to the first
		wanted = (wanted + urgencies - 1) % urgencies
	}
	if wanted == often {
		return nth(enabled, wanted, b%count[wanted])
	}
	return nth(enabled, wanted, c.Int(count[wanted]))
}

// nth finds the k-th action of a class.
func nth(enabled []cluster.Action, class urgency, k int) int {
	for i, a := range enabled {
		if urgencyOf(a) == class {
			if k == 0 {
				return i
			}
			k--
		}
	}
	panic("fewer actions of a class than were counted")
}
