package gauntlet

import (
	"context"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// minimiseStates bounds the searches that make a counterexample short.
const minimiseStates = 20_000

// minimise makes the counterexample of a cell as short as it can be made. What the mutant does no longer is
// nothing that could be made shorter.
func (j *job) minimise(ctx context.Context, c *Cell) error {
	if _, unteaches := j.lesson(); unteaches && c.Property == j.mutant.Property {
		return nil
	}
	short, err := trace.Shrink(ctx, c.Trace, props.Property{},
		trace.ShrinkOptions{Options: explore.Options{Workers: j.Workers, MaxStates: minimiseStates, MaxMemory: j.Memory}})
	if err != nil {
		return &trace.InternalError{Err: err}
	}
	c.Trace, c.Minimised = short.Trace, len(short.Steps)
	return nil
}
