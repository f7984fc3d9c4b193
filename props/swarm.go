package props

import "github.com/zkcheck/zkcheck/cluster"

// Swarm draws the schedules of one run like Pick, but with fewer kinds of actions and other weights: swarm testing (Groce,
// Zhang, Eide, Chen, Regehr, "Swarm Testing", ISSTA 2012). Where every run may do everything, faults of one kind get in the
// way of what another kind would have brought to light; so each run leaves out some kinds, and has budgets of its own
// for the others. Repairs, which are restarts and heals, are never left out. The limits of the cluster stay the upper
// bound.
type Swarm struct {
	left   [cluster.Kinds]int // by kind: how many more there may be, or unlimited
	lags   int                // how many more threads may be caught halfway, or unlimited
	weight weights

	allowed []cluster.Action
	index   []int // of allowed in enabled
}

const unlimited = -1

// Begin draws what a run may do.
func (s *Swarm) Begin(c Choices, l *cluster.Limits) {
	for kind := range s.left {
		s.left[kind] = unlimited
	}
	for _, x := range []struct {
		kind  cluster.Kind
		limit int
	}{{cluster.Crash, l.Crashes}, {cluster.Cut, l.Cuts}, {cluster.Reset, l.Resets}, {cluster.Drop, l.Drops},
		{cluster.Dup, l.Dups}, {cluster.Wipe, l.Wipes},
		{cluster.Garble, l.Garbles}, {cluster.Stranger, l.Garbles}} {
		s.left[x.kind] = share(c, x.limit)
	}
	s.left[cluster.Write] = c.Int(l.Writes + 1) // without writes nothing is at stake, so few runs have none
	s.lags = share(c, l.Lags)
	// Terms of which nothing can come any more are given up without a budget, so any number of them can be needed.
	s.left[cluster.GiveUp], s.left[cluster.Timeout] = patience(c), patience(c)
	s.weight = weights{rarely: [...]int{34, 4, 12, 80}[c.Int(4)], seldom: [...]int{4, 1, 12, 32}[c.Int(4)]}
}

// share is a part of a budget: nothing in every other run, otherwise at least one.
func share(c Choices, limit int) int {
	switch {
	case limit == cluster.Unlimited && c.Int(2) == 1:
		return unlimited
	case limit <= 0 || c.Int(2) == 0:
		return 0
	}
	return 1 + c.Int(limit)
}

// patience is how many timers end before their time: any number, or few.
func patience(c Choices) int { return [...]int{unlimited, unlimited, unlimited, 4, 1, 0}[c.Int(6)] }

// Pick draws one of the enabled actions that the run may still do, and counts it. Timers and writes that it may not do come
// when nothing else is there. It returns -1 where only what it may not do is left.
func (s *Swarm) Pick(c Choices, enabled []cluster.Action) int {
	s.keep(enabled, func(a cluster.Action) bool { return *s.budget(a) != 0 })
	if len(s.allowed) == 0 {
		s.keep(enabled, func(a cluster.Action) bool { return a.N == 0 && !a.Kind.Fault() })
	}
	if len(s.allowed) == 0 {
		return -1
	}
	i := pick(c, s.weight, s.allowed)
	if left := s.budget(s.allowed[i]); *left > 0 {
		*left--
	}
	return s.index[i]
}

// keep makes a list of the actions that are allowed.
func (s *Swarm) keep(enabled []cluster.Action, allowed func(cluster.Action) bool) {
	s.allowed, s.index = s.allowed[:0], s.index[:0]
	for i, a := range enabled {
		if allowed(a) {
			s.allowed, s.index = append(s.allowed, a), append(s.index, i)
		}
	}
}

// budget is what an action is paid from.
func (s *Swarm) budget(a cluster.Action) *int {
	if a.N > 0 && !a.Kind.Fault() {
		return &s.lags
	}
	return &s.left[a.Kind]
}
