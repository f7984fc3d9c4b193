package subject

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// Is tells whether the condition is true of some, and of all, of what the server can be now; it may have
// gone on by itself.
func (b *Belief) Is(condition func(s *election.Server) bool) (some, all bool) {
	list, err := b.closure()
	if err != nil {
		return true, false
	}
	all = len(list) > 0
	for _, st := range list {
		if condition(&st.server) {
			some = true
		} else {
			all = false
		}
	}
	return some, all
}

// AtRest are the states in which the server has nothing more to do but wait for a timer or a message.
func (b *Belief) AtRest() (list []*election.Server) {
	all, _ := b.closure()
	for _, st := range all {
		s := &st.server
		if st.atRest() {
			list = append(list, s)
		}
	}
	return list
}

// Unheard tells how many notifications to itself the server still has under way, at least and at most.
func (b *Belief) Unheard() (least, most int) {
	list, err := b.closure()
	if err != nil || len(list) == 0 {
		return 0, 0
	}
	least = len(list[0].loop)
	for _, st := range list {
		least, most = min(least, len(st.loop)), max(most, len(st.loop))
	}
	return least, most
}

// Size is the number of states.
func (b *Belief) Size() int { return len(b.states) }

// Explain is what the server can be doing, one line for each state.
func (b *Belief) Explain() []string { return b.describe(b.states) }

// shown bounds how many states an explanation names.
const shown = 6

func (b *Belief) describe(list []*state) (lines []string) {
	for _, st := range list {
		line := b.line(st)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if more := len(lines) - shown; more > 0 {
		lines = append(lines[:shown], fmt.Sprintf("and %d more", more))
	}
	return lines
}

func (b *Belief) line(st *state) string {
	s := &st.server
	text := fmt.Sprintf("%v round %d", s.State, s.Round)
	if s.State == election.Looking {
		text += fmt.Sprintf(" for %v", s.Proposal)
		if s.Waiting {
			text += " in finalizeWait"
		}
		if n := s.Queued(); n > 0 {
			text += fmt.Sprintf(", %d queued", n)
		}
		if n := len(st.loop); n > 0 {
			text += fmt.Sprintf(", %d to itself under way", n)
		}
	} else {
		text += fmt.Sprintf(" by %v", s.Elected().Candidate)
	}
	if s.Stage() != election.Whole {
		text += fmt.Sprintf(", halfway %v", s.Stage())
	}
	if s.Held() || len(st.intake) > 0 {
		text += ", a notification in hand"
	}
	for i, n := range st.unseen {
		if i == 0 {
			text += ", has sent"
		} else {
			text += ","
		}
		text += fmt.Sprintf(" %v -> %v", n.Vote, b.e.Members[n.To].SID)
	}
	return text
}

// MayWait tells whether the server can be, and whether it must be, in finalizeWait as soon as it has dealt
// with all that is under way: what it has queued and what it tells itself.
func (b *Belief) MayWait() (some, all bool) {
	wire := *b
	wire.watch.Wire = true
	list, err := wire.closure()
	if err != nil {
		return true, false
	}
	all = true
	for _, st := range list {
		s := &st.server
		if s.State != election.Looking || !st.atRest() {
			continue // not yet
		}
		some, all = some || s.Waiting, all && s.Waiting
	}
	return some, some && all
}
