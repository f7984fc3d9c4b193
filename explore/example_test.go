package explore_test

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/explore"
)

// A light that may be on, and a door that may be open: the state is a value, an action is its name.
type room struct{ light, door bool }

type rooms struct{}

func (rooms) Init() []room { return []room{{}} }

func (rooms) Actions(s *room, buf []string) []string {
	if s.door {
		buf = append(buf, "press the switch")
	}
	return append(buf, "move the door")
}

func (rooms) Apply(s *room, a string) {
	if a == "move the door" {
		s.door = !s.door
	} else {
		s.light = !s.light
	}
}

func (rooms) Copy(dst, src *room) { *dst = *src }

func (rooms) Encode(s *room, buf []byte) []byte { return fmt.Appendf(buf, "%t %t", s.light, s.door) }

func (rooms) Decode(s *room, data []byte) { fmt.Sscan(string(data), &s.light, &s.door) }

func Example() {
	dark := explore.Property[room, string]{
		Name: "the light is off when the door is closed",
		Check: func(_ *room, _ string, s *room) explore.Outcome {
			switch {
			case s.door:
				return explore.Silent
			case s.light:
				return explore.Violated
			}
			return explore.Held
		},
	}
	props := []explore.Property[room, string]{dark}
	report := explore.BreadthFirst(context.Background(), rooms{}, props, explore.Options{All: true})
	fmt.Println(report.Distinct, "states, complete:", report.Complete)
	for _, v := range report.Violations {
		fmt.Printf("%s: violated by %q\n", props[v.Property].Name, v.Trace)
	}
	// Output:
	// 4 states, complete: true
	// the light is off when the door is closed: violated by ["move the door" "press the switch" "move the door"]
}
