package explore_test

import (
	"context"
	"fmt"

	"github.com/zkcheck/zkcheck/explore"
)

// In a room where both the door and the switch have to be used if they can be used all the time, the door is closed again
// and again; but the switch can be used only while the door is open, so the light may stay off for ever.
func ExampleEventually() {
	goals := []explore.LeadsTo[room]{
		{Name: "an open door is closed", From: func(s *room) bool { return s.door }, Goal: func(s *room) bool { return !s.door }},
		{Name: "the light goes on", Goal: func(s *room) bool { return s.light }},
	}
	options := explore.LivenessOptions[room, string]{
		Class: func(_ *room, a string) int {
			if a == "move the door" {
				return 0
			}
			return 1
		},
	}
	report, err := explore.Eventually(context.Background(), rooms{}, goals, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, g := range report.Goals {
		fmt.Printf("%s: %v, asked in %d states\n", goals[i].Name, g.Verdict, g.From)
		if l := g.Lasso; l != nil {
			fmt.Printf("after %q for ever %q\n", l.Stem, l.Loop)
		}
	}
	// Output:
	// an open door is closed: holds, asked in 2 states
	// the light goes on: violated, asked in 4 states
	// after [] for ever ["move the door" "move the door"]
}
