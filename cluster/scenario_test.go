package cluster

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/zkcheck/zkcheck/election"
)

// TestScenarios plays whole-cluster stories. The commands of testdata/*.txt:
//
//	cluster 1:1,8 2:1/2,8 3:0,0 [observers=3] [weights=1=1/2=0] [fifo] [crashes=1 ...]   servers and limits as in a trace
//	    [grain=fine] [last-counter=3]   leaders step down at that counter; where there are writes, logs are on show
//	start 1            any action, as in a trace; what is not enabled fails the test
//	play [quiet]       one action per line; quiet: only what runs print of them
//	up                 start all that have never been, and run
//	run [kinds]        a fair run of the kinds (deliver packet decide offer giveup, and those of the fine grain
//	                   between), until none is enabled
//	state [sids]       every server: state, round, proposal and its tally, or vote and epoch; disk
//	votes              who votes for whom, as the servers see it themselves
//	channels           notifications in flight, and the last message sent where nothing is
//	enabled kinds      which actions of these kinds are enabled
//	distort sid        what testJoinInconsistentEnsemble does to the stored vote of a server
//	cut-off            which limits cut an action off
//	links              packets between learners and leaders
//	histories          who has which log (in memory, of who is down on disk); what clients were told is done
//	pretend sid        a LOOKING server takes itself for the leader, as testElectionFraud makes it
//	sync snap|plan     from now on leaders send snapshots only (forceSnapSync), or what they choose
//
// Actions and runs print what became of it: changes of state and what leaders did.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			var g *stage
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "cluster" {
					g = newStage(t, d)
					return ""
				}
				if g == nil {
					d.Fatalf(t, "there is no cluster yet")
				}
				return g.command(t, d)
			})
		})
	}
}

// stage is a cluster on which a scenario plays.
type stage struct {
	y    *System
	s    State
	logs bool // are on show
	snap bool // leaders send snapshots only
}

func newStage(t *testing.T, d *datadriven.TestData) *stage {
	var servers, limits []string
	observers, weights := "", ""
	for _, arg := range d.CmdArgs {
		switch {
		case arg.Key == "fifo", arg.Key == "grain", arg.Key == "last-counter":
		case len(arg.Vals) == 0:
			servers = append(servers, arg.Key)
		case arg.Key == "observers":
			observers = arg.Vals[0]
		case arg.Key == "weights":
			weights = arg.Vals[0]
		default:
			limits = append(limits, arg.Key+"="+arg.Vals[0])
		}
	}
	c, err := ParseConfig(servers, observers, weights)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	c.FIFO = d.HasArg("fifo")
	if c.Limits, err = ParseLimits(strings.Join(limits, " ")); err != nil {
		d.Fatalf(t, "%v", err)
	}
	return setStage(t, d, c)
}

func sidsOf(t *testing.T, d *datadriven.TestData, text string) []election.SID {
	var sids []election.SID
	for _, word := range strings.Fields(text) {
		sid, err := parseSID(word)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		sids = append(sids, sid)
	}
	return sids
}

func (g *stage) command(t *testing.T, d *datadriven.TestData) string {
	var words []string
	for _, arg := range d.CmdArgs {
		words = append(words, arg.Key)
	}
	switch d.Cmd {
	case "play":
		var b strings.Builder
		for _, line := range strings.Split(d.Input, "\n") {
			b.WriteString(g.act(t, d, line, !slices.Contains(words, "quiet")))
		}
		return b.String()
	case "run":
		return g.run(t, d, words)
	case "state":
		return g.state(sidsOf(t, d, strings.Join(words, " ")))
	case "votes":
		return g.votes()
	case "channels":
		return g.channels()
	case "enabled":
		return g.enabled(words)
	case "distort":
		return g.distort(sidsOf(t, d, strings.Join(words, " ")))
	case "up":
		return g.up(t, d)
	case "pretend":
		return g.pretend(sidsOf(t, d, words[0]))
	case "links":
		return g.packets()
	case "histories":
		return g.histories()
	case "sync":
		g.snap = words[0] == "snap"
		return ""
	case "cut-off":
		g.y.Actions(&g.s, nil)
		return strings.Join(CutNames(g.y.Cut(&g.s)), " ")
	}
	return g.act(t, d, strings.Join(append([]string{d.Cmd}, words...), " "), true)
}

