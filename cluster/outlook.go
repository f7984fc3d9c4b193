package cluster

import "github.com/zkcheck/zkcheck/election"

// outlook is what can still come from a state on, estimated from above: a vote that nobody casts any more
// decides nothing, and what waits for it in a table of votes is dead.
//
// Where votes come from. A notification says the proposal of a LOOKING server or the current vote of another. A
// proposal is one's own initial vote or was received; a current vote was one's proposal, or was received from who had
// it, but that its peer epoch becomes the new one when a term begins to be served. So all that will ever
// be voted for is in proposals, current votes and notifications now, or is the initial vote of one who will
// enter an election. What is said to a server that stays is heard by nobody.
type outlook struct {
	done      bool
	best      election.Candidate // nobody votes for a better one unless votes grow or are renewed
	least     election.Candidate // nobody ends a finalizeWait with a smaller one
	grows     bool               // a server can enter an election with another vote than it would now
	renews    bool               // current votes can get a new epoch
	live      election.Set       // voters that decided votes name, or can come to name
	leads     election.Set       // voters that say LEADING, or can come to
	voted     election.Set       // voters that LOOKING votes name, or can come to name; at best by
	candidate [election.MaxVoters]election.Candidate
}

// foresees tells whether an outlook can be had: rules are ZooKeeper's, threads are whole, nobody is an observer, and nothing
// comes from outside the ensemble; and rounds end.
func (y *System) foresees() bool {
	l := &y.Limits
	return y.standard && !y.Ensemble.Fine && y.Ensemble.Voters == y.n && l.Rounds != Unlimited &&
		l.Calm == 0 && l.Wipes == 0 && l.Garbles == 0
}

// outlook looks at everything that holds a vote.
//
// Who looks again does so in a round above the lowest that a server is in or a decided vote names, because
// a decision sets the clock to one of these, and looking again adds one; a process that starts begins with
// round one. So where the lowest is the last round, who is LOOKING decides once, with what it proposes or better.
func (y *System) outlook(s *State, o *outlook) {
	nobody := election.Candidate{Leader: election.NoServer}
	*o = outlook{done: true, best: nobody, least: nobody}
	last, low := uint64(y.Limits.Rounds), y.lowest(s)
	returns := y.left(s, restartsLimit) > 0
	again := returns && y.left(s, crashesLimit) > 0
	for i := range s.Servers {
		v := s.Servers[i]
		switch {
		case !s.Up.Has(i):
			if !s.Started.Has(i) || returns {
				o.enters(y, i, onDisk(v))
				o.grows = o.grows || last > 1 || again
			}
		case v.State != election.Looking:
			o.told(y, v.Vote.Candidate)
			if v.State == election.Leading {
				o.leads = o.leads.With(i)
			}
			if v.Round < last || again {
				o.enters(y, i, v.Initial(y.Ensemble))
				o.grows = true
			}
		case low < last || again:
			o.votes(y, v.Proposal)
			o.enters(y, i, v.Initial(y.Ensemble))
			o.grows = true
		default:
			o.votes(y, v.Proposal)
			o.decides(y, v.Proposal)
			o.leads = o.leads.With(i)
		}
	}
	y.hears(s, o)
	o.grows = o.grows && y.Phases != ElectionOnly
	o.renews = y.Phases.include(election.Synchronization)
	for i := range y.n {
		if o.voted.Has(i) && !election.Beats(y.Ensemble, o.least, o.candidate[i]) {
			o.live = o.live.With(i)
		}
	}
}

// hears looks at notifications.
func (y *System) hears(s *State, o *outlook) {
	for to := range y.n {
		if y.stays(s, to) {
			continue
		}
		for from := range y.n {
			list := y.flying(s, from, to)
			for k := range list {
				m := &list[k]
				if m.State == election.Looking {
					o.votes(y, m.Candidate)
					continue
				}
				o.told(y, m.Candidate)
				if m.State == election.Leading {
					o.leads = o.leads.With(from)
				}
			}
		}
	}
}

// lowest is the lowest round that a server is in or will start in, or a decided vote names.
func (y *System) lowest(s *State) uint64 {
	low := uint64(y.Limits.Rounds)
	for i := range s.Servers {
		if s.Up.Has(i) {
			low = min(low, s.Servers[i].Round)
		} else if !s.Started.Has(i) || y.left(s, restartsLimit) > 0 {
			low = min(low, 1)
		}
		if y.stays(s, i) {
			continue
		}
		for from := range y.n {
			list := y.flying(s, from, i)
			for k := range list {
				if list[k].State != election.Looking {
					low = min(low, list[k].Round)
				}
			}
		}
	}
	return low
}

// votes: somebody LOOKING votes for the candidate, or can.
func (o *outlook) votes(y *System, c election.Candidate) {
	o.best = y.better(c, o.best)
	if at, ok := y.Ensemble.Position(c.Leader); ok {
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
	o.best = y.better(c, o.best)
	if at, ok := y.Ensemble.Position(c.Leader); ok {
		o.live = o.live.With(at)
	}
}
