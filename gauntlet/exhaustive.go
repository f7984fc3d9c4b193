package gauntlet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// exhaustive looks at every state of the mutant's case, by the kind of what must notice it.
func exhaustive(ctx context.Context, j *job) (Cell, error) {
	c, err := j.mutant.Config()
	if err != nil {
		return Cell{}, err
	}
	if j.mutant.Control {
		return j.control(ctx, c)
	}
	if g, ok := j.goal(); ok {
		return j.eventually(ctx, c, []props.Goal{g})
	}
	if l, ok := j.lesson(); ok {
		return j.unteaches(ctx, c, l)
	}
	p, err := props.Find(j.mutant.Property)
	switch {
	case err != nil:
		return Cell{}, err
	case p.Check == nil:
		return Cell{Verdict: Inapplicable, Reason: p.Name + " is judged on whole runs"}, nil
	}
	return j.search(ctx, c, trace.Suited(c.Phases, props.All()))
}

func (j *job) limits() explore.Options {
	return explore.Options{Workers: j.Workers, MaxMemory: j.Memory}
}

// search looks for a violation, the one that is expected if there are several of the same length.
func (j *job) search(ctx context.Context, c cluster.Config, list []props.Property) (Cell, error) {
	r, traces, err := trace.Search(ctx, c, list, j.limits())
	if err != nil {
		return Cell{}, err
	}
	cell := Cell{States: r.Distinct}
	if len(traces) == 0 {
		cell.Verdict, cell.Reason = j.unseen(r.Stopped, r.Distinct, r.Cut)
		return cell, nil
	}
	t := traces[max(0, slices.IndexFunc(traces, func(t *trace.Trace) bool { return t.Property == j.mutant.Property }))]
	return cell.kill(t), nil
}

// kill is the cell with a counterexample, as it was found.
func (c Cell) kill(t *trace.Trace) Cell {
	c.Verdict, c.Property, c.Trace, c.Steps, c.Minimised = Killed, t.Property, t, len(t.Steps), len(t.Steps)
	return c
}

// unseen says why a search found nothing.
func (j *job) unseen(stopped string, states, cut uint64) (Verdict, string) {
	switch stopped {
	case "":
		reason := fmt.Sprintf("no property: %d states are all there are", states)
		if met := cluster.CutNames(cut); len(met) > 0 {
			reason += " within " + strings.Join(met, ", ")
		}
		return Survived, reason
	case "time":
		return Unknown, fmt.Sprintf("bounds: time, %d states after %v", states, j.Time)
	case "interrupted":
		return Unknown, "interrupted"
	}
	return Unknown, fmt.Sprintf("bounds: %s, %d states", stopped, states)
}

// eventually decides goals on the complete graph.
func (j *job) eventually(ctx context.Context, c cluster.Config, goals []props.Goal) (Cell, error) {
	r, err := trace.Eventually(ctx, c, goals, j.limits())
	if err != nil {
		return Cell{}, err
	}
	cell := Cell{States: r.Distinct}
	for _, t := range trace.Lassos(c, goals, r) {
		if t != nil {
			return cell.kill(t), confirm(t)
		}
	}
	cell.Verdict, cell.Reason = j.unseen(r.Stopped, r.Distinct, r.Cut)
	return cell, nil
}

// unteaches tells whether a lesson that ZooKeeper's rules teach is no longer taught by the mutant's: it is
// the violation that must be there.
func (j *job) unteaches(ctx context.Context, c cluster.Config, lesson props.Property) (Cell, error) {
	standard, err := j.mutant.Case.Config()
	if err != nil {
		return Cell{}, err
	}
	list := []props.Property{lesson}
	taught, err := j.search(ctx, standard, list)
	if err != nil {
		return Cell{}, err
	}
	if taught.Verdict != Killed {
		return Cell{Verdict: taught.Verdict, States: taught.States,
			Reason: "lesson " + lesson.Name + " is not taught by ZooKeeper's rules: " + taught.Reason}, nil
	}
	still, err := j.search(ctx, c, list)
	cell := Cell{States: still.States}
	switch still.Verdict {
	case Killed:
		cell.Verdict, cell.Reason = Survived, "no property: lesson "+lesson.Name+" is still taught"
	case Survived:
		cell = cell.kill(taught.Trace)
	default:
		cell.Verdict, cell.Reason = still.Verdict, still.Reason
	}
	return cell, err
}

// control looks at all that could be noticed of a change that is no bug: properties, and what must happen
// in the end.
func (j *job) control(ctx context.Context, c cluster.Config) (Cell, error) {
	cell, err := j.search(ctx, c, trace.Suited(c.Phases, props.All()))
	if err != nil || cell.Verdict != Survived || c.Phases != cluster.AllPhases && c.Phases != cluster.ThroughSync {
		return cell, err
	}
	end, err := j.eventually(ctx, c, props.Goals())
	if end.Verdict != Survived {
		return end, err
	}
	return cell, err
}
