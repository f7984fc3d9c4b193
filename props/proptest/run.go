package proptest

import (
	"fmt"
	"runtime/debug"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// run is one run of a cluster under a judge.
type run struct {
	system      *cluster.System
	judge       *props.Judge
	before, now *cluster.State
	enabled     []cluster.Action
	actions     []cluster.Action // taken
	observe     func(props.Step) // nil: nobody
	interrupted bool             // by a panic of the engine, in the last of actions
}

// newRun draws the cluster and starts a run of it.
func newRun(c props.Choices, o *Options, list []props.Property) (*run, error) {
	y, err := o.system(c, list)
	if err != nil {
		return nil, err
	}
	r := &run{system: y, judge: props.NewJudge(y, list), before: new(cluster.State), now: &y.Init()[0], observe: o.Observe}
	r.judge.Begin()
	return r, nil
}

// choose draws one of the enabled actions; there may be none, which ends the run.
func (r *run) choose(c props.Choices) (a cluster.Action, ok bool) {
	if !r.goesOn() {
		return a, false
	}
	return r.enabled[props.Pick(c, r.enabled)], true
}

// goesOn tells whether anything is enabled.
func (r *run) goesOn() bool {
	r.enabled = r.system.Actions(r.now, r.enabled[:0])
	return len(r.enabled) > 0
}

// take takes an enabled action and judges the step.
func (r *run) take(a cluster.Action) *props.Violation {
	r.actions = append(r.actions, a)
	r.before, r.now = r.now, r.before
	r.system.Copy(r.now, r.before)
	r.interrupted = true
	r.system.Apply(r.now, a)
	if r.observe != nil {
		r.observe(props.Step{System: r.system, Before: r.before, After: r.now, Action: a})
	}
	v := r.judge.Step(r.before, a, r.now)
	r.interrupted = false
	return v
}

// end judges the run as a whole.
func (r *run) end() *props.Violation {
	r.interrupted = true
	v := r.judge.End(r.now)
	r.interrupted = false
	return v
}

func (r *run) failure(v *props.Violation) *Failure {
	f := &Failure{Violation: v, Config: r.system.Config, Actions: r.actions}
	for _, p := range r.judge.Properties {
		if p.Name == v.Property {
			f.property = p
		}
	}
	return f
}

// panicked is the failure of a run that a panic interrupted.
func (r *run) panicked(with string) *Failure {
	return &Failure{Panic: with, Config: r.system.Config, Actions: r.actions}
}

// MaxBytesSteps bounds the runs of Bytes.
const MaxBytesSteps = 400

// Bytes judges the run that a byte string is: the cluster first, then a step of one or two bytes each
// until they are used up. Every byte string is a run. It returns nil where all properties hold; an error
// is one of o.Cluster only.
func Bytes(data []byte, o Options) (failure *Failure, err error) {
	c := props.NewCorpus(data)
	r, err := newRun(c, &o, o.properties())
	if err != nil {
		return nil, err
	}
	defer func() {
		if r.interrupted {
			failure = r.panicked(fmt.Sprintf("%v\n%s", recover(), debug.Stack()))
		}
	}()
	for len(r.actions) < MaxBytesSteps && !c.Empty() {
		a, ok := r.choose(c)
		if !ok {
			break
		}
		if v := r.take(a); v != nil {
			return r.failure(v), nil
		}
	}
	if v := r.end(); v != nil {
		return r.failure(v), nil
	}
	return nil, nil
}
