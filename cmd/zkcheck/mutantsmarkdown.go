package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/zkcheck/zkcheck/gauntlet"
	"github.com/zkcheck/zkcheck/props"
)

// markdown writes the matrix as a page.
func (r *gauntletResult) markdown(out io.Writer) error {
	p := &printer{out: out}
	r.intro(p)
	r.bugs(p)
	r.strategies(p)
	r.alone(p)
	r.controls(p)
	r.survived(p)
	return p.err
}

func (r *gauntletResult) intro(p *printer) {
	p.line("# The gauntlet")
	p.line("")
	p.wrapped(fmt.Sprintf("Bugs that ZooKeeper's leader election has had, and design mistakes that everybody makes once, each as a "+
		"change of one rule of the engine (package `mutant`), against the ways of looking for bugs. This page is written by "+
		"`zkcheck mutants --markdown`, and all of it but the seconds, and what the time ended, comes out the same again. **%d of %s killed**; "+
		"%s, %s.", r.Killed, count(r.Bugs, "bug"), count(r.Controls, "control"), count(r.FalseAlarms, "false alarm")), "")
	p.line("")
	p.wrapped(fmt.Sprintf("The machine: %s, %s on %s/%s.", count(runtime.NumCPU(), "core"), runtime.Version(), runtime.GOOS,
		runtime.GOARCH), "")
	p.line("")
	p.line("```")
	p.line("%s", r.command())
	p.line("zkcheck mutants --list              # the bugs in words")
	p.line("zkcheck mutants --id ID             # one of them")
	p.line("zkcheck check --mutant ID           # its counterexample, as a trace to replay")
	p.line("```")
	p.line("")
	if r.Interrupted {
		p.line("**This run was interrupted: rows are missing.**")
		p.line("")
	}
}

// command is how to write the page again.
func (r *gauntletResult) command() string {
	f := r.flags
	b := fmt.Sprintf("zkcheck mutants --markdown --time %v --schedules %d --memory %s --seed %d", f.time, f.schedules, f.memory, f.seed)
	if len(f.ids) > 0 {
		b += " --id " + strings.Join(f.ids, ",")
	}
	if len(f.strategies) > 0 {
		b += " --strategy " + strings.Join(f.strategies, ",")
	}
	if f.controls {
		b += " --controls"
	}
	return b
}

// bugs is the big table.
func (r *gauntletResult) bugs(p *printer) {
	p.line("## The bugs")
	p.line("")
	p.wrapped("Of a kill by exhaustive search: the property that notices, the distinct states until then, the seconds, and the "+
		"steps of the counterexample, which are the fewest there are if it is no lasso. Of the others: the property, the number of the schedule "+
		"that kills, the seconds, and the steps of its counterexample as found and minimised. *Per 1,000* is how many of a "+
		"thousand schedules kill; the seconds there are of all schedules, for they are counted after the first kill too.", "")
	p.line("")
	head, rule := []string{"mutant", "bug", "must notice"}, []string{"---", "---", "---"}
	for _, s := range r.Strategies {
		head, rule = append(head, s.Name), append(rule, "---")
	}
	p.line("| %s |", strings.Join(append(head, "others paid"), " | "))
	p.line("| %s |", strings.Join(append(rule, "---"), " | "))
	for _, x := range r.matrix.Bugs() {
		m := &x.Mutant
		row := []string{m.ID, fmt.Sprintf("%s: %s -> %s", m.Title, m.Wrong, m.Right), m.Property}
		for i := range r.Strategies {
			if i < len(x.Cells) {
				row = append(row, markdownCell(&x.Cells[i]))
			} else {
				row = append(row, "")
			}
		}
		p.row(append(row, m.Paid))
	}
	p.line("")
}

// row writes a row of a table.
func (p *printer) row(cells []string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	p.line("| %s |", strings.Join(cells, " | "))
}

func markdownCell(c *gauntlet.Cell) string {
	text := ""
	switch c.Verdict {
	case gauntlet.Inapplicable:
		return "n/a"
	case gauntlet.FalseAlarm:
		return "**FALSE ALARM**: " + c.Reason
	case gauntlet.Survived:
		text = "survives"
	case gauntlet.Unknown:
		text = "unknown"
	case gauntlet.Killed:
		if c.Property == gauntlet.Panicked {
			text = "the engine panics: " + c.Reason
		} else if c.First > 0 {
			text = fmt.Sprintf("%s, schedule %s, %.2f s, %d steps, minimised %d", c.Property, grouped(c.First), c.Seconds, c.Steps, c.Minimised)
		} else {
			text = fmt.Sprintf("%s, %s states, %.2f s, %d steps", c.Property, grouped(c.States), c.Seconds, c.Steps)
		}
	}
	if rate, ok := c.PerThousand(); ok && c.Rejected > 0 {
		text += "; " + rateText(rate) + " per 1,000"
	}
	return text
}

