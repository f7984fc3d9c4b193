package conform

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
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

// TestSessionAgainstTheRealServer plays generated scripts on one real server.
func TestSessionAgainstTheRealServer(t *testing.T) {
	i := install(t)
	c := config(t, 5, election.Disk{Zxid: election.NewZxid(1, 5), CurrentEpoch: 1, AcceptedEpoch: 1})
	script := Script{Config: c, Subject: 3}
	s, err := open(context.Background(), i, script, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := time.Now()
	g := newGenerator(rand.New(rand.NewPCG(2, 1)), c.Ensemble, 3, c.Disks[2])
	decided := 0
	const elections = 100
	for n := range elections {
		steps := g.script()
		o, err := s.Play(steps, Rules())
		if err != nil {
			explain(t, err)
			t.Fatalf("election %d: %v", n, err)
		}
		if o.Decided {
			decided++
		}
		if err := s.Leave(); err != nil {
			explain(t, err)
			t.Fatalf("election %d, leaving: %v", n, err)
		}
	}
	t.Logf("%d of %d elections decided, %v", decided, elections, time.Since(start))
}

func explain(t *testing.T, err error) {
	t.Helper()
	var d *Disagreement
	if errors.As(err, &d) {
		t.Logf("%s\n%s", d.Script.Format(), strings.Join(d.Seen, "\n"))
	}
}
