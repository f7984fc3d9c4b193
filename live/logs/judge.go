package logs

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/subject"
)

// Judge judges the elections of all logs.
func Judge(files []*Log, o Options) (*Report, error) {
	list, err := servers(files)
	if err != nil {
		return nil, err
	}
	tries, basis, err := candidates(list, o)
	if err != nil {
		return nil, err
	}
	var best *Report
	for i, members := range tries {
		r, err := judge(list, members)
		if err != nil {
			return nil, err
		}
		r.Basis = basis
		if unseen := len(members) - len(tries[0]); i > 0 {
			r.Basis += fmt.Sprintf(", and %d more that are not: an ensemble without them is not legal", unseen)
		}
		if best == nil || r.Verdict < best.Verdict {
			best = r
		}
		if best.Verdict != Illegal {
			break
		}
	}
	best.describe(files)
	return best, nil
}

// judge judges all logs as those of one ensemble.
func judge(list []*server, members []election.Member) (*Report, error) {
	e, err := election.NewEnsemble(members)
	if err != nil {
		return nil, err
	}
	r := &Report{ensemble: e, servers: list, configs: configs(list), Elections: []Election{}, Findings: []Finding{}}
	for _, s := range list {
		h := newHistory(s)
		r.Findings = append(r.Findings, h.findings...)
		for _, c := range h.contests {
			c.own() // after the election before it was followed: that tells the round
			r.Elections = append(r.Elections, r.follow(c))
		}
	}
	r.compare()
	r.order()
	r.settle()
	r.Verdict = r.verdict()
	return r, nil
}

