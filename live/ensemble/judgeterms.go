package ensemble

import (
	"cmp"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// ms is a time of a log in the report's own.
func (r *report) ms(t time.Time) int64 { return t.Sub(r.config.Started).Milliseconds() }

// terms are the epochs that were served, in their order, each by the server whose log says so first.
func (r *report) terms() []Term {
	var list []Term
	for _, l := range r.lives {
		for _, e := range l.events {
			if e.kind == serving {
				list = append(list, Term{Epoch: e.epoch, Leader: l.sid, AtMS: r.ms(e.at)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Term) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.AtMS, b.AtMS))
	})
	list = slices.CompactFunc(list, func(a, b Term) bool { return a.Epoch == b.Epoch })
	for _, o := range r.history {
		i, ok := slices.BinarySearchFunc(list, o.epoch(), func(t Term, e uint32) int { return cmp.Compare(t.Epoch, e) })
		if ok && o.Kind == write && o.Outcome == answered {
			list[i].Acknowledged++
		}
	}
	return list
}

func (o *operation) epoch() uint32 { return election.Zxid(o.Zxid).Epoch() }

// judgeLeaders holds everything that says who leads an epoch against the register that an epoch is: the logs of
// leaders, what servers said when they were asked, and the logs of followers together with the epoch on their disks.
func judgeLeaders(r *report, c *Check) {
	claims, observations := r.claims(), r.observations()
	c.Seen = plural(len(claims), "claim") + " of leaders, " + plural(len(observations), "observation") + " of followers, " +
		plural(len(r.terms()), "epoch")
	if len(claims) == 0 {
		c.doubt("no server ever served")
		return
	}
	all := append(claims, observations...)
	result, _ := model.CheckEpochs(all, judgeTime)
	switch result {
	case porcupine.Illegal:
		c.violate("%v", model.EpochEvidence(all))
	case porcupine.Unknown:
		c.doubt("the history of epochs could not be judged within %v", judgeTime)
	}
}

// claims are those of leaders.
func (r *report) claims() []model.EpochOp {
	var list []model.EpochOp
	claim := func(sid election.SID, epoch uint32, call, ret int64) {
		list = append(list, model.EpochOp{Server: sid, Leader: sid, Epoch: epoch, Kind: model.Claim, Call: call, Return: max(call, ret)})
	}
	for _, l := range r.lives {
		var since int64
		for _, e := range l.events {
			switch e.kind {
			case decided:
				since = r.ms(e.at)
			case serving:
				claim(l.sid, e.epoch, since, r.ms(e.at))
			}
		}
	}
	for _, s := range r.samples {
		if s.Mode == "leader" {
			claim(s.Server, election.Zxid(s.Zxid).Epoch(), 0, s.AtMS) // since when is not known
		}
	}
	return list
}

// stay is a time that a follower spent with one leader, up to date.
type stay struct {
	leader   election.SID
	from, to int64 // ms; the epoch on its disk is the leader's all the time
}

// stays are those of one process.
func (r *report) stays(l *life) []stay {
	var list []stay
	var now stay
	end := func(at int64) {
		if now.from > 0 {
			now.to = at
			list = append(list, now)
		}
		now = stay{}
	}
	last := int64(0)
	for _, e := range l.events {
		if !e.at.IsZero() {
			last = r.ms(e.at)
		}
		switch e.kind {
		case looking:
			end(last)
		case following:
			now = stay{leader: r.peer(l.sid, e.peer)}
		case synced:
			now.from = last
		}
	}
	end(r.endOf(l))
	return list
}

// endOf is when a process had ended at the latest: when the next one of that server began.
func (r *report) endOf(l *life) int64 {
	for _, next := range r.lives {
		if next.sid == l.sid && next.number == l.number+1 {
			for _, e := range next.events {
				if !e.at.IsZero() {
					return r.ms(e.at)
				}
			}
		}
	}
	return 1 << 62
}

// peer is the server that a server finds at an address, 0 for nobody.
func (r *report) peer(at election.SID, addr string) election.SID {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(addr, "/"))
	if err != nil {
		return 0
	}
	for _, m := range r.config.Members {
		if m.SID == at {
			for sid, h := range m.Peers {
				if h == host {
					return sid
				}
			}
		}
	}
	return 0
}

// observations are the epochs on the disks of followers while they were with a leader.
func (r *report) observations() []model.EpochOp {
	var list []model.EpochOp
	for i := range r.lives {
		l := &r.lives[i]
		for _, s := range r.stays(l) {
			for _, d := range r.disks {
				if s.leader != 0 && d.Server == l.sid && d.AtMS > s.from && d.UntilMS < s.to {
					list = append(list, model.EpochOp{Server: l.sid, Leader: s.leader, Epoch: d.CurrentEpoch, Kind: model.Observe,
						Call: s.from, Return: d.UntilMS})
				}
			}
		}
	}
	return list
}

