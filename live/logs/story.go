package logs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Story tells an election of the ensemble in a few lines: who won, by whose votes, and what decided.
func (r *Report) Story(c *Contest) []string {
	told := []string{fmt.Sprintf("round %d: server %v leads, elected as %s", c.Round, c.Leader, c.Vote)}
	if !c.Leads {
		told[0] = fmt.Sprintf("round %d: server %v is elected as %s", c.Round, c.Leader, c.Vote)
		if slices.ContainsFunc(r.servers, func(s *server) bool { return s.sid == c.Leader }) {
			told[0] += "; its own log does not say that it leads"
		}
	}
	if c.Decider != "" {
		told = append(told, fmt.Sprintf("%s decides: the second best vote was %s", c.Decider, c.Second))
	} else if !c.elections[0].Told {
		told = append(told, "no other candidate was heard in that round")
	}
	for _, x := range c.elections {
		if x.Outcome == election.Leading.String() && !x.Told {
			told = append(told, "it had the votes of "+join(x.Votes)+r.quorum())
		}
	}
	if len(c.Followers) > 0 {
		told = append(told, "it is followed by "+join(c.Followers))
	}
	if len(c.Joined) > 0 {
		told = append(told, fmt.Sprintf("%s came later: told by servers that had decided", join(c.Joined)))
	}
	return told
}

// quorum says how many votes are enough, where the number tells.
func (r *Report) quorum() string {
	if r.ensemble.Hierarchical() {
		return ""
	}
	return fmt.Sprintf("; a quorum of %d voters is %d", r.ensemble.Voters, r.ensemble.Voters/2+1)
}

// Story tells an election as its server saw it, in one line.
func (x *Election) Story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server %v", x.Server)
	switch {
	case x.Own != "":
		fmt.Fprintf(&b, " enters round %d with its vote %s", x.Round, x.Own)
	case x.Round > 0:
		fmt.Fprintf(&b, " enters round %d", x.Round)
	default:
		b.WriteString(" is LOOKING")
	}
	if x.contest.decided == nil {
		fmt.Fprintf(&b, "; no decision: %s", x.Outcome)
		return b.String()
	}
	fmt.Fprintf(&b, "; %s", x.Outcome)
	if x.Leader == nil {
		return b.String()
	}
	if *x.Leader != x.Server {
		fmt.Fprintf(&b, " %v", *x.Leader)
	}
	how := "by the votes of"
	if x.Told {
		how = "told by"
	}
	fmt.Fprintf(&b, " in round %d, %s %s", x.Final, how, join(x.Votes))
	return b.String()
}
