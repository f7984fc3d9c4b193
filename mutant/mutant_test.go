package mutant_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// TestEntries: every entry says what it is, and its cluster can be made.
func TestEntries(t *testing.T) {
	if n := len(mutant.All()); n < 45 {
		t.Errorf("%d mutants, the catalogue has 45 at least", n)
	}
	if n := len(mutant.Controls()); n < 5 {
		t.Errorf("%d controls, there are 5 at least", n)
	}
	seen := map[string]bool{}
	for _, m := range slices.Concat(mutant.All(), mutant.Controls()) {
		if seen[m.ID] {
			t.Errorf("%s is there twice", m.ID)
		}
		seen[m.ID] = true
		for name, text := range map[string]string{"title": m.Title, "wrong": m.Wrong, "right": m.Right, "source": m.Source} {
			if text == "" {
				t.Errorf("%s has no %s", m.ID, name)
			}
		}
		if _, err := props.Find(m.Property); err != nil && !m.Control || m.Control && m.Property != "" {
			t.Errorf("%s: property %q: %v", m.ID, m.Property, err)
		}
		c, err := m.Config()
		if err != nil {
			t.Fatal(err)
		}
		if c.Ensemble.Rules.Name != m.ID {
			t.Errorf("the rules of %s are called %q", m.ID, c.Ensemble.Rules.Name)
		}
		if again, err := mutant.Find(m.ID); err != nil || again.ID != m.ID {
			t.Errorf("Find(%q) = %v, %v", m.ID, again.ID, err)
		}
	}
	if _, err := mutant.Find("ZK-0"); err == nil {
		t.Error("ZK-0 was found")
	}
}

// TestEveryPropertyHasItsOwn: of P1 to P21 each is the only one that notices some mutant. P1 follows from P2,
// P6, P16, P18 and P19 together, so nothing is noticed by it alone while those are on: see the blocks "only"
// of TestNoticed.
func TestEveryPropertyHasItsOwn(t *testing.T) {
	own := map[string]string{}
	for _, m := range mutant.All() {
		if p, err := props.Find(m.Property); err == nil && m.Alone {
			id := p.ID
			if p.Kind == props.Lesson {
				id = "P7"
			}
			own[id] = m.ID
		}
	}
	for i := 2; i <= 21; i++ {
		if id := fmt.Sprintf("P%d", i); own[id] == "" {
			t.Errorf("no mutant is noticed by %s alone", id)
		}
	}
}

// TestNoticed searches the cases. The properties that notice, the steps of a shortest way and the numbers of
// states are golden.
//
//	notice ID          the property of the mutant, searched for alone: a shortest way to it
//	alone ID           to the end with all properties: those of the catalogue that notice
//	only PROPERTY ID   that property alone, in another cluster: its servers and limits are the input
//	control ID         to the end with all properties: nobody notices
//
// A block that takes long says "full", and is searched with ZKCHECK_FULL=1.
func TestNoticed(t *testing.T) {
	datadriven.RunTest(t, "testdata/noticed.txt", func(t *testing.T, d *datadriven.TestData) string {
		if d.HasArg("full") && os.Getenv("ZKCHECK_FULL") == "" {
			return d.Expected
		}
		var args []string
		for _, a := range d.CmdArgs {
			args = append(args, a.Key)
		}
		m, err := mutant.Find(args[min(len(args), 2)-1])
		if d.Cmd != "only" {
			m, err = mutant.Find(args[0])
		}
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		switch d.Cmd {
		case "notice":
			return notice(t, &m)
		case "alone", "control":
			return noticed(t, &m)
		case "only":
			lines := strings.Split(strings.TrimSpace(d.Input), "\n")
			m.Case = mutant.Case{Servers: lines[0], Limits: lines[1], Phases: cluster.ThroughDiscovery}
			m.Property = args[0]
			return notice(t, &m)
		}
		d.Fatalf(t, "unknown command %s", d.Cmd)
		return ""
	})
}

