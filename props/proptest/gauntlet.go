package proptest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// GauntletOptions say which bugs to run. The zero value is all that a property can notice, and the controls.
type GauntletOptions struct {
	// Mutants takes the place of the catalogue's.
	Mutants []mutant.Mutant
	// AtLeast so many bugs must be noticed, or the test fails.
	AtLeast int
}

// Noticed is what a suite made of a bug or a control.
type Noticed struct {
	Mutant   mutant.Mutant
	Property string // that notices first; empty if none does, or Panicked
	Steps    int    // of the run that shows it
	Whole    bool   // every state of the mutant's case was looked at
}

// Panicked is the Property of a bug that makes the engine panic before a property notices.
const Panicked = "panic"

// GauntletReport is what a suite is worth.
type GauntletReport struct {
	Bugs, Controls []Noticed
	// FalseAlarms are properties that ZooKeeper's own rules violate, or a control does, and where: they are
	// not true, and what they notice does not count.
	FalseAlarms []string
}

// Killed is how many bugs the suite notices.
func (r *GauntletReport) Killed() int { return len(r.Bugs) - len(r.Survivors()) }

// Survivors are the bugs that the suite would miss.
func (r *GauntletReport) Survivors() []Noticed {
	return slices.DeleteFunc(slices.Clone(r.Bugs), func(n Noticed) bool { return n.Property != "" })
}

// String is a line for each bug and control.
func (r *GauntletReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d bugs are noticed\n", r.Killed(), len(r.Bugs))
	for _, n := range slices.Concat(r.Bugs, r.Controls) {
		what := fmt.Sprintf("%s, %d steps", n.Property, n.Steps)
		switch {
		case n.Property == "" && n.Mutant.Control:
			what = "not noticed, and rightly so"
		case n.Property == "" && n.Whole:
			what = "MISSED in every state of its case; " + n.Mutant.Property + " notices it"
		case n.Property == "":
			what = "MISSED; " + n.Mutant.Property + " notices it"
		}
		fmt.Fprintf(&b, "  %-24s %s\n", n.Mutant.ID, what)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Gauntlet tells which of the known bugs of election a suite of properties would miss. It runs each bug in
// the smallest cluster that shows it, every state up to a bound, and in random schedules there and in
// generated clusters; props.All(), or a part of it, can be among the properties. The report is logged.
//
// It fails the test if a property is not true, that is if it is violated where nothing is wrong: by
// ZooKeeper's own rules, or by a control, a change that is no bug. Bugs that are missed fail it only if
// fewer than AtLeast are noticed.
//
// It takes seconds. The result depends on nothing but the properties and the catalogue.
func Gauntlet(t rapid.TB, properties []props.Property, o GauntletOptions) *GauntletReport {
	t.Helper()
	mutants := o.Mutants
	if mutants == nil {
		mutants = slices.Concat(noticeable(), mutant.Controls())
	}
	r := &GauntletReport{}
	suite := slices.Clone(properties)
	for i := range mutants {
		n, err := r.notice(&mutants[i], &suite)
		if err != nil {
			t.Fatalf("mutant %s can't be run: %v", mutants[i].ID, err)
		}
		if n.Mutant.Control {
			r.Controls = append(r.Controls, n)
		} else {
			r.Bugs = append(r.Bugs, n)
		}
	}
	t.Logf("%v", r)
	for _, alarm := range r.FalseAlarms {
		t.Errorf("%s", alarm)
	}
	if killed := r.Killed(); killed < o.AtLeast {
		t.Errorf("%d of %d bugs are noticed, want at least %d", killed, len(r.Bugs), o.AtLeast)
	}
	return r
}

// noticeable are the bugs that a property can notice: one that unteaches a lesson is none of them.
func noticeable() []mutant.Mutant {
	return slices.DeleteFunc(mutant.All(), func(m mutant.Mutant) bool {
		return slices.ContainsFunc(props.Lessons(), func(l props.LessonCase) bool { return l.Name == m.Property })
	})
}

// notice runs one mutant. A property that is violated where nothing is wrong is no longer asked.
func (r *GauntletReport) notice(m *mutant.Mutant, suite *[]props.Property) (Noticed, error) {
	for {
		n, err := attempt{m, m.Apply, *suite}.run()
		if err != nil || n.Property == "" {
			return n, err
		}
		if n.Property == Panicked {
			return r.panicked(m, n, *suite)
		}
		k := slices.IndexFunc(*suite, func(p props.Property) bool { return p.Name == n.Property })
		alarm := fmt.Sprintf("%s is violated by %s, which is no bug: %s", n.Property, m.ID, m.Title)
		if !m.Control {
			sound, err := attempt{m, nil, (*suite)[k : k+1]}.run()
			if err != nil || sound.Property == "" {
				return n, err
			}
			alarm = fmt.Sprintf("%s is violated by ZooKeeper's own rules, in the case of %s at step %d", n.Property, m.ID, sound.Steps)
		}
		r.FalseAlarms = append(r.FalseAlarms, alarm)
		*suite = slices.Delete(slices.Clone(*suite), k, k+1)
	}
}

// panicked: a mutant that makes the engine panic is noticed, unless the suite panics where nothing is wrong.
func (r *GauntletReport) panicked(m *mutant.Mutant, n Noticed, suite []props.Property) (Noticed, error) {
	alarm := fmt.Sprintf("the control %s panics, which is no bug: %s", m.ID, m.Title)
	if !m.Control {
		sound, err := attempt{m, nil, suite}.run()
		if err != nil || sound.Property != Panicked {
			return n, err
		}
		n.Property, n.Steps = "", 0
		alarm = "there are panics under ZooKeeper's own rules too, so none of them counts"
	}
	if !slices.Contains(r.FalseAlarms, alarm) {
		r.FalseAlarms = append(r.FalseAlarms, alarm)
	}
	return n, nil
}
