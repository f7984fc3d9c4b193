package gauntlet

import (
	"context"
	"slices"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// minimise makes the counterexample of a cell as short as it can be made. What the mutant does no longer is
// nothing that could be made shorter, and a lasso stays as it is.
func (j *job) minimise(_ context.Context, c *Cell) error {
	if _, unteaches := j.lesson(); unteaches && c.Property == j.mutant.Property || c.Trace.Loop != trace.NoLoop {
		return nil
	}
	p, err := props.Find(c.Property)
	if err != nil {
		return err
	}
	t := c.Trace
	t.Config.Track = p.Track // which is not part of a trace
	f := &proptest.Failure{Violation: &props.Violation{Property: p.Name}, Config: t.Config, Actions: slices.Clone(t.Actions())}
	short := f.Shrink()
	c.Trace = trace.New(p.Name, short.Config, short.Actions)
	c.Minimised = len(c.Trace.Steps)
	return nil
}
