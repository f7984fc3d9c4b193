package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/trace"
)

type whyFlags struct {
	states int
	json   bool
}

func newWhy() *cobra.Command {
	var f whyFlags
	c := &cobra.Command{
		Use:   "why FILE",
		Short: "Explain a counterexample: what it needs, where it was decided, which rule is wrong",
		Long: `why takes a trace that violates a property and explains it.

It strikes out the steps that the violation does not need, and says of the others what they build
on. After each step it gives the share of all continuations that fail: of every way to go on at
random, each enabled action alike, the part that violates the property before the horizon; the step
that raises it most is where the violation was decided. The share is summed over all states that can
come, not sampled. It is "?" where that are more than --states; the last steps come first.

Of a run under the rules of a mutant it finds the first step that ZooKeeper's rules would have taken
in another way, and shows both. The exit code is that of replay.`,
		Example: `  zkcheck why zkcheck-one-leader-per-epoch.zkt
  zkcheck why zkcheck-one-leader-per-epoch.zkt --states 2000000
  zkcheck why zkcheck-one-leader-per-epoch.zkt --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("why: want one file, not %d", len(args))
			}
			if args[0] == "" {
				return fmt.Errorf("why: the name of the file is empty")
			}
			if f.states < 1 || f.states > maxWhyStates {
				return fmt.Errorf("--states %d is not 1..%d", f.states, maxWhyStates)
			}
			t, err := trace.ReadFile(args[0])
			if err != nil {
				return err
			}
			look := newStatus(c.ErrOrStderr())
			e, err := trace.Why(c.Context(), t, trace.WhyOptions{States: f.states, Progress: func(horizon, states int) {
				look.look(fmt.Sprintf("why: %s states that can come until step %d", grouped(uint64(states)), horizon))
			}})
			look.clear()
			if err != nil {
				return err
			}
			return f.run(c.OutOrStdout(), t, e)
		},
	}
	c.Flags().IntVar(&f.states, "states", 200_000, "look at `N` states of continuations at most")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	strict(c.Flags())
	return c
}

// maxWhyStates: states are numbered with 32 bits, and there are more steps between them.
const maxWhyStates = 50_000_000

func (f *whyFlags) run(out io.Writer, t *trace.Trace, e *trace.Explanation) (err error) {
	if f.json {
		err = writeJSON(out, explainedJSON(t, e))
	} else {
		p := &printer{out: out}
		p.explanation(t, e)
		err = p.err
	}
	switch {
	case err != nil:
		return err
	case e.Verdict.Violated:
		return verdictCode(exitViolated)
	case e.Verdict.Vacuous:
		return verdictCode(exitUnknown)
	}
	return nil
}

// explained is an explanation as JSON.
type explained struct {
	File     string           `json:"file"`
	Cluster  string           `json:"cluster"`
	Mutant   string           `json:"mutant"`
	Property string           `json:"property"`
	Doc      string           `json:"doc"`
	Verdict  string           `json:"verdict"`
	Step     int              `json:"step"` // that violates, from 1; 0 if none
	Evidence string           `json:"evidence"`
	Steps    []explainedStep  `json:"steps"`
	Needed   int              `json:"needed"`
	Every    bool             `json:"every_step_tried"`
	Loop     *replayedLoop    `json:"loop,omitempty"`
	Shares   *explainedShares `json:"shares,omitempty"`
	Rules    *explainedRules  `json:"rules,omitempty"`
	Summary  string           `json:"summary"`
}

type explainedStep struct {
	Step     int      `json:"step"`
	Line     int      `json:"line"`
	Action   string   `json:"action"`
	Needed   bool     `json:"needed"`
	BuildsOn []int    `json:"builds_on"`
	Share    *float64 `json:"share"` // after the step; null if it is not known
	Sure     bool     `json:"sure"`  // every continuation within the horizon fails
	Text     string   `json:"text"`
}

type explainedShares struct {
	Horizon int               `json:"horizon"` // steps of a run, those taken included
	Near    bool              `json:"near"`    // it is nearer than it would be with more states
	States  int               `json:"states"`
	Start   *float64          `json:"start"` // before the first step
	Why     string            `json:"unknown_because,omitempty"`
	Decided int               `json:"decided"` // the step that raised the share most; 0 if that is not known
	Options []explainedOption `json:"options"` // what could have happened in its place
}

type explainedOption struct {
	Action string  `json:"action"`
	Share  float64 `json:"share"`
	Sure   bool    `json:"sure"`
}

type explainedRules struct {
	Title  string        `json:"title"`
	Wrong  string        `json:"wrong"`
	Right  string        `json:"right"`
	Step   int           `json:"step"` // the first that is not the same; 0 if none
	Did    explainedDeed `json:"did"`
	Would  explainedDeed `json:"zookeeper_would"`
	Cannot bool          `json:"impossible"` // ZooKeeper's rules don't have the step
	Hidden bool          `json:"hidden"`     // both look alike: the difference is in what a server remembers

	// Where the rules agree in every step: what could have happened after so many.
	After   int      `json:"after"`
	Missing []string `json:"only_zookeeper_could"`
	More    []string `json:"only_mutant_could"`
}

type explainedDeed struct {
	Text    string   `json:"text"`
	Changes []string `json:"changes"`
}

func explainedJSON(t *trace.Trace, e *trace.Explanation) explained {
	v := e.Verdict
	x := explained{File: t.Name, Cluster: t.Config.Servers(), Mutant: t.Config.Ensemble.Rules.Name, Property: v.Property,
		Doc: e.Property.Doc, Verdict: verdictHolds, Steps: []explainedStep{}, Needed: e.NeededSteps(), Every: e.Every,
		Summary: inShort(e)}
	switch {
	case v.Vacuous:
		x.Verdict = verdictUnknown
	case v.Violated:
		x.Verdict, x.Step, x.Evidence = verdictViolated, v.Step, v.Evidence.Error()
	}
	if v.ForEver != "" {
		x.Loop = &replayedLoop{First: v.Loop + 1, Steps: v.Steps - v.Loop, Text: v.ForEver}
	}
	for i, s := range e.Steps {
		step := explainedStep{Step: i + 1, Line: s.Line, Action: s.Action.String(), Needed: s.Needed,
			BuildsOn: append([]int{}, s.BuildsOn...), Text: s.Text}
		if e.Odds != nil {
			step.Share, step.Sure = shareJSON(e.Odds.At[i+1]), e.Odds.At[i+1].Sure
		}
		x.Steps = append(x.Steps, step)
	}
	if o := e.Odds; o != nil {
		x.Shares = &explainedShares{Horizon: o.Horizon, Near: o.Near, States: o.States, Start: shareJSON(o.At[0]), Why: o.Why,
			Decided: e.Decided, Options: []explainedOption{}}
		if e.Decided > 0 {
			for _, option := range o.Options[e.Decided-1] {
				x.Shares.Options = append(x.Shares.Options,
					explainedOption{option.Action.String(), option.Share.Fails, option.Share.Sure})
			}
		}
	}
	if d := e.Rules; d != nil {
		x.Rules = &explainedRules{Title: d.Mutant.Title, Wrong: d.Mutant.Wrong, Right: d.Mutant.Right, Step: d.Step,
			Did: deedJSON(d.Wrong), Would: deedJSON(d.Right), Cannot: d.Impossible, Hidden: d.Hidden,
			After: d.After, Missing: append([]string{}, d.Missing...), More: append([]string{}, d.More...)}
	}
	return x
}

func deedJSON(d trace.Deed) explainedDeed {
	return explainedDeed{d.Text, append([]string{}, d.Changes...)}
}

func shareJSON(s trace.Share) *float64 {
	if !s.Known {
		return nil
	}
	return &s.Fails
}
