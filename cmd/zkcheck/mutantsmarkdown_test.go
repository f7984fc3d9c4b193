package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/gauntlet"
	"github.com/zkcheck/zkcheck/mutant"
)

// The page claims of the bugs that were run, and of no others.
func TestPageClaimsOnlyWhatWasRun(t *testing.T) {
	bug := gauntlet.Row{Mutant: mutant.All()[0], Cells: []gauntlet.Cell{{Verdict: gauntlet.Killed}}}
	for want, m := range map[string]gauntlet.Matrix{
		"\nNo bug was run.\n":                                    {},
		"\nEvery bug is killed by some strategy.\n":              {Rows: []gauntlet.Row{bug}},
		"\nEvery bug that was run is killed by some strategy.\n": {Rows: []gauntlet.Row{bug}, Interrupted: true},
	} {
		var page bytes.Buffer
		if err := newGauntletResult(&m, &mutantsFlags{}).markdown(&page); err != nil || !strings.Contains(page.String(), want) {
			t.Errorf("%v; the page does not say %q", err, want)
		}
	}
}
