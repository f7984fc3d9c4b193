package ensemble

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// Verb is what a step of a schedule does.
type Verb string

// What breaks something names its target; what repairs something repairs all there is of its kind, because who
// the target was is known only when the schedule runs.
const (
	Crash   Verb = "crash"   // kill -9
	Pause   Verb = "pause"   // SIGSTOP
	Cut     Verb = "cut"     // connections of a link are lost, and new ones with them; no second target: all links of the server
	Stall   Verb = "stall"   // nothing passes a link and nothing is lost, as when packets are dropped and sent again later
	Restart Verb = "restart" // every server that is down
	Resume  Verb = "resume"  // every server that is paused
	Heal    Verb = "heal"    // every link

	// Crash the follower that next has come so far with a leader, in the moment in which its log says so.
	AmbushNewleader Verb = "ambush-newleader" // it is told that it has all it needs, and is to write currentEpoch
	AmbushSnapshot  Verb = "ambush-snapshot"  // what it was sent is on its disk, and currentEpoch is not
)

// breaks tells whether a step makes things worse.
func (v Verb) breaks() bool { return v != Restart && v != Resume && v != Heal }

// Target says who, in words that have a meaning before the run: the leader, the n-th of the others, or nobody.
type Target struct {
	Leader bool
	Other  int // 1.. counts the servers that do not lead and are up, by sid and around
}

func (t Target) String() string {
	switch {
	case t.Leader:
		return "leader"
	case t.Other > 0:
		return "other/" + strconv.Itoa(t.Other)
	}
	return ""
}

// parseTarget is the inverse of String.
func parseTarget(s string) (Target, error) {
	if s == "leader" {
		return Target{Leader: true}, nil
	}
	number, ok := strings.CutPrefix(s, "other/")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 {
		return Target{}, fmt.Errorf("target %q: want leader or other/N", s)
	}
	return Target{Other: n}, nil
}

// Step is one line of a schedule.
type Step struct {
	At     time.Duration
	Verb   Verb
	Target Target
	Peer   Target // of a cut or stall: the other end of the link; nobody for all links
	Quiet  bool   // not before the present term has acknowledged writes: an episode begins
}

// String is the step without its time: "cut leader other/2".
func (s Step) String() string {
	text := string(s.Verb)
	for _, t := range []Target{s.Target, s.Peer} {
		if t != (Target{}) {
			text += " " + t.String()
		}
	}
	return text
}

// ParseStep reads what String has written.
func ParseStep(text string) (Step, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Step{}, fmt.Errorf("step %q: no verb", text)
	}
	s := Step{Verb: Verb(words[0])}
	targets := 0 // that the verb takes
	switch s.Verb {
	case Crash, Pause:
		targets = 1
	case Cut, Stall:
		targets = max(1, min(2, len(words)-1))
	case AmbushNewleader, AmbushSnapshot, Restart, Resume, Heal:
	default:
		return Step{}, fmt.Errorf("step %q: unknown verb", text)
	}
	if len(words)-1 != targets {
		return Step{}, fmt.Errorf("step %q: %s takes %d targets", text, s.Verb, targets)
	}
	for i, t := range []*Target{&s.Target, &s.Peer}[:targets] {
		var err error
		if *t, err = parseTarget(words[i+1]); err != nil {
			return Step{}, fmt.Errorf("step %q: %w", text, err)
		}
	}
	return s, nil
}

// Times of a schedule. Faults last long enough for a leader to be replaced, and the quiet after them long enough
// for the next one to serve.
const (
	warmUp   = 2 * time.Second
	minFault = 1500 * time.Millisecond
	maxFault = 6 * time.Second
	minQuiet = 2 * time.Second
	maxQuiet = 4 * time.Second
)

// episode is a story of faults that ends with everything repaired.
type episode struct {
	name    string
	weight  int
	servers int // that it needs
	steps   func(g *generator)
}

var leader = Target{Leader: true}

