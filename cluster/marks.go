package cluster

import "github.com/zkcheck/zkcheck/election"

// Marks tell at a glance what a step was and did, as bits: who judges steps looks at them once, and then only at
// what concerns it. By and Happened are the marks of actions and of facts, the others have names.
type Marks = uint64

// Marks of a step. A, the actor, is the server that stepped.
const (
	Notified      Marks = 1 << (16 + iota) // a notification was sent
	Sent                                   // a packet was sent
	Decided                                // A left LOOKING for a leader
	Handled                                // the election thread of A, LOOKING, took a notification
	StaysUp                                // A has a process before the step and after it
	IsUp                                   // A has a process after it
	KeepsLooking                           // A was LOOKING and is, with a process
	PastDiscovery                          // A, with a process, leads or follows and synchronises or is beyond
	WasServing                             // A was a serving leader
	DiskMoved                              // the three numbers on a disk changed, somebody's
	LeaderIsUp                             // somebody with a process leads, and has established its epoch
	LeadersAreUp                           // more than one does
	Turned                                 // A has another state than before, or was caught halfway
	Remembers                              // A remembers other numbers than its disk has
	HasCommits                             // something has been committed, now or earlier in the run
)

// AnyAction are the marks of all actions.
const AnyAction Marks = (1<<Kinds - 1) << 32

// By is the mark of the steps that an action of the kind takes.
func By(k Kind) Marks { return 1 << (32 + k) }

// Happened is the mark of the steps in which there was such a fact.
func Happened(k election.FactKind) Marks { return 1 << k }

// known is the step of the one server that stepped, if it is known and all that happened.
func (s *State) known() *taken {
	if t := s.took; t != nil && s.met[s.Actor] == t.became {
		return t
	}
	return nil
}

// Note is where the owner of a Cursor may keep what it found out about a step: the same place for all in which the same
// server got the same, and became and put out the same. Nil if the step is not known, or others stepped as well.
func (y *System) Note(after *State) *any {
	if t := after.known(); t != nil {
		return &t.note
	}
	return nil
}

// Marks tells the marks of a step.
func (y *System) Marks(before *State, by Action, after *State) Marks {
	t := after.known()
	if t == nil {
		return y.narrowMarks(before, by, after) | y.wideMarks(after)
	}
	if !t.marked {
		t.marks, t.marked = y.narrowMarks(before, by, after), true
	}
	return t.marks | y.wideMarks(after)
}

// wideMarks are those that can differ where the same server takes the same step.
func (y *System) wideMarks(after *State) (m Marks) {
	if after.commits.n > 0 {
		m |= HasCommits
	}
	for i, v := range after.Servers {
		if v.State == election.Leading && v.Phase >= election.Synchronization && v.Stage() != election.Establishing && after.Up.Has(i) {
			m |= LeaderIsUp | m&LeaderIsUp<<1
		}
	}
	return m
}

// narrowMarks are the others: of a step that is known they are the same each time.
func (y *System) narrowMarks(before *State, by Action, after *State) Marks {
	m, out := By(by.Kind), &after.Out
	for i := range out.Facts {
		m |= Happened(out.Facts[i].Kind)
	}
	if len(out.Notes) > 0 {
		m |= Notified
	}
	if len(out.Packets) > 0 {
		m |= Sent
	}
	if out.Decided {
		m |= Decided
	}
	for i, v := range after.Servers {
		if v.Disk != before.Servers[i].Disk {
			m |= DiskMoved
		}
	}
	if after.Actor >= 0 {
		m |= y.marksOf(before, by, after)
	}
	return m
}

// marksOf are the marks of a step that are about the server that stepped.
func (y *System) marksOf(before *State, by Action, after *State) (m Marks) {
	was, is := before.Servers[after.Actor], after.Servers[after.Actor]
	wasUp := before.Up.Has(after.Actor)
	if wasUp && was.State == election.Leading && was.Phase == election.Broadcast {
		m |= WasServing
	}
	if wasUp && was.State == election.Looking && (by.Kind == Handle || by.Kind == Deliver && !y.Ensemble.Fine) {
		m |= Handled
	}
	if !after.Up.Has(after.Actor) {
		return m
	}
	m |= IsUp
	if wasUp {
		m |= StaysUp
		if was.State == election.Looking && is.State == election.Looking {
			m |= KeepsLooking
		}
	}
	if is.State != was.State || was.Stage() != election.Whole {
		m |= Turned
	}
	if d := &is.Disk; is.AcceptedEpoch != d.AcceptedEpoch || is.CurrentEpoch != d.CurrentEpoch || is.Zxid != d.Zxid {
		m |= Remembers
	}
	if is.State != election.Looking && is.Phase >= election.Synchronization {
		m |= PastDiscovery
	}
	return m
}
