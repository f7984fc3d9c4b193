package trace

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// Changes are the differences between two states, one line per server that is not what it was:
// "2: LOOKING -> FOLLOWING 3, ELECTION -> DISCOVERY".
func Changes(before, after *cluster.State) []string {
	var lines []string
	for i := range after.Servers {
		if parts := changed(before, after, i); len(parts) > 0 {
			lines = append(lines, fmt.Sprintf("%v: %s", after.Servers[i].SID, strings.Join(parts, ", ")))
		}
	}
	return lines
}

func changed(before, after *cluster.State, i int) []string {
	was, is := before.Servers[i], after.Servers[i]
	var parts []string
	note := func(name, from, to string) {
		if from != to {
			parts = append(parts, fmt.Sprintf("%s%s -> %s", name, from, to))
		}
	}
	note("", doing(before, i), doing(after, i))
	if after.Up.Has(i) && before.Up.Has(i) {
		note("", was.Phase.String(), is.Phase.String())
		note("round ", fmt.Sprint(was.Round), fmt.Sprint(is.Round))
		if is.State != election.Looking {
			note("epoch ", fmt.Sprint(was.Epoch), fmt.Sprint(is.Epoch))
		}
	}
	note("disk ", was.Disk.String(), is.Disk.String())
	if after.Up.Has(i) && before.Up.Has(i) {
		parts = append(parts, logged(was.History(), is.History())...)
	}
	return parts
}

// logged is what a log in memory has lost and gained: "log -1.2", "log +2.1=1".
func logged(was, is *election.Log) (parts []string) {
	if cut := beyond(was, is); len(cut) > 0 {
		parts = append(parts, "log -"+txns(cut))
	}
	if more := beyond(is, was); len(more) > 0 {
		parts = append(parts, "log +"+txns(more))
	}
	return parts
}

// Describe says what each server is doing: "3: LEADING BROADCAST".
func Describe(s *cluster.State) []string {
	lines := make([]string, len(s.Servers))
	for i := range s.Servers {
		lines[i] = fmt.Sprintf("%v: %s", s.Servers[i].SID, doing(s, i))
		if s.Up.Has(i) && s.Servers[i].State != election.Looking {
			lines[i] += " " + s.Servers[i].Phase.String()
		}
	}
	return lines
}

// doing is the state of a server and whom it is about.
func doing(s *cluster.State, i int) string {
	v := s.Servers[i]
	switch {
	case !s.Started.Has(i):
		return "not started"
	case !s.Up.Has(i):
		return "down"
	case v.State == election.Leading:
		return "LEADING"
	case v.State != election.Looking:
		return fmt.Sprintf("%v %v", v.State, v.Vote.Leader)
	case v.Waiting:
		return fmt.Sprintf("LOOKING for %v in finalizeWait", v.Proposal)
	}
	return fmt.Sprintf("LOOKING for %v", v.Proposal)
}

// Wrap breaks a text into lines of at most width columns, between words. Lines after the first begin
// with indent; a word that is longer than a line is cut.
func Wrap(text string, width int, indent string) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
			continue
		default:
			lines = append(lines, line)
			line = indent + word
		}
		for len(line) > width {
			lines = append(lines, line[:width])
			line = indent + line[width:]
		}
	}
	return append(lines, line)
}
