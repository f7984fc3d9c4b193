package trace_test

import (
	"testing"

	"github.com/zkcheck/zkcheck/trace"
)

// TestShrinkLeavesManyServers: a run of 376 steps of eight servers, found by a fuzzer, from which no leaving out of
// steps leads to one of three: for that chance has to meet the violation anew.
func TestShrinkLeavesManyServers(t *testing.T) {
	x, err := trace.ReadFile("testdata/shrink/many-servers.zkt")
	if err != nil {
		t.Fatal(err)
	}
	s := shrink(t, x)
	certified(t, s)
	if len(s.Config.Disks) != 3 || len(s.Steps) != 8 {
		t.Errorf("%d steps of %d servers are left:\n%s", len(s.Steps), len(s.Config.Disks), s.Format())
	}
}
