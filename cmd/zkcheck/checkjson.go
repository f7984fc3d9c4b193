package main

import (
	"encoding/xml"
	"fmt"

	"github.com/zkcheck/zkcheck/trace"
)

// checked is a result as JSON. Counts are sums over the parts; complete means that every exhaustive
// part was, and that there was one.
type checked struct {
	Verdict           string           `json:"verdict"`
	Why               string           `json:"why"`
	Lesson            string           `json:"lesson,omitempty"`
	Mutant            string           `json:"mutant,omitempty"`
	Complete          bool             `json:"complete"`
	Distinct          uint64           `json:"distinct"`
	Generated         uint64           `json:"generated"`
	Depth             int              `json:"depth"`
	Seconds           float64          `json:"seconds"`
	DistinctPerSecond float64          `json:"distinct_per_second"`
	Collision         float64          `json:"collision_probability"`
	LimitsHit         []string         `json:"limits_hit"`
	Properties        []propertyResult `json:"properties"`
	Parts             []partResult     `json:"parts"`
}

func (r *result) json() checked {
	c := checked{Verdict: r.verdict, Why: r.why, LimitsHit: r.limitsHit(), Properties: r.properties, Parts: r.parts}
	if r.plan.lesson != nil {
		c.Lesson = r.plan.lesson.Name
	}
	if r.plan.mutant != nil {
		c.Mutant = r.plan.mutant.ID
	}
	searched, searching := 0, 0
	seconds := 0.0 // of the searches
	for _, p := range r.parts {
		c.Generated += p.Generated
		c.Seconds += p.Seconds
		c.Depth = max(c.Depth, p.Depth)
		if p.Kind == partExhaustive || p.Kind == partEnd {
			c.Distinct += p.Distinct
			c.Collision = max(c.Collision, p.Collision)
			seconds += p.Seconds
			searching++
			if p.Complete {
				searched++
			}
		}
	}
	if seconds > 0 {
		c.DistinctPerSecond = float64(c.Distinct) / seconds
	}
	c.Complete = searching > 0 && searched == searching
	return c
}

// JUnit's elements.
type testSuite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	Failure *testNote `xml:"failure"`
	Error   *testNote `xml:"error"`
	Skipped *testNote `xml:"skipped"`
	Output  string    `xml:"system-out,omitempty"`
}

type testNote struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes one case per property: violated is a failure, unknown an error, not judged skipped.
func (r *result) writeJUnit(path string) error {
	s := testSuite{Name: "zkcheck", Tests: len(r.properties), Time: fmt.Sprintf("%.3f", r.json().Seconds)}
	for i := range r.properties {
		c := r.testCase(&r.properties[i])
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	b, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return trace.WriteFile(path, append([]byte(xml.Header), append(b, '\n')...))
}

func (r *result) testCase(p *propertyResult) testCase {
	c := testCase{Name: p.Name, Class: "zkcheck." + p.Kind,
		Output: fmt.Sprintf("checked %d times, witnessed %d times", p.Checked, p.Witnessed)}
	expected := r.plan.lesson != nil // a lesson is a case that its violation passes
	switch {
	case expected && r.verdict == verdictViolated:
		c.Failure = &testNote{Message: r.why}
	case expected && r.verdict == verdictHolds:
	case p.Verdict == verdictViolated:
		c.Failure = &testNote{Message: p.Evidence, Text: again(p.Trace)}
	case p.Verdict == verdictUnknown:
		c.Error = &testNote{Message: r.why}
	case p.Verdict == verdictNotWitnessed && r.verdict == verdictUnknown:
		c.Error = &testNote{Message: "not witnessed"}
	case p.Verdict == verdictNotJudged:
		c.Skipped = &testNote{Message: "only whole runs show it"}
	}
	return c
}