// act lets one action happen and tells what came of it; in detail with every server that changed.
func (g *stage) act(t *testing.T, d *datadriven.TestData, line string, detail bool) string {
	a, err := ParseAction(line)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	if enabled := g.y.Actions(&g.s, nil); !slices.Contains(enabled, a) {
		d.Fatalf(t, "action %q is not enabled; these are: %v", line, enabled)
	}
	var before State
	g.y.Copy(&before, &g.s)
	g.y.Apply(&g.s, a)
	events := g.events(&before)
	if !detail {
		if len(events) == 0 {
			return ""
		}
		return fmt.Sprintf("%v: %s\n", a, strings.Join(events, "; "))
	}
	out := a.String() + "\n"
	for _, e := range events {
		out += "  " + e + "\n"
	}
	for i := range g.s.Servers {
		if now := g.server(&g.s, i); now != g.server(&before, i) {
			out += "  " + strings.ReplaceAll(now, "\n", "\n  ") + "\n"
		}
	}
	return out
}

// events are changes of state, and the facts that a story is about.
func (g *stage) events(before *State) []string {
	var events []string
	say := func(format string, args ...any) { events = append(events, fmt.Sprintf(format, args...)) }
	for _, f := range g.s.Out.Facts {
		who, peer := g.y.sid(g.s.Actor), g.y.sid(int(f.Peer))
		switch f.Kind {
		case election.Established:
			say("%v establishes epoch %d by %s", who, f.Epoch, g.set(election.Set(f.Max)))
		case election.Serving:
			say("%v serves epoch %d", who, f.Epoch)
		case election.Ahead:
			say("%v refuses %v, which is ahead", who, peer)
		case election.GaveUp:
			say("%v gives up", who)
		case election.Proposed:
			say("%v proposes %v", who, f.Txn)
		case election.Committed:
			say("%v commits %v", who, f.Txn)
		case election.Replied:
			say("%v tells the client of %v", who, f.Txn)
		case election.RolledOver:
			say("%v has no counter left in epoch %d", who, f.Epoch)
		}
	}
	for i := range g.s.Servers {
		v, old := g.s.Servers[i], before.Servers[i]
		up, was := g.s.Up.Has(i), before.Up.Has(i)
		switch {
		case was && !up:
			say("%v is down", v.SID)
		case up && (v.State != old.State || !was) && v.State == election.Leading:
			say("%v LEADING", v.SID)
		case up && (v.State != old.State || !was) && v.State != election.Looking:
			say("%v %v %v", v.SID, v.State, v.Vote.Leader)
		}
	}
	return events
}

// run lets servers act until none of the kinds is enabled: always the first enabled action of the first
// kind that has one. Of the give-ups, only those of terms that can't go on.
func (g *stage) run(t *testing.T, d *datadriven.TestData, words []string) string {
	if len(words) == 0 {
		words = strings.Fields("deliver handle answer resume flush packet decide offer giveup")
	}
	var b strings.Builder
	for range 2000 {
		next := g.next(words)
		if next == nil {
			return b.String()
		}
		b.WriteString(g.act(t, d, next.String(), false))
	}
	d.Fatalf(t, "the run does not end; so far:\n%s", b.String())
	return ""
}

func (g *stage) next(kinds []string) *Action {
	enabled := g.y.Actions(&g.s, nil)
	for _, kind := range kinds {
		for i, a := range enabled {
			pos, _ := g.y.Ensemble.Position(a.From)
			if a.Kind.String() == kind && (a.Kind != GiveUp || g.y.Stalled(&g.s, pos)) {
				return &enabled[i]
			}
		}
	}
	return nil
}

