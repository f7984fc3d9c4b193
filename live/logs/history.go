package logs

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// contest is one call of lookForLeader as a log tells it, and the term that it led to.
type contest struct {
	*server
	process int     // of the server, from 1; 0 if the log begins in the middle of a process
	entry   int     // index in events of the line "New election", -1 if the log begins behind it
	events  []Event // what was queued before the entry, the entry, and all until the decision or the end
	term    []Event // what was heard after the decision

	// The last notification before the server went LOOKING. The receive path prints one first and asks for
	// the state then: it can be queued for this election, whatever state the line says.
	straggler *Event

	whole   bool   // nothing that matters to it is missing at its beginning
	gap     string // why lines may be missing within it
	first   bool   // of its process: its round is 1
	after   *contest
	decided *Event // the line that tells first that it is over
	ended   string // how, if not by a decision: "the log ends", "the process ends", "it looks again"

	contradicted bool // it was said already that a line of the term contradicts the decision

	verdict Verdict
	// What the election was entered with, if it is known.
	disk    election.Disk
	round   uint64
	opening *Event // the line that tells both
}

// history splits the lines of a server. Lines that contradict what the server said it was doing are
// findings.
type history struct {
	*server
	contests []*contest
	findings []Finding

	current   *contest       // the last one
	looking   *Event         // the line LOOKING, until the line "New election"
	quiet     bool           // nothing was heard since that line
	was       election.State // before it
	unsure    bool           // the log does not tell what it was before
	proposed  *Event         // the proposal since the line LOOKING, until the line "New election"
	straggler *Event         // the last notification heard since the decision
	pending   []Event        // heard while LOOKING, before the line "New election"
	anchored  bool           // the log tells what the server did before it went LOOKING
	process   int
	fresh     bool // no election of this process yet
	chained   bool // nothing is missing since the last election: its round is known
}

func newHistory(s *server) *history {
	h := &history{server: s}
	for i := range s.events {
		e := &s.events[i]
		if why := h.missing(i); why != "" {
			h.gap(why)
		}
		h.take(e)
	}
	h.close("the log ends")
	return h
}

// missing tells whether lines may be missing before this one, and why.
func (h *history) missing(i int) string {
	e := &h.events[i]
	from := 0
	if i > 0 {
		prev := &h.events[i-1]
		if from = prev.Line; prev.file != e.file {
			if e.Kind == Started {
				return ""
			}
			return fmt.Sprintf("another file begins at %v", h.place(e))
		}
	}
	gaps := h.files[e.file].gaps
	if k, _ := slices.BinarySearch(gaps, from); k < len(gaps) && gaps[k] < e.Line {
		return fmt.Sprintf("line %d is too long to be read", gaps[k])
	}
	return ""
}

// gap: lines may be missing here, and with them whole elections.
func (h *history) gap(why string) {
	switch {
	case !h.open():
		h.current = nil
	case h.current.gap == "":
		h.current.gap = why
	}
	h.pending, h.looking, h.straggler, h.proposed = nil, nil, nil, nil
	h.anchored, h.chained, h.fresh, h.was = false, false, false, election.Looking
}

func (h *history) open() bool {
	return h.current != nil && h.current.decided == nil && h.current.ended == ""
}

func (h *history) close(how string) {
	if h.open() {
		h.current.ended = how
	}
}

