package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// plan is what a check will do.
type plan struct {
	list    []props.Property
	goals   []props.Goal // what must happen in the end, decided where the graph is complete
	parts   []part
	lesson  *props.LessonCase // the expected violation that is looked for
	mutant  *mutant.Mutant    // the bug whose rules are checked, nil for ZooKeeper's
	whole   bool              // the default run, in which every property must be witnessed
	all     bool
	traces  int // of each property, if there are so many shapes
	options explore.Options
	walks   trace.WalkOptions
	work    *workplace // of searches, nil for walks
}

// Kinds of parts.
const (
	partScenarios  = "scenarios"
	partExhaustive = "exhaustive"
	partWalks      = "walks"
	partEnd        = "in the end" // the complete graph, for the goals
	partWay        = "known way"  // of a lesson that a search would take too long for
)

// part is one search, or the scenarios, or a known way.
type part struct {
	kind   string
	config cluster.Config
}

// plan makes a plan of flags and servers.
func (f *checkFlags) plan(servers []string) (*plan, error) {
	p := &plan{all: f.all}
	if err := f.numbers(p); err != nil {
		return nil, err
	}
	if err := f.broken(p, servers); err != nil {
		return nil, err
	}
	if err := f.chosen(p); err != nil {
		return nil, err
	}
	if f.fairness != weak && f.fairness != none {
		return nil, fmt.Errorf("--fairness %q: want weak or none", f.fairness)
	}
	if f.walking() {
		var err error
		if p.walks.Strategy, err = trace.ParseStrategy(f.strategy); err != nil {
			return nil, fmt.Errorf("unknown strategy %q: bfs, walk, pct, swarm or guided", f.strategy)
		}
	}
	p.whole = len(servers) == 0 && p.lesson == nil && p.mutant == nil && !f.shapes()
	if err := f.idle(p); err != nil {
		return nil, err
	}
	if p.whole {
		return p, f.wholePlan(p)
	}
	asked := f.changed("fairness") && f.fairness == weak || len(p.goals) > 0 && (len(f.properties) > 0 || p.asksGoal())
	if !asked || p.lesson != nil || f.walking() && len(p.list) > 0 {
		p.goals = nil
	}
	kind := partExhaustive
	if f.walking() {
		kind = partWalks
	}
	if p.lesson != nil && p.lesson.Way != "" && p.mutant == nil && len(servers) == 0 && !f.shapes() {
		kind = partWay
	}
	config, err := f.config(p, kind, servers)
	if err != nil {
		return nil, err
	}
	if len(p.list) > 0 {
		p.parts = []part{{kind, config}}
	}
	if len(p.goals) > 0 {
		if kind != partExhaustive || config.Phases != cluster.AllPhases && config.Phases != cluster.ThroughSync {
			return nil, fmt.Errorf("--fairness weak: what happens in the end needs --strategy bfs, and --phases sync or all")
		}
		p.parts = append(p.parts, part{partEnd, config})
		return p, nil
	}
	return p, f.suits(p, kind)
}

// walking tells whether walks are asked for.
func (f *checkFlags) walking() bool { return f.strategy != bfs }

// shapes tells whether a flag says what is searched, so that the default run is not meant.
func (f *checkFlags) shapes() bool {
	names := []string{"observers", "weights", "fifo", "grain", "phases", "strategy", "walks", "steps", "depth", "states"}
	f.limits.Each(func(name, _ string, _ *int) { names = append(names, name) })
	return slices.ContainsFunc(names, f.changed)
}

// idle refuses flags that would say nothing about this run.
func (f *checkFlags) idle(p *plan) error {
	names, strategy := []string{"seed", "walks", "steps"}, "walk, pct, swarm or guided"
	if f.walking() {
		names, strategy = []string{"states", "memory", "depth", "max-traces", "reduce", "dir"}, bfs
	}
	for _, name := range names {
		if f.changed(name) && !(p.whole && name == "seed") {
			if p.lesson != nil {
				return fmt.Errorf("--%s: --lesson searches breadth-first", name)
			}
			return fmt.Errorf("--%s is for --strategy %s", name, strategy)
		}
	}
	return nil
}