// judgeEpochs looks at the disks of each server in the order of time.
func judgeEpochs(r *report, c *Check) {
	c.Seen = plural(len(r.disks), "look") + " at disks"
	last := map[election.SID]diskSample{}
	for _, d := range r.disks {
		before := last[d.Server]
		last[d.Server] = d
		switch {
		case d.CurrentEpoch < before.CurrentEpoch:
			c.violate("server %v: currentEpoch was %d after %d ms and is %d after %d ms", d.Server,
				before.CurrentEpoch, before.AtMS, d.CurrentEpoch, d.AtMS)
		case d.AcceptedEpoch < before.AcceptedEpoch:
			c.violate("server %v: acceptedEpoch was %d after %d ms and is %d after %d ms", d.Server,
				before.AcceptedEpoch, before.AtMS, d.AcceptedEpoch, d.AtMS)
		case d.AcceptedEpoch < d.CurrentEpoch:
			c.violate("server %v: acceptedEpoch %d is smaller than currentEpoch %d after %d ms", d.Server,
				d.AcceptedEpoch, d.CurrentEpoch, d.AtMS)
		}
	}
	for _, f := range r.faults {
		if f.Step == diskStep {
			c.doubt("after %d ms: %s", f.AtMS, f.Note)
		}
	}
	if len(last) < len(r.config.Members) {
		c.doubt("disks of %d of %d servers were looked at", len(last), len(r.config.Members))
	}
}

// judgeTerms asks of every term whether it was one that clients had anything of.
func judgeTerms(r *report, c *Check) {
	terms := r.terms()
	fewest, writes := -1, 0
	known := map[uint32]bool{}
	for _, t := range terms {
		known[t.Epoch] = true
		writes += t.Acknowledged
		if fewest < 0 || t.Acknowledged < fewest {
			fewest = t.Acknowledged
		}
		if t.Acknowledged == 0 {
			c.doubt("vacuous: epoch %d of server %v, served after %d ms, acknowledged no write", t.Epoch, t.Leader, t.AtMS)
		}
	}
	for _, o := range r.history {
		if o.Outcome == answered && o.Kind == write && !known[o.epoch()] {
			c.doubt("a write was acknowledged in epoch %d, and no log says who served it", o.epoch())
			known[o.epoch()] = true
		}
	}
	c.Seen = plural(len(terms), "term") + ", " + plural(writes, "acknowledged write") + ", at least " + plural(max(fewest, 0), "in each", "in each")
	if len(terms) == 0 {
		c.doubt("vacuous: no server ever served")
	}
	if len(terms) == 1 {
		c.doubt("vacuous: only one term, so that nothing had to survive an election")
	}
}

// judgeLives looks for servers that ended without being killed.
func judgeLives(r *report, c *Check) {
	torn := 0
	for _, d := range r.disks {
		if d.When == "stopped" && election.Zxid(d.Zxid).Epoch() > d.CurrentEpoch {
			torn++
		}
	}
	c.Seen = plural(len(r.lives), "process", "processes") + ", " + plural(torn, "disk") + " with a zxid of an epoch that is not current"
	if len(r.lives) == 0 {
		c.doubt("no server was ever started")
	}
	for _, f := range r.faults {
		if f.Step != exitStep {
			continue
		}
		if refusal(f.Note) {
			if c.Verdict == Holds {
				c.Verdict = Known
			}
			c.note("server %v refuses the disk that a crash has left it, after %d ms (%s): a follower that crashes when what was "+
				"synchronised is on its disk and currentEpoch is not leaves such a disk", f.Servers, f.AtMS, f.Note)
			continue
		}
		c.violate("server %v ended by itself after %d ms: %s", f.Servers, f.AtMS, f.Note)
	}
}

// judgeRecovery looks at the end.
func judgeRecovery(r *report, c *Check) {
	rec := r.recovery
	c.Seen = plural(len(rec.States), "server") + " asked"
	leader, recovered := whole(rec.States)
	switch {
	case rec.Interrupted:
		c.doubt("the run was interrupted before all faults were repaired")
	case len(rec.States) == 0:
		c.doubt("the servers were not asked at the end")
	case !recovered && rec.WaitedMS < recoverTime.Milliseconds():
		c.doubt("not all servers took part, but they were given %d ms only", rec.WaitedMS)
	case !recovered:
		var states []string
		for _, s := range rec.States {
			states = append(states, s.Server.String()+" "+cmp.Or(s.PeerState, s.Error))
		}
		c.violate("after %d ms without faults: %s", rec.WaitedMS, strings.Join(states, "; "))
	case leader != rec.Leader || len(rec.States) != len(r.config.Members):
		c.doubt("the record of the end contradicts itself")
	default:
		c.Seen += ": server " + leader.String() + " leads, the others follow"
	}
}