func (h *history) take(e *Event) {
	switch e.Kind {
	case Unread:
		why := h.files[e.file].unread[e.Line]
		h.find(Unknown, e, "the line can't be followed: %v", why)
		h.gap(fmt.Sprintf("line %d can't be followed", e.Line))
	case Started:
		h.close("the process ends")
		h.process++
		h.pending, h.current, h.looking, h.straggler, h.proposed = nil, nil, nil, nil, nil
		h.anchored, h.fresh, h.chained, h.was = true, true, true, election.Looking
	case Looking:
		h.close("it looks again")
		h.looking, h.quiet, h.unsure, h.proposed = e, true, !h.anchored, nil
	case NewElection:
		if !h.framed() {
			h.gap("the log has no lines that say when an election begins")
		} else if h.looking == nil && h.anchored || h.open() && h.current.gap == "" {
			h.find(Illegal, e, "server %v begins an election, but was not LOOKING for a new one", h.sid)
		}
		h.close("it looks again")
		h.proposes(e)
		if h.looking == nil {
			h.quiet, h.unsure = true, true
		}
		h.enter(e)
		h.looking = nil
	case Heard:
		h.heard(e)
	case Decided, Leaving:
		h.decide(e)
	default:
		if h.open() {
			h.current.events = append(h.current.events, *e)
		} else if e.Kind == Proposed {
			h.proposed = e
		}
	}
}

// framed tells whether the log has the lines that begin an election. Without them nobody knows
// when a term ends.
func (h *history) framed() bool { return h.has(Looking) && h.has(NewElection) }

// proposes checks that an election begins with the server's own vote: at DEBUG the proposal has a line just
// before the line "New election".
func (h *history) proposes(e *Event) {
	x := h.proposed
	if x != nil && x.Vote.Leader != election.NoServer && (x.Vote.Leader != h.sid || x.Vote.Zxid != e.Vote.Zxid) {
		h.find(Illegal, x, "server %v begins an election with a vote for server %v, zxid %v; its own zxid is %v",
			h.sid, x.Vote.Leader, x.Vote.Zxid, e.Vote.Zxid)
	}
	h.proposed = nil
}

// enter begins an election. What was heard LOOKING before is queued for it.
func (h *history) enter(e *Event) {
	c := &contest{server: h.server, process: h.process, whole: h.anchored, first: h.fresh && h.anchored,
		entry: len(h.pending)}
	if h.chained {
		c.after = h.current
	}
	c.events = append(append(c.events, h.pending...), *e)
	if x := h.straggler; x != nil && e.time-x.time < 1000 {
		c.straggler = x
	}
	h.straggler = nil
	h.contests, h.current, h.pending = append(h.contests, c), c, nil
	h.anchored, h.chained, h.fresh = false, true, false
}

func (h *history) heard(e *Event) {
	late := h.quiet && e.Mine != election.Looking && (e.Mine == h.was || h.unsure)
	h.quiet = false
	switch {
	case late: // its state was read before it went LOOKING; it is queued after, so as if it were
		x := *e
		x.Mine = election.Looking
		h.heard(&x)
	case h.looking != nil && e.Mine != election.Looking && h.framed():
		h.find(Illegal, e, "server %v says it is %v; since %v it is LOOKING", h.sid, e.Mine, h.place(h.looking))
	case h.open():
		h.current.events = append(h.current.events, *e)
		if e.Mine != election.Looking {
			h.current.decided, h.was = e, e.Mine
		}
	case e.Mine == election.Looking:
		h.pending = append(h.pending, *e)
		if c := h.current; c == nil && len(h.contests) == 0 && !h.anchored && len(h.pending) == 1 {
			h.beginning(e)
		}
	default:
		h.anchored, h.was = true, e.Mine
		h.stays(e)
		h.straggler = e
		if h.current != nil {
			h.current.term = append(h.current.term, *e)
		}
	}
}

// beginning: the log begins within an election, which nobody can judge.
func (h *history) beginning(e *Event) {
	c := &contest{server: h.server, process: h.process, entry: -1, gap: "the log begins within it"}
	c.events = append(c.events, *e)
	h.contests, h.current, h.pending = append(h.contests, c), c, nil
}