func (f *checkFlags) wholePlan(p *plan) error {
	p.parts = append(p.parts, part{kind: partScenarios})
	for _, s := range []struct {
		kind, servers, limits string
		fine                  bool
	}{
		{partExhaustive, exhaustiveServers, exhaustiveLimits, false},
		{partExhaustive, exhaustiveServers, crashLimits, false},
		{partExhaustive, exhaustiveServers, cutLimits, false},
		{partExhaustive, exhaustiveServers, fineLimits, true},
		{partEnd, exhaustiveServers, endLimits, false},
		{partWalks, walkServers, walkLimits, false},
		{partWalks, exhaustiveServers, walkLimits, false},
	} {
		if s.kind == partEnd && len(p.goals) == 0 {
			continue
		}
		c, err := cluster.ParseConfig(strings.Fields(s.servers), "", "")
		if err != nil {
			return err
		}
		c.Limits, c.Ensemble.Fine = mustLimits(s.limits), s.fine
		p.parts = append(p.parts, part{s.kind, c})
	}
	return nil
}

// config is the cluster that is meant: a lesson's and the defaults, but for what is given.
func (f *checkFlags) config(p *plan, kind string, servers []string) (cluster.Config, error) {
	base := mustLimits(exhaustiveLimits)
	given := strings.Fields(exhaustiveServers)
	switch {
	case p.mutant != nil:
		base, given = mustLimits(p.mutant.Case.Limits), strings.Fields(p.mutant.Case.Servers)
	case p.lesson != nil:
		base, given = mustLimits(p.lesson.Limits), strings.Fields(p.lesson.Cluster)
	case kind == partWalks:
		base, given = mustLimits(walkLimits), strings.Fields(walkServers)
	}
	if len(servers) > 0 {
		given = servers
	}
	c, err := cluster.ParseConfig(given, f.observers, f.weights)
	if err != nil {
		return c, err
	}
	values := map[string]int{}
	f.limits.Each(func(name, _ string, value *int) { values[name] = *value })
	base.Each(func(name, _ string, value *int) {
		if f.changed(name) {
			*value = values[name]
		}
	})
	c.Limits, c.FIFO = base, f.fifo
	if c.Phases, err = f.until(p, c.Limits.Writes); err != nil {
		return c, err
	}
	if err := f.divide(p, &c); err != nil {
		return c, err
	}
	p.breakRules(&c)
	return c, c.Limits.Validate()
}

// divide sets the grain: that of the lesson, unless one is given.
func (f *checkFlags) divide(p *plan, c *cluster.Config) error {
	switch {
	case f.grain != "fine" && f.grain != "coarse":
		return fmt.Errorf("--grain %q: want coarse or fine", f.grain)
	case f.grain == "fine" || p.lesson != nil && p.lesson.Fine && !f.changed("grain"):
		c.Ensemble.Fine = true
		return nil
	}
	for _, name := range []string{"lags", "inbox"} {
		if f.changed(name) {
			return fmt.Errorf("--%s is for --grain fine", name)
		}
	}
	return nil
}

// until is how far servers go. Properties of what comes later are left out, and refused where they are
// asked for.
func (f *checkFlags) until(p *plan, writes int) (cluster.Phases, error) {
	phases, err := cluster.ParsePhases(f.phases)
	switch {
	case err != nil:
		return phases, fmt.Errorf("--%w", err)
	case phases != cluster.AllPhases && f.changed("writes") && writes > 0:
		return phases, fmt.Errorf("--writes is for --phases all")
	}
	suited := trace.Suited(phases, p.list)
	if len(f.properties) > 0 && len(suited) < len(p.list) {
		i := slices.IndexFunc(p.list, func(x props.Property) bool { return len(trace.Suited(phases, []props.Property{x})) == 0 })
		return phases, fmt.Errorf("--phases %v: %s speaks of what comes later", phases, p.list[i].Name)
	}
	p.list = suited
	return phases, nil
}