// rateText writes a rate with two digits that count, or all before the point.
func rateText(rate float64) string {
	if rate >= 10 {
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.2g", rate)
}

// strategies is who kills how many.
func (r *gauntletResult) strategies(p *printer) {
	p.line("## The strategies")
	p.line("")
	p.line("| strategy | what it does | kills |")
	p.line("| --- | --- | --- |")
	for i, s := range r.matrix.Strategies {
		p.row([]string{s.Name, s.Doc, fmt.Sprintf("%d of %d", r.Strategies[i].Killed, r.Bugs)})
	}
	p.line("")
}

// alone is which bugs show that a property of the catalogue is needed.
func (r *gauntletResult) alone(p *printer) {
	p.line("## What only one property notices")
	p.line("")
	p.wrapped("Of P1 to P21, only the property of the line notices these bugs in their cases: without it they would live.", "")
	p.line("")
	p.line("| number | properties | bugs that nothing else notices |")
	p.line("| --- | --- | --- |")
	for n := 1; n <= 21; n++ {
		id := fmt.Sprintf("P%d", n)
		var names, bugs []string
		for _, q := range props.All() {
			if q.ID == id {
				names = append(names, q.Name)
			}
		}
		for _, g := range props.Goals() {
			if g.ID == id {
				names = append(names, g.Name)
			}
		}
		for _, l := range props.Lessons() {
			if l.ID == id {
				names = append(names, l.Name+" (a lesson: noticed is that it is no longer taught)")
			}
		}
		if id == "P1" {
			bugs = append(bugs, "see below")
		}
		for _, x := range r.matrix.Bugs() {
			if q, err := props.Find(x.Mutant.Property); err == nil && q.ID == id && x.Mutant.Alone {
				bugs = append(bugs, x.Mutant.ID)
			}
		}
		if len(names) > 0 {
			p.row([]string{id, strings.Join(names, ", "), strings.Join(bugs, ", ")})
		}
	}
	p.line("")
	p.wrapped(whyNotP1, "")
	p.line("")
}

// whyNotP1 is held by the blocks "only" of package mutant's testdata/noticed.txt.
const whyNotP1 = `No bug is noticed by P1 alone, for P1 follows from others. If two leaders establish an epoch e, the quorums
that promised it (P6) have a server in common. It promised e to the one when its acceptedEpoch on disk was below e, and then
it was e (P19; of the leader itself P18, P16); and to the other likewise, so that its acceptedEpoch went back in between,
which P2 forbids. Those look at single steps, and see at once what P1 sees after a long, unlikely schedule. With P16 and P18
to P21 switched off, exhaustive search by P1 alone kills ZK-1343, ZK-1192, volatile-promise, same-epoch-ack and ZK-4269.`

// controls are the changes that nobody must notice.
func (r *gauntletResult) controls(p *printer) {
	p.line("## Controls")
	p.line("")
	list := r.matrix.Controls()
	if len(list) == 0 {
		p.line("None were run.")
		p.line("")
		return
	}
	p.wrapped("Changes that are no bugs. A kill of one would be an error of zkcheck.", "")
	p.line("")
	p.line("| control | change | what became of it |")
	p.line("| --- | --- | --- |")
	for _, x := range list {
		what := "survives all"
		if len(x.Alarms()) > 0 {
			what = "**KILLED: zkcheck is wrong**"
		}
		p.row([]string{x.Mutant.ID, fmt.Sprintf("%s: %s -> %s", x.Mutant.Title, x.Mutant.Right, x.Mutant.Wrong), what})
	}
	p.line("")
}

// survived names whom nobody killed, and then whom each strategy did not, by reason.
func (r *gauntletResult) survived(p *printer) {
	p.line("## Survivors")
	p.line("")
	for _, x := range r.matrix.Survivors() {
		p.wrapped(fmt.Sprintf("- **%s**, which %s must notice, survives all", x.Mutant.ID, x.Mutant.Property), "  ")
	}
	switch {
	case r.Killed < r.Bugs:
	case r.Bugs == 0:
		p.line("No bug was run.")
	case r.Interrupted:
		p.line("Every bug that was run is killed by some strategy.")
	default:
		p.line("Every bug is killed by some strategy.")
	}
	p.line("")
	for i, s := range r.Strategies {
		var reasons []string
		ids := map[string][]string{}
		for _, x := range r.matrix.Bugs() {
			if i >= len(x.Cells) || x.Cells[i].Verdict == gauntlet.Killed {
				continue
			}
			why := x.Cells[i].Reason
			if ids[why] == nil {
				reasons = append(reasons, why)
			}
			ids[why] = append(ids[why], x.Mutant.ID)
		}
		for _, why := range reasons {
			p.wrapped(fmt.Sprintf("- %s does not kill %s: %s", s.Name, strings.Join(ids[why], ", "), why), "  ")
		}
	}
}