// configs are the versions of the configuration that the logs name.
func configs(list []*server) (versions []string) {
	for _, s := range list {
		for _, f := range s.files {
			versions = append(versions, f.configs...)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// order sorts the findings by server, file and line.
func (r *Report) order() {
	file := map[string]int{}
	for _, s := range r.servers {
		for i, f := range s.files {
			file[f.Name] = i
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(file[a.File], file[b.File]), cmp.Compare(a.Line, b.Line))
	})
}

// follow lets the protocol explain an election line by line.
func (r *Report) follow(c *contest) Election {
	x := c.summary(r.ensemble)
	tries := r.tries(c)
	f := &tries[0]
	err := f.run()
	for i := 1; i < len(tries) && err != nil && !errors.Is(err, subject.ErrLost); i++ {
		if tries[i].run() == nil {
			return x
		}
	}
	if err == nil {
		return x
	}
	v, text := f.verdict(err)
	if v == Illegal && len(r.configs) > 1 {
		v = Unknown
		text += fmt.Sprintf("; but the members may have changed: there are configurations of versions %s", strings.Join(r.configs, ", "))
	}
	x.Verdict, x.Reason, c.verdict = v, text, v
	r.Findings = append(r.Findings, Finding{Place: c.place(f.at), Server: c.sid, Verdict: v, Text: text, Evidence: f.evidence})
	return x
}

// tries are the ways to explain an election: as its lines stand, and if threads of the server were slower
// than their order shows. An observer sends itself nothing: at INFO no line tells the round it enters.
func (r *Report) tries(c *contest) (list []follower) {
	rounds := []uint64{c.round}
	if expected := c.expected(); c.opening == nil && len(expected) > 0 && !r.ensemble.IsVoter(c.sid) {
		rounds = slices.Sorted(maps.Keys(expected))
	}
	debug := c.debugs()
	for _, late := range []follower{{}, {resent: true}, {strays: true}, {resent: true, strays: true}, {timed: true}, {timed: true, strays: true}} {
		for _, round := range rounds {
			if f := late; (!f.strays || c.straggler != nil) && (!f.timed || debug) {
				f.contest, f.e, f.enters = c, r.ensemble, round
				list = append(list, f)
			}
		}
	}
	return list
}

// follower follows one election.
type follower struct {
	*contest
	e        *election.Ensemble
	b        *subject.Belief
	at       *Event // the line that is looked at
	enters   uint64 // the round that the election is entered with
	strays   bool   // the straggler is queued for this election
	resent   bool   // what it sends itself again is heard in the order in which it was sent
	timed    bool   // the lines about what it sends tell when its time-outs were; costly
	debug    bool   // every proposal and every vote that is counted has a line
	silent   bool   // nothing of what it says can be judged
	told     bool   // FOLLOWING or LEADING votes were heard
	decision bool   // it is over
	evidence []string
	work     int // states that were looked at
}

// patience is how many states of one election are looked at before it is given up.
const patience = 1 << 21

func (f *follower) run() error {
	if err := f.start(); err != nil {
		return err
	}
	events := f.events[f.entry+1:]
	if f.resent {
		events = f.reordered(events)
	}
	for i := range events {
		f.at = &events[i]
		if err := f.line(f.at); err != nil {
			return err
		}
	}
	return nil
}

// crowd is how many notifications can come in beside a vote that is sent once more.
const crowd = 64

// reordered puts a vote that the server sent itself again before what it heard since its last vote. At a
// notification time-out nothing is queued; but what the server then sends itself can come in behind what
// others send in that moment. Its own vote, once more, changes nothing, so its place does not matter.
func (f *follower) reordered(events []Event) []Event {
	events = slices.Clone(events)
	var last election.Vote
	since := 0
	for i, e := range events {
		switch {
		case e.Kind != Heard:
			if e.Kind != TimedOut {
				since = i + 1
			}
		case e.Peer != f.sid || e.Vote.State != election.Looking:
		case e.Vote == last && i-since > crowd:
		case e.Vote == last:
			copy(events[since+1:i+1], events[since:i])
			events[since] = e
			since++
		default:
			last, since = e.Vote, i+1
		}
	}
	return events
}

// cannot is why an election can't be judged at all.
type cannot string

func (c cannot) Error() string { return string(c) }

// verdict says what a line means that the protocol does not explain.
func (f *follower) verdict(err error) (Verdict, string) {
	text := err.Error()
	switch why, hopeless := err.(cannot); {
	case hopeless:
		return Unknown, string(why)
	case errors.Is(err, subject.ErrLost):
		return Unknown, text
	case !f.whole:
		return Unknown, text + "; but the log does not show how the election began"
	case f.gap != "":
		return Unknown, text + "; but lines may be missing: " + f.gap
	case f.decision && f.told && f.dialect != Dialect36:
		return Unknown, text + fmt.Sprintf("; but servers of version %v count decided votes of their round in another way", f.dialect)
	}
	return Illegal, text
}

// start enters the election, and takes what was queued before.
func (f *follower) start() error {
	if f.entry < 0 {
		f.at = &f.events[0]
		return cannot(f.gap)
	}
	f.at = &f.events[f.entry]
	expected := f.expected()
	f.round = f.enters
	switch {
	case f.opening == nil && f.contest.decided == nil && f.gap == "":
		f.silent = true // it has said nothing yet, and there is nothing to judge
		return nil
	case f.stolen() != nil && f.whole && f.gap == "":
		f.at = f.stolen()
		return fmt.Errorf("server %v hears itself say %v first, which is not its own vote", f.sid, f.at.Vote)
	case f.opening == nil && f.round == 0:
		return cannot("no line tells its first vote")
	case expected != nil && !expected[f.round]:
		f.at = f.opening
		return fmt.Errorf("server %v enters round %d; %s", f.sid, f.round, describeRounds(expected))
	case f.opening != nil && f.opening.Vote.Zxid != f.events[f.entry].Vote.Zxid && f.e.IsVoter(f.sid):
		return fmt.Errorf("server %v enters with zxid %v; what it sends itself at line %d says %v",
			f.sid, f.events[f.entry].Vote.Zxid, f.opening.Line, f.opening.Vote.Zxid)
	}
	if err := f.enter(); err != nil {
		return err
	}
	if f.strays {
		if err := f.hears(f.straggler); err != nil {
			return err
		}
	}
	for i := range f.events[:f.entry] {
		f.at = &f.events[i]
		if err := f.line(f.at); err != nil {
			return err
		}
	}
	return nil
}

// debugs tells whether the election has lines of level DEBUG, all kinds of them.
func (c *contest) debugs() bool {
	return c.has(Proposed) && c.has(Counted) && c.has(Sending) && slices.ContainsFunc(c.events, func(e Event) bool {
		return e.Kind == Proposed || e.Kind == Counted || e.Kind == Sending
	})
}

// enter begins to follow. At DEBUG every proposal and every vote that is counted has a line; that of the
// first proposal stands before the line "New election".
func (f *follower) enter() error {
	var err error
	f.debug = f.debugs()
	if f.b, err = subject.New(f.e, f.sid, subject.Watch{Debug: f.debug, Sends: f.timed}); err != nil {
		return cannot(err.Error())
	}
	f.b.Look(f.disk, f.round)
	if !f.debug {
		return nil
	}
	first := election.Candidate{Leader: f.sid, Zxid: f.disk.Zxid, PeerEpoch: f.disk.CurrentEpoch}
	if !f.e.IsVoter(f.sid) {
		first = election.Candidate{Leader: election.NoServer}
	}
	return f.b.Proposed(first)
}

// describeRounds says in which rounds an election can begin.
func describeRounds(set map[uint64]bool) string {
	if set[1] && len(set) == 1 {
		return "a process begins with round 1"
	}
	return fmt.Sprintf("after the election before it that is one of rounds %v", slices.Sorted(maps.Keys(set)))
}

// line takes one line.
func (f *follower) line(e *Event) error {
	if f.silent {
		return nil
	}
	if f.work += f.b.Size(); f.work > patience {
		return subject.ErrLost
	}
	if f.decision && e.Kind != Leaving {
		return nil
	}
	switch e.Kind {
	case Heard:
		f.told = f.told || e.Vote.State != election.Looking
		if e.Mine != election.Looking {
			return f.decided(e)
		}
		return f.hears(e)
	case Sending:
		return f.sends(e)
	case Leaving, Decided:
		return f.decided(e)
	}
	switch {
	case !f.debug:
	case e.Kind == Proposed:
		return f.because(e, f.b.Proposed(e.Vote.Candidate))
	case e.Kind == Counted:
		return f.because(e, f.b.Counted(e.Peer, e.Vote))
	}
	return nil
}
