package quorum

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func tail(d *Disagreement) string { return strings.Join(d.Seen[max(0, len(d.Seen)-25):], "\n") }

// TestTheEngineConforms plays lives on servers that are made of the engine: nothing disagrees. It is the harness that
// is tried here.
func TestTheEngineConforms(t *testing.T) {
	for _, version := range []string{"master", "3.8.0"} {
		for _, phase := range []Phase{Discovery, Sync} {
			for _, role := range []Role{Follower, Leader, Both} {
				t.Run(strings.Join([]string{version, string(phase), string(role)}, " "), func(t *testing.T) {
					t.Parallel()
					r, err := Run(t.Context(), Options{Phase: phase, Role: role, Voters: 3, Terms: 48, JVMs: 2, Seed: 3, Dir: t.TempDir(),
						Host: newFakes(t, version).host()})
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range r.Found {
						t.Errorf("term %d: %v\n%s", d.Term, d, tail(d.Disagreement))
					}
					for _, d := range r.Unrepeated {
						t.Errorf("once: %v\n%s", d, tail(d))
					}
				})
			}
		}
	}
}

// TestABrokenRuleIsFound: with a rule broken, a run ends at a disagreement that its file repeats.
func TestABrokenRuleIsFound(t *testing.T) {
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			host := newFakes(t, "master").host()
			patient := host
			host.Patience = time.Second / 2
			o := Options{Phase: Sync, Role: rule.Role, Voters: 3, Terms: 100, JVMs: 1, Seed: 1, Broken: rule.Name, Dir: t.TempDir(), Host: host}
			if rule.Name == "epoch-quorum" { // two of three are heard at the same time
				o.Voters = 5
			}
			r, err := Run(t.Context(), o)
			if err != nil || len(r.Found) == 0 {
				t.Fatalf("in %d terms it is not found: %v", r.Terms, err)
			}
			script, err := Parse("found.zkt", r.Found[0].Script.Format("a comment"))
			if err != nil || !slices.Equal(script.Steps, r.Found[0].Script.Steps) {
				t.Fatalf("its file is another script: %v", err)
			}
			if d, err := PlayOn(t.Context(), host, script, t.TempDir()); d == nil || err != nil {
				t.Errorf("its file does not repeat it: %v", err)
			}
			whole := *script
			whole.Broken = ""
			if d, err := PlayOn(t.Context(), patient, &whole, t.TempDir()); d != nil || err != nil {
				t.Errorf("with the rule whole: %v, %v", d, err)
			}
		})
	}
}
