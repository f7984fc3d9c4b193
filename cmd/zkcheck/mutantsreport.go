package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/zkcheck/zkcheck/gauntlet"
	"github.com/zkcheck/zkcheck/mutant"
)

// gauntletResult is a kill matrix as it is told, and as JSON.
type gauntletResult struct {
	Verdict     string          `json:"verdict"`
	Why         string          `json:"why"`
	Seed        uint64          `json:"seed"`
	Schedules   uint64          `json:"schedules"`
	Bugs        int             `json:"bugs"`
	Killed      int             `json:"killed"`
	Controls    int             `json:"controls"`
	FalseAlarms int             `json:"false_alarms"`
	Strategies  []strategyTotal `json:"strategies"`
	Mutants     []mutantRow     `json:"mutants"`
	Interrupted bool            `json:"interrupted"`

	matrix *gauntlet.Matrix
	flags  *mutantsFlags
}

type strategyTotal struct {
	Name   string `json:"name"`
	Killed int    `json:"killed"`
}

type mutantRow struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Property string          `json:"property,omitempty"`
	Control  bool            `json:"control,omitempty"`
	Killed   bool            `json:"killed"`
	Cells    []gauntlet.Cell `json:"cells"`
}

func newGauntletResult(m *gauntlet.Matrix, f *mutantsFlags) *gauntletResult {
	r := &gauntletResult{Seed: f.seed, Schedules: f.schedules, Bugs: len(m.Bugs()), Killed: len(m.Bugs()) - len(m.Survivors()),
		Controls: len(m.Controls()), FalseAlarms: len(m.FalseAlarms()), Mutants: []mutantRow{}, Interrupted: m.Interrupted,
		matrix: m, flags: f}
	for i, s := range m.Strategies {
		r.Strategies = append(r.Strategies, strategyTotal{s.Name, m.KilledBy(i)})
	}
	for i := range m.Rows {
		x := &m.Rows[i]
		r.Mutants = append(r.Mutants, mutantRow{x.Mutant.ID, x.Mutant.Title, x.Mutant.Property, x.Mutant.Control, x.Killed(), x.Cells})
	}
	r.conclude()
	return r
}

func (r *gauntletResult) conclude() {
	lost, open := 0, 0
	for _, x := range r.matrix.Survivors() {
		if x.Settled() && !r.Interrupted {
			lost++
		} else {
			open++
		}
	}
	switch {
	case r.FalseAlarms > 0:
		r.Verdict = verdictViolated
		r.Why = count(r.FalseAlarms, "false alarm") + ": zkcheck is wrong"
	case r.Interrupted:
		r.Verdict, r.Why = verdictUnknown, "interrupted"
	case lost > 0:
		r.Verdict, r.Why = verdictViolated, fmt.Sprintf("%d of %s not killed", lost+open, count(r.Bugs, "bug"))
	case open > 0:
		r.Verdict, r.Why = verdictUnknown, fmt.Sprintf("%d of %s not killed within the time and memory", open, count(r.Bugs, "bug"))
	default:
		r.Verdict, r.Why = verdictHolds, fmt.Sprintf("%s killed, no control of %d", count(r.Bugs, "bug"), r.Controls)
	}
}

func (r *gauntletResult) exitCode() int {
	switch r.Verdict {
	case verdictHolds:
		return exitHolds
	case verdictViolated:
		return exitViolated
	}
	return exitUnknown
}

