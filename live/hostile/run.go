package hostile

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/zkcheck/zkcheck/live/server"
)

// Options are what a run does.
type Options struct {
	Install  server.Install
	Seed     uint64
	Cases    int
	Progress func(Report) // is given what is found so far after every case; may be nil
}

// Finding is a case that a server does not take as it should.
type Finding struct {
	Class    Class
	Case     Case   // as short as it could be made
	Original Case   // as it was made
	Number   int    // of the original among the cases of the seed, from 0
	Times    int    // cases of the run that had the same class and cause
	Cause    string // the exception and where it was not caught, "" if the log has none
	Log      string // the lines that say so
	Alone    bool   // a fresh server takes it the same way; if not, it takes cases before it too
}

// Report is what a run has found. It is whole if Done is Cases.
type Report struct {
	Seed     uint64
	Cases    int
	Done     int
	Counts   [classes]int
	Findings []Finding // each class and cause once, the worst first
}

// manyCases is from when on it pays to make servers start faster: about one case in ten ends one.
const manyCases = 50

// Run sends cases to a real server, and another one after each that it does not survive. A context that
// is done ends it early, with what is found until then.
func Run(ctx context.Context, o Options) (Report, error) {
	dir, err := os.MkdirTemp("", "zkcheck-hostile-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(dir)
	if o.Cases >= manyCases {
		fast, err := o.Install.WithArchive(ctx, dir)
		if errors.Is(err, server.ErrInstall) {
			return Report{}, err
		}
		o.Install = fast
	}
	r := &runner{Options: o, report: Report{Seed: o.Seed, Cases: o.Cases}, pool: newPool(ctx, o.Install)}
	defer r.pool.close()
	defer r.discard()
	g := newGenerator(o.Seed)
	for i := range o.Cases {
		c := g.next()
		err := r.one(ctx, i, c)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return r.report, fmt.Errorf("case %d of seed %d: %w", i, o.Seed, err)
		}
		r.report.Done++
		if o.Progress != nil {
			o.Progress(r.report)
		}
	}
	r.report.sort()
	return r.report, nil
}

// RunCase sends one case to a server that is started for it.
func RunCase(ctx context.Context, install server.Install, c Case) (Class, string, error) {
	if err := local(c); err != nil {
		return 0, "", err
	}
	s, err := startSubject(ctx, install)
	if err != nil {
		return 0, "", err
	}
	defer s.stop()
	class, log, err := s.put(ctx, c)
	return class, excerpt(log), err
}

// because is the cause of a class. A server that takes over a configuration, or begins its election anew for
// it, does what it was written to do, whatever exceptions there are on the way.
func because(class Class, log []string) string {
	if class == Reconfigured || class == Interrupted {
		return ""
	}
	return cause(log)
}

type runner struct {
	Options
	report  Report
	pool    *pool
	subject *subject // nil if there is none that is good
}

// put sends a case to the server at hand, and takes that away if it has not survived.
func (r *runner) put(ctx context.Context, c Case) (Class, []string, error) {
	if r.subject == nil {
		s, err := r.pool.take(ctx)
		if err != nil {
			return 0, nil, err
		}
		r.subject = s
	}
	class, log, err := r.subject.put(ctx, c)
	if err == nil && class.bad() {
		r.discard()
	}
	return class, log, err
}

func (r *runner) discard() {
	if r.subject != nil {
		r.subject.stop()
		r.subject = nil
	}
}

// one sends the next case. A new finding is sent again to a fresh server, and shrunk if that is as bad.
func (r *runner) one(ctx context.Context, number int, c Case) error {
	class, log, err := r.put(ctx, c)
	if err != nil {
		return err
	}
	r.report.Counts[class]++
	if !class.bad() {
		return nil
	}
	f := Finding{Class: class, Case: c, Original: c, Number: number, Times: 1, Cause: because(class, log), Log: excerpt(log)}
	if r.known(f) {
		return nil
	}
	// Again, on a fresh server: what the cases before it had to do with it does not count.
	if class, log, err = r.put(ctx, c); err != nil {
		return err
	}
	if f.Alone = class.bad(); f.Alone {
		f.Class, f.Cause, f.Log = class, because(class, log), excerpt(log)
		if r.known(f) {
			return nil
		}
		err = r.shrink(ctx, &f)
	}
	r.report.Findings = append(r.report.Findings, f)
	return err
}

// known counts a finding that is there already.
func (r *runner) known(f Finding) bool {
	for i := range r.report.Findings {
		if old := &r.report.Findings[i]; old.Class == f.Class && old.Cause == f.Cause {
			old.Times++
			return true
		}
	}
	return false
}

func (r *runner) shrink(ctx context.Context, f *Finding) error {
	k := &shrinker{class: f.Class, cause: f.Cause, best: f.Case}
	k.run = func(ctx context.Context, c Case) (Class, string, error) {
		class, log, err := r.put(ctx, c)
		if err == nil && class == f.Class && because(class, log) == f.Cause {
			f.Log = excerpt(log)
		}
		return class, because(class, log), err
	}
	err := k.shrink(ctx)
	f.Case = k.best
	return err
}
