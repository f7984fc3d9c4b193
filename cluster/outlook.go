package cluster

import "github.com/zkcheck/zkcheck/election"

// outlook is what can still come from a state on, estimated from above: a vote that nobody casts any more
// decides nothing, and what waits for it in a table of votes is dead. It takes ZooKeeper's rules, whole threads
// and no observers for granted, and that nothing comes from outside the ensemble.
//
// Where votes come from. A vote in a notification is the proposal of a LOOKING server or the current vote of another; a
// proposal is one's own initial vote or was received; a current vote was the proposal, or was received from one
// that had it, but for its peer epoch, which becomes the new one when a term is served. So all that will ever be voted for is what
// is now in proposals, current votes and notifications, on their way or kept to be sent again, and the
// initial votes of those who will enter an election.
type outlook struct {
	best      election.Candidate // nobody ever votes for a better one unless votes grow or are renewed
	least     election.Candidate // nobody ends a finalizeWait with a smaller one
	grows     bool               // a server can enter an election with another vote than it would have now
	renews    bool               // current votes can get a new epoch
	live      election.Set       // voters that decided votes name, or can come to name
	leads     election.Set       // voters that say LEADING, or can come to say so
	voted     election.Set       // voters that LOOKING votes name, or can come to name, and by which at best:
	candidate [election.MaxVoters]election.Candidate
}

// foresees tells whether an outlook can be had.
func (y *System) foresees() bool {
	l := &y.Limits
	return y.standard && !y.Ensemble.Fine && y.Ensemble.Voters == y.n && l.Calm == 0 && l.Wipes == 0 && l.Garbles == 0 && l.Rounds != Unlimited
}

// outlook looks at everything that holds a vote.
//
// No server looks again in a round that is not above the lowest in which one is, has decided or is told of: a
// decision sets the clock to a round that somebody is in or a vote names, and looking again adds one. Only a process that
// starts begins with round one.
func (y *System) outlook(s *State, o *outlook) {
	*o = outlook{best: election.Candidate{Leader: election.NoServer}, least: election.Candidate{Leader: election.NoServer}}
	last, low := uint64(y.Limits.Rounds), y.lowest(s)
	returns := y.left(s, restartsLimit) > 0
	crashes := y.left(s, crashesLimit) > 0
	for i := range s.Servers {
		v := &s.Servers[i]
		switch {
		case !s.Up.Has(i):
			if s.Started.Has(i) && !returns {
				continue
			}
			o.enters(y, i, onDisk(v))
			// once up it can serve, and look or start again
			o.grows = o.grows || last > 1 || returns && crashes
		case v.State == election.Looking:
			o.votes(y, v.Proposal)
			switch {
			case low < last || returns && crashes:
				o.enters(y, i, v.Initial(y.Ensemble))
				o.grows = true
			default:
				o.decides(y, v.Proposal)
				o.leads = o.leads.With(i)
			}
		default:
			o.told(y, v.Vote.Candidate)
			if v.State == election.Leading {
				o.leads = o.leads.With(i)
			}
			if v.Round < last || returns && crashes {
				o.enters(y, i, v.Initial(y.Ensemble))
				o.grows = true
			}
		}
	}
	for i := range s.notes {
		c := &s.notes[i]
		for k := range max(int(c.n), hasOne(c.hasLast)) {
			m := &c.msgs[k]
			if m.State == election.Looking {
				o.votes(y, m.Candidate)
				continue
			}
			o.told(y, m.Candidate)
			if m.State == election.Leading {
				o.leads = o.leads.With(i / y.n)
			}
		}
	}
	o.grows = o.grows && y.Phases != ElectionOnly
	o.renews = y.Phases.include(election.Synchronization)
	for i := range y.n {
		if o.grows || o.voted.Has(i) && !election.Beats(y.Ensemble, o.least, o.candidate[i]) {
			o.live = o.live.With(i)
		}
	}
}

func hasOne(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lowest is the lowest round that a server is in, or is told of by a decided vote.
func (y *System) lowest(s *State) uint64 {
	low := uint64(y.Limits.Rounds)
	for i := range s.Servers {
		switch {
		case s.Up.Has(i):
			low = min(low, s.Servers[i].Round)
		case !s.Started.Has(i) || y.left(s, restartsLimit) > 0:
			low = min(low, 1)
		}
	}
	for i := range s.notes {
		c := &s.notes[i]
		for k := range max(int(c.n), hasOne(c.hasLast)) {
			if c.msgs[k].State != election.Looking {
				low = min(low, c.msgs[k].Round)
			}
		}
	}
	return low
}

func onDisk(v *election.Server) election.Candidate {
	return election.Candidate{Leader: v.SID, Zxid: v.Disk.Zxid, PeerEpoch: v.Disk.CurrentEpoch}
}

// votes: somebody votes for the candidate.
func (o *outlook) votes(y *System, c election.Candidate) {
	if election.Beats(y.Ensemble, c, o.best) {
		o.best = c
	}
	if at, ok := y.Ensemble.Position(c.Leader); ok && at < election.MaxVoters {
		if !o.voted.Has(at) || election.Beats(y.Ensemble, c, o.candidate[at]) {
			o.voted, o.candidate[at] = o.voted.With(at), c
		}
	}
}

// decides: somebody can decide after finalizeWait for the candidate or a better one.
func (o *outlook) decides(y *System, c election.Candidate) {
	if o.least.Leader == election.NoServer || election.Beats(y.Ensemble, o.least, c) {
		o.least = c
	}
}

// enters: a server can enter an election, with that vote as far as can be told now.
func (o *outlook) enters(y *System, i int, c election.Candidate) {
	o.votes(y, c)
	o.decides(y, c)
	o.leads = o.leads.With(i)
}

// told: a decided vote names the candidate.
func (o *outlook) told(y *System, c election.Candidate) {
	if election.Beats(y.Ensemble, c, o.best) {
		o.best = c
	}
	if at, ok := y.Ensemble.Position(c.Leader); ok {
		o.live = o.live.With(at)
	}
}
