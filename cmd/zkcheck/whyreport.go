package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/trace"
)

// mostOptions is how many of the things that could have happened are listed.
const mostOptions = 12

// explanation writes an explanation as text.
func (p *printer) explanation(t *trace.Trace, e *trace.Explanation) {
	if !e.Verdict.Violated {
		p.wrapped(e.Verdict.String()+"; there is nothing to explain", "  ")
		return
	}
	p.wrapped(describeTrace(t), "  ")
	p.wrapped(e.Verdict.String(), "  ")
	p.labelled("  ", e.Property.Name+" says: "+e.Property.Doc, "  ")
	p.line("")
	p.explainedSteps(e)
	p.line("")
	p.legend(e)
	if e.Decided > 0 {
		p.line("")
		p.decided(e)
	}
	if e.Rules != nil {
		p.line("")
		p.rules(e.Rules)
	}
	p.line("")
	p.labelled("in short: ", inShort(e), "")
}

// explainedSteps writes a line for each step and, below, what the needed ones do.
func (p *printer) explainedSteps(e *trace.Explanation) {
	if e.Odds == nil {
		p.line("step           action")
	} else {
		p.line("step    share  action")
	}
	share := func(after int) string {
		if e.Odds == nil {
			return ""
		}
		return shareText(e.Odds.At[after])
	}
	if e.Odds != nil {
		p.line("%4d  %7s  %s", 0, share(0), "before the first step")
	}
	for i, s := range e.Steps {
		if i == e.Trace.Loop {
			p.line("      %7s  loop", "")
		}
		var notes []string
		mark := " "
		if !s.Needed {
			mark, notes = "-", []string{"not needed"}
		} else if len(s.BuildsOn) > 0 {
			notes = []string{"builds on " + stepNumbers(s.BuildsOn)}
		}
		if i+1 == e.Decided {
			notes = append(notes, "here it was decided")
		}
		p.labelled(fmt.Sprintf("%4d%s %7s  %-18s ", i+1, mark, share(i+1), s.Action), strings.Join(notes, "; "), "")
		if s.Needed {
			p.labelled("                 ", s.Text, "")
		}
	}
	if e.Trace.Loop == len(e.Steps) {
		p.line("      %7s  loop", "")
	}
}

func stepNumbers(list []int) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = strconv.Itoa(n)
	}
	return strings.Join(names, ", ")
}

// shareText writes a share in seven columns at most. Only what is sure is written without a point.
func shareText(s trace.Share) string {
	switch {
	case !s.Known:
		return "?"
	case s.Sure:
		return "1"
	case s.Fails == 0:
		return "0"
	case s.Fails < 0.001:
		return fmt.Sprintf("%.1e", s.Fails)
	case s.Fails > 0.9999:
		return "0.9999"
	}
	return fmt.Sprintf("%.4f", s.Fails)
}

// legend says what the marks and the shares mean.
func (p *printer) legend(e *trace.Explanation) {
	switch n := len(e.Steps) - e.NeededSteps(); {
	case len(e.Steps) == 0:
		p.wrapped("There is no step to leave out: the violation needs none.", "   ")
	case n > 0 && e.Every:
		p.wrapped(fmt.Sprintf("-  not needed: without %s the rest still runs and ends in the same violation; of the rest no step can be left out.",
			count(n, "step")), "   ")
	case n > 0:
		p.wrapped(fmt.Sprintf("-  not needed: without %s the rest still runs and ends in the same violation; there may be more such steps.",
			count(n, "step")), "   ")
	case e.Every:
		p.wrapped("All steps are needed: without any one of them the rest does not run, or does not end in the same violation.", "   ")
	default:
		p.wrapped("All steps are shown as needed: there are too many to try without each.", "   ")
	}
	switch {
	case e.Trace.Loop != trace.NoLoop:
		p.wrapped("The share of continuations is not defined for a run without an end: what breaks the property is that the loop is taken for ever, and that no step shows.", "")
	case e.Odds == nil:
		p.wrapped("The share of continuations is not defined: "+e.Property.Name+" is judged by a whole run, not by single steps.", "")
	default:
		p.wrapped(fmt.Sprintf("share: of all ways to go on at random from there, each enabled action alike, up to step %d, the part that violates %s; summed over %s states, not sampled.",
			e.Odds.Horizon, e.Property.Name, grouped(uint64(e.Odds.States))), "")
		if e.Odds.Why != "" {
			p.wrapped("?: "+e.Odds.Why+".", "")
		}
	}
	switch {
	case e.Decided == 0:
	case e.Odds.Near:
		p.wrapped("The horizon is near, for want of --states: behind a farther one an earlier step may turn out to have decided.", "")
	case !e.Odds.At[0].Known:
		p.wrapped("A step whose share is not known may turn out to have decided, with more --states.", "")
	}
	if e.Odds != nil && e.Odds.At[0].Sure {
		p.wrapped("It was decided before the first step: whatever happens, the property is violated.", "")
	} else if e.Odds != nil && e.Decided == 0 {
		p.wrapped("Where it was decided is not told: that takes a horizon behind the last step, and so more --states.", "")
	}
	if e.Verdict.ForEver != "" {
		p.wrapped(e.Verdict.ForEver, "")
	}
}

