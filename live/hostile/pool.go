package hostile

import (
	"context"

	"github.com/zkcheck/zkcheck/live/server"
)

// pool starts servers ahead: while one is attacked, the next is on its way.
type pool struct {
	install server.Install
	ready   chan started
	cancel  context.CancelFunc
}

type started struct {
	subject *subject
	err     error
}

func newPool(ctx context.Context, install server.Install) *pool {
	ctx, cancel := context.WithCancel(ctx)
	p := &pool{install: install, ready: make(chan started), cancel: cancel}
	go func() {
		defer close(p.ready)
		for ctx.Err() == nil {
			s, err := startSubject(ctx, install)
			select {
			case p.ready <- started{s, err}:
			case <-ctx.Done():
				if err == nil {
					s.stop()
				}
			}
		}
	}()
	return p
}

// take is a fresh server. It is the caller's to stop.
func (p *pool) take(ctx context.Context) (*subject, error) {
	select {
	case s, ok := <-p.ready:
		if ok {
			return s.subject, s.err
		}
		return nil, context.Canceled
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// close ends the server that was started ahead.
func (p *pool) close() {
	p.cancel()
	for s := range p.ready {
		if s.err == nil {
			s.subject.stop()
		}
	}
}
