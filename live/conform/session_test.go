package conform

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/live/server"
)

func install(t *testing.T) server.Install {
	t.Helper()
	i, err := server.Find()
	if err != nil {
		t.Skip(err)
	}
	return i
}

// TestTheRealServerConforms plays generated elections on real servers: nothing disagrees, and what was
// played says something about every rule that one election in fifty is about.
func TestTheRealServerConforms(t *testing.T) {
	i := install(t)
	const elections = 150
	r, err := Run(context.Background(), Options{Install: i, Voters: 5, Observers: 1, Elections: elections, JVMs: 3, Seed: 11, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Found {
		explain(t, d.Disagreement)
		t.Errorf("election %d: %v", d.Election, d)
	}
	for _, d := range r.Unrepeated { // what a fresh server does not show is no disagreement, and no habit either
		explain(t, d)
		t.Logf("once: %v", d)
	}
	if len(r.Unrepeated) > 1 {
		t.Errorf("%d disagreements were not repeated", len(r.Unrepeated))
	}
	if r.Elections != elections || r.Decided < elections*2/3 || r.Asked == 0 || r.Resets == 0 {
		t.Errorf("the run looked at too little: %+v", r)
	}
	for k, rule := range Rules() {
		if r.Exercised[k] == 0 {
			t.Errorf("%s was never exercised", rule.Name)
		}
	}
}

// TestABrokenRuleIsFound: with a rule of the engine broken a run ends at a disagreement, which is short,
// which the file of it repeats, and which is gone when the rule is right.
func TestABrokenRuleIsFound(t *testing.T) {
	i := install(t)
	r, err := Run(context.Background(), Options{Install: i, Voters: 3, Elections: 200, JVMs: 3, Seed: 5, Broken: "told-equality", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Found) == 0 {
		t.Fatalf("%d elections, and no disagreement", r.Elections)
	}
	found := r.Found[0]
	if n := len(found.Script.Steps); n > 4 {
		t.Errorf("%d steps are left:\n%s", n, found.Script.Format())
	}
	for broken, want := range map[string]bool{"told-equality": true, "": false} {
		text := strings.Replace(string(found.Script.Format()), "broken told-equality\n", "", 1)
		if broken != "" {
			text = string(found.Script.Format())
		}
		script, err := ParseScript("found.zkt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "server")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		d, err := PlayOn(context.Background(), i, script, dir)
		if err != nil || (d != nil) != want {
			t.Errorf("broken %q: %v, %v", broken, d, err)
		}
	}
}

func explain(t *testing.T, err error) {
	t.Helper()
	var d *Disagreement
	if errors.As(err, &d) {
		t.Logf("%s\n%s", d.Script.Format(), strings.Join(d.Seen, "\n"))
	}
}