// stays checks that a server that has decided does not say otherwise. A notification that was read while
// it was LOOKING can be printed just after the decision; one, not more, and nothing in between.
func (h *history) stays(e *Event) {
	c := h.current
	if c == nil || c.decided == nil {
		h.pending = nil // they were of an election that the log does not show
		return
	}
	if c.contradicted || !h.framed() {
		h.pending = nil
		return
	}
	if e.Mine != c.decided.Mine {
		c.contradicted = true
		h.find(Illegal, e, "server %v says it is %v; since %v it is %v", h.sid, e.Mine, h.place(c.decided), c.decided.Mine)
	}
	if n := len(h.pending); n > 1 || n == 1 && len(c.term) > 0 {
		c.contradicted = true
		h.find(Illegal, &h.pending[0], "server %v says it is LOOKING; since %v it is %v, and it is still at line %d",
			h.sid, h.place(c.decided), c.decided.Mine, e.Line)
	}
	h.pending = nil
}

// decide takes a line that says how an election ended: the first of an election is its decision, the
// others repeat it.
func (h *history) decide(e *Event) {
	h.was = e.Mine
	if !h.open() {
		h.anchored = true
		h.stays(e)
		if c := h.current; c != nil && e.Kind == Leaving {
			c.events = append(c.events, *e)
		}
		return
	}
	h.current.events = append(h.current.events, *e)
	h.current.decided, h.anchored = e, true
}

func (h *history) find(v Verdict, e *Event, format string, args ...any) {
	h.findings = append(h.findings, Finding{Place: h.place(e), Server: h.sid, Verdict: v, Text: fmt.Sprintf(format, args...)})
}

// own finds what the election was entered with: the first notification that the server sent itself, in
// DEBUG the first that it sent to anybody. The line "New election" has the zxid only. One that comes late
// can be of the election before: one of a round that this election can have goes first.
func (c *contest) own() {
	if c.entry < 0 {
		return
	}
	expected := c.expected()
	zxid := c.events[c.entry].Vote.Zxid
	best := 0
	for _, list := range [][]Event{c.events[c.entry:], c.term} {
		for i := range list {
			e := &list[i]
			mine := e.Kind == Sending || e.Kind == Heard && e.Peer == c.sid && e.Vote.State == election.Looking
			if !mine || e.Vote.Leader != c.sid && (zxid != nobody || e.Vote.Leader != election.NoServer) {
				continue
			}
			fit := 0
			if expected[e.Vote.Round] {
				fit = 1
			}
			if e.Vote.Zxid == zxid {
				fit += 2
			}
			if fit > best {
				best, c.opening, c.round = fit, e, e.Vote.Round
				c.disk = election.Disk{Zxid: e.Vote.Zxid, CurrentEpoch: e.Vote.PeerEpoch, AcceptedEpoch: e.Vote.PeerEpoch}
			}
		}
	}
}

// stolen is the first vote that a server sends itself after its start, if that is not for itself. Later
// elections can hear what is left of those before.
func (c *contest) stolen() *Event {
	for i := range c.events {
		if e := &c.events[i]; c.first && e.Kind == Heard && e.Peer == c.sid && e.Vote.State == election.Looking {
			if e.Vote.Leader != c.sid {
				return e
			}
			break
		}
	}
	return nil
}

// expected are the rounds that the election can have been entered with, nil if nobody knows.
func (c *contest) expected() map[uint64]bool {
	switch {
	case c.first:
		return map[uint64]bool{1: true}
	case c.after == nil || c.after.round == 0 || c.after.verdict != Legal:
		return nil
	}
	set := map[uint64]bool{}
	if !c.has(Started) { // it can be of another process
		set[1] = true
	}
	for round := range c.after.rounds() {
		set[round+1] = true
	}
	return set
}

// rounds are the rounds that a server can be in after the election: the one it entered or adopted, or
// that of a decision it was told.
func (c *contest) rounds() map[uint64]bool {
	set := map[uint64]bool{c.round: true}
	for i := range c.events {
		if e := &c.events[i]; e.Kind == Heard || e.Kind == Sending {
			set[e.Vote.Round] = true
		}
	}
	return set
}
