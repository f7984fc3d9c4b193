package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// archiveTime is the most that is spent on an archive: servers start without one as well.
const archiveTime = 20 * time.Second

// WithArchive is the install with an archive of loaded classes in dir, which servers map instead of loading every class
// themselves. To make one costs about two starts, and saves a third of the processor time of each that follows: it is for those
// who start more than a few. The archive holds for this class path on this machine only, so it is made anew for
// each run and never looked for.
func (i Install) WithArchive(ctx context.Context, dir string) (Install, error) {
	ctx, cancel := context.WithTimeout(ctx, archiveTime)
	defer cancel()
	dir, err := filepath.Abs(dir)
	if err != nil {
		return i, err
	}
	n, err := NewNetwork()
	if err != nil {
		return i, err
	}
	defer n.Close()
	alone, err := os.MkdirTemp(dir, "archive-")
	if err != nil {
		return i, err
	}
	defer os.RemoveAll(alone)
	path := filepath.Join(dir, "classes.jsa")
	p, err := Start(ctx, i, Spec{SID: 1, Members: []Member{{SID: 1, Host: n.Host(1)}}, Dir: alone,
		flags: []string{"-XX:ArchiveClassesAtExit=" + path}})
	if err != nil {
		return i, err
	}
	defer p.Kill()
	for {
		if _, err := FourLetter(ctx, p.ClientAddr(), "mntr"); err == nil {
			break
		}
		select {
		case <-p.Done():
			return i, fmt.Errorf("archive of classes: the server has ended: %w", p.Wait())
		case <-ctx.Done():
			return i, fmt.Errorf("archive of classes: the server does not serve: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.Terminate()
	if !exists(path) {
		return i, errors.New("archive of classes: this java makes none")
	}
	i.archive = path
	return i, nil
}
