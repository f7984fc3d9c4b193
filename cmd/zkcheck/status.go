package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/zkcheck/zkcheck/explore"
)

// How often the status is shown: on a terminal one line that overwrites itself, elsewhere lines.
const (
	statusAfter    = 2 * time.Second
	statusTerminal = 250 * time.Millisecond
	statusPlain    = 10 * time.Second
)

// status shows that a run is alive.
type status struct {
	out   io.Writer
	every time.Duration
	width int // of the terminal, 0 if it is none
	shown bool
	last  time.Time // of a plain line, or the start: parts of a run share one clock
}

func newStatus(out io.Writer) *status {
	s := &status{out: out, every: statusAfter, last: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		s.every, s.width = statusTerminal, columns
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			s.width = min(w-1, columns)
		}
	}
	return s
}

// progress shows looks at a part of the run.
func (s *status) progress(kind string) func(explore.Progress) {
	return func(p explore.Progress) {
		line := statusLine(kind, p)
		if s.width == 0 {
			if time.Since(s.last) >= statusPlain {
				fmt.Fprintln(s.out, line)
				s.last = time.Now()
			}
			return
		}
		if p.Elapsed < statusAfter {
			return
		}
		if len(line) > s.width {
			line = line[:s.width]
		}
		fmt.Fprint(s.out, "\r\x1b[K"+line)
		s.shown = true
	}
}

func statusLine(kind string, p explore.Progress) string {
	if kind == partWalks {
		return fmt.Sprintf("%s: %s walks, %s steps, %s/s, %.0f s", kind,
			grouped(p.Walks), grouped(p.Generated), grouped(uint64(p.Rate)), p.Elapsed.Seconds())
	}
	return fmt.Sprintf("%s: %s distinct, %s generated, depth %d, %s/s, queue %s, %d MiB, %.0f s", kind,
		grouped(p.Distinct), grouped(p.Generated), p.Depth, grouped(uint64(p.Rate)), grouped(p.Queue),
		p.MemoryBytes>>20, p.Elapsed.Seconds())
}

// look shows a look at a run of real servers, no more often than it can be read.
func (s *status) look(line string) {
	every := statusPlain
	if s.width > 0 {
		every = statusTerminal
	}
	if time.Since(s.last) < every {
		return
	}
	s.last = time.Now()
	if s.width == 0 {
		fmt.Fprintln(s.out, line)
		return
	}
	fmt.Fprint(s.out, "\r\x1b[K"+line[:min(len(line), s.width)])
	s.shown = true
}

// clear takes the line away.
func (s *status) clear() {
	if s.shown {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.shown = false
	}
}
