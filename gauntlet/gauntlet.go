package gauntlet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// Options are the limits of each cell. Workers never changes a result.
type Options struct {
	Seed      uint64
	Schedules uint64        // that a strategy takes which draws them
	Memory    uint64        // bytes of an exhaustive search; 0: no limit
	Time      time.Duration // of a cell; 0: no limit
	Workers   int           // 0: one per core

	// Progress is told what begins; nil tells nobody.
	Progress func(Progress)
}

// Progress is the cell that begins.
type Progress struct {
	Mutant, Strategy string
	Done, Cells      int
}

// Verdict is what became of a mutant.
type Verdict string

const (
	Killed       Verdict = "killed"
	Survived     Verdict = "survived"       // all that was to be looked at was
	FalseAlarm   Verdict = "false alarm"    // no kill: zkcheck contradicts itself, or ZooKeeper's own rules fail in the same run
	Unknown      Verdict = "unknown"        // time, memory or an interrupt ended the search
	Inapplicable Verdict = "not applicable" // the strategy can't judge what must notice
)

// Panicked is the Property of a cell in which the broken engine panics.
const Panicked = proptest.Panicked

// Cell is what one strategy made of one mutant.
type Cell struct {
	Strategy string  `json:"strategy"`
	Verdict  Verdict `json:"verdict"`
	Property string  `json:"property,omitempty"` // that noticed, or Panicked

	States    uint64 `json:"states,omitempty"`    // distinct ones, of a search
	Schedules uint64 `json:"schedules,omitempty"` // judged
	First     uint64 `json:"first,omitempty"`     // number of the schedule that kills, from 1
	Rejected  uint64 `json:"rejected,omitempty"`  // schedules that kill, where all are judged
	All       bool   `json:"all,omitempty"`       // whether they are

	Steps     int     `json:"steps"`     // of the counterexample as it was found
	Minimised int     `json:"minimised"` // its steps when it is as short as can be made
	Seconds   float64 `json:"seconds"`
	Reason    string  `json:"reason,omitempty"` // why it was not killed

	// Trace is the counterexample, as short as it was made; nil where the engine panics. Of a lesson that is
	// no longer taught it is the way to it under ZooKeeper's rules.
	Trace *trace.Trace `json:"-"`
}

// PerThousand is how many of a thousand random schedules kill, where that was counted.
func (c *Cell) PerThousand() (rate float64, ok bool) {
	if !c.All || c.Schedules == 0 {
		return 0, false
	}
	return 1000 * float64(c.Rejected) / float64(c.Schedules), true
}

// Row is a mutant and what became of it, a cell for each strategy.
type Row struct {
	Mutant mutant.Mutant
	Cells  []Cell
}

// Killed tells whether any strategy killed it.
func (r *Row) Killed() bool { return r.has(Killed) }

// Settled tells whether it is known what the strategies make of it: nothing but limits in numbers ended them.
func (r *Row) Settled() bool { return r.Killed() || !r.has(Unknown) }

func (r *Row) has(v Verdict) bool {
	for i := range r.Cells {
		if r.Cells[i].Verdict == v {
			return true
		}
	}
	return false
}

// Matrix is the kill matrix. One that was interrupted ends with the row that was under way.
type Matrix struct {
	Strategies  []Strategy
	Rows        []Row
	Interrupted bool
}

// FalseAlarms are the rows of controls that were killed, and of bugs that are said to be seen where there is
// nothing to be seen: zkcheck is wrong there.
func (m *Matrix) FalseAlarms() []*Row {
	return m.rows(func(r *Row) bool { return slices.ContainsFunc(r.Cells, r.alarm) })
}

// alarm tells whether a cell of the row is a false alarm.
func (r *Row) alarm(c Cell) bool {
	return c.Verdict == FalseAlarm || c.Verdict == Killed && r.Mutant.Control
}

// Alarms are the cells of the row that are false alarms.
func (r *Row) Alarms() []Cell {
	return slices.DeleteFunc(slices.Clone(r.Cells), func(c Cell) bool { return !r.alarm(c) })
}

// Survivors are the rows of bugs that nobody killed.
func (m *Matrix) Survivors() []*Row {
	return m.rows(func(r *Row) bool { return !r.Mutant.Control && !r.Killed() })
}

// Bugs are the rows of mutants that are no controls.
func (m *Matrix) Bugs() []*Row { return m.rows(func(r *Row) bool { return !r.Mutant.Control }) }

// Controls are the rows of controls.
func (m *Matrix) Controls() []*Row { return m.rows(func(r *Row) bool { return r.Mutant.Control }) }

func (m *Matrix) rows(wanted func(*Row) bool) []*Row {
	var list []*Row
	for i := range m.Rows {
		if wanted(&m.Rows[i]) {
			list = append(list, &m.Rows[i])
		}
	}
	return list
}

// KilledBy is how many bugs the strategy of that number kills.
func (m *Matrix) KilledBy(strategy int) int {
	killed := 0
	for _, r := range m.Bugs() {
		if strategy < len(r.Cells) && r.Cells[strategy].Verdict == Killed {
			killed++
		}
	}
	return killed
}

// Run runs every mutant against every strategy, one cell after the other. When the context ends it returns
// what there is. An error is one of the catalogue; where zkcheck contradicts itself the cell says so.
func Run(ctx context.Context, mutants []mutant.Mutant, strategies []Strategy, o Options) (*Matrix, error) {
	m := &Matrix{Strategies: strategies}
	for i := range mutants {
		row := Row{Mutant: mutants[i]}
		for k, s := range strategies {
			if ctx.Err() != nil {
				break
			}
			if o.Progress != nil {
				o.Progress(Progress{Mutant: mutants[i].ID, Strategy: s.Name,
					Done: i*len(strategies) + k, Cells: len(mutants) * len(strategies)})
			}
			cell, err := s.cell(ctx, &mutants[i], &o)
			if err != nil {
				return m, fmt.Errorf("mutant %s, strategy %s: %w", mutants[i].ID, s.Name, err)
			}
			row.Cells = append(row.Cells, cell)
		}
		if len(row.Cells) > 0 {
			m.Rows = append(m.Rows, row)
		}
	}
	m.Interrupted = ctx.Err() != nil
	return m, nil
}