// episodes are told again and again. Most of them take the leader away, which is what elections are for.
var episodes = []episode{
	{"the leader crashes", 6, 3, func(g *generator) { g.breakAndRepair(Crash, leader, Target{}, Restart) }},
	{"the leader is paused", 6, 3, func(g *generator) { g.breakAndRepair(Pause, leader, Target{}, Resume) }},
	{"the leader is cut off", 5, 3, func(g *generator) { g.breakAndRepair(Cut, leader, Target{}, Heal) }},
	{"the leader is stalled", 4, 3, func(g *generator) { g.breakAndRepair(Stall, leader, Target{}, Heal) }},
	{"the leader crashes and is back at once", 3, 3, func(g *generator) {
		g.add(Crash, leader, Target{})
		g.wait(100*time.Millisecond, 600*time.Millisecond)
		g.add(Restart, Target{}, Target{})
	}},
	{"another crashes", 2, 3, func(g *generator) { g.breakAndRepair(Crash, g.other(), Target{}, Restart) }},
	{"another is paused", 2, 3, func(g *generator) { g.breakAndRepair(Pause, g.other(), Target{}, Resume) }},
	{"another is cut off", 2, 3, func(g *generator) { g.breakAndRepair(Cut, g.other(), Target{}, Heal) }},
	{"the leader loses one follower", 2, 3, func(g *generator) { g.breakAndRepair(Cut, leader, g.other(), Heal) }},
	{"two followers lose each other, then the leader crashes", 2, 3, func(g *generator) {
		n := g.draw.IntN(g.servers-1) + 1
		g.add(Cut, Target{Other: n}, Target{Other: n + 1})
		g.wait(500*time.Millisecond, time.Second)
		g.add(Crash, leader, Target{})
		g.wait(minFault, maxFault)
		g.add(Heal, Target{}, Target{})
		g.add(Restart, Target{}, Target{})
	}},
	{"a follower falls back, then the leader crashes", 3, 3, func(g *generator) {
		g.add(Crash, g.other(), Target{})
		g.wait(minFault, maxFault)
		g.add(Restart, Target{}, Target{})
		g.wait(0, time.Second)
		g.add(Crash, leader, Target{})
		g.wait(minFault, maxFault)
		g.add(Restart, Target{}, Target{})
	}},
	{"the leader crashes, and a follower as it joins the next one", 4, 5, func(g *generator) {
		g.add(AmbushNewleader, Target{}, Target{})
		g.add(Crash, leader, Target{})
		g.wait(minFault, maxFault)
		g.add(Restart, Target{}, Target{})
	}},
	{"a follower crashes as it joins", 2, 3, func(g *generator) {
		g.add(Crash, g.other(), Target{})
		g.wait(minFault, 2*minFault)
		g.add(AmbushNewleader, Target{}, Target{})
		g.add(Restart, Target{}, Target{})
		g.wait(minFault, 2*minFault)
		g.add(Restart, Target{}, Target{})
	}},
	{"the leader crashes, and once more as it joins the next one", 2, 3, func(g *generator) {
		g.add(Crash, leader, Target{})
		g.wait(maxFault, 2*maxFault) // the next leader has to write so much that it sends a snapshot
		g.add(AmbushSnapshot, Target{}, Target{})
		g.add(Restart, Target{}, Target{})
		g.wait(minFault, 2*minFault)
		g.add(Restart, Target{}, Target{})
	}},
	{"the leader and another crash", 4, 5, func(g *generator) {
		g.add(Crash, leader, Target{})
		g.wait(0, 700*time.Millisecond)
		g.add(Crash, g.other(), Target{})
		g.wait(minFault, maxFault)
		g.add(Restart, Target{}, Target{})
	}},
	{"no quorum is left", 1, 3, func(g *generator) {
		for range g.servers/2 + 1 {
			g.add(Crash, g.other(), Target{})
			g.wait(0, 300*time.Millisecond)
		}
		g.wait(minFault, 2*minFault)
		g.add(Restart, Target{}, Target{})
	}},
}

// generator tells episodes.
type generator struct {
	draw    *rand.Rand
	servers int
	now     time.Duration
	steps   []Step
	quiet   bool // the next step begins an episode
}

func (g *generator) add(v Verb, target, peer Target) {
	g.steps = append(g.steps, Step{At: g.now, Verb: v, Target: target, Peer: peer, Quiet: g.quiet})
	g.quiet = false
}

func (g *generator) wait(from, to time.Duration) {
	g.now += from + time.Duration(g.draw.Int64N(int64(to-from))).Truncate(time.Millisecond)
}

func (g *generator) other() Target { return Target{Other: g.draw.IntN(g.servers-1) + 1} }

func (g *generator) breakAndRepair(v Verb, target, peer Target, repair Verb) {
	g.add(v, target, peer)
	g.wait(minFault, maxFault)
	g.add(repair, Target{}, Target{})
}

// Schedule draws the faults of a run from a seed: the same seed, number of servers and time give the same
// schedule. It ends with everything repaired, unless the time ends before.
func Schedule(seed uint64, servers int, length time.Duration) []Step {
	g := &generator{draw: rand.New(rand.NewPCG(seed, 0)), servers: servers, now: warmUp}
	var bag []episode // each kind as often as it weighs
	for _, e := range episodes {
		if e.servers <= servers {
			for range e.weight {
				bag = append(bag, e)
			}
		}
	}
	for misses := 0; misses < 10; { // towards the end only short episodes find a place
		before, steps := g.now, len(g.steps)
		g.quiet = true
		bag[g.draw.IntN(len(bag))].steps(g)
		if g.now+minQuiet > length {
			g.now, g.steps = before, g.steps[:steps]
			misses++
			continue
		}
		g.wait(minQuiet, maxQuiet)
	}
	return g.steps
}

// resolve finds the servers that a step means, given who leads (0 for nobody) and who is up, by sid.
func (t Target) resolve(leading election.SID, up []election.SID) (election.SID, bool) {
	if t.Leader {
		if leading == 0 && len(up) > 0 {
			leading = up[len(up)-1] // nobody leads: the one that is likely to
		}
		return leading, leading != 0
	}
	var others []election.SID
	for _, sid := range up {
		if sid != leading {
			others = append(others, sid)
		}
	}
	if t.Other < 1 || len(others) == 0 {
		return 0, false
	}
	return others[(t.Other-1)%len(others)], true
}
