package tla_test

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/model/tla"
)

// Two servers, every logicalClock at most 1: everything that they can do, in TLC's numbers. TLC's depth of the initial state
// is 1.
func Example() {
	system, err := tla.New(tla.Config{Servers: 2, MaxClock: 1, MaxSum: 2, MaxRecv: 1, MaxChan: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	var props []explore.Property[tla.State, tla.Action]
	for _, p := range tla.Properties() {
		props = append(props, p.Of(system))
	}
	r := explore.BreadthFirst(context.Background(), system, props, explore.Options{})
	fmt.Printf("%d states generated, %d distinct states found, depth %d\n", r.Generated, r.Distinct, r.Depth+1)
	fmt.Println(len(r.Violations), "violations")
	// Output:
	// 2306 states generated, 832 distinct states found, depth 29
	// 0 violations
}

// A lesson is a violation that must be found: two servers are LEADING in one round.
func ExampleLessons() {
	system, err := tla.New(tla.Config{Servers: 3, MaxRecv: 1, MaxChan: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, lesson := range tla.Lessons() {
		if lesson.Name != "two-leading-one-round" {
			continue
		}
		props := []explore.Property[tla.State, tla.Action]{lesson.Of(system)}
		r := explore.BreadthFirst(context.Background(), system, props, explore.Options{})
		for _, action := range r.Violations[0].Trace {
			fmt.Println(action)
		}
	}
	// Output:
	// NotmsgTimeout s1
	// NotmsgTimeout s2
	// HandleNotmsg s1
	// HandleNotmsg s2
	// ReceiveNotmsg s3 s2
	// HandleNotmsg s3
	// ReceiveNotmsg s1 s3
	// HandleNotmsg s1
	// ReceiveNotmsg s2 s3
	// HandleNotmsg s2
	// WaitNewNotmsg s2
	// ReceiveNotmsg s3 s1
	// WaitNewNotmsg s3
	// HandleNotmsg s3
	// ReceiveNotmsg s1 s3
	// HandleNotmsg s1
	// WaitNewNotmsg s1
}