func (g *stage) enabled(kinds []string) string {
	var out []string
	for _, a := range g.y.Actions(&g.s, nil) {
		if slices.Contains(kinds, a.Kind.String()) {
			out = append(out, a.String())
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "\n")
}

func (g *stage) set(members election.Set) string {
	var sids []string
	for i := range g.s.Servers {
		if members.Has(i) {
			sids = append(sids, g.y.sid(i).String())
		}
	}
	return "{" + strings.Join(sids, ",") + "}"
}

// server is one server in one line.
func (g *stage) server(s *State, i int) string {
	v := s.Servers[i]
	line := v.SID.String() + " "
	switch {
	case !s.Started.Has(i):
		line += "not started"
	case !s.Up.Has(i):
		line += "down"
	case v.State == election.Looking:
		line += fmt.Sprintf("LOOKING round %d, proposal %v, tally %s", v.Round, v.Proposal, g.set(v.Tally(g.y.Ensemble)))
		if v.Waiting {
			line += ", waits"
		}
	default:
		line += fmt.Sprintf("%v %v round %d, vote %v", v.State, v.Phase, v.Round, v.Vote.Candidate)
		if v.Vote.Round != v.Round {
			line += fmt.Sprintf(" of round %d", v.Vote.Round)
		}
		line += fmt.Sprintf(", epoch %d", v.Epoch)
		line += [...]string{noLink: "", connecting: ", connecting", connected: "", broken: ", connection lost"}[s.links[i].status]
		if v.InSync() != 0 {
			line += ", in sync " + g.set(v.InSync())
		}
	}
	return line + ", disk " + v.Disk.String() + g.log(s, i)
}

func (g *stage) state(sids []election.SID) string {
	var b strings.Builder
	for i := range g.s.Servers {
		if len(sids) == 0 || slices.Contains(sids, g.y.sid(i)) {
			b.WriteString(g.server(&g.s, i) + "\n")
		}
	}
	return b.String()
}

// distort is what testJoinInconsistentEnsemble does to a stored vote: zxid and round are 100 more.
func (g *stage) distort(sids []election.SID) string {
	for _, sid := range sids {
		pos, _ := g.y.Ensemble.Position(sid)
		v := &g.s.Servers[pos].Vote
		v.Zxid, v.Round = v.Zxid+100, v.Round+100
	}
	return g.state(sids)
}

func (g *stage) votes() string {
	supporters := make([]election.Set, len(g.s.Servers))
	for i := range g.s.Servers {
		v := g.s.Servers[i]
		choice := v.Vote.Leader
		if v.State == election.Looking {
			choice = v.Proposal.Leader
		}
		if leader, member := g.y.Ensemble.Position(choice); member && g.s.Up.Has(i) && i < g.y.Ensemble.Voters {
			supporters[leader] = supporters[leader].With(i)
		}
	}
	var b strings.Builder
	for i, voters := range supporters {
		if g.s.Up.Has(i) || voters != 0 {
			fmt.Fprintf(&b, "%v has %s: %s\n", g.y.sid(i), plural(voters.Len(), "vote"), g.set(voters))
		}
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func (g *stage) channels() string {
	var b strings.Builder
	for from := range g.s.Servers {
		for to := range g.s.Servers {
			c := g.y.channel(&g.s, from, to)
			for _, m := range c.msgs[:c.n] {
				fmt.Fprintf(&b, "%v->%v %v\n", g.y.sid(from), g.y.sid(to), m)
			}
			if c.hasLast {
				fmt.Fprintf(&b, "%v->%v last sent: %v\n", g.y.sid(from), g.y.sid(to), c.msgs[0])
			}
		}
	}
	if b.Len() == 0 {
		return "empty"
	}
	return b.String()
}
