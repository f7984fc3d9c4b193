package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/trace"
)

// columns is how wide output gets.
const columns = 100

type replayFlags struct {
	to     int
	quiet  bool
	json   bool
	verify bool
	memory string
}

func newReplay() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Replay a trace, step by step in words, and judge it",
		Long: `replay takes the steps of a trace file, says what each does and what it changes, and judges
the property that the file names, or all. It gives the verdict of the run that wrote the file.

Behind a line "loop" of the file are steps that are taken for ever: replay takes them once, and
refuses a loop that does not lead back to where it began.

With --verify it also repeats the search that a line "certificate" of the file speaks of (see
shrink), and refuses a certificate that is not confirmed to the last state.

Of a script of one real server, as live conform writes it, it says what the engine does, and judges
nothing: for that the server has to be there.`,
		Example: `  zkcheck replay zkcheck-one-leader-per-epoch.zkt
  zkcheck replay zkcheck-one-leader-per-epoch.zkt --to 10
  zkcheck replay zkcheck-one-leader-per-epoch.zkt --quiet
  zkcheck replay zkcheck-one-leader-per-epoch-min.zkt --verify`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("replay: want one file, not %d", len(args))
			}
			if args[0] == "" {
				return fmt.Errorf("replay: the name of the file is empty")
			}
			if script, err := scriptIn(args[0]); script != nil || err != nil {
				if err == nil {
					err = f.script(c.OutOrStdout(), args[0], script, c.Flags().Changed("to"))
				}
				return err
			}
			t, err := trace.ReadFile(args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("to") {
				if f.to < 0 || f.to > len(t.Steps) {
					return fmt.Errorf("--to %d: %s has %s", f.to, args[0], count(len(t.Steps), "step"))
				}
				if f.verify {
					return fmt.Errorf("--to and --verify exclude each other")
				}
				t.Keep(f.to)
			}
			certified := ""
			if f.verify || c.Flags().Changed("memory") {
				if certified, err = f.certified(c, t); err != nil {
					return err
				}
			}
			return f.run(c.OutOrStdout(), t, certified)
		},
	}
	c.Flags().IntVar(&f.to, "to", 0, "stop after `N` steps")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print the verdict only")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	c.Flags().BoolVar(&f.verify, "verify", false, "repeat the search of the file's certificate")
	c.Flags().StringVar(&f.memory, "memory", memoryLimit, "end the search of --verify at this `SIZE`, in MiB or GiB")
	strict(c.Flags())
	return c
}

// replayed is a replay as JSON.
type replayed struct {
	File     string         `json:"file"`
	Cluster  string         `json:"cluster"`
	Property string         `json:"property"` // that is violated, or that was asked about; empty for all
	Verdict  string         `json:"verdict"`
	Step     int            `json:"step"` // that violates, from 1; 0 if none
	Evidence string         `json:"evidence"`
	Steps    []replayedStep `json:"steps"`
	Loop     *replayedLoop  `json:"loop,omitempty"` // of a run without an end

	Certified string `json:"certified,omitempty"` // by a search that --verify has repeated, in a sentence
}

// replayedLoop are the steps that are taken for ever: from number First on, which may be behind the last.
type replayedLoop struct {
	First int    `json:"first_step"`
	Steps int    `json:"steps"`
	Text  string `json:"text"`
}

type replayedStep struct {
	Step    int      `json:"step"`
	Line    int      `json:"line"`
	Action  string   `json:"action"`
	Text    string   `json:"text"`
	Changes []string `json:"changes"`
}

// certified verifies the certificate, and says what it says.
func (f *replayFlags) certified(c *cobra.Command, t *trace.Trace) (string, error) {
	if !f.verify {
		return "", fmt.Errorf("--memory is for --verify")
	}
	memory, err := parseSize(f.memory)
	if err != nil {
		return "", fmt.Errorf("--memory %w", err)
	}
	s := newStatus(c.ErrOrStderr())
	err = trace.Verify(c.Context(), t, explore.Options{MaxMemory: memory, Progress: s.progress("verify"), Every: s.every})
	s.clear()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("certificate confirmed: no run of at most %s violates it (%s distinct states)",
		count(t.Certificate.Bound, "step"), grouped(t.Certificate.States)), nil
}

