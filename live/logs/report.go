package logs

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Verdict is what is known about an election, a line, or all that was read.
type Verdict uint8

const (
	Legal   Verdict = iota // the protocol explains every line
	Unknown                // it need not: lines are missing
	Illegal                // it does not
)

func (v Verdict) String() string { return [...]string{"legal", "unknown", "illegal"}[v%3] }

// MarshalText writes a verdict as its word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// SIDs are servers. In JSON they are numbers, where bytes would be a text.
type SIDs []election.SID

// MarshalJSON writes a list of numbers.
func (s SIDs) MarshalJSON() ([]byte, error) {
	return []byte("[" + strings.ReplaceAll(join(s), " ", "") + "]"), nil
}

// Finding is a line that is not legal, or that nobody can judge, and why.
type Finding struct {
	Place
	Server   election.SID `json:"server"`
	Verdict  Verdict      `json:"verdict"`
	Text     string       `json:"text"`
	Evidence []string     `json:"evidence,omitempty"` // what would have been legal
}

func (f *Finding) String() string { return fmt.Sprintf("%v: %s", f.Place, f.Text) }

// Election is one election as one server saw it.
type Election struct {
	Server  election.SID `json:"server"`
	Process int          `json:"process"` // of the server in these logs, from 1; 0 if its start is not in them
	From    Place        `json:"from"`
	To      Place        `json:"to"`
	Round   uint64       `json:"round,omitempty"`    // that it entered; 0 if the log does not tell
	Own     string       `json:"own_vote,omitempty"` // its first vote, SID:EPOCH,ZXID

	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"` // why it is not legal
	Outcome string  `json:"outcome"`          // FOLLOWING, LEADING, OBSERVING, or how it ended without a decision

	Leader  *election.SID `json:"leader,omitempty"`
	Vote    string        `json:"vote,omitempty"`  // that was decided for
	Final   uint64        `json:"final,omitempty"` // the round of the decision
	Votes   SIDs          `json:"votes,omitempty"` // who voted so
	Told    bool          `json:"told,omitempty"`  // by servers that had decided before
	Decider string        `json:"decided_by,omitempty"`
	Second  string        `json:"second,omitempty"` // the best vote that did not win

	contest  *contest
	decision election.Candidate
}

// Contest is an election of the ensemble: the elections of its servers that have one leader in one round.
type Contest struct {
	Round     uint64       `json:"round"`
	Leader    election.SID `json:"leader"`
	Vote      string       `json:"vote"`
	Decider   string       `json:"decided_by,omitempty"`
	Second    string       `json:"second,omitempty"`
	Leads     bool         `json:"leads"` // its own log says so
	Followers SIDs         `json:"followers"`
	Joined    SIDs         `json:"joined"` // of them, those that were told
	elections []*Election
}

// Report is what the logs tell.
type Report struct {
	Verdict   Verdict    `json:"verdict"`
	Voters    SIDs       `json:"voters"`
	Observers SIDs       `json:"observers"`
	Basis     string     `json:"basis"` // how the voters are known
	Files     []File     `json:"files"`
	Elections []Election `json:"elections"`
	Contests  []Contest  `json:"contests"`
	Findings  []Finding  `json:"findings"` // in the order of server, file and line

	ensemble *election.Ensemble
	servers  []*server
	configs  []string // versions of the configuration
}

// File is one log of the report.
type File struct {
	Name    string       `json:"file"`
	Server  election.SID `json:"server"`
	Lines   int          `json:"lines"`
	Events  int          `json:"events"`
	Wording string       `json:"wording"` // of which versions of ZooKeeper
	Debug   bool         `json:"debug"`
	Long    int          `json:"long_lines"`
	Cut     bool         `json:"cut"`
}

// Ensemble is the configuration that the elections were judged by.
func (r *Report) Ensemble() *election.Ensemble { return r.ensemble }

// verdict is the worst of all. Of logs without an election nothing is known.
func (r *Report) verdict() Verdict {
	v := Legal
	if len(r.Elections) == 0 {
		v = Unknown
	}
	for i := range r.Elections {
		v = max(v, r.Elections[i].Verdict)
	}
	for i := range r.Findings {
		v = max(v, r.Findings[i].Verdict)
	}
	return v
}
