package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/trace"
)

// Export is an election written as a trace, or why it is not.
type Export struct {
	Round   uint64       `json:"round"`
	Leader  election.SID `json:"leader"`
	File    string       `json:"file,omitempty"` // empty if there is none
	Steps   int          `json:"steps"`
	Skipped int          `json:"skipped"` // notifications of the logs that are not in it
	Why     string       `json:"why,omitempty"`
}

func (e *Export) String() string {
	if e.File == "" {
		return fmt.Sprintf("round %d, server %v: no trace: %s", e.Round, e.Leader, e.Why)
	}
	text := fmt.Sprintf("round %d, server %v: zkcheck replay %s", e.Round, e.Leader, e.File)
	if e.Skipped > 0 {
		text += fmt.Sprintf(" (%d notifications of the logs are not in it)", e.Skipped)
	}
	return text
}

// Export writes the elections of the ensemble as traces into a folder, each as an order of steps in which
// every server comes to its decision by what its log says it heard. Such an order is one of many, and it
// can be found only if the logs of all who took part are there: from the log of one server nobody knows
// what the others heard. What was not found is not written.
func (r *Report) Export(dir string) ([]Export, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, cause(err))
	}
	list := []Export{}
	used := map[string]int{}
	for i := range r.Contests {
		c := &r.Contests[i]
		x := Export{Round: c.Round, Leader: c.Leader}
		t, skipped, why := r.trace(c)
		if x.Why = why; why == "" {
			name := fmt.Sprintf("round-%d-server-%v", c.Round, c.Leader)
			if used[name]++; used[name] > 1 {
				name += fmt.Sprintf("-%d", used[name])
			}
			x.File, x.Steps, x.Skipped = filepath.Join(dir, name+".zkt"), len(t.Steps), skipped
			if err := t.WriteFile(x.File); err != nil {
				return nil, err
			}
		}
		list = append(list, x)
	}
	return list, nil
}

// trace makes the trace of an election, or says why there is none.
func (r *Report) trace(c *Contest) (*trace.Trace, int, string) {
	if i := slices.IndexFunc(c.elections, func(x *Election) bool { return x.Verdict != Legal }); i >= 0 {
		x := c.elections[i]
		return nil, 0, fmt.Sprintf("the election of server %v is not legal as far as its log goes", x.Server)
	}
	members, left, why := r.cast(c)
	if why != "" {
		return nil, 0, why
	}
	var best *player
	for _, early := range []bool{true, false} {
		p, err := r.rehearse(members, early)
		if err != nil {
			return nil, 0, err.Error()
		}
		if p.reached() && (best == nil || p.skipped < best.skipped) {
			best = p
		}
	}
	if best == nil {
		return nil, 0, "no order of steps was found in which every server decides as its log says"
	}
	config := best.y.Config
	config.Limits.Drops = 0
	for _, a := range best.actions {
		if a.Kind == cluster.Drop {
			config.Limits.Drops++
		}
	}
	t := trace.New("", config, best.actions)
	comment := func(after int, format string, args ...any) {
		t.Comments = append(t.Comments, trace.Comment{After: after, Text: " " + fmt.Sprintf(format, args...)})
	}
	comment(trace.Header, "an order of steps that explains the logs of an election in round %d", c.Round)
	for _, x := range members {
		comment(trace.Header, "server %v: %s:%d-%d", x.Server, filepath.Base(x.From.File), x.From.Line, x.To.Line)
	}
	for _, note := range left {
		comment(trace.Header, "%s", note)
	}
	for after := range len(best.actions) + 1 {
		if at, ok := best.places[after]; ok {
			comment(after, "%s:%d", filepath.Base(at.File), at.Line)
		}
	}
	if v, err := trace.Replay(t, nil); err != nil {
		return nil, 0, err.Error()
	} else if v.Violated {
		comment(trace.Header, "%v", v)
	}
	return t, best.skipped, ""
}

// cast are the servers of an election that a trace can have: all start in round 1, so only those that
// entered the same round. Who only joined can be left out; who voted for the leader can't.
func (r *Report) cast(c *Contest) (members []*Election, left []string, why string) {
	var entered uint64
	have := election.Set(0)
	for _, x := range c.elections {
		if !x.Told && (entered == 0 || x.Round < entered) {
			entered = x.Round
		}
	}
	for _, x := range c.elections {
		switch {
		case x.Round == entered && x.contest.opening != nil:
			members = append(members, x)
			i, _ := r.ensemble.Position(x.Server)
			have = have.With(i)
		case x.Told:
			left = append(left, fmt.Sprintf("server %v is left out: it entered round %d and was told", x.Server, x.Round))
		default:
			return nil, nil, fmt.Sprintf("server %v entered round %d, others round %d: in a trace all start in one", x.Server, x.Round, entered)
		}
	}
	if len(members) == 0 {
		return nil, nil, "none of the logs is of a server that elected it"
	}
	for _, x := range members {
		for _, sid := range x.Votes {
			if i, ok := r.ensemble.Position(sid); ok && !have.Has(i) {
				return nil, nil, fmt.Sprintf("server %v has decided by the vote of server %v, whose own log of it is not here: "+
					"nobody knows what that one heard", x.Server, sid)
			}
		}
	}
	return members, left, ""
}

// rehearse looks for an order of steps.
func (r *Report) rehearse(members []*Election, early bool) (*player, error) {
	e, err := election.NewEnsemble(r.ensemble.Members)
	if err != nil {
		return nil, err
	}
	config := cluster.Config{Ensemble: e, Disks: make([]election.Disk, len(e.Members)), Limits: cluster.DefaultLimits()}
	config.Limits.Rounds, config.Limits.ChannelLen = cluster.Unlimited, cluster.MaxChannel
	config.Limits.Drops = cluster.MaxBudget
	p := &player{places: map[int]Place{}, early: early}
	for _, x := range members {
		i, _ := e.Position(x.Server)
		config.Disks[i] = x.contest.disk
		p.parts = append(p.parts, newPart(x, members))
	}
	p.server = func(at *Event, sid election.SID) Place {
		i := slices.IndexFunc(members, func(x *Election) bool { return x.Server == sid })
		return members[i].contest.place(at)
	}
	if p.y, err = cluster.New(config); err != nil {
		return nil, err
	}
	p.play()
	return p, nil
}

// newPart is what a server does in a trace, by its log: it starts, hears others, decides, and answers.
func newPart(x *Election, members []*Election) *part {
	c := x.contest
	shift := c.round - 1
	p := &part{sid: x.Server, outcome: x, deeds: []deed{{event: &c.events[c.entry], start: true}}}
	hear := func(e *Event) {
		known := slices.ContainsFunc(members, func(m *Election) bool { return m.Server == e.Peer })
		if e.Kind != Heard || e.Peer == c.sid || !known || e.Vote.Round <= shift {
			return
		}
		d := deed{event: e, from: e.Peer, vote: e.Vote}
		d.vote.Round -= shift
		p.deeds = append(p.deeds, d)
	}
	for i := range c.events {
		e := &c.events[i]
		if e.Line == c.decided.Line && e.file == c.decided.file {
			break
		}
		hear(e)
	}
	p.deeds = append(p.deeds, deed{event: c.decided})
	for i := range c.term {
		if e := &c.term[i]; e.Vote.State == election.Looking {
			hear(e)
		}
	}
	return p
}
