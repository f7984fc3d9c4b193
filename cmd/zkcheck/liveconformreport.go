package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zkcheck/zkcheck/live/conform"
	"github.com/zkcheck/zkcheck/trace"
)

// conformJSON is what --json prints.
type conformJSON struct {
	Verdict    string         `json:"verdict"`
	Target     string         `json:"target,omitempty"` // the server that ran already
	Evidence   string         `json:"evidence"`         // "log", or "wire" where there is none
	Elections  int            `json:"elections"`
	Asked      int            `json:"wanted"`
	Decided    int            `json:"decided"`
	Undecided  int            `json:"undecided"`
	PerMinute  float64        `json:"electionsPerMinute"`
	Seconds    float64        `json:"seconds"`
	Exercised  map[string]int `json:"exercised"`
	Resets     int            `json:"reconnects"`
	Observers  int            `json:"observersAnswered"`
	Found      []string       `json:"disagreements"`
	Files      []string       `json:"files"`
	Unrepeated []string       `json:"unrepeated"`
}

func (f *liveConformFlags) report(out io.Writer, r *conform.Report) error {
	j := conformJSON{Verdict: verdictHolds, Evidence: "log", Elections: r.Elections, Asked: f.elections, Decided: r.Decided,
		Undecided: r.Elections - r.Decided, Seconds: r.Elapsed.Seconds(), Exercised: map[string]int{},
		PerMinute: perMinute(r), Resets: r.Resets, Observers: r.Asked, Found: []string{}, Files: []string{}, Unrepeated: []string{}}
	if f.target != nil {
		j.Target, j.Evidence = f.target.Addr(), "wire"
	}
	for i, rule := range conform.Rules() {
		j.Exercised[rule.Name] = r.Exercised[i]
	}
	files, err := f.files(r)
	if err != nil {
		return err
	}
	for i, d := range r.Found {
		j.Found, j.Files = append(j.Found, oneLine(d.Error())), append(j.Files, files[i])
	}
	for i, d := range r.Unrepeated {
		j.Unrepeated = append(j.Unrepeated, files[len(r.Found)+i]+": "+oneLine(d.Error()))
	}
	code := exitHolds
	switch {
	case len(r.Found) > 0:
		j.Verdict, code = verdictViolated, exitViolated
	case len(r.Unrepeated) > 0 || r.Elections < f.elections:
		j.Verdict, code = verdictUnknown, exitUnknown
	}
	err = f.print(out, &j, r)
	if err == nil && code != exitHolds {
		return verdictCode(code)
	}
	return err
}

// files writes the scripts of all disagreements: first those that were repeated, then the others.
func (f *liveConformFlags) files(r *conform.Report) (names []string, err error) {
	for _, d := range r.Found {
		file, err := f.write(fmt.Sprintf("zkcheck-conform-%d-%d.zkt", f.seed, d.Election), d.Disagreement)
		if err != nil {
			return nil, err
		}
		names = append(names, file)
	}
	for i, d := range r.Unrepeated {
		file, err := f.write(fmt.Sprintf("zkcheck-conform-%d-once-%d.zkt", f.seed, i+1), d)
		if err != nil {
			return nil, err
		}
		names = append(names, file)
	}
	return names, nil
}

// write writes the script of a disagreement, with what was seen.
func (f *liveConformFlags) write(name string, d *conform.Disagreement) (string, error) {
	file := filepath.Join(f.out, name)
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return file, fmt.Errorf("--out: %w", err)
	}
	text := append(trace.Wrap(oneLine(d.Error()), columns-2, "  "), "what was seen:")
	return file, trace.WriteFile(file, d.Script.Format(append(text, d.Seen...)...))
}

func (f *liveConformFlags) print(out io.Writer, j *conformJSON, r *conform.Report) error {
	if f.json {
		return writeJSON(out, j)
	}
	p := &printer{out: out}
	p.line("%s of %d voters on %s: %d decided, %d undecided; %.0f a minute", count(j.Elections, "election"),
		f.servers, f.subjects(), j.Decided, j.Undecided, j.PerMinute)
	if f.target != nil {
		p.line("by the wire alone: there is no log of the server")
	}
	p.line("")
	p.line("%-18s %9s  rule", "exercised", "elections")
	for i, rule := range conform.Rules() {
		p.labelled(fmt.Sprintf("%-18s %9d  ", rule.Name, r.Exercised[i]), rule.Doc, "")
	}
	p.line("%-18s %9d  a new connection brings the last notification again", "last-message", j.Resets)
	p.line("%-18s %9d  an observer that asks is told the current vote", "observer-answer", j.Observers)
	p.line("")
	for _, d := range j.Unrepeated {
		p.labelled("not repeated: ", d, "  ")
	}
	for i, d := range j.Found {
		p.labelled(fmt.Sprintf("election %d: ", r.Found[i].Election), d, "  ")
		p.line("%s, after %d more were tried", count(len(r.Found[i].Script.Steps), "step"), r.Found[i].Tried)
	}
	switch j.Verdict {
	case verdictHolds:
		p.line("holds: the engine explains all that the server did")
	case verdictViolated:
		p.line("violated: the server did what the engine does not do")
	default:
		p.line("unknown: %s of %d played, %s not repeated", count(j.Elections, "election"), j.Asked,
			count(len(j.Unrepeated), "disagreement"))
	}
	for _, file := range j.Files {
		p.line("%s", again(file))
		p.line("zkcheck live conform --trace %s%s", quoted(file), f.targetFlags())
	}
	return p.err
}

func perMinute(r *conform.Report) float64 {
	return float64(r.Elections) / max(r.Elapsed.Minutes(), 1e-9)
}

// conform shows a look at a run.
func (s *status) conform(r conform.Report, of int) {
	line := fmt.Sprintf("%d of %d elections, %.0f a minute; %d decided, %s", r.Elections, of, perMinute(&r), r.Decided,
		count(len(r.Found)+len(r.Unrepeated), "disagreement"))
	if r.Leads {
		line += "; the server leads, and is waited for"
	}
	s.look(line)
}
