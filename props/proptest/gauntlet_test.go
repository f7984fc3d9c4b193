package proptest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
)

var errStarts = errors.New("a server starts")

// find is a mutant of the catalogue.
func find(t *testing.T, id string) mutant.Mutant {
	t.Helper()
	m, err := mutant.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// zkcheck's own properties notice the bugs of the catalogue, but for those that show late or in the end only.
func TestGauntletOfAllProperties(t *testing.T) {
	var r *proptest.GauntletReport
	c := catch("all", func(c *caught) { r = proptest.Gauntlet(c, props.All(), proptest.GauntletOptions{}) })
	if c.failed || len(r.FalseAlarms) > 0 || r.Killed()*10 < len(r.Bugs)*8 {
		t.Errorf("failed %v:\n%s", c.failed, c.log.String())
	}
	t.Log(c.log.String())
}

// A suite without a property notices nothing, and says so; that fails the test only where it is asked to.
func TestGauntletOfNothing(t *testing.T) {
	bugs := []mutant.Mutant{find(t, "ZK-1419")}
	for _, least := range []int{0, 1} {
		var r *proptest.GauntletReport
		c := catch("nothing", func(c *caught) {
			r = proptest.Gauntlet(c, nil, proptest.GauntletOptions{Mutants: bugs, AtLeast: least})
		})
		if r.Killed() != 0 || len(r.Survivors()) != 1 || c.failed != (least > 0) {
			t.Errorf("at least %d: killed %d, failed %v", least, r.Killed(), c.failed)
		}
		if !strings.Contains(c.log.String(), "ZK-1419                  MISSED; proposal-only-grows notices it") {
			t.Errorf("the report does not name the bug that is missed:\n%s", c.log.String())
		}
	}
}

// A property of a user's own counts, in every state of a case.
func TestGauntletOfOneProperty(t *testing.T) {
	p, err := props.Find("proposal-only-grows")
	if err != nil {
		t.Fatal(err)
	}
	p.Name = "my-own" // nobody knows it
	r := proptest.Gauntlet(t, []props.Property{p}, proptest.GauntletOptions{Mutants: []mutant.Mutant{find(t, "ZK-1419")}, AtLeast: 1})
	if n := r.Bugs[0]; n.Property != "my-own" || n.Steps == 0 || n.Steps > 10 {
		t.Errorf("got %+v", n)
	}
}

// A property that is not true notices nothing: ZooKeeper's own rules violate it too, or a control does.
func TestGauntletRefusesFalseAlarms(t *testing.T) {
	l := props.Lessons()[0].Property
	untrue := props.Property{Name: "nobody-starts", Check: func(props.Step) (props.Outcome, error) {
		return props.Violated, errStarts
	}}
	bug := find(t, "ZK-1419")
	var r *proptest.GauntletReport
	c := catch("untrue", func(c *caught) {
		r = proptest.Gauntlet(c, []props.Property{untrue, l}, proptest.GauntletOptions{Mutants: []mutant.Mutant{bug}})
	})
	if !c.failed || r.Killed() != 0 || len(r.FalseAlarms) != 2 ||
		r.FalseAlarms[0] != "nobody-starts is violated by ZooKeeper's own rules, in the case of ZK-1419 at step 1" {
		t.Errorf("failed %v, %v\n%s", c.failed, r.FalseAlarms, c.log.String())
	}
	control := bug
	control.Control = true
	c = catch("control", func(c *caught) {
		r = proptest.Gauntlet(c, props.All(), proptest.GauntletOptions{Mutants: []mutant.Mutant{control}})
	})
	if !c.failed || len(r.FalseAlarms) == 0 || !strings.Contains(r.FalseAlarms[0], " is violated by ZK-1419, which is no bug: ") {
		t.Errorf("failed %v, %v", c.failed, r.FalseAlarms)
	}
}

// A suite that panics under ZooKeeper's own rules notices nothing by that.
func TestGauntletRefusesPanics(t *testing.T) {
	careless := props.Property{Name: "careless", Check: func(st props.Step) (props.Outcome, error) {
		if e := st.System.Ensemble; e.Voters < len(e.Members) {
			panic("nobody has thought of observers")
		}
		return props.Held, nil
	}}
	var r *proptest.GauntletReport
	bugs := []mutant.Mutant{find(t, "ZK-1419"), find(t, "ZK-1082")}
	c := catch("careless", func(c *caught) {
		r = proptest.Gauntlet(c, []props.Property{careless}, proptest.GauntletOptions{Mutants: bugs})
	})
	if !c.failed || r.Killed() != 0 || len(r.FalseAlarms) != 1 || !strings.Contains(r.FalseAlarms[0], "ZooKeeper's own rules") {
		t.Errorf("failed %v, %d killed, %v", c.failed, r.Killed(), r.FalseAlarms)
	}
}
