package fuzz

import (
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/live/conform"
)

// FuzzScript: no bytes make the reader panic, and what it accepts it writes so that it reads the same.
func FuzzScript(f *testing.F) {
	f.Add([]byte("zkcheck trace v1\nsubject 2\ncluster 1:0,0 2:1,8 3:0,0\nsteps 2\nhear 1 LOOKING none:0,0 round 1 version 0\nwait\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := conform.ParseScript("x.zkt", data)
		if err != nil {
			return
		}
		again, err := conform.ParseScript("y.zkt", s.Format())
		if err != nil || !slices.Equal(again.Steps, s.Steps) {
			t.Fatalf("%q: read again: %v", data, err)
		}
		conform.Explain(s)
	})
}
