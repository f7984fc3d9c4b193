package ensemble

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
)

// Outcome of a check.
const (
	Holds    = "holds"
	Violated = "violated"
	Unclear  = "unknown" // nothing was looked at, or what was seen is not enough
	Known    = "known"   // a weakness that ZooKeeper documents or its project has on record, and nothing beyond it
)

// Check is one question and its answer.
type Check struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Verdict  string   `json:"verdict"`
	Seen     string   `json:"seen"`               // what was looked at, with numbers
	Evidence []string `json:"evidence,omitempty"` // why it does not hold, the most telling first
}

// Term is an epoch that a leader served.
type Term struct {
	Epoch        uint32       `json:"epoch"`
	Leader       election.SID `json:"leader"`
	AtMS         int64        `json:"at_ms"`
	Acknowledged int          `json:"acknowledged_writes"`
}

// Verdict is the answer about a run.
type Verdict struct {
	Verdict   string  `json:"verdict"` // of all checks: violated, else unknown, else holds
	Checks    []Check `json:"checks"`
	Terms     []Term  `json:"terms"`
	Elections int     `json:"elections"` // that a server decided for itself, whether it came to serve or not
	Faults    int     `json:"faults"`
	Writes    int     `json:"acknowledged_writes"`
	Reads     int     `json:"reads"`
	Unknown   int     `json:"unknown_writes"`
	Unsent    int     `json:"unsent"`    // operations that were never sent
	Processes int     `json:"processes"` // of servers, started anew after each crash
}

// maxEvidence is how much of it a check keeps: who needs more has the report.
const maxEvidence = 5

// violate notes evidence that the check is violated.
func (c *Check) violate(format string, args ...any) {
	c.Verdict = Violated
	c.note(format, args...)
}

// doubt notes why nothing is known, which no later evidence of the same kind makes better.
func (c *Check) doubt(format string, args ...any) {
	if c.Verdict != Violated {
		c.Verdict = Unclear
	}
	c.note(format, args...)
}

func (c *Check) note(format string, args ...any) {
	if len(c.Evidence) < maxEvidence {
		c.Evidence = append(c.Evidence, fmt.Sprintf(format, args...))
	}
}

// judges are the checks in the order in which they are reported.
var judges = []struct {
	name, doc string
	judge     func(r *report, c *Check)
}{
	{"one-leader-per-epoch", "no epoch ever has two leaders", judgeLeaders},
	{"elections-by-the-rules", "every election is explained by the votes in the logs; the winner is the maximum of those it was elected by", judgeElections},
	{"epochs-grow", "acceptedEpoch and currentEpoch of a disk never go back", judgeEpochs},
	{"every-term-writes", "every term acknowledged a write; of one that did not nothing is known", judgeTerms},
	{"servers-live", "no server ends by itself, whatever disk a crash has left it", judgeLives},
	{"recovers", "without faults one leader serves and all others follow", judgeRecovery},
	{"no-write-lost", "what was acknowledged is there at the end, on every server, and never changed", judgeLost},
	{"writes-in-order", "a write that begins after another was acknowledged has a larger zxid", judgeOrder},
	{"sessions-in-order", "within a session no register goes back", judgeSessions},
	{"linearizable", "writes, and reads behind a write, are those of registers", judgeFenced},
	{"synced-reads", "so are reads behind a sync, unless a deposed server answers: sync asks no quorum", judgeSynced},
}

// Judge reads a report, judges it, and writes the verdict into it.
func Judge(dir string) (Verdict, error) {
	r, err := readReport(dir)
	if err != nil {
		return Verdict{}, fmt.Errorf("report: %w", err)
	}
	v := r.summary()
	for _, j := range judges {
		c := Check{Name: j.name, Doc: j.doc, Verdict: Holds}
		j.judge(r, &c)
		v.Checks = append(v.Checks, c)
	}
	v.Verdict = v.overall()
	return v, writeJSON(dir, verdictFile, v)
}

func (v *Verdict) overall() string {
	all := Holds
	for _, c := range v.Checks {
		switch {
		case c.Verdict == Violated:
			return Violated
		case c.Verdict == Unclear:
			all = Unclear
		}
	}
	return all
}

// summary counts.
func (r *report) summary() Verdict {
	v := Verdict{Terms: r.terms(), Processes: len(r.lives)}
	for _, l := range r.lives {
		for _, e := range l.events {
			if e.kind == decided {
				v.Elections++
			}
		}
	}
	for _, f := range r.faults {
		if s, err := ParseStep(f.Step); err == nil && s.Verb.breaks() && len(f.Servers) > 0 {
			v.Faults++
		}
	}
	for _, o := range r.history {
		switch {
		case o.Outcome == unsent:
			v.Unsent++
		case o.Kind == write && o.Outcome == answered:
			v.Writes++
		case o.Kind == write:
			v.Unknown++
		case o.Outcome == answered:
			v.Reads++
		}
	}
	return v
}
