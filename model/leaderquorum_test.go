package model_test

import (
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

func TestLeaderQuorum(t *testing.T) {
	members := []election.Member{{SID: 1}, {SID: 2}, {SID: 3}, {SID: 4, Observer: true}}
	for _, c := range []struct {
		counted []election.SID
		want    string // part of the evidence, "" where it holds
	}{
		{[]election.SID{2, 3}, ""},
		{[]election.SID{1, 2, 3}, ""},
		{[]election.SID{1, 3}, "its own not among them"},
		{[]election.SID{2}, "no quorum"},
		{[]election.SID{2, 4}, "no quorum"},
		{[]election.SID{2, 2}, "no quorum"},
		{nil, "its own not among them"},
	} {
		err := model.LeaderQuorum(members, 2, "established", 7, c.counted)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("acks of %v: %v", c.counted, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("acks of %v: %v, want %q", c.counted, err, c.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = model.LeaderQuorum(members, 2, "established", 7, []election.SID{2, 3}) }); n != 0 {
		t.Errorf("%v allocations where it holds", n)
	}
}
