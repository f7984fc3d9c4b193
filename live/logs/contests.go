package logs

import (
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// settle puts the elections of servers together to elections of the ensemble: those with one leader and
// zxid in one round. Those that decided by LOOKING votes agree on the peer epoch too; those that were
// told were often told the new one.
func (r *Report) settle() {
	r.Contests = []Contest{}
	index := map[contestKey][]int{}
	for _, told := range []bool{false, true} {
		for i := range r.Elections {
			x := &r.Elections[i]
			if x.Leader == nil || x.Told != told {
				continue
			}
			r.join(x, index)
		}
	}
	for i := range r.Contests {
		slices.Sort(r.Contests[i].Followers)
		slices.Sort(r.Contests[i].Joined)
	}
	slices.SortStableFunc(r.Contests, func(a, b Contest) int {
		if x, y := a.begin(), b.begin(); x != 0 && y != 0 && x != y {
			return int(x - y)
		}
		x, y := a.elections[0].decision, b.elections[0].decision
		if x.PeerEpoch != y.PeerEpoch {
			return int(int64(x.PeerEpoch) - int64(y.PeerEpoch))
		}
		return int(int64(a.Round) - int64(b.Round))
	})
}

// contestKey is what elections of one contest have in common.
type contestKey struct {
	round  uint64
	leader election.SID
	zxid   election.Zxid
}

// join finds the contest that an election belongs to: the first in which its server has no part yet.
func (r *Report) join(x *Election, index map[contestKey][]int) {
	key := contestKey{x.Final, x.decision.Leader, x.decision.Zxid}
	for _, i := range index[key] {
		c := &r.Contests[i]
		same := slices.ContainsFunc(c.elections, func(o *Election) bool {
			return x.Told && x.decision.PeerEpoch >= o.decision.PeerEpoch || x.decision == o.decision
		})
		twice := slices.ContainsFunc(c.elections, func(o *Election) bool { return o.Server == x.Server })
		if same && !twice {
			c.add(x)
			return
		}
	}
	c := Contest{Round: x.Final, Leader: *x.Leader, Vote: x.Vote, Followers: SIDs{}, Joined: SIDs{}}
	c.add(x)
	index[key] = append(index[key], len(r.Contests))
	r.Contests = append(r.Contests, c)
}

func (c *Contest) add(x *Election) {
	c.elections = append(c.elections, x)
	if c.Decider == "" {
		c.Decider, c.Second = x.Decider, x.Second
	}
	switch {
	case x.Outcome == election.Leading.String():
		c.Leads = true
		if x.Decider != "" {
			c.Decider, c.Second = x.Decider, x.Second // the winner's own view
		}
	case x.Told:
		c.Joined = append(c.Joined, x.Server)
		fallthrough
	default:
		c.Followers = append(c.Followers, x.Server)
	}
}

// begin is the time of the first decision, 0 if the logs have no time stamps.
func (c *Contest) begin() int64 {
	var first int64
	for _, x := range c.elections {
		if at := x.contest.decided.time; first == 0 || at != 0 && at < first {
			first = at
		}
	}
	return first
}

// describe lists the files.
func (r *Report) describe(files []*Log) {
	r.Voters, r.Observers = SIDs{}, SIDs{}
	for i, m := range r.ensemble.Members {
		if i < r.ensemble.Voters {
			r.Voters = append(r.Voters, m.SID)
		} else {
			r.Observers = append(r.Observers, m.SID)
		}
	}
	for _, f := range files {
		r.Files = append(r.Files, File{Name: f.Name, Server: f.SID, Lines: f.Lines, Events: len(f.Events),
			Wording: f.Dialect.String(), Debug: f.Debug, Long: f.Long, Cut: f.Cut})
	}
}
