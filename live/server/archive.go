package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// archiveTime is the most that is spent on an archive: servers start without one as well.
const archiveTime = 20 * time.Second

// WithArchive is the install with an archive of loaded classes in dir, which servers map instead of loading every class
// themselves. To make one costs about two starts, and saves a third of the processor time of each that follows: it is for those
// who start more than a few. The archive holds for this class path on this machine only, so it is made anew for
// each run and never looked for. An error says that there is no archive, which is no harm, unless it is ErrInstall.
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
	spec := Spec{SID: 1, Members: []Member{{SID: 1, Host: n.Host(1)}}, Dir: alone}
	path := filepath.Join(dir, "classes.jsa")
	p, err := i.serving(ctx, spec, "-XX:ArchiveClassesAtExit="+path)
	if errors.Is(err, errEnded) { // a java before 13 does not know the flag
		var plain *Process
		if plain, err = i.serving(ctx, spec); err == nil {
			plain.Kill()
			return i, errNoArchive
		}
		if errors.Is(err, errEnded) {
			err = fmt.Errorf("%w: %v with %s: %w", ErrInstall, i, i.Java, err)
		}
	}
	if err != nil {
		return i, err
	}
	defer p.Kill()
	p.Terminate()
	if !exists(path) {
		return i, errNoArchive
	}
	i.archive = path
	return i, nil
}

// ErrInstall is the error of an install that no server starts from: jars are missing, or java is none. Nothing
// that is seen of such a server says anything about ZooKeeper.
var ErrInstall = errors.New("no server starts")

var (
	errNoArchive = errors.New("archive of classes: this java makes none")
	errEnded     = errors.New("the server ends at once")
)

// serving starts a server that is alone in its ensemble, and waits until it serves.
func (i Install) serving(ctx context.Context, s Spec, flags ...string) (*Process, error) {
	s.flags = flags
	p, err := Start(ctx, i, s)
	if err != nil {
		return nil, err
	}
	for {
		if _, err := FourLetter(ctx, p.ClientAddr(), "mntr"); err == nil {
			return p, nil
		}
		select {
		case <-p.Done():
			if ctx.Err() == nil {
				return nil, fmt.Errorf("%w: %s", errEnded, p.lastWords())
			}
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			continue
		}
		p.Kill()
		return nil, fmt.Errorf("archive of classes: the server does not serve: %w", ctx.Err())
	}
}

// lastWords are what a process that has ended wrote last, but for a stack trace, or how it ended.
func (p *Process) lastWords() string {
	words := fmt.Sprint(p.Wait())
	for lines := p.Lines(); ; {
		line, err := lines.Next(context.Background())
		if err != nil {
			return words
		}
		if text := strings.TrimSpace(line.Text); text != "" && !strings.HasPrefix(text, "at ") {
			words = text
		}
	}
}
