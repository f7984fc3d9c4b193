package ensemble

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/live/logs"
)

// judgeElections lets the election protocol explain the logs.
func judgeElections(r *report, c *Check) {
	var files []*logs.Log
	for _, l := range r.lives {
		if !slices.ContainsFunc(l.events, func(e event) bool { return e.kind == looking }) {
			continue // killed before it looked for anybody
		}
		f, err := logs.Open(l.log)
		if err != nil {
			c.doubt("%v", err)
			return
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		c.doubt("no log shows an election")
		return
	}
	found, err := logs.Judge(files, logs.Options{Members: r.config.members()})
	if err != nil {
		c.doubt("%v", err)
		return
	}
	var counts [3]int
	for _, e := range found.Elections {
		counts[e.Verdict]++
	}
	c.Seen = plural(len(found.Elections), "election of a server", "elections of servers") +
		fmt.Sprintf(", %d followed to the end", counts[logs.Legal])
	for _, f := range found.Findings {
		if f.Verdict == logs.Illegal {
			c.violate("%s: server %v: %s", f.Place, f.Server, f.Text)
		}
	}
	if counts[logs.Legal] == 0 && c.Verdict == Holds {
		c.doubt("no election could be followed to its end")
	}
}
