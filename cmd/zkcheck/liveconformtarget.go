package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zkcheck/zkcheck/live/conform"
	"github.com/zkcheck/zkcheck/live/server"
)

// runTarget plays on a server that runs already, of which there is no log.
func (f *liveConformFlags) runTarget(ctx context.Context, stdout, stderr io.Writer, script *conform.Script) error {
	if err := f.target.Find(ctx); err != nil {
		return fmt.Errorf("--target: %w", err)
	}
	if script != nil {
		d, err := conform.PlayOnTarget(ctx, f.target, script)
		return f.reportScript(ctx, stdout, script, d, err)
	}
	if err := checkDir("out", f.out); err != nil {
		return err
	}
	status := newStatus(stderr)
	report, err := conform.Run(ctx, conform.Options{Target: f.target, Voters: f.servers, Observers: f.observers,
		Elections: f.elections, Seed: f.seed, Broken: f.broken,
		Progress: func(r conform.Report) { status.conform(r, f.elections) }})
	status.clear()
	if err != nil {
		_, keep := f.files(&report)
		return errors.Join(err, keep)
	}
	return f.report(stdout, &report)
}

// subjects are the servers that elections are played on.
func (f *liveConformFlags) subjects() string {
	if f.target != nil {
		return fmt.Sprintf("server %v at %s", f.target.Subject, f.target.Addr())
	}
	return count(min(f.jvms, f.elections), "real server")
}

// targetFlags are the flags that name the target once more; nothing without one.
func (f *liveConformFlags) targetFlags() string {
	if f.target == nil {
		return ""
	}
	text := " --target " + f.target.String()
	if f.observers > 0 {
		text += fmt.Sprintf(" --observers %d", f.observers)
	}
	if f.quorumPort != server.QuorumPort {
		text += fmt.Sprintf(" --quorum-port %d", f.quorumPort)
	}
	return text
}
