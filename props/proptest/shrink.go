package proptest

import (
	"context"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// shrinkStates bounds each search of a shrinking: a test that fails should not take minutes to say so.
const shrinkStates = 2_000_000

// Shrink looks for the shortest run, in the simplest cluster, that violates the same property, as
// [trace.Shrink] does. What rapid has shrunk gets shorter still, because here a step keeps its meaning when
// one before it goes. A failure that can't be shrunk is returned as it is.
func (f *Failure) Shrink() *Failure {
	if f.Violation == nil {
		return f
	}
	property := f.property
	if property.Name == "" { // not made by this package
		property, _ = props.Find(f.Violation.Property)
	}
	if property.Name == "" {
		return f
	}
	t := trace.New("", f.Config, f.Actions)
	var o trace.ShrinkOptions
	o.MaxStates = shrinkStates
	s, err := trace.Shrink(context.Background(), t, property, o)
	if err != nil {
		return f
	}
	return &Failure{Violation: s.Violation, Config: s.Config, Actions: s.Actions(), property: property, shrunk: s.Trace}
}
