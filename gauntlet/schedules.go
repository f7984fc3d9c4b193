package gauntlet

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

const (
	// generous is what random schedules may do, beside what the case allows.
	generous = "crashes=2 restarts=2 cuts=2 resets=2 drops=2 dups=2 writes=3 giveups=2 rounds=12 epochs=12 channel-len=2"
	// scheduleSteps ends a schedule.
	scheduleSteps = 200
	// scheduleBlock is how many schedules are handed out together.
	scheduleBlock = 16
)

// walk takes random schedules and judges each by all properties, those of whole runs too.
func walk(ctx context.Context, j *job) (Cell, error) {
	return j.schedules(ctx, props.All())
}

// porcupine is walk judged by linearizability alone.
func porcupine(ctx context.Context, j *job) (Cell, error) {
	var registers []props.Property
	for _, p := range props.All() {
		if p.Name == props.EpochRegister || p.Name == props.ClientRegister {
			registers = append(registers, p)
		}
	}
	return j.schedules(ctx, registers)
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

// sample is a number of schedules under way, shared by workers. Schedule number i depends on the seed and
// on i alone, and is the walk of that number of trace.Walks.
type sample struct {
	*job
	config cluster.Config
	list   []props.Property
	next   atomic.Uint64 // block

	mu              sync.Mutex
	judged, rejects uint64
	first           *rejected // of the least number
}

// rejected is a schedule that breaks a property.
type rejected struct {
	number   uint64
	property string // or Panicked
	with     string // what the panic said
	actions  []cluster.Action
}

// schedules judges every schedule until a property is violated in it, or it ends.
func (j *job) schedules(ctx context.Context, list []props.Property) (Cell, error) {
	c, err := j.freely()
	if err != nil {
		return Cell{}, err
	}
	list = trace.Suited(c.Phases, list)
	c.Track = c.Track.Or(props.TrackOf(list))
	if _, err := cluster.New(c); err != nil {
		return Cell{}, err
	}
	return j.sample(ctx, c, list)
}

// sample takes the schedules of a cluster.
func (j *job) sample(ctx context.Context, c cluster.Config, list []props.Property) (Cell, error) {
	s := &sample{job: j, config: c, list: list}
	workers := j.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { s.work(ctx) })
	}
	group.Wait()
	return s.cell(ctx)
}

func (s *sample) cell(ctx context.Context) (Cell, error) {
	cell := Cell{Schedules: s.judged, Rejected: s.rejects, All: true}
	switch {
	case s.first == nil && s.judged < s.Schedules:
		cell.Verdict, cell.Reason = Unknown, fmt.Sprintf("%s, %d schedules", s.stopped(ctx), s.judged)
		return cell, nil
	case s.first == nil:
		cell.Verdict, cell.Reason = Survived, fmt.Sprintf("bounds: %d schedules of %d steps", s.judged, scheduleSteps)
		return cell, nil
	}
	cell.First = s.first.number + 1
	if s.first.property == Panicked {
		return cell.panicked(len(s.first.actions), s.first.with), nil
	}
	t := trace.New(s.first.property, s.config, s.first.actions)
	if err := confirm(t); err != nil {
		return cell, err
	}
	return cell.kill(minimise(t), len(t.Steps)), nil
}

// work takes blocks of schedules until there are no more.
func (s *sample) work(ctx context.Context) {
	y, err := cluster.New(s.config)
	if err != nil {
		panic("a cluster that could be made can't be made again: " + err.Error())
	}
	r := &runner{y: y, judge: props.NewJudge(y, s.list), now: &cluster.State{}, before: &cluster.State{}}
	for {
		from := (s.next.Add(1) - 1) * scheduleBlock
		for i := from; i < from+scheduleBlock; i++ {
			if i >= s.Schedules || ctx.Err() != nil {
				return
			}
			s.count(i, r.take(props.NewSeeded(s.Seed, i)), r.actions)
		}
	}
}

func (s *sample) count(number uint64, found *rejected, actions []cluster.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judged++
	if found == nil {
		return
	}
	s.rejects++
	if s.first == nil || number < s.first.number {
		found.number, found.actions = number, append([]cluster.Action(nil), actions...)
		s.first = found
	}
}

// runner takes one schedule after the other.
type runner struct {
	y           *cluster.System
	judge       *props.Judge
	before, now *cluster.State
	enabled     []cluster.Action
	actions     []cluster.Action
}

// take takes a schedule and judges it; nil is one in which all holds.
func (r *runner) take(c props.Choices) (found *rejected) {
	defer func() {
		if p := recover(); p != nil { // of a broken engine, by a rule that a mutant broke
			found = &rejected{property: Panicked, with: strings.Join(strings.Fields(fmt.Sprint(p)), " ")}
		}
	}()
	r.judge.Begin()
	r.actions = r.actions[:0]
	r.y.Copy(r.now, &r.y.Init()[0])
	for len(r.actions) < scheduleSteps {
		r.enabled = r.y.Actions(r.now, r.enabled[:0])
		if len(r.enabled) == 0 {
			break
		}
		a := r.enabled[props.Pick(c, r.enabled)]
		r.actions = append(r.actions, a)
		r.before, r.now = r.now, r.before
		r.y.Copy(r.now, r.before)
		r.y.Apply(r.now, a)
		if v := r.judge.Step(r.before, a, r.now); v != nil {
			return &rejected{property: v.Property}
		}
	}
	if v := r.judge.End(r.now); v != nil {
		return &rejected{property: v.Property}
	}
	return nil
}
