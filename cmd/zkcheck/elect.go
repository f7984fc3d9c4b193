package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

type electFlags struct {
	ensemble           int
	observers, weights string
	order              string
	json               bool
}

func newElect() *cobra.Command {
	var f electFlags
	c := &cobra.Command{
		Use:   "elect SERVER...",
		Short: "Say who wins an election among servers, and why",
		Long: `elect compares the votes that the servers start with, as SID:EPOCH,ZXID: larger EPOCH wins;
equal: larger ZXID; equal: larger SID. With --start-order it tells the story of a start instead:
the servers start one after the other, and all messages arrive before the next one starts.`,
		Example: `  zkcheck elect 1:1,8 2:1,8 4:1,7 --ensemble 5
  zkcheck elect 1:0,0 2:0,0 3:0,0 4:0,0 5:0,0 --start-order 1,2,3,4,5`,
		RunE: func(c *cobra.Command, servers []string) error {
			if len(servers) == 0 {
				return fmt.Errorf("elect: no servers; want SID:EPOCH,ZXID, as 1:1,8")
			}
			config, given, err := f.config(servers, c.Flags().Changed("ensemble"))
			if err != nil {
				return err
			}
			if f.order != "" {
				return f.story(c.OutOrStdout(), config, given)
			}
			return f.run(c.OutOrStdout(), config, given)
		},
	}
	c.Flags().IntVar(&f.ensemble, "ensemble", 0, "the ensemble has `N` voters; default the servers given")
	c.Flags().StringVar(&f.observers, "observers", "", "servers that do not vote: `4,5`")
	c.Flags().StringVar(&f.weights, "weights", "", "groups and weights of a hierarchical ensemble: `1=1,2=1/3=0`")
	c.Flags().StringVar(&f.order, "start-order", "", "tell the story of a start in this order: `1,2,3`")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	strict(c.Flags())
	return c
}

// config makes the ensemble: the servers given, and voters of which nothing is known but that they
// belong to it, where the size of the ensemble is given. These never start, so that their numbers and
// disks do not matter.
func (f *electFlags) config(servers []string, sized bool) (c cluster.Config, given election.Set, err error) {
	if c, err = cluster.ParseConfig(servers, f.observers, f.weights); err != nil {
		return c, 0, err
	}
	voters := c.Ensemble.Voters
	known := slices.Clone(c.Ensemble.Members)
	if !sized {
		f.ensemble = voters
	}
	if f.ensemble < voters || f.ensemble > election.MaxVoters {
		return c, 0, fmt.Errorf("--ensemble %d: want %d..%d, the voters given and the most that are possible",
			f.ensemble, voters, election.MaxVoters)
	}
	if f.ensemble > voters {
		if f.weights != "" {
			return c, 0, fmt.Errorf("--ensemble %d: with --weights all voters have to be given", f.ensemble)
		}
		for sid := election.SID(1); len(servers) < len(known)+f.ensemble-voters; sid++ {
			if _, taken := c.Ensemble.Position(sid); !taken {
				servers = append(servers, cluster.ServerString(sid, election.Disk{}))
			}
		}
		if c, err = cluster.ParseConfig(servers, f.observers, ""); err != nil {
			return c, 0, err
		}
	}
	for _, m := range known {
		if i, ok := c.Ensemble.Position(m.SID); ok {
			given = given.With(i)
		}
	}
	return c, given, nil
}

// noQuorum is the reason if nobody wins. That of the winner is EPOCH, ZXID or SID; ONLY if there is one
// candidate; in a story QUORUM, for who has one first wins.
const noQuorum = "NO QUORUM"

// elected is the answer, as JSON too.
type elected struct {
	Winner      *election.SID `json:"winner"` // null if there is none
	Epoch       uint32        `json:"epoch"`  // of the vote for the winner; in a story of the leader, who has begun a new one
	Zxid        string        `json:"zxid"`
	Reason      string        `json:"reason"` // EPOCH, ZXID or SID; see below
	Voters      int           `json:"voters"` // of the ensemble
	Present     int           `json:"present"`
	Missing     int           `json:"missing"` // voters without which there is no quorum
	Comparisons []comparison  `json:"comparisons"`
	Steps       []storyStep   `json:"steps,omitempty"`

	notes []string
}

type comparison struct {
	Better string `json:"better"`
	Worse  string `json:"worse"`
	By     string `json:"by"`
}

// decide compares the candidates with the model.
func decide(c *cluster.Config, given election.Set) elected {
	a := elected{Voters: c.Ensemble.Voters, Comparisons: []comparison{}}
	var have []election.SID
	var votes []election.Candidate
	for i, m := range c.Ensemble.Members {
		switch {
		case !given.Has(i):
			continue
		case m.Observer:
			a.notes = append(a.notes, fmt.Sprintf("server %v is an observer: it does not vote and can't be elected", m.SID))
			continue
		}
		have = append(have, m.SID)
		if c.Ensemble.Hierarchical() && m.Weight == 0 {
			a.notes = append(a.notes, fmt.Sprintf("server %v has weight 0: it can't be elected", m.SID))
			continue
		}
		d := c.Disks[i]
		votes = append(votes, election.Candidate{Leader: m.SID, PeerEpoch: d.CurrentEpoch, Zxid: d.Zxid})
	}
	a.Present, a.Missing = len(have), model.Missing(c.Ensemble.Members, have)
	best, ok := model.Winner(votes)
	slices.SortStableFunc(votes, func(x, y election.Candidate) int { order, _ := model.Compare(y, x); return order })
	for _, v := range votes[min(1, len(votes)):] {
		_, by := model.Compare(best, v)
		a.Comparisons = append(a.Comparisons, comparison{best.String(), v.String(), by.String()})
	}
	if !ok || !model.IsQuorum(c.Ensemble.Members, have) {
		a.Reason = noQuorum
		return a
	}
	a.Winner, a.Epoch, a.Zxid, a.Reason = &best.Leader, best.PeerEpoch, best.Zxid.String(), "ONLY"
	if len(a.Comparisons) > 0 {
		a.Reason = a.Comparisons[0].By
	}
	return a
}

func (f *electFlags) run(out io.Writer, c cluster.Config, given election.Set) error {
	a := decide(&c, given)
	if f.json {
		return writeJSON(out, a)
	}
	p := &printer{out: out}
	for _, n := range a.notes {
		p.line("%s", n)
	}
	for _, k := range a.Comparisons {
		p.line("%s beats %s by %s", k.Better, k.Worse, k.By)
	}
	p.wrapped(a.sentence(), "  ")
	return p.err
}

// sentence is the answer in words.
func (a *elected) sentence() string {
	there := fmt.Sprintf("%d of %s", a.Present, count(a.Voters, "voter"))
	if a.Winner == nil {
		if a.Missing <= 0 {
			return "nobody wins: none of the servers can be elected"
		}
		return fmt.Sprintf("nobody wins: %s no quorum, %s missing", there+are(a.Present), count(a.Missing, "more voter")+are(a.Missing))
	}
	if a.Reason == "ONLY" {
		return fmt.Sprintf("server %v wins: it is the only candidate, and %s a quorum", *a.Winner, there+are(a.Present))
	}
	return fmt.Sprintf("server %v wins by %s: %s a quorum", *a.Winner, a.Reason, there+are(a.Present))
}

func are(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}
