package quorum

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zkcheck/zkcheck/live/server"
)

// Options say what a run plays.
type Options struct {
	Phase  Phase
	Role   Role
	Voters int
	Terms  int // of the role; what gives a leader its history is not counted
	JVMs   int // servers side by side
	Seed   uint64
	Broken string // the rule that the engine is to have wrong
	Dir    string // where servers live; it exists, and is empty
	Host   Host

	Progress func(Report)
}

// Report is what a run came to, or has come to so far.
type Report struct {
	Terms   int
	Witness Witness
	Elapsed time.Duration

	Found      []Finding
	Unrepeated []*Disagreement // that a fresh server did not show
}

// Finding is a disagreement that was repeated, and shrunk.
type Finding struct {
	*Disagreement
	Term  int // by number, from 1
	Tried int // scripts played to shrink it
}

// Run plays lives on servers side by side until all are played or a disagreement is found. What is played
// depends on the options alone, not on which server is faster. A cancelled context ends the run early; the
// report says how far it came.
func Run(ctx context.Context, o Options) (Report, error) {
	r := &run{Options: o, start: time.Now()}
	r.report.Witness = Witness{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, r.JVMs)
	var workers sync.WaitGroup
	for i := range r.JVMs {
		workers.Go(func() {
			errs[i] = (&worker{run: r, number: i, stop: cancel}).work(ctx)
		})
	}
	workers.Wait()
	r.report.Elapsed = time.Since(r.start)
	return r.report, errors.Join(errs...)
}

type run struct {
	Options
	start time.Time

	mu     sync.Mutex
	report Report
}

// tell adds to the report.
func (r *run) tell(f func(*Report)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.report)
	r.report.Elapsed = time.Since(r.start)
	if r.Progress != nil {
		r.Progress(r.report)
	}
}

// worker plays every JVMs-th life.
type worker struct {
	*run
	number  int
	servers int // started
	stop    func()
}

func (w *worker) work(ctx context.Context) error {
	for number := w.number; number*termsOfLife < w.Terms && ctx.Err() == nil; number += w.JVMs {
		script := life(&w.Options, number, min(termsOfLife, w.Terms-number*termsOfLife))
		first := number * termsOfLife
		count, err := w.play(ctx, script, func(k int) {
			if w.counts(script.Steps[k]) {
				first++
			}
		})
		var d *Disagreement
		if errors.As(err, &d) {
			err = w.disagreement(ctx, first, d)
		}
		w.tell(func(r *Report) { r.Witness.add(count) })
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// counts tells whether a term of the role begins with the step.
func (w *worker) counts(s Step) bool {
	return s.Kind == Lead && w.Role != Follower || s.Kind == Follow && w.Role != Leader
}

// play plays a script on a fresh server.
func (w *worker) play(ctx context.Context, script *Script, at func(step int)) (Witness, error) {
	w.servers++
	dir := filepath.Join(w.Dir, fmt.Sprintf("jvm%d-%d", w.number+1, w.servers))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return playOn(ctx, w.Host, script, dir, func(k int) {
		if at != nil {
			at(k)
			if w.counts(script.Steps[k]) {
				w.tell(func(r *Report) { r.Terms++ })
			}
		}
	})
}

// playOn plays a script; at is told of each step before it is played.
func playOn(ctx context.Context, host Host, script *Script, dir string, at func(step int)) (Witness, error) {
	s, err := open(ctx, host, script, dir)
	if err != nil {
		return nil, err
	}
	for i, step := range script.Steps {
		at(i)
		s.note("> %v", step)
		if err = s.disagree(i+1, s.play(step)); err != nil {
			break
		}
	}
	if err == nil {
		err = s.disagree(len(script.Steps), s.finish())
	}
	return s.count, errors.Join(err, s.close())
}

// PlayOn plays a script on a fresh server. The disagreement is nil if there is none.
func PlayOn(ctx context.Context, host Host, script *Script, dir string) (*Disagreement, error) {
	_, err := playOn(ctx, host, script, dir, func(int) {})
	var d *Disagreement
	if errors.As(err, &d) {
		return d, nil
	}
	return nil, err
}

// disagreement repeats a disagreement on a fresh server, and shrinks it if it is there again. Only then does
// it end the run.
func (w *worker) disagreement(ctx context.Context, term int, d *Disagreement) error {
	again, err := w.try(ctx, d.Script, d.Script.Steps[:d.Step])
	if err != nil {
		return err
	}
	if again == nil {
		w.tell(func(r *Report) { r.Unrepeated = append(r.Unrepeated, d) })
		return nil
	}
	f := Finding{Disagreement: again, Term: term}
	err = w.shrink(ctx, &f)
	w.tell(func(r *Report) { r.Found = append(r.Found, f) })
	if err == nil {
		w.stop()
	}
	return err
}

// try plays other steps.
func (w *worker) try(ctx context.Context, script *Script, steps []Step) (*Disagreement, error) {
	c := *script
	c.Steps = append([]Step(nil), steps...)
	_, err := w.play(ctx, &c, nil)
	var d *Disagreement
	if errors.As(err, &d) {
		c.Steps = c.Steps[:d.Step]
		return d, nil
	}
	return nil, err
}

// Bounds of shrinking.
const (
	shrinkTries = 60
	shrinkTime  = 90 * time.Second
)

// shrink leaves out steps as long as the server disagrees without them.
func (w *worker) shrink(ctx context.Context, f *Finding) error {
	until := time.Now().Add(shrinkTime)
	for size := max(1, len(f.Script.Steps)/2); size > 0; {
		shorter := false
		for at := 0; at < len(f.Script.Steps) && f.Tried < shrinkTries && time.Now().Before(until); {
			steps := append([]Step(nil), f.Script.Steps[:at]...)
			steps = append(steps, f.Script.Steps[min(at+size, len(f.Script.Steps)):]...)
			f.Tried++
			d, err := w.try(ctx, f.Script, steps)
			switch {
			case err != nil:
				return err
			case d != nil && len(d.Script.Steps) < len(f.Script.Steps):
				f.Disagreement, shorter = d, true
			default:
				at += size
			}
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	return nil
}

// Prepare makes servers start faster where java can: what it returns is used in the place of the install.
func Prepare(ctx context.Context, i server.Install, dir string) (server.Install, error) {
	archived, err := i.WithArchive(ctx, dir)
	if errors.Is(err, server.ErrInstall) {
		return i, err
	}
	return archived, nil
}
