package trace

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
)

// version is the first line of a trace.
const version = "zkcheck trace v1"

// noRollOver is the counter at which a leader steps down where nothing else is wanted.
const noRollOver = math.MaxUint32

// Bounds of a file.
const (
	MaxFile  = 8 << 20 // bytes
	MaxLine  = 4 << 10 // bytes
	MaxSteps = 1_000_000
)

// Header is the position of a comment that stands above the last line of the header.
const Header = -1

// NoLoop is the Loop of a run that ends.
const NoLoop = -1

// Trace is a run: a cluster, and what happened to it. A run without an end is a lasso: after the steps of
// its stem, those of its loop are taken for ever. An empty loop is a run that stops though it ought not to.
type Trace struct {
	Name     string         // where it was read from, for messages; may be empty
	Property string         // the one it is judged by; all if empty
	Config   cluster.Config // Track is not part of a trace
	Steps    []Step
	Loop     int       // after how many steps the loop begins, NoLoop if there is none
	Comments []Comment // in the order of the file

	Certificate *Certificate // that there is no shorter run; nil if nobody has looked

	loopLine int // of the word loop, 0 if it was not read from a file
}

// Step is an action and the line that names it, 0 if it was not read from a file.
type Step struct {
	Action cluster.Action
	Line   int
}

// Comment is a line of comment, all that comes behind its mark #. After tells after how many steps it stands, or that it
// is in the Header.
type Comment struct {
	After int
	Text  string
}

// New makes a trace of actions.
func New(property string, c cluster.Config, actions []cluster.Action) *Trace {
	c.Track = cluster.Track{}
	t := &Trace{Property: property, Config: c, Steps: make([]Step, len(actions)), Loop: NoLoop}
	for i, a := range actions {
		t.Steps[i].Action = a
	}
	return t
}

// NewLasso makes a trace of actions that ends in a loop.
func NewLasso(property string, c cluster.Config, stem, loop []cluster.Action) *Trace {
	t := New(property, c, slices.Concat(stem, loop))
	t.Loop = len(stem)
	return t
}

// Keep leaves out all steps but the first n. What is left of a lasso is a run that ends.
func (t *Trace) Keep(n int) {
	if n < len(t.Steps) {
		t.Steps, t.Loop, t.Certificate = t.Steps[:n], NoLoop, nil
	}
}

// Actions are the actions of all steps.
func (t *Trace) Actions() []cluster.Action {
	actions := make([]cluster.Action, len(t.Steps))
	for i, s := range t.Steps {
		actions[i] = s.Action
	}
	return actions
}

// Format writes the trace as a file: the inverse of Parse. The line "steps" is how a reader knows that
// nothing is missing at the end; of a lasso it counts stem and loop, "steps 9+3".
func (t *Trace) Format() []byte {
	b := append([]byte(version), '\n')
	b = t.appendComments(b, Header)
	line := func(key, value string) {
		if value != "" {
			b = append(append(append(append(b, key...), ' '), value...), '\n')
		}
	}
	c := &t.Config
	line("property", t.Property)
	line("cluster", c.Servers())
	line("observers", c.Observers())
	line("weights", c.Weights())
	if c.FIFO {
		line("channel", "fifo")
	}
	if c.Ensemble.Fine {
		line("grain", "fine")
	}
	if c.Phases != cluster.AllPhases {
		line("phases", c.Phases.String())
	}
	if n := c.Ensemble.LastCounter; n != noRollOver {
		line("counter", strconv.FormatUint(uint64(n), 10))
	}
	line("limits", c.Limits.String())
	line("mutant", c.Ensemble.Rules.Name)
	if t.Certificate != nil {
		line("certificate", t.Certificate.String())
	}
	if t.Loop == NoLoop {
		line("steps", strconv.Itoa(len(t.Steps)))
	} else {
		line("steps", fmt.Sprintf("%d+%d", t.Loop, len(t.Steps)-t.Loop))
	}
	at := 0
	for i, s := range t.Steps {
		at = t.formatComments(&b, at, i)
		if i == t.Loop {
			b = append(b, "loop\n"...)
		}
		b = append(append(b, s.Action.String()...), '\n')
	}
	t.formatComments(&b, at, math.MaxInt)
	if t.Loop == len(t.Steps) {
		b = append(b, "loop\n"...)
	}
	return b
}

func (t *Trace) appendComments(b []byte, after int) []byte {
	for _, c := range t.Comments {
		if c.After == after {
			b = appendComment(b, c.Text)
		}
	}
	return b
}

// formatComments writes the comments, from number at on, that stand after so many steps or fewer.
func (t *Trace) formatComments(b *[]byte, at, after int) int {
	for ; at < len(t.Comments) && t.Comments[at].After <= after; at++ {
		if t.Comments[at].After != Header {
			*b = appendComment(*b, t.Comments[at].Text)
		}
	}
	return at
}

func appendComment(b []byte, text string) []byte {
	text = strings.ReplaceAll(text, "\n", "\n#")
	return append(append(append(b, '#'), text...), '\n')
}

// WriteFile writes the trace to a file that is whole or is not there.
func (t *Trace) WriteFile(path string) error { return WriteFile(path, t.Format()) }

// WriteFile writes a file by way of a temporary one beside it: nobody ever sees half of it. What is
// there must be a regular file, for a device or a pipe would be replaced by one; a link is followed.
func WriteFile(path string, data []byte) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("can't write %s: not a regular file", path)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".zkcheck-*")
	if err != nil {
		return fmt.Errorf("can't write %s: %w", path, cause(err))
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("can't write %s: %w", path, cause(err))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