// print writes the matrix for people.
func (r *gauntletResult) print(out io.Writer) error {
	p := &printer{out: out}
	if len(r.Mutants) > 0 {
		r.table(p)
		p.line("")
		p.wrapped("A kill is the steps of the counterexample, minimised, / the distinct states or the schedules until it was "+
			"found. - survived, ? ended by time or memory, n/a can't be judged that way.", "")
	}
	r.survivors(p)
	var totals []string
	for _, s := range r.Strategies {
		totals = append(totals, fmt.Sprintf("%s %d", s.Name, s.Killed))
	}
	p.line("")
	p.wrapped(fmt.Sprintf("killed: %d of %s; %s", r.Killed, count(r.Bugs, "bug"), strings.Join(totals, ", ")), "  ")
	p.wrapped(fmt.Sprintf("controls: %d; false alarms: %d", r.Controls, r.FalseAlarms), "  ")
	for _, x := range r.matrix.FalseAlarms() {
		for _, c := range x.Alarms() {
			p.wrapped(fmt.Sprintf("FALSE ALARM: %s by %s: %s", x.Mutant.ID, c.Strategy, alarmText(&c)), "  ")
		}
	}
	p.wrapped(r.Verdict+": "+r.Why, "  ")
	return p.err
}

// alarmText says why a cell is a false alarm.
func alarmText(c *gauntlet.Cell) string {
	if c.Verdict == gauntlet.Killed {
		return fmt.Sprintf("%s is violated after %s, and it is no bug", c.Property, count(c.Steps, "step"))
	}
	return c.Reason
}

// table writes a line per mutant.
func (r *gauntletResult) table(p *printer) {
	first := len("MUTANT")
	for _, x := range r.Mutants {
		first = max(first, len(x.ID))
	}
	widths := make([]int, len(r.Strategies))
	for i, s := range r.Strategies {
		widths[i] = max(len(s.Name), 7)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s", first, "MUTANT")
	for i, s := range r.Strategies {
		fmt.Fprintf(&b, " %*s", widths[i], strings.ToUpper(s.Name))
	}
	p.line("%s", b.String())
	for _, x := range r.Mutants {
		b.Reset()
		fmt.Fprintf(&b, "%-*s", first, x.ID)
		for i := range x.Cells {
			fmt.Fprintf(&b, " %*s", widths[i], cellText(&x.Cells[i]))
		}
		p.line("%s", b.String())
	}
}

// cellText is a cell in a few characters.
func cellText(c *gauntlet.Cell) string {
	switch c.Verdict {
	case gauntlet.Killed:
		if c.Property == gauntlet.Panicked {
			return gauntlet.Panicked
		}
		return fmt.Sprintf("%d/%s", c.Minimised, short(max(c.States, c.First)))
	case gauntlet.FalseAlarm:
		return "ALARM"
	case gauntlet.Survived:
		return "-"
	case gauntlet.Inapplicable:
		return "n/a"
	}
	return "?"
}

// short writes a number in four characters.
func short(n uint64) string {
	switch {
	case n < 10_000:
		return fmt.Sprint(n)
	case n < 1_000_000:
		return fmt.Sprintf("%dk", n/1_000)
	case n < 10_000_000:
		return fmt.Sprintf("%d.%dM", n/1_000_000, n/100_000%10)
	}
	return fmt.Sprintf("%dM", n/1_000_000)
}

// survivors names who was not killed, and why.
func (r *gauntletResult) survivors(p *printer) {
	list := r.matrix.Survivors()
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("SURVIVORS")
	for _, x := range list {
		p.wrapped(fmt.Sprintf("%s, which %s must notice", x.Mutant.ID, x.Mutant.Property), "  ")
		for i := range x.Cells {
			c := &x.Cells[i]
			p.labelled(fmt.Sprintf("  %-11s ", c.Strategy), c.Reason, "")
		}
	}
}

// catalogue tells of the mutants.
func (p *printer) catalogue(list []mutant.Mutant) {
	for i := range list {
		m := &list[i]
		p.describeMutant(m)
		for _, x := range [][2]string{{"case", caseText(&m.Case)}, {"source", m.Source}, {"others paid", m.Paid}} {
			if x[1] != "" {
				p.labelled(fmt.Sprintf("  %-12s", x[0]), x[1], "")
			}
		}
		p.line("")
	}
	p.line("%s", count(len(list), "entry"))
}

// caseText is a case in the notation of reports.
func caseText(k *mutant.Case) string {
	c, err := k.Config()
	if err != nil {
		return err.Error()
	}
	return describeCluster(&c)
}
