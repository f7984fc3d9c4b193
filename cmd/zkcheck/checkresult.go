package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// result is what a check found out.
type result struct {
	plan       *plan
	verdict    string
	why        string // the verdict in a sentence
	parts      []partResult
	properties []propertyResult // in the order of the plan's list
}

// partResult is what one part of a check came to.
type partResult struct {
	Kind              string   `json:"kind"`
	Cluster           string   `json:"cluster"`
	Complete          bool     `json:"complete"`
	Stopped           string   `json:"stopped"`               // why early: violation, interrupted, time, states, depth, memory or disk
	Why               string   `json:"why_stopped,omitempty"` // the error of the disk
	Reduction         string   `json:"reduction,omitempty"`   // none, sleep or all
	Unreduced         string   `json:"unreduced,omitempty"`   // why none, though more was allowed
	Distinct          uint64   `json:"distinct"`
	Generated         uint64   `json:"generated"`
	Walks             uint64   `json:"walks"` // of scenarios, how many they are
	Depth             int      `json:"depth"`
	Seconds           float64  `json:"seconds"`
	DistinctPerSecond float64  `json:"distinct_per_second"`
	Collision         float64  `json:"collision_probability"`
	MemoryBytes       uint64   `json:"memory_bytes"`
	LimitsHit         []string `json:"limits_hit"`

	// Of walks only.
	Strategy string   `json:"strategy,omitempty"`
	Rejected *uint64  `json:"walks_with_violations,omitempty"`
	Features uint64   `json:"protocol_states_seen,omitempty"`
	Once     *uint64  `json:"protocol_states_seen_in_one_walk,omitempty"`
	Unseen   *float64 `json:"unseen_probability,omitempty"` // that the next walk meets a protocol state not seen before
}

// reduced takes over what a search left out, and if it had to take every step why.
func (x *partResult) reduced(how, allowed explore.Reduction, why string) {
	if x.Reduction = how.String(); how == explore.ReduceNone && allowed != explore.ReduceNone {
		x.Unreduced = why
	}
}

// walked takes over what is known of walks. What is not seen can be estimated of walks that are drawn alike.
func (x *partResult) walked(s trace.Strategy, report *trace.Report) {
	x.Strategy, x.Rejected = s.String(), &report.Rejected
	f := report.Features
	if f == nil || f.Walks == 0 {
		return
	}
	x.Features, x.Once = f.Seen, &f.Once
	if s != trace.Guided {
		unseen := f.Unseen()
		x.Unseen = &unseen
	}
}

// propertyResult is what became of one property.
type propertyResult struct {
	Name      string   `json:"name"`
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Verdict   string   `json:"verdict"`
	Checked   uint64   `json:"checked"`
	Witnessed uint64   `json:"witnessed"`
	Evidence  string   `json:"evidence"`
	Trace     string   `json:"trace"`                 // path of the counterexample
	More      []string `json:"more_traces,omitempty"` // of other shapes

	judged  bool
	found   *trace.Trace
	more    []*trace.Trace
	picture string // what became of the picture of its history
}

func newResult(p *plan) *result {
	r := &result{plan: p}
	for _, x := range p.list {
		r.properties = append(r.properties, propertyResult{Name: x.Name, ID: x.ID, Kind: x.Kind.String()})
	}
	for _, g := range p.goals {
		x := g.Property()
		r.properties = append(r.properties, propertyResult{Name: x.Name, ID: x.ID, Kind: x.Kind.String()})
	}
	return r
}

// found tells whether some property is violated.
func (r *result) found() bool {
	return slices.ContainsFunc(r.properties, func(p propertyResult) bool { return p.found != nil })
}

// cut names what ended the run before all was done, or is empty. Walks without a number end by time.
func (r *result) cut() string {
	for _, p := range r.parts {
		planned := p.Kind == partWalks && r.plan.walks.Walks == 0 && p.Stopped == "time"
		if p.Stopped != "" && p.Stopped != "violation" && !planned {
			return p.Stopped
		}
	}
	return ""
}

