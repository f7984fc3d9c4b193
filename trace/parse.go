package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// ReadFile reads and parses a trace.
func ReadFile(path string) (*Trace, error) {
	info, err := os.Stat(path) // before it is opened: that of a pipe waits until somebody writes to it
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	return Parse(path, data)
}

// cause is an error of the file system without the path, which the caller names.
func cause(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// Parse reads a trace. Errors are one line, "file:line: what is wrong".
func Parse(name string, data []byte) (*Trace, error) {
	p := &parser{name: name, seen: map[string]int{}, steps: -1, loop: NoLoop, counter: noRollOver}
	p.t = &Trace{Name: name, Loop: NoLoop}
	if err := p.file(data); err != nil {
		return nil, err
	}
	return p.t, nil
}

// parser reads one file.
type parser struct {
	name string
	line int
	t    *Trace

	seen      map[string]int // header key to line
	servers   []string
	observers string
	weights   string
	limits    string
	steps     int // as the header promises, or -1
	loop      int // as the header promises, or NoLoop
	counter   uint32
	phases    cluster.Phases
	mutant    *mutant.Mutant // nil for ZooKeeper's rules
	config    bool
	fine      bool
}

func (p *parser) fail(format string, args ...any) error { return p.at(p.line, format, args...) }

func (p *parser) at(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{p.name, line}, args...)...)
}

// file reads the lines. The last one ends with a newline, or something is missing behind it.
func (p *parser) file(data []byte) error {
	p.line = 1
	switch {
	case len(data) == 0:
		return p.fail("the file is empty")
	case len(data) > MaxFile:
		return p.fail("the file is larger than %d MiB", MaxFile>>20)
	}
	for p.line = 1; len(data) > 0; p.line++ {
		end := bytes.IndexByte(data, '\n')
		if end > MaxLine || end < 0 && len(data) > MaxLine {
			return p.fail("the line is longer than %d bytes", MaxLine)
		}
		whole := end >= 0
		if !whole {
			end = len(data)
		}
		text := string(bytes.TrimSuffix(data[:end], []byte("\r")))
		if p.line == 1 && text != version {
			return p.fail("the first line is not %q", version)
		}
		if !whole {
			return p.fail("truncated: the last line has no end")
		}
		data = data[end+1:]
		if p.line == 1 {
			continue
		}
		if err := p.text(text); err != nil {
			return err
		}
	}
	p.line--
	return p.end()
}

// text reads a line.
func (p *parser) text(line string) error {
	if !plain(line) {
		return p.fail("the line is not plain text")
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	if comment, ok := strings.CutPrefix(line, "#"); ok {
		p.t.Comments = append(p.t.Comments, Comment{After: len(p.t.Steps), Text: comment})
		return nil
	}
	key, value := line, ""
	if i := strings.IndexAny(line, " \t"); i > 0 {
		key, value = line[:i], strings.TrimSpace(line[i:])
	}
	switch key {
	case "property", "cluster", "observers", "weights", "channel", "grain", "phases", "counter", "limits", "steps", "mutant", "certificate":
		return p.header(key, value)
	case "loop":
		return p.beginLoop(value)
	}
	return p.step(line)
}

// plain tells whether a line can be shown to people.
func plain(line string) bool {
	if !utf8.ValidString(line) {
		return false
	}
	return !strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) })
}

// header reads a line of the header.
func (p *parser) header(key, value string) error {
	switch {
	case len(p.t.Steps) > 0 || p.t.Loop != NoLoop:
		return p.fail("%s after the first step", key)
	case p.seen[key] > 0:
		return p.fail("%s is given twice", key)
	case value == "":
		return p.fail("%s of what?", key)
	}
	p.seen[key] = p.line
	for i := range p.t.Comments {
		p.t.Comments[i].After = Header
	}
	switch key {
	case "property":
		property, err := props.Find(value)
		if err != nil {
			return p.fail("%w", err)
		}
		if n := alike(property.ID); value != property.Name && n > 1 {
			return p.fail("%s are %d properties, %s is one of them", value, n, property.Name)
		}
		p.t.Property = property.Name
	case "cluster":
		p.servers = strings.Fields(value)
	case "observers":
		p.observers = value
	case "weights":
		p.weights = value
	case "channel":
		if value != "fifo" {
			return p.fail("unknown channel %q, only fifo can be named", value)
		}
		p.t.Config.FIFO = true
	case "grain":
		if value != "fine" && value != "coarse" {
			return p.fail("unknown grain %q, want coarse or fine", value)
		}
		p.fine = value == "fine"
	case "phases":
		phases, err := cluster.ParsePhases(value)
		if err != nil {
			return p.fail("%w", err)
		}
		p.phases = phases
	case "counter":
		n, ok := number(value, math.MaxUint32)
		if !ok || n == 0 {
			return p.fail("counter: %q is not a number of 1..%d", value, uint32(math.MaxUint32))
		}
		p.counter = uint32(n)
	case "limits":
		p.limits = value
	case "steps":
		return p.promise(value)
	case "mutant":
		m, err := mutant.Find(value)
		if err != nil {
			return p.fail("%w", err)
		}
		p.mutant = &m
	case "certificate":
		c, err := parseCertificate(value)
		if err != nil {
			return p.fail("%w", err)
		}
		c.line = p.line
		p.t.Certificate = c
	}
	return nil
}

