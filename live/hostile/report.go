package hostile

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/wire"
)

// FileName is a name for the file of a finding.
func (f Finding) FileName(seed uint64) string {
	return fmt.Sprintf("zkcheck-hostile-%v-%d-%d.txt", f.Class, seed, f.Number)
}

// Repro is the command that sends the file of a finding to a fresh server.
func Repro(file string) string { return "zkcheck live conform --hostile --case " + file }

// OK tells whether the server has survived everything.
func (r Report) OK() bool { return len(r.Findings) == 0 }

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(b.Class, a.Class) })
}

// Write writes the report for people: how many cases were taken in which way, and every finding with the
// command that repeats it, where file is the name of the file that the caller has written.
func (r Report) Write(w io.Writer, file func(Finding) string) error {
	p := &printer{w: w}
	p.line("%d of %d hostile connections, seed %d", r.Done, r.Cases, r.Seed)
	for class, count := range r.Counts {
		if count > 0 {
			p.line("  %-12v  %4d  %s", Class(class), count, Class(class).Explain())
		}
	}
	for i, f := range r.Findings {
		p.line("")
		p.line("finding %d: %v, in %d of the cases", i+1, f.Class, f.Times)
		if f.Cause != "" {
			p.line("  cause   %s", f.Cause)
		}
		label := "made by"
		for line := range strings.SplitSeq(f.Original.Description, "\n") {
			p.line("  %-7s %s", label, line)
			label = ""
		}
		f.shortest(p)
		label = "log"
		for line := range strings.Lines(f.Log) {
			p.line("  %-7s %s", label, strings.TrimRight(line, "\n"))
			label = ""
		}
		if !f.Alone {
			p.line("  A fresh server takes it otherwise: cases before it matter.")
		}
		p.whole("  " + Repro(file(f)))
	}
	return p.err
}

// shortest writes what the case has become, as far as it can be read.
func (f Finding) shortest(p *printer) {
	if h, err := wire.ReadHeader(bytes.NewReader(f.Case.Header)); err == nil {
		p.line("  sent    header of sid %d, %s", h.SID, quoted(strings.Join(h.Addrs, "|")))
	} else {
		p.line("  sent    a header of %d bytes that is none: %v", len(f.Case.Header), err)
	}
	for _, b := range f.Case.Frames {
		if len(b) > 4 {
			if n, err := wire.ParseNotification(b[4:]); err == nil && n.HasConfig() {
				p.line("          a notification with config %s", quoted(n.Config))
				continue
			}
		}
		p.line("          a frame %s", quoted(string(b)))
	}
}

// columns is the width of a terminal; what is longer is cut, the file has all of it.
const columns = 100

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	text := []rune(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	if len(text) > columns {
		text = append(text[:columns-3], []rune("...")...)
	}
	p.whole(string(text))
}

// whole writes a line that is of no use if a part is missing, as a command.
func (p *printer) whole(text string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, text)
	}
}