// numbers takes the flags that are numbers.
func (f *checkFlags) numbers(p *plan) error {
	for _, n := range []struct {
		name  string
		value int
	}{{"workers", f.workers}, {"depth", f.depth}, {"steps", f.steps}} {
		if n.value < 0 || n.value > math.MaxInt32 {
			return fmt.Errorf("--%s %d: want a number of 0 and up", n.name, n.value)
		}
	}
	if p.traces = f.maxTraces; p.traces < 1 || p.traces > mostTraces {
		return fmt.Errorf("--max-traces %d: want a number of 1..%d", p.traces, mostTraces)
	}
	memory, err := parseSize(f.memory)
	if err != nil {
		return fmt.Errorf("--memory %w", err)
	}
	if f.time < 0 {
		return fmt.Errorf("--time %v: want a duration of 0 and up", f.time)
	}
	if f.walks == 0 && f.time == 0 {
		return fmt.Errorf("--walks 0 goes on until --time is over, which is not given")
	}
	if f.steps == 0 && f.walking() {
		return fmt.Errorf("--steps 0: a walk needs an end")
	}
	reduce, err := explore.ParseReduction(f.reduce)
	if err != nil {
		return fmt.Errorf("--reduce: %w", err)
	}
	p.options = explore.Options{Workers: f.workers, MaxDepth: f.depth, MaxStates: f.states, MaxMemory: memory, All: f.all, Reduce: reduce}
	p.walks = trace.WalkOptions{Options: p.options, Seed: f.seed, Walks: f.walks, Steps: f.steps}
	return nil
}

// mostTraces bounds --max-traces: more are not read by anybody.
const mostTraces = 100

// parseSize reads a number of bytes.
func parseSize(s string) (uint64, error) {
	shift := 0
	digits := s
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if d, ok := strings.CutSuffix(s, unit); ok {
			digits, shift = d, 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || digits == s && n != 0 || n > math.MaxUint64>>shift {
		return 0, fmt.Errorf("%s: want a size as 512MiB or 4GiB, or 0 for no limit", s)
	}
	return n << shift, nil
}

// chosen finds the properties.
func (f *checkFlags) chosen(p *plan) error {
	if f.lesson != "" {
		for _, l := range props.Lessons() {
			if l.Name == f.lesson {
				p.lesson, p.list = &l, []props.Property{l.Property}
			}
		}
		switch {
		case p.lesson == nil:
			return fmt.Errorf("unknown lesson %q; there are %s", f.lesson, lessonNames())
		case len(f.properties) > 0:
			return fmt.Errorf("--lesson and --property exclude each other")
		case f.strategy != bfs:
			return fmt.Errorf("--strategy %s: --lesson searches breadth-first", f.strategy)
		}
		return nil
	}
	if len(f.properties) == 0 {
		p.list = props.All()
		if f.fairness == weak {
			p.goals = props.Goals()
		}
		return nil
	}
	for _, name := range f.properties {
		// A number can stand for several, P8 for two.
		matching := slices.DeleteFunc(props.All(), func(x props.Property) bool { return x.Name != name && x.ID != name })
		goals := slices.DeleteFunc(props.Goals(), func(g props.Goal) bool { return g.Name != name && g.ID != name })
		if f.fairness == weak {
			p.goals = append(p.goals, goals...)
			if len(matching) == 0 && len(goals) > 0 {
				continue
			}
		}
		if len(matching) == 0 || name == "" {
			for _, l := range props.Lessons() {
				if l.Name == name {
					return fmt.Errorf("%s is a lesson: --lesson %s", name, name)
				}
			}
			return fmt.Errorf("unknown property %q", name)
		}
		for _, x := range matching {
			if !slices.ContainsFunc(p.list, func(y props.Property) bool { return x.Name == y.Name }) {
				p.list = append(p.list, x)
			}
		}
	}
	return nil
}

func lessonNames() string {
	var names []string
	for _, l := range props.Lessons() {
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

// suits refuses properties of which the part can say nothing.
func (f *checkFlags) suits(p *plan, kind string) error {
	if kind == partWalks {
		return nil
	}
	if !slices.ContainsFunc(p.list, func(x props.Property) bool { return x.Check != nil }) {
		return fmt.Errorf("%s is judged on whole runs: --strategy walk", p.list[0].Name)
	}
	return nil
}
