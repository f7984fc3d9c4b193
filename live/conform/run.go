package conform

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// Options say what a run plays.
type Options struct {
	Install   server.Install
	Target    *Target // a server that runs already; nil to start servers
	Voters    int     // of the ensemble, the subject among them
	Observers int
	Elections int
	JVMs      int // servers side by side
	Seed      uint64
	Broken    string // the rule that the engine is to have wrong
	Dir       string // where servers live; it exists, and is empty; not of a target
	Progress  func(Report)
}

// Report is what a run came to, or has come to so far.
type Report struct {
	Elections int
	Decided   int
	Resets    int   // connections lost and back, after which the last notification came again
	Asked     int   // answers to observers
	Exercised []int // by rule of Rules: elections in which its broken version would have been told apart
	Elapsed   time.Duration
	Leads     bool // the target leads, and ends its term when its initLimit is over: that is waited for

	Found      []Finding
	Unrepeated []*Disagreement // that a fresh server, or the target later, did not show
}

// Finding is a disagreement that was repeated, and shrunk.
type Finding struct {
	*Disagreement
	Election int // by number, from 1
	Tried    int // scripts played to shrink it
}

// Run plays elections on servers side by side until all are played or a disagreement is found. What is
// played depends on the options alone, not on which server is faster. A cancelled context ends the run
// early; the report says how far it came.
func Run(ctx context.Context, o Options) (Report, error) {
	r := &run{Options: o, rules: Rules(), start: time.Now()}
	r.report.Exercised = make([]int, len(r.rules))
	if o.Broken != "" {
		if _, err := FindRule(o.Broken); err != nil {
			return r.report, err
		}
	}
	if o.Target != nil {
		r.JVMs = 1
	} else if archived, err := o.Install.WithArchive(ctx, o.Dir); err == nil {
		r.Install = archived
	} else if errors.Is(err, server.ErrInstall) {
		return r.report, err // otherwise it is slower without, and as good
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, r.JVMs)
	var workers sync.WaitGroup
	for i := range r.JVMs {
		workers.Go(func() {
			w := &worker{run: r, number: i, stop: cancel}
			errs[i] = w.work(ctx)
			if w.session != nil {
				errs[i] = errors.Join(errs[i], w.session.Close())
			}
		})
	}
	workers.Wait()
	r.report.Elapsed = time.Since(r.start)
	return r.report, errors.Join(errs...)
}

type run struct {
	Options
	rules []Rule
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

// worker plays every JVMs-th election on a server of its own.
type worker struct {
	*run
	number  int
	servers int // started
	session *Session
	stop    func()
}

// script is the header of this worker's scripts: the subject's sid and disk differ from worker to worker.
func (w *worker) script() (Script, error) {
	r := rand.New(rand.NewPCG(w.Seed, uint64(w.number)))
	disk := election.Disk{CurrentEpoch: uint32(r.IntN(3))}
	disk.AcceptedEpoch = disk.CurrentEpoch + uint32(r.IntN(2))
	disk.Zxid = election.NewZxid(uint32(r.IntN(int(disk.CurrentEpoch)+1)), 1+uint32(r.IntN(6)))
	s := Script{Subject: election.SID(1 + w.number%w.Voters), Broken: w.Broken}
	var members []election.Member
	for i := range w.Voters + w.Observers {
		members = append(members, election.Member{SID: election.SID(i + 1), Observer: i >= w.Voters})
		s.Config.Disks = append(s.Config.Disks, election.Disk{})
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		return s, err
	}
	if w.Broken != "" {
		rule, err := FindRule(w.Broken)
		if err != nil {
			return s, err
		}
		rule.Break(&e.Rules)
	}
	s.Config.Ensemble, s.Config.Limits = e, cluster.DefaultLimits()
	pos, _ := e.Position(s.Subject)
	s.Config.Disks[pos] = disk
	return s, nil
}

func (w *worker) open(ctx context.Context) (*Session, error) {
	if w.Target != nil {
		return w.openTarget(ctx)
	}
	script, err := w.script()
	if err != nil {
		return nil, err
	}
	w.servers++
	dir := filepath.Join(w.Dir, fmt.Sprintf("jvm%d-%d", w.number+1, w.servers))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return open(ctx, w.Install, script, dir)
}

// repeats is how often a disagreement has to be seen again before it counts. Where timing stands in the
// place of evidence, once is not enough.
func (w *worker) repeats() int {
	if w.Target != nil {
		return 2
	}
	return 1
}

func (w *worker) work(ctx context.Context) error {
	for i := w.number; i < w.Elections && ctx.Err() == nil; i += w.JVMs {
		if w.session == nil {
			if err := w.renew(ctx); err != nil {
				return w.ended(ctx, i+1, err)
			}
		}
		s := w.session
		r := rand.New(rand.NewPCG(w.Seed, 1<<32|uint64(i)))
		g := newGenerator(r, s.script.Config.Ensemble, s.script.Subject, s.script.Config.Disks[s.pos])
		resets, asked := s.resent, s.asked
		outcome, err := s.Play(w.draw(g), w.rules)
		if err == nil {
			err = s.Leave()
		}
		var d *Disagreement
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &d):
			if err := w.disagreement(ctx, i+1, d); err != nil {
				return w.ended(ctx, i+1, err)
			}
			continue
		case err != nil:
			return err
		}
		w.tell(func(r *Report) {
			r.Elections++
			if outcome.Decided {
				r.Decided++
			}
			for k, hit := range outcome.Hits {
				if hit {
					r.Exercised[k]++
				}
			}
			r.Resets += s.resent - resets
			r.Asked += s.asked - asked
		})
	}
	return nil
}