// promise reads how many steps there are, of a lasso those of the stem and of the loop: "9+3".
func (p *parser) promise(value string) error {
	stem, loop, lasso := strings.Cut(value, "+")
	n, ok := number(stem, MaxSteps)
	if lasso && ok {
		var round uint64
		round, ok = number(loop, MaxSteps)
		p.loop, n = int(n), n+round
	}
	if !ok || n > MaxSteps {
		return p.fail("steps: %q is not a number of 0..%d, or two of stem and loop", value, MaxSteps)
	}
	p.steps = int(n)
	return nil
}

// number reads a number as it is printed.
func number(s string, most uint64) (n uint64, ok bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && strconv.FormatUint(n, 10) == s && n <= most
}

// alike is how many properties have a catalogue number.
func alike(id string) (n int) {
	for _, p := range props.All() {
		if p.ID == id {
			n++
		}
	}
	return n
}

// configure makes the cluster when the header is over.
func (p *parser) configure() error {
	if p.config {
		return nil
	}
	p.config = true
	if p.seen["cluster"] == 0 {
		return p.fail("there is no cluster in the header")
	}
	c, err := cluster.ParseConfig(p.servers, p.observers, p.weights)
	if err != nil {
		line := p.seen["cluster"]
		for _, key := range []string{"observers", "weights"} {
			if strings.Contains(err.Error(), key) && p.seen[key] > 0 {
				line = p.seen[key]
			}
		}
		return p.at(line, "%w", err)
	}
	if c.Limits, err = cluster.ParseLimits(p.limits); err != nil {
		return p.at(p.seen["limits"], "%w", err)
	}
	c.FIFO = p.t.Config.FIFO
	c.Ensemble.Fine, c.Ensemble.LastCounter, c.Phases = p.fine, p.counter, p.phases
	if p.mutant != nil {
		p.mutant.Apply(&c.Ensemble.Rules)
	}
	p.t.Config = c
	return nil
}

// step reads an action.
func (p *parser) step(line string) error {
	a, err := cluster.ParseAction(line)
	if err != nil {
		return p.fail("%w", err)
	}
	if err := p.configure(); err != nil {
		return err
	}
	if len(p.t.Steps) == MaxSteps {
		return p.fail("more than %d steps", MaxSteps)
	}
	if p.steps >= 0 && len(p.t.Steps) == p.steps {
		return p.fail("more steps than the %d of line %d", p.steps, p.seen["steps"])
	}
	for _, sid := range sids(a) {
		if _, ok := p.t.Config.Ensemble.Position(sid); !ok {
			return p.fail("server %v is not in the cluster", sid)
		}
	}
	p.t.Steps = append(p.t.Steps, Step{Action: a, Line: p.line})
	return nil
}

// beginLoop reads the line from which on the steps are taken for ever.
func (p *parser) beginLoop(value string) error {
	switch {
	case value != "":
		return p.fail("loop: %q is too much", value)
	case p.t.Loop != NoLoop:
		return p.fail("loop is given twice, first in line %d", p.t.loopLine)
	}
	p.t.Loop, p.t.loopLine = len(p.t.Steps), p.line
	return p.configure()
}

// sids are the servers that an action names: of some it is the whole cluster.
func sids(a cluster.Action) []election.SID {
	switch text := a.String(); {
	case !strings.Contains(text, " "):
		return nil
	case strings.Contains(text, "-"):
		return []election.SID{a.From, a.To}
	}
	return []election.SID{a.From}
}

// end looks for what is missing.
func (p *parser) end() error {
	if err := p.configure(); err != nil {
		return err
	}
	switch n := len(p.t.Steps); {
	case p.steps < 0 && n == 0 && p.t.Loop == NoLoop:
		return p.fail("truncated: no step follows the header")
	case p.steps >= 0 && n < p.steps:
		return p.fail("truncated: %d of the %d steps of line %d are here", n, p.steps, p.seen["steps"])
	case p.loop != NoLoop && p.t.Loop == NoLoop:
		return p.fail("truncated: there is no line loop, which line %d promises after step %d", p.seen["steps"], p.loop)
	case p.loop != NoLoop && p.t.Loop != p.loop:
		return p.at(p.t.loopLine, "the loop begins after step %d, line %d promises it after step %d", p.t.Loop,
			p.seen["steps"], p.loop)
	}
	if c := p.t.Certificate; c != nil {
		if err := c.suits(p.t); err != nil {
			return p.at(c.line, "%w", err)
		}
	}
	return nil
}
