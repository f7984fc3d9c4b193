package logs

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/election"
)

// words are what a server can have said, by its own log.
type words struct {
	begin, end int64                  // when
	votes      map[election.Vote]bool // LOOKING votes that it sent itself
	leaders    map[election.SID]bool  // that it decided for, or that it is itself
	decided    map[outcome]bool
	states     map[election.State]bool // that it has been in
	open       map[uint64]bool         // rounds in which the log ends before it is known what it sent
}

// outcome is what stays the same of a decision.
type outcome struct {
	leader election.SID
	zxid   election.Zxid
}

// compare holds what servers heard of each other against what those say themselves. Only what was said
// while the log of the one who said it goes on can be held against it: a channel keeps the order, so that
// is what was heard between two notifications that are in its log; and by the time stamps, too.
func (r *Report) compare() {
	said := map[election.SID]*words{}
	for _, s := range r.servers {
		if w := r.words(s); w != nil {
			said[s.sid] = w
		}
	}
	for _, s := range r.servers {
		for sid, w := range said {
			if sid != s.sid {
				r.hearsay(s, sid, w)
			}
		}
	}
}

// hearsay is what one server heard of another.
func (r *Report) hearsay(s *server, peer election.SID, w *words) {
	var doubted []*Event // since the last notification that is known
	known := false
	for i := range s.events {
		e := &s.events[i]
		if e.Kind != Heard || e.Peer != peer {
			continue
		}
		if e.Vote.State == election.Looking && w.votes[plain(e.Vote)] {
			for _, d := range doubted {
				r.Findings = append(r.Findings, Finding{Place: s.place(d), Server: s.sid, Verdict: Illegal,
					Text: fmt.Sprintf("server %v hears server %v say %v; %s", s.sid, peer, d.Vote, w.contradict(d))})
			}
			known, doubted = true, doubted[:0]
		} else if known && w.covers(e) && w.contradict(e) != "" {
			doubted = append(doubted, e)
		}
	}
}

// covers tells whether a log goes on at the time of a line of another log.
func (w *words) covers(e *Event) bool {
	return e.time != 0 && w.begin != 0 && w.begin <= e.time && e.time <= w.end
}

// words collects what a server said. It is nil if anything can be missing: a server must be seen from the
// start of each process on, without a gap.
func (r *Report) words(s *server) *words {
	w := &words{votes: map[election.Vote]bool{}, leaders: map[election.SID]bool{s.sid: true},
		decided: map[outcome]bool{},
		states:  map[election.State]bool{}, open: map[uint64]bool{}}
	if !r.ensemble.IsVoter(s.sid) || len(s.events) == 0 || s.events[0].Kind != Started || r.doubts(s) {
		return nil
	}
	w.begin, w.end = s.events[0].time, s.events[len(s.events)-1].time
	for i := range s.events {
		e := &s.events[i]
		switch e.Kind {
		case Unread:
			return nil
		case Heard:
			w.states[e.Mine] = true
			if e.Peer == s.sid && e.Vote.State == election.Looking {
				w.votes[plain(e.Vote)] = true
			}
		case Sending:
			w.votes[plain(e.Vote)] = true
		case Decided:
			w.states[e.Mine] = true
		}
	}
	for i, f := range s.files {
		if len(f.gaps) > 0 || i > 0 && len(f.Events) > 0 && f.Events[0].Kind != Started {
			return nil
		}
	}
	for i := range r.Elections {
		x := &r.Elections[i]
		switch {
		case x.Server != s.sid:
		case x.contest.decided == nil:
			w.unfinished(x)
		case x.Leader == nil:
			return nil
		default:
			if !x.Told {
				w.votes[plain(election.Vote{Candidate: x.decision, Round: x.Final})] = true
			}
			w.leaders[*x.Leader] = true
			w.decided[outcome{*x.Leader, x.decision.Zxid}] = true
		}
	}
	return w
}

// doubts tells whether a line of the server is not legal: then its log is no witness.
func (r *Report) doubts(s *server) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Server == s.sid })
}

// unfinished: where a process is killed it can have sent what it did not come to hear itself, in its last
// round or in one that it had just adopted.
func (w *words) unfinished(x *Election) {
	w.open[x.Round] = true
	for i := range x.contest.events {
		if e := &x.contest.events[i]; e.Kind == Heard {
			w.open[e.Vote.Round] = true
		}
	}
}

// plain is a vote without its version.
func plain(v election.Vote) election.Vote {
	v.Version, v.State = 0, election.Looking
	return v
}

// contradict says why a server can't have sent a notification, or nothing. Its answers can be stale: a
// server that goes LOOKING or stops being so can mix its state with the vote of a decision.
func (w *words) contradict(e *Event) string {
	v := e.Vote
	switch {
	case v.State == election.Looking:
		if w.votes[plain(v)] || w.open[v.Round] || w.decided[outcome{v.Leader, v.Zxid}] {
			return ""
		}
		return "by its own log it never votes so"
	case len(w.open) > 0:
		return ""
	case !w.states[v.State]:
		return fmt.Sprintf("by its own log it is never %v", v.State)
	case !w.leaders[v.Leader]:
		return fmt.Sprintf("by its own log it never decides for server %v", v.Leader)
	}
	return ""
}