// draw draws a script. A target that leads does so until its initLimit is over, which is seconds to
// minutes: scripts that make the engine lead are drawn again.
func (w *worker) draw(g *generator) []Step {
	steps := g.script()
	for w.Target != nil && makesLead(g, steps) {
		steps = g.script()
	}
	return steps
}

// ended is the error of a worker, but for what the end of the run brings with it. A server that disagrees whenever
// it begins is found.
func (w *worker) ended(ctx context.Context, number int, err error) error {
	var d *Disagreement
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &d):
		w.tell(func(r *Report) { r.Elections++; r.Found = append(r.Found, Finding{Disagreement: d, Election: number}) })
		w.stop()
		return nil
	}
	return err
}

// disagreement repeats a disagreement on a fresh server, or on the target brought back to LOOKING, and
// shrinks it if it is there again. Only then does it end the run.
func (w *worker) disagreement(ctx context.Context, number int, d *Disagreement) error {
	if err := w.renew(ctx); err != nil {
		return err
	}
	var again *Disagreement
	for range w.repeats() {
		var err error
		if again, err = w.try(ctx, d.Script.Steps); err != nil {
			return err
		}
		if again == nil {
			w.tell(func(r *Report) { r.Elections++; r.Unrepeated = append(r.Unrepeated, d) })
			return nil
		}
	}
	f := Finding{Disagreement: again, Election: number}
	err := w.shrink(ctx, &f)
	var beginning *Disagreement
	if errors.As(err, &beginning) {
		err = nil // what is found is found, as short as it is by then
	}
	w.tell(func(r *Report) { r.Elections++; r.Found = append(r.Found, f) })
	if err == nil {
		w.stop()
	}
	return err
}

// renew throws the server away and starts another, or lets the target begin anew. What it does before anybody
// says anything can disagree as well, and does so again or does not count: then the error is that disagreement.
func (w *worker) renew(ctx context.Context) error {
	if w.session != nil {
		err := w.session.Close()
		if w.session = nil; err != nil {
			return err
		}
	}
	var d *Disagreement
	for tries := 0; ; tries++ {
		session, err := w.open(ctx)
		if err == nil {
			w.session = session
			if d != nil {
				w.tell(func(r *Report) { r.Unrepeated = append(r.Unrepeated, d) })
			}
			return nil
		}
		if !errors.As(err, &d) || ctx.Err() != nil || tries == w.repeats() {
			return err
		}
	}
}

// try plays steps, and the end of the term that they lead to. After a disagreement the server is new.
func (w *worker) try(ctx context.Context, steps []Step) (*Disagreement, error) {
	_, err := w.session.Play(steps, nil)
	if err == nil {
		err = w.session.Leave()
	}
	var d *Disagreement
	if errors.As(err, &d) {
		return d, w.renew(ctx)
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
			d, err := w.try(ctx, steps)
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
