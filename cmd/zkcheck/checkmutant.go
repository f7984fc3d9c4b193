package main

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// broken finds the mutant, whose case is meant where a flag is not given. A lesson that it unteaches is
// looked for unless something else is asked for.
func (f *checkFlags) broken(p *plan, servers []string) error {
	if f.mutant == "" {
		return nil
	}
	m, err := mutant.Find(f.mutant)
	if err != nil {
		return err
	}
	p.mutant = &m
	if !f.changed("phases") {
		f.phases = m.Case.Phases.String()
	}
	if !f.changed("grain") && m.Case.Fine {
		f.grain = "fine"
	}
	if !f.changed("fifo") {
		f.fifo = m.Case.FIFO
	}
	if len(servers) == 0 {
		for _, x := range []struct {
			flag, of string
			value    *string
		}{{"observers", m.Case.Observers, &f.observers}, {"weights", m.Case.Weights, &f.weights}} {
			if !f.changed(x.flag) {
				*x.value = x.of
			}
		}
	}
	unteaches := slices.ContainsFunc(props.Lessons(), func(l props.LessonCase) bool { return l.Name == m.Property })
	if unteaches && f.lesson == "" && len(f.properties) == 0 && f.strategy == bfs {
		f.lesson = m.Property
	}
	return nil
}

// asksGoal tells whether what must notice the mutant is something that must happen in the end.
func (p *plan) asksGoal() bool {
	return p.mutant != nil && slices.ContainsFunc(p.goals, func(g props.Goal) bool { return g.Name == p.mutant.Property })
}

// breakRules puts the mutant in the place of ZooKeeper's rules.
func (p *plan) breakRules(c *cluster.Config) {
	if p.mutant == nil {
		return
	}
	if n := p.mutant.Case.Counter; n != 0 {
		c.Ensemble.LastCounter = n
	}
	p.mutant.Apply(&c.Ensemble.Rules)
}

// describeMutant tells what is broken, and what must notice.
func (p *printer) describeMutant(m *mutant.Mutant) {
	p.wrapped("mutant "+m.ID+": "+m.Title, "  ")
	p.labelled("  wrong       ", m.Wrong, "")
	p.labelled("  right       ", m.Right, "")
	must := m.Property
	if m.Control {
		must = "nobody: it is a control, not a bug"
	} else if q, err := props.Find(m.Property); err == nil && q.Kind != props.Lesson && q.Check == nil && !isGoal(m.Property) {
		must += ", which is judged on whole runs: --strategy walk"
	}
	p.labelled("  to notice   ", must, "")
}

func isGoal(name string) bool {
	return slices.ContainsFunc(props.Goals(), func(g props.Goal) bool { return g.Name == name })
}