// TestNoticedIsWhole: no mutant is left out.
func TestNoticedIsWhole(t *testing.T) {
	text, err := os.ReadFile("testdata/noticed.txt")
	if err != nil {
		t.Fatal(err)
	}
	has := func(line string) bool {
		return strings.Contains(string(text), "\n"+line+"\n") || strings.Contains(string(text), "\n"+line+" full\n")
	}
	for _, m := range mutant.All() {
		if !has("notice "+m.ID) || m.Alone && !has("alone "+m.ID) {
			t.Errorf("testdata/noticed.txt has no block for %s", m.ID)
		}
	}
	for _, m := range mutant.Controls() {
		if !has("control " + m.ID) {
			t.Errorf("testdata/noticed.txt has no block for the control %s", m.ID)
		}
	}
}

func config(t *testing.T, m *mutant.Mutant) cluster.Config {
	t.Helper()
	c, err := m.Config()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// budget is what no search of a case comes near.
const budget = 16 << 20

func search(t *testing.T, c cluster.Config, list []props.Property, all bool) *trace.Report {
	t.Helper()
	r, _, err := trace.Search(context.Background(), c, list, explore.Options{MaxStates: budget, All: all})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// notice searches for the property of the mutant.
func notice(t *testing.T, m *mutant.Mutant) string {
	t.Helper()
	c := config(t, m)
	p, err := props.Find(m.Property)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case p.Kind == props.Eventually:
		return missed(t, c, m.Property)
	case p.Kind == props.Lesson:
		standard, err := m.Case.Config()
		if err != nil {
			t.Fatal(err)
		}
		r, taught := search(t, c, []props.Property{p}, false), search(t, standard, []props.Property{p}, false)
		if len(taught.Violations) == 0 {
			return fmt.Sprintf("%s is not taught by ZooKeeper's rules: the case says nothing\n", p.Name)
		}
		return said(r, []props.Property{p}) + fmt.Sprintf("ZooKeeper's rules teach it in %d steps\n", len(taught.Violations[0].Trace))
	}
	return said(search(t, c, []props.Property{p}, false), []props.Property{p})
}

// missed decides what must happen in the end.
func missed(t *testing.T, c cluster.Config, goal string) string {
	t.Helper()
	r, err := trace.Eventually(context.Background(), c, props.Goals(), explore.Options{MaxStates: budget})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, g := range r.Goals {
		if g.Lasso != nil {
			fmt.Fprintf(&b, "%s: %d steps, then %d for ever\n", props.Goals()[i].Name, len(g.Lasso.Stem), len(g.Lasso.Loop))
		}
	}
	fmt.Fprintf(&b, "%d states%s\n", r.Distinct, stopped(r.Stopped))
	return b.String()
}

// noticed searches to the end with all properties of steps, and decides the goals where one of them is asked for.
func noticed(t *testing.T, m *mutant.Mutant) string {
	t.Helper()
	c := config(t, m)
	list := props.StepProperties()
	text := said(search(t, c, list, true), list)
	if p, err := props.Find(m.Property); err == nil && p.Kind == props.Eventually {
		text += missed(t, c, m.Property)
	}
	return text
}

// said is what a search found, the catalogue's numbers with it.
func said(r *trace.Report, list []props.Property) string {
	var b strings.Builder
	for _, v := range r.Violations {
		p := list[v.Property]
		fmt.Fprintf(&b, "%s: %d steps\n", strings.TrimSpace(p.ID+" "+p.Name), len(v.Trace))
	}
	if len(r.Violations) == 0 {
		b.WriteString("nobody\n")
	}
	fmt.Fprintf(&b, "%d states%s\n", r.Distinct, stopped(r.Stopped))
	return b.String()
}

func stopped(why string) string {
	if why == "" {
		return ", all"
	}
	return ""
}
