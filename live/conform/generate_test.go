package conform

import (
	"math/rand/v2"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// TestScriptsExerciseRules: what is generated brings most elections to an end and exercises every rule, on
// the engine alone.
func TestScriptsExerciseRules(t *testing.T) {
	for _, voters := range []int{3, 5, 7} {
		const elections = 2000
		decided, hits, waits := 0, map[string]int{}, 0
		rules := Rules()
		for i := range uint64(elections) {
			c := config(t, voters, election.Disk{Zxid: election.NewZxid(1, 5), CurrentEpoch: 1, AcceptedEpoch: 1})
			subject := election.SID(1 + i%uint64(voters))
			disk := c.Disks[subject-1]
			g := newGenerator(rand.New(rand.NewPCG(i, 7)), c.Ensemble, subject, disk)
			x := newExercise(c.Ensemble, subject, disk, rules)
			for _, s := range g.script() {
				looking := x.standard.server.State == election.Looking
				x.play(s)
				if s.Kind == Wait && looking && x.standard.server.State != election.Looking {
					waits++
				}
			}
			if x.standard.server.State != election.Looking {
				decided++
			}
			for k, hit := range x.hits {
				if hit {
					hits[rules[k].Name]++
				}
			}
		}
		t.Logf("%d voters: %d of %d decided, %d by finalizeWait", voters, decided, elections, waits)
		if decided < elections*72/100 {
			t.Errorf("%d voters: only %d of %d elections were decided", voters, decided, elections)
		}
		for _, r := range rules {
			t.Logf("  %-18s %4d", r.Name, hits[r.Name])
			least := elections * 15 / 1000
			if voters == 3 && r.Name == "initial-vote" {
				least = 1 // any better vote makes a majority of three, and finalizeWait drops what comes then
			}
			if hits[r.Name] < least {
				t.Errorf("%d voters: %s was exercised %d times in %d elections", voters, r.Name, hits[r.Name], elections)
			}
		}
	}
}

func config(t testing.TB, voters int, d election.Disk) cluster.Config {
	t.Helper()
	var servers []string
	for i := range voters {
		servers = append(servers, cluster.ServerString(election.SID(i+1), d))
	}
	c, err := cluster.ParseConfig(servers, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
