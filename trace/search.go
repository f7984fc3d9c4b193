package trace

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/model"
	"github.com/zkcheck/zkcheck/props"
)

// An ability that a cluster does not quite have is one that a search does not use.
var (
	_ explore.Commuter[cluster.State, cluster.Action]  = (*cluster.System)(nil)
	_ explore.Canonical[cluster.State]                 = (*cluster.System)(nil)
	_ explore.Navigator[cluster.State, cluster.Action] = (*cluster.System)(nil)
	_ explore.Marker[cluster.State, cluster.Action]    = (*cluster.System)(nil)
	_ explore.Bounder[cluster.State]                   = (*cluster.System)(nil)
)

// Report is what a search of a cluster found out.
type Report = explore.Report[cluster.Action]

// Search looks at every state that the cluster can reach. Properties of whole runs are not judged by it. Every violation
// comes back as a trace that was replayed. It is reduced as o says only if all properties are those of package props.
func Search(ctx context.Context, c cluster.Config, list []props.Property, o explore.Options) (*Report, []*Trace, error) {
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	if err != nil {
		return nil, nil, err
	}
	if !props.Reducible(list) {
		o.Reduce = explore.ReduceNone
	}
	r := explore.BreadthFirst(ctx, y, adapt(y, list), o)
	traces, err := certify(c, list, r)
	return r, traces, err
}

// WalkOptions say which walks to take.
type WalkOptions struct {
	explore.Options
	Seed  uint64
	Walks uint64 // 0: until the context ends
	Steps int    // most steps of a walk, 0: until nothing is enabled

	Strategy Strategy
}

// Walks takes random walks, and judges each as a run too.
func Walks(ctx context.Context, c cluster.Config, list []props.Property, o WalkOptions) (*Report, []*Trace, error) {
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	if err != nil {
		return nil, nil, err
	}
	r := explore.RandomWalks(ctx, y, adapt(y, list), explore.WalkOptions[cluster.State, cluster.Action]{
		Options: o.Options, Seed: o.Seed, Walks: o.Walks, Steps: o.Steps,
		Guide:  func() explore.Guide[cluster.State, cluster.Action] { return newGuide(y, list, &o) },
		Guided: o.Strategy == Guided,
		Feature: func(before *cluster.State, by cluster.Action, after *cluster.State, buf []uint64) []uint64 {
			return props.Features(props.Step{System: y, Before: before, After: after, Action: by}, buf)
		},
	})
	traces, err := certify(c, list, r)
	return r, traces, err
}

// adapt makes properties of the search. The outcomes are the same numbers. An initial state is no step.
func adapt(y *cluster.System, list []props.Property) []explore.Property[cluster.State, cluster.Action] {
	adapted := make([]explore.Property[cluster.State, cluster.Action], len(list))
	for i, p := range list {
		adapted[i].Name, adapted[i].Speaks, adapted[i].Doubts, adapted[i].Own = p.Name, p.Speaks, p.Doubts, p.Own
		if p.Check == nil {
			continue
		}
		adapted[i].Check = func(before *cluster.State, by cluster.Action, after *cluster.State) explore.Outcome {
			if by.Kind == 0 {
				return explore.Silent
			}
			outcome, _ := p.Check(props.Step{System: y, Before: before, After: after, Action: by})
			return explore.Outcome(outcome)
		}
	}
	return adapted
}

// guide draws a walk and judges what only a whole one shows.
type guide struct {
	runs   []*props.Judge // by property, nil for those of a step
	begin  func()
	choose func(*rand.Rand, []cluster.Action) int
}

func newGuide(y *cluster.System, list []props.Property, o *WalkOptions) *guide {
	g := &guide{runs: make([]*props.Judge, len(list))}
	g.begin, g.choose = o.Strategy.chooser(y, o.Steps)
	for i, p := range list {
		if p.Check == nil {
			g.runs[i] = props.NewJudge(y, []props.Property{p})
		}
	}
	return g
}

func (g *guide) Begin(*cluster.State) {
	g.begin()
	for _, j := range g.runs {
		if j != nil {
			j.Begin()
			j.Tallies[0] = props.Tally{}
		}
	}
}

func (g *guide) Choose(rng *rand.Rand, _ *cluster.State, enabled []cluster.Action) int {
	return g.choose(rng, enabled)
}

func (g *guide) Observe(_ *cluster.State, by cluster.Action, after *cluster.State) {
	for _, j := range g.runs {
		if j != nil {
			j.Record(by, after)
		}
	}
}

func (g *guide) End(s *cluster.State, judge func(int, explore.Outcome)) {
	for i, j := range g.runs {
		if j == nil {
			continue
		}
		violation, tally := j.End(s), j.Tallies[0]
		switch {
		case violation != nil:
			judge(i, explore.Violated)
		case tally.Witnessed > 0:
			judge(i, explore.Witnessed)
		case tally.Checked > 0:
			judge(i, explore.Held)
		}
	}
}

// InternalError is a contradiction between a search and its replay: zkcheck is wrong, not the cluster.
type InternalError struct{ Err error }

func (e *InternalError) Error() string { return "internal error: " + e.Err.Error() }
func (e *InternalError) Unwrap() error { return e.Err }

// certify turns violations into traces, and replays each: a trace that does not show what the search
// saw is an error of zkcheck, and not handed out.
func certify(c cluster.Config, list []props.Property, r *Report) ([]*Trace, error) {
	var traces []*Trace
	for _, violation := range r.Violations {
		p := list[violation.Property]
		t := New(p.Name, c, violation.Trace)
		v, err := Replay(t, nil)
		if err != nil {
			return traces, &InternalError{fmt.Errorf("the trace of a violation of %s can't be replayed: %w", p.Name, err)}
		}
		if !v.Violated || v.Step != len(t.Steps) {
			return traces, &InternalError{fmt.Errorf("the search saw a violation of %s at step %d, its replay says %v",
				p.Name, len(t.Steps), v)}
		}
		traces = append(traces, t)
	}
	return traces, nil
}

// WritePicture writes the illegal history of a trace of a register, that of epochs or that of clients, as a
// page beside the trace, and returns its path, which is empty where there is nothing to draw.
func (t *Trace) WritePicture(path string) (string, error) {
	if t.Property != props.EpochRegister && t.Property != props.ClientRegister {
		return "", nil
	}
	_, judge, err := replay(t, nil)
	if err != nil {
		return "", err
	}
	var page bytes.Buffer
	if t.Property == props.EpochRegister {
		err = model.WriteHTML(&page, judge.History())
	} else {
		err = model.WriteClientsHTML(&page, judge.Clients())
	}
	if err != nil {
		return "", err
	}
	picture := strings.TrimSuffix(path, filepath.Ext(path)) + ".html"
	return picture, WriteFile(picture, page.Bytes())
}
