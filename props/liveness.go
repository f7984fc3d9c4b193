package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Goal is a property that says what must happen in the end of every fair calm run: from a state where From
// is true the run comes to one where Goal is. See [cluster.State.Calm] for what calm is, and
// [cluster.System.FairnessClass] for what is fair.
type Goal struct {
	ID, Name, Doc string
	From, Goal    func(y *cluster.System, s *cluster.State) bool
}

// Goals are the liveness properties of the catalogue: P10, P11, P13.
func Goals() []Goal {
	return []Goal{
		{ID: "P10", Name: "calm-election-ends",
			Doc:  "a quorum is up and connected: in the end somebody serves a quorum that is in sync",
			From: quorumConnected, Goal: served},
		{ID: "P11", Name: "joiner-joins",
			Doc:  "who looks for a leader while one serves a quorum follows it in the end",
			From: joinerLooks, Goal: settled},
		{ID: "P13", Name: "lost-leader-leaves",
			Doc:  "a serving leader without a quorum of connected learners leads no longer in the end",
			From: lostLeader, Goal: func(y *cluster.System, s *cluster.State) bool { return !lostLeader(y, s) }},
	}
}

// Property is the goal as a property, for those who list, name and report properties. It has no Check: no step
// shows it.
func (g Goal) Property() Property {
	return Property{ID: g.ID, Name: g.Name, Doc: g.Doc, Kind: Eventually}
}

func settled(y *cluster.System, s *cluster.State) bool { return Settled(y.Ensemble, s) }

// quorumConnected: the run is calm, a quorum is up, and no link of those that are up is cut.
func quorumConnected(y *cluster.System, s *cluster.State) bool {
	return s.Calm() && y.Ensemble.IsQuorum(s.Up) && !cutAmongUp(s)
}

func cutAmongUp(s *cluster.State) bool {
	for a := range s.Servers {
		for b := range a {
			if s.Up.Has(a) && s.Up.Has(b) && s.IsCut(a, b) {
				return true
			}
		}
	}
	return false
}

// served: somebody serves a quorum that is in sync.
func served(y *cluster.System, s *cluster.State) bool {
	for i := range s.Servers {
		v := s.Servers[i]
		if s.Up.Has(i) && v.State == election.Leading && v.Phase == election.Broadcast && y.Ensemble.IsQuorum(v.InSync().With(i)) {
			return true
		}
	}
	return false
}

// joinerLooks: one leader serves a quorum, and somebody looks for it.
func joinerLooks(y *cluster.System, s *cluster.State) bool {
	if !quorumConnected(y, s) || !served(y, s) {
		return false
	}
	for i := range s.Servers {
		if s.Up.Has(i) && s.Servers[i].State == election.Looking {
			return true
		}
	}
	return false
}

// lostLeader: a leader serves without a quorum of learners that are connected to it.
func lostLeader(y *cluster.System, s *cluster.State) bool {
	for i := range s.Servers {
		v := s.Servers[i]
		if !s.Calm() || !s.Up.Has(i) || v.State != election.Leading || v.Phase != election.Broadcast {
			continue
		}
		connected := election.Set(0).With(i)
		for k := range s.Servers {
			if at, alive := s.LeaderOf(k); at == i && alive {
				connected = connected.With(k)
			}
		}
		if !y.Ensemble.IsQuorum(connected) {
			return true
		}
	}
	return false
}