// decided says what the step that decided did to the share, and what else could have happened.
func (p *printer) decided(e *trace.Explanation) {
	k := e.Decided
	taken := e.Steps[k-1].Action
	p.wrapped(fmt.Sprintf("where it was decided: step %d, %v, raised the share from %s to %s", k, taken,
		shareText(e.Odds.At[k-1]), shareText(e.Odds.At[k])), "  ")
	options := e.Odds.Options[k-1]
	if len(options) == 1 {
		p.line("  nothing else could have happened")
		return
	}
	p.line("  what could have happened there, and the share after it:")
	for i, o := range options {
		if i == mostOptions {
			p.line("  %9s  and %d more", "", len(options)-i)
			break
		}
		note := ""
		if o.Action == taken {
			note = "<- this did"
		}
		p.line("  %9s  %-18s %s", shareText(o.Share), o.Action, note)
	}
}

// rules writes what the wrong rule did and the right one would have done, side by side.
func (p *printer) rules(d *trace.Difference) {
	m := d.Mutant
	p.wrapped(m.ID+": "+m.Title, "  ")
	p.labelled("  wrong: ", m.Wrong, "")
	p.labelled("  right: ", m.Right, "")
	if d.Step == 0 {
		p.wrapped("In every step of this run ZooKeeper's rules would have done the same. "+couldHave(d), "  ")
		return
	}
	p.wrapped(fmt.Sprintf("The first step that differs is step %d, %s:", d.Step, d.Action), "  ")
	p.line("")
	p.beside("under "+m.ID, "under ZooKeeper's rules")
	p.beside(strings.Repeat("-", half), strings.Repeat("-", half))
	p.beside(d.Wrong.Text, d.Right.Text)
	for i := range max(len(d.Wrong.Changes), len(d.Right.Changes)) {
		p.beside(bullet(d.Wrong.Changes, i), bullet(d.Right.Changes, i))
	}
	if d.Hidden {
		p.line("  Both look alike: the difference is in what a server remembers.")
	}
}

// couldHave says what could have happened instead of a run that the right rules would take step by step.
func couldHave(d *trace.Difference) string {
	var parts []string
	if len(d.Missing) > 0 {
		parts = append(parts, strings.Join(d.Missing, ", ")+" could happen by ZooKeeper's rules, and can't by these")
	}
	if len(d.More) > 0 {
		parts = append(parts, strings.Join(d.More, ", ")+" can happen by these rules, and could not by ZooKeeper's")
	}
	if len(parts) == 0 {
		return "They differ in what comes later, or in what is taken for a violation."
	}
	return fmt.Sprintf("They differ in what does not happen: after step %d %s.", d.After, strings.Join(parts, "; "))
}

// half is the width of one of two columns.
const half = 47

func bullet(list []string, i int) string {
	if i < len(list) {
		return "* " + list[i]
	}
	return ""
}

// beside writes two texts side by side.
func (p *printer) beside(left, right string) {
	a, b := trace.Wrap(left, half, "  "), trace.Wrap(right, half, "  ")
	for i := range max(len(a), len(b)) {
		var l, r string
		if i < len(a) {
			l = a[i]
		}
		if i < len(b) {
			r = b[i]
		}
		p.line("  %-*s  %s", half, l, r)
	}
}

// inShort is an explanation in a paragraph.
func inShort(e *trace.Explanation) string {
	if !e.Verdict.Violated {
		return e.Verdict.String()
	}
	n, all := e.NeededSteps(), len(e.Steps)
	text := fmt.Sprintf("%s is violated at step %d by the last of %s", e.Property.Name, e.Verdict.Step, count(all, "step"))
	switch {
	case e.Trace.Loop != trace.NoLoop:
		text = fmt.Sprintf("%s is violated by a run without an end, of %s", e.Property.Name, count(all, "step"))
	case e.Property.Check == nil:
		text = fmt.Sprintf("%s is violated by a whole run, of %s", e.Property.Name, count(all, "step"))
	}
	switch {
	case all == 0:
		text += ": no step is needed."
	case n == 0:
		text += ", none of which is needed."
	case n == all:
		text += ", all of which are needed."
	case n == 1:
		text += ", one of which is needed."
	default:
		text += fmt.Sprintf(", %d of which are needed.", n)
	}
	if k := e.Decided; k > 0 {
		known := ""
		if !e.Odds.At[0].Known {
			known = ", as far as shares are known,"
		}
		text += fmt.Sprintf(" It was decided%s at step %d, %v, which raised the share of continuations that fail from %s to %s",
			known, k, e.Steps[k-1].Action, shareText(e.Odds.At[k-1]), shareText(e.Odds.At[k]))
		switch from := e.Odds.SureFrom(); {
		case from == all:
			text += "; until the last step it could still be avoided."
		default:
			text += fmt.Sprintf("; after step %d every continuation fails.", from)
		}
	}
	if e.Odds != nil && e.Odds.At[0].Sure {
		text += " It could not be avoided from the start."
	}
	if d := e.Rules; d != nil && d.Step > 0 {
		text += fmt.Sprintf(" ZooKeeper's rules part from %s at step %d, %s.", d.Mutant.ID, d.Step, d.Action)
	} else if d != nil {
		text += fmt.Sprintf(" ZooKeeper's rules would have taken every step as %s does. %s", d.Mutant.ID, couldHave(d))
	}
	return text
}
