package main

import (
	"fmt"
	"io"
	"math"
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
	memory := fmt.Sprintf("%d MiB", p.MemoryBytes>>20)
	if p.DiskBytes > 0 {
		memory += fmt.Sprintf("+%d on disk", p.DiskBytes>>20)
	}
	return fmt.Sprintf("%s: %s distinct, depth %d, %s/s, queue %s, %s, %.0f s%s", kind,
		grouped(p.Distinct), p.Depth, grouped(uint64(p.Rate)), grouped(p.Queue), memory, p.Elapsed.Seconds(), ahead(p))
}

// ahead says how much is probably left. It is a guess, and says how good it is.
func ahead(p explore.Progress) string {
	e := p.Estimate
	if e.Total <= p.Distinct || p.Rate == 0 {
		return ""
	}
	between := "at least " + rounded(e.Low)
	if e.High > 0 {
		between = rounded(e.Low) + " to " + rounded(e.High)
	}
	left := time.Duration(float64(e.Total-p.Distinct)/p.Rate) * time.Second
	return fmt.Sprintf(", about %v left of %s (%s)", left.Round(max(time.Second, left/20).Round(time.Second)), rounded(e.Total), between)
}

// rounded writes a number with two digits that mean something.
func rounded(n uint64) string {
	for i, unit := range []string{"", " k", " M", " G", " T"} {
		if scale := math.Pow(1000, float64(i)); float64(n) < 999.5*scale || i == 4 {
			return fmt.Sprintf("%.3g%s", float64(n)/scale, unit)
		}
	}
	return ""
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
