package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/trace"
)

// printer writes lines that fit the columns, and keeps the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

// wrapped writes a text; lines after its first begin with indent.
func (p *printer) wrapped(text, indent string) { p.labelled("", text, indent) }

// labelled writes a text behind a label; lines after the first begin below it, with indent.
func (p *printer) labelled(label, text, indent string) {
	width := columns - len(label)
	for i, l := range trace.Wrap(text, width, indent) {
		if i == 1 {
			label = strings.Repeat(" ", len(label))
		}
		p.line("%s%s", label, l)
	}
}

// steps writes steps in words: the action, what it does, what it changes; and where a loop begins, if one
// does.
func (p *printer) steps(steps []replayedStep, loop int) {
	number := len(strconv.Itoa(len(steps)))
	indent := strings.Repeat(" ", number+2)
	for i, s := range steps {
		if i == loop {
			p.line("%sloop", indent)
		}
		p.line("%*d  %s", number, s.Step, s.Action)
		p.labelled(indent+"  ", s.Text, "  ")
		for _, c := range s.Changes {
			p.labelled(indent+"    ", c, "  ")
		}
	}
	if loop == len(steps) {
		p.line("%sloop", indent)
	}
}

// grouped writes a number with commas between thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number of things: "1 step", "2 steps", "3 stories".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		thing = stem + "ie"
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
