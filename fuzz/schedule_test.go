package fuzz

import (
	"testing"

	"github.com/zkcheck/zkcheck/props/proptest"
)

// FuzzSchedule: no run breaks a property, at a step or at its end. Every byte string is one.
func FuzzSchedule(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		failure, err := proptest.Bytes(data, proptest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if failure != nil {
			t.Fatal(failure.Shrink().Report("", "FuzzSchedule"))
		}
	})
}