func (f *replayFlags) run(out io.Writer, t *trace.Trace, certified string) error {
	var steps []replayedStep
	var verdict *trace.Verdict
	var err error
	if f.quiet && !f.json {
		verdict, err = trace.Replay(t, nil)
	} else {
		steps, verdict, err = narrated(t)
	}
	if err != nil {
		return err
	}
	if f.json {
		object := replayJSON(t, steps, verdict)
		object.Certified = certified
		err = writeJSON(out, object)
	} else {
		err = f.text(out, t, steps, verdict, certified)
	}
	switch {
	case err != nil:
		return err
	case verdict.Violated:
		return verdictCode(exitViolated)
	case verdict.Vacuous:
		return verdictCode(exitUnknown)
	}
	return nil
}

// narrated replays a trace and puts every step into words. A file that can't be replayed to its end
// prints nothing.
func narrated(t *trace.Trace) ([]replayedStep, *trace.Verdict, error) {
	y, err := t.System()
	if err != nil {
		return nil, nil, err
	}
	narrator := trace.NewNarrator(y)
	steps := []replayedStep{}
	verdict, err := trace.Replay(t, func(i int, before *cluster.State, a cluster.Action, after *cluster.State) {
		changes := trace.Changes(before, after)
		if changes == nil {
			changes = []string{}
		}
		steps = append(steps, replayedStep{i + 1, t.Steps[i].Line, a.String(), narrator.Step(before, a, after), changes})
	})
	return steps, verdict, err
}

func replayJSON(t *trace.Trace, steps []replayedStep, v *trace.Verdict) replayed {
	r := replayed{File: t.Name, Cluster: t.Config.Servers(), Property: v.Property, Verdict: verdictHolds, Steps: steps}
	switch {
	case v.Vacuous:
		r.Verdict = verdictUnknown
	case v.Violated:
		r.Verdict, r.Step, r.Evidence = verdictViolated, v.Step, v.Evidence.Error()
	}
	if v.ForEver != "" {
		r.Loop = &replayedLoop{First: v.Loop + 1, Steps: v.Steps - v.Loop, Text: v.ForEver}
	}
	return r
}

func (f *replayFlags) text(out io.Writer, t *trace.Trace, steps []replayedStep, v *trace.Verdict, certified string) error {
	p := &printer{out: out}
	if !f.quiet {
		p.wrapped(describeTrace(t), "  ")
		p.steps(steps, t.Loop)
		p.line("")
	}
	p.wrapped(v.String(), "  ")
	if v.ForEver != "" {
		p.wrapped(v.ForEver, "  ")
	}
	if certified != "" {
		p.wrapped(certified, "  ")
	}
	return p.err
}

// describeTrace names the cluster of a trace, and the mutant whose rules it is of.
func describeTrace(t *trace.Trace) string {
	heading := "cluster " + describeCluster(&t.Config)
	if name := t.Config.Ensemble.Rules.Name; name != "" {
		heading += "; mutant " + name
	}
	return heading
}

// describeCluster writes a cluster and its limits in one line.
func describeCluster(c *cluster.Config) string {
	parts := []string{c.Servers()}
	phases, counter := "", ""
	if c.Phases != cluster.AllPhases {
		phases = c.Phases.String()
	}
	if n := c.Ensemble.LastCounter; n != math.MaxUint32 {
		counter = strconv.FormatUint(uint64(n), 10)
	}
	for _, named := range [][2]string{{"observers", c.Observers()}, {"weights", c.Weights()}, {"phases", phases},
		{"counter", counter}, {"limits", c.Limits.String()}} {
		if named[1] != "" {
			parts = append(parts, named[0]+" "+named[1])
		}
	}
	if c.FIFO {
		parts = append(parts, "channel fifo")
	}
	if c.Ensemble.Fine {
		parts = append(parts, "grain fine")
	}
	return strings.Join(parts, "; ")
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
