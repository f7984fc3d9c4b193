package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/trace"
)

// TestManyCauses: a step that builds on many fits the columns.
func TestManyCauses(t *testing.T) {
	var out bytes.Buffer
	e := &trace.Explanation{Trace: &trace.Trace{Loop: trace.NoLoop}, Steps: make([]trace.Explained, 40)}
	last := &e.Steps[len(e.Steps)-1]
	last.Needed = true
	for i := range 39 {
		last.BuildsOn = append(last.BuildsOn, i+1)
	}
	p := &printer{out: &out}
	p.explainedSteps(e)
	if p.err != nil || !strings.Contains(out.String(), " 39\n") {
		t.Errorf("%v in\n%s", p.err, out.String())
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > columns+1 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}
