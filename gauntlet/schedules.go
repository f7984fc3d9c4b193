package gauntlet

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

const (
	// generous is what random schedules may do, beside what the case allows.
	generous = "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 garbles=2 writes=3 giveups=2 rounds=12 epochs=12 channel-len=2"
	// scheduleSteps ends a schedule.
	scheduleSteps = 200
)

// drawn is a strategy that draws schedules of the case's servers, and judges each by all properties, those
// of whole runs too.
func drawn(s trace.Strategy) func(context.Context, *job) (Cell, error) {
	return func(ctx context.Context, j *job) (Cell, error) { return j.schedules(ctx, s, props.All()) }
}

// porcupine is walk judged by linearizability alone.
func porcupine(ctx context.Context, j *job) (Cell, error) {
	var registers []props.Property
	for _, p := range props.All() {
		if p.Name == props.EpochRegister || p.Name == props.ClientRegister {
			registers = append(registers, p)
		}
	}
	return j.schedules(ctx, trace.Walk, registers)
}

// freely is the mutant's case, with faults of all kinds.
func (j *job) freely() (cluster.Config, error) {
	c, err := j.mutant.Config()
	if err != nil {
		return c, err
	}
	many, err := cluster.ParseLimits(generous)
	if err != nil {
		return c, err
	}
	if c.Phases != cluster.AllPhases {
		many.Writes = 0 // who never serves is never written to
	}
	wanted := map[string]int{}
	many.Each(func(name, _ string, value *int) { wanted[name] = *value })
	c.Limits.Each(func(name, _ string, value *int) {
		if w := wanted[name]; w == cluster.Unlimited || *value != cluster.Unlimited && *value < w {
			*value = w
		}
	})
	return c, nil
}

// schedules takes all schedules, also after one that kills: how many do is counted.
func (j *job) schedules(ctx context.Context, s trace.Strategy, list []props.Property) (Cell, error) {
	c, err := j.freely()
	if err != nil {
		return Cell{}, err
	}
	return j.sample(ctx, c, s, trace.Suited(c.Phases, list))
}

// sample takes the schedules of a cluster. One worker takes them, in this goroutine, for a rule that is
// broken may make the engine panic.
func (j *job) sample(ctx context.Context, c cluster.Config, s trace.Strategy, list []props.Property) (cell Cell, err error) {
	defer func() {
		if with := recover(); with != nil {
			cell, err = j.panicked(ctx, c, s, list, oneLine(fmt.Sprint(with)))
		}
	}()
	r, traces, err := trace.Walks(ctx, c, list, trace.WalkOptions{Strategy: s, Seed: j.Seed, Walks: j.Schedules, Steps: scheduleSteps,
		Options: explore.Options{Workers: 1, All: true}})
	if err != nil {
		return cell, err
	}
	cell = Cell{Schedules: r.Walks, Rejected: r.Rejected, All: true}
	if len(traces) == 0 {
		cell.Verdict, cell.Reason = Survived, fmt.Sprintf("bounds: %d schedules of %d steps", r.Walks, scheduleSteps)
		if r.Stopped != "" {
			cell.Verdict, cell.Reason = Unknown, fmt.Sprintf("%s, %d schedules", j.stopped(ctx), r.Walks)
		}
		return cell, nil
	}
	first := 0 // violation
	for i, v := range r.Violations {
		least := r.Violations[first]
		if v.Walk < least.Walk || v.Walk == least.Walk && len(v.Trace) < len(least.Trace) {
			first = i
		}
	}
	cell.First = r.Violations[first].Walk + 1
	return cell.kill(traces[first]), nil
}

// panicked is the cell of schedules that panic. If they do under ZooKeeper's rules too, the mutant is not why.
func (j *job) panicked(ctx context.Context, c cluster.Config, s trace.Strategy, list []props.Property, with string) (Cell, error) {
	cell := Cell{}.panicked(0, with)
	if c.Ensemble.Rules.Name == "" {
		return cell, nil
	}
	e := *c.Ensemble
	e.Rules = election.Standard()
	c.Ensemble = &e
	sound, err := j.sample(ctx, c, s, list)
	if sound.Property == Panicked {
		cell.Verdict, cell.Reason = FalseAlarm, "schedules panic under ZooKeeper's own rules too: "+with
	}
	return cell, err
}
