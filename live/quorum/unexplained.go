package quorum

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Unexplained is the error of an observation that no state explains.
type Unexplained struct {
	What  string   // was seen
	Could []string // what the server could have been doing, one line each
}

func (u *Unexplained) Error() string {
	return fmt.Sprintf("%s; the server can only have been: %s", u.What, strings.Join(u.Could, " | "))
}

// shown bounds how many states an explanation names.
const shown = 6

func (b *belief) describe(list []*state) (lines []string) {
	for _, st := range list {
		if line := b.line(st); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if more := len(lines) - shown; more > 0 {
		lines = append(lines[len(lines)-shown:], fmt.Sprintf("or %d more", more))
	}
	return lines
}

// line is a state in words.
func (b *belief) line(st *state) string {
	s := &st.server
	text := fmt.Sprintf("%v, %v, last zxid %v, epochs %d and %d on disk", s.State, s.Phase, s.Zxid, s.Disk.CurrentEpoch, s.Disk.AcceptedEpoch)
	if s.Stage() != election.Whole {
		text += fmt.Sprintf(", halfway %v", s.Stage())
	}
	if s.Unflushed() || len(st.beside.owed) > 0 {
		text += ", with a log to flush"
	}
	for i, m := range b.e.Members {
		if n := len(b.queue[i]) - int(st.taken[i]); n > 0 {
			text += fmt.Sprintf(", has not taken the last %d of server %v", n, m.SID)
		}
		if len(st.unseen[i]) > 0 {
			text += fmt.Sprintf(", tells server %v", m.SID)
			for k, p := range st.unseen[i] {
				if k > 0 {
					text += ","
				}
				text += fmt.Sprintf(" %v", p)
			}
		}
	}
	return text
}
