package main

import (
	"fmt"
	"io"
	"os"

	"github.com/zkcheck/zkcheck/live/conform"
)

// scriptIn is the script that a file holds, nil if it holds none: a trace of a whole cluster, or nothing
// that can be read, which the reader of traces has the words for.
func scriptIn(file string) (*conform.Script, error) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > conform.MaxFile {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil || !conform.IsScript(data) {
		return nil, nil
	}
	return conform.ParseScript(file, data)
}

// scriptJSON is what --json prints of a script.
type scriptJSON struct {
	File    string   `json:"file"`
	Subject string   `json:"subject"`
	Broken  string   `json:"broken,omitempty"`
	Steps   []string `json:"steps"`
}

// script tells what the engine does in a script of one server. There is nothing to judge: the real server
// is not here.
func (f *replayFlags) script(out io.Writer, file string, s *conform.Script, to bool) error {
	lines := conform.Explain(s)
	if to {
		if f.to < 0 || f.to > len(s.Steps) {
			return fmt.Errorf("--to %d: %s has %s", f.to, file, count(len(s.Steps), "step"))
		}
		lines = lines[:f.to+1]
	}
	if f.json {
		return writeJSON(out, scriptJSON{file, s.Subject.String(), s.Broken, lines})
	}
	p := &printer{out: out}
	if s.Broken != "" {
		p.line("the engine has the rule %s broken", s.Broken)
	}
	if !f.quiet {
		for _, line := range lines {
			p.wrapped(line, "      ")
		}
		p.line("")
	}
	p.wrapped(fmt.Sprintf("script: one election of server %v, its peers played, %s; to hold a real server against it:",
		s.Subject, count(len(s.Steps), "step")), "  ")
	p.line("zkcheck live conform --trace %s", quoted(file))
	return p.err
}