// conclude makes the verdicts.
func (r *result) conclude() {
	cut := r.cut()
	for i := range r.properties {
		p := &r.properties[i]
		switch {
		case p.found != nil:
			p.Verdict = verdictViolated
		case !p.judged:
			p.Verdict = verdictNotJudged
		case cut != "" || r.found() && !r.plan.all:
			p.Verdict = verdictUnknown
		case p.Witnessed == 0:
			p.Verdict = verdictNotWitnessed
		default:
			p.Verdict = verdictHolds
		}
	}
	if r.plan.lesson != nil {
		r.concludeLesson(cut)
		return
	}
	vacuous := r.vacuous()
	switch {
	case r.found():
		r.verdict, r.why = verdictViolated, strings.Join(r.violated(), ", ")
	case cut == "interrupted":
		r.verdict, r.why = verdictUnknown, "interrupted; what was seen until then holds"
		if r.plan.work != nil && r.plan.work.keep {
			r.why += "; it goes on with: zkcheck resume " + quoted(r.plan.work.dir)
		}
	case cut == "disk":
		r.verdict, r.why = verdictUnknown, "the disk ended the run: "+r.parts[len(r.parts)-1].Why
	case cut != "":
		r.verdict, r.why = verdictUnknown, fmt.Sprintf("the limit on %s ended the run; what was seen until then holds", cut)
	case len(vacuous) > 0:
		r.verdict = verdictUnknown
		r.why = "the pass is vacuous, this was never witnessed: " + strings.Join(vacuous, ", ")
	default:
		r.verdict, r.why = verdictHolds, r.scope()
	}
}

// violated are the names of the properties that are.
func (r *result) violated() []string {
	var names []string
	for _, p := range r.properties {
		if p.found != nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// vacuous are the properties whose situation must occur and did not: a "sometimes" always, and every
// one of the default run, which was chosen so that all occur.
func (r *result) vacuous() []string {
	var names []string
	for _, p := range r.properties {
		if p.Verdict == verdictNotWitnessed && (r.plan.whole || p.Kind == props.Sometimes.String()) {
			names = append(names, p.Name)
		}
	}
	return names
}

// scope says what a pass is about.
func (r *result) scope() string {
	var parts []string
	walks := uint64(0)
	for _, p := range r.parts {
		switch p.Kind {
		case partExhaustive:
			parts = append(parts, fmt.Sprintf("all %s states", grouped(p.Distinct)))
		case partEnd:
			parts = append(parts, fmt.Sprintf("what must happen in the end from all %s", grouped(p.Distinct)))
		case partWalks:
			walks += p.Walks
		case partScenarios:
			parts = append(parts, fmt.Sprintf("%d stories", p.Walks))
		}
	}
	if walks > 0 {
		parts = append(parts, fmt.Sprintf("%s walks", grouped(walks)))
	}
	limited := ""
	if len(r.limitsHit()) > 0 {
		limited = " within the limits"
	}
	return "no violation in " + strings.Join(parts, ", ") + limited
}

// concludeLesson: a lesson is there to be found.
func (r *result) concludeLesson(cut string) {
	name := r.plan.lesson.Name
	switch p := &r.properties[0]; {
	case p.found != nil:
		r.verdict = verdictHolds
		r.why = fmt.Sprintf("lesson %s was found, as expected, in %s", name, count(len(p.found.Steps), "step"))
	case cut != "":
		r.verdict, r.why = verdictUnknown, fmt.Sprintf("lesson %s was not found before the run ended: %s", name, cut)
	default:
		r.verdict, r.why = verdictViolated, fmt.Sprintf("lesson %s was not found: this cluster can't teach it within its limits", name)
	}
}

// limitsHit are the limits of all parts, each once.
func (r *result) limitsHit() []string {
	all := []string{}
	for _, p := range r.parts {
		for _, l := range p.LimitsHit {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

func (r *result) exitCode() int {
	switch r.verdict {
	case verdictHolds:
		return exitHolds
	case verdictViolated:
		return exitViolated
	}
	return exitUnknown
}
