package gauntlet

import (
	"slices"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// minimise makes a counterexample as short as it can be made; what can't be made shorter comes back as it is.
func minimise(t *trace.Trace) *trace.Trace {
	c := t.Config
	if p, err := props.Find(t.Property); err == nil {
		c.Track = p.Track // which is not part of a trace
	}
	f := &proptest.Failure{Violation: &props.Violation{Property: t.Property}, Config: c, Actions: slices.Clone(t.Actions())}
	short := f.Shrink()
	return trace.New(t.Property, short.Config, short.Actions)
}
