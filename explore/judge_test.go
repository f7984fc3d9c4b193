package explore

import (
	"slices"
	"testing"
)

// recalling is a system whose states' last four bits are all that a step does to the one who steps; every fifth step is of
// several, and not known again.
type recalling struct {
	grid
	notes *[16]any
}

func (r recalling) Note(s *uint64) *any {
	if *s%5 == 0 {
		return nil
	}
	return &r.notes[*s&15]
}

// Marks: two marks of the last bits, and one of something else.
func (r recalling) Marks(_ *uint64, _ uint8, after *uint64) uint64 {
	m := 1 << (*after & 1)
	if *after&64 != 0 {
		m |= 4
	}
	return uint64(m)
}

// TestManyOwn: more than there is room for are asked each time.
func TestManyOwn(t *testing.T) {
	list := make([]Property[uint64, uint8], mostOwn+8)
	for i := range list {
		list[i] = Property[uint64, uint8]{Own: true, Check: func(*uint64, uint8, *uint64) Outcome { return Outcome(1 + i%2) }}
	}
	j := newJudge(recalling{notes: &[16]any{}}, list)
	for s := range uint64(100) {
		j.step(&s, 0, &s, func(int) { t.Error("a violation") })
	}
	for i, got := range j.count() {
		if want := (Tally{100, uint64(100 * (i % 2))}); got != want {
			t.Errorf("property %d: %v, want %v", i, got, want)
		}
	}
}

// TestOwnIsAskedOnce: of steps that are known a property that is Own is asked once for each thing it can say, the tallies are
// those of who asks each time, and a violation is reported each time.
func TestOwnIsAskedOnce(t *testing.T) {
	asked := make([]int, 4)
	list := func(own bool) []Property[uint64, uint8] {
		says := func(i int, f func(s uint64) Outcome) func(*uint64, uint8, *uint64) Outcome {
			return func(_ *uint64, _ uint8, after *uint64) Outcome {
				asked[i]++
				return f(*after)
			}
		}
		return []Property[uint64, uint8]{
			{Name: "low", Own: own, Check: says(0, func(s uint64) Outcome { return Outcome(s & 15 % 3) })},
			{Name: "odd", Own: own, Speaks: 2, Check: says(1, func(uint64) Outcome { return Witnessed })},
			{Name: "high", Check: says(2, func(s uint64) Outcome { return Outcome(s >> 6 & 1) })},
			{Name: "seven", Own: own, Doubts: 4, Check: says(3, func(s uint64) Outcome {
				if s&15 == 7 && s&64 != 0 {
					return Violated
				}
				return Held
			})},
		}
	}
	const steps = 1000
	run := func(own bool) (tallies []Tally, violations []uint64) {
		clear(asked)
		j := newJudge(recalling{notes: &[16]any{}}, list(own))
		for s := range uint64(steps) {
			j.step(&s, 0, &s, func(property int) { violations = append(violations, s<<2|uint64(property)) })
		}
		return j.count(), violations
	}
	want, rejected := run(false)
	if asked[0] != steps || len(rejected) < 20 {
		t.Fatalf("%d asked, %d violations", asked[0], len(rejected))
	}
	got, again := run(true)
	if !slices.Equal(got, want) || !slices.Equal(again, rejected) {
		t.Errorf("tallies %v and %d violations, want %v and %d", got, len(again), want, len(rejected))
	}
	if asked[0] > steps*3/5 || asked[1] > steps*3/10 || asked[2] != steps { // a fifth is not known, and others speak after each 64
		t.Errorf("asked %v times", asked)
	}
}
