package cluster

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// TestCursor: what a cursor shows and writes is what Decode, Copy, Apply and Encode do, in whatever order states
// are loaded, whichever steps are taken from them, and also where no step is taken or none is encoded.
func TestCursor(t *testing.T) {
	if testing.Short() {
		t.Skip("a law of one thread, and a long one")
	}
	eachSystem(t, func(t *testing.T, y *System) {
		r := rand.New(rand.NewPCG(3, 9))
		var states [][]byte
		for seed := range uint64(2) {
			walk(y, seed, 120, func(_ *State, _ Action, s *State) { states = append(states, y.Encode(s, nil)) })
		}
		for _, canonical := range []bool{false, true} {
			checkCursor(t, y, r, states, canonical)
		}
	})
}

// checkCursor compares a cursor with the system's own methods. A canonical one writes what Canonical makes of a state.
func checkCursor(t *testing.T, y *System, r *rand.Rand, states [][]byte, canonical bool) {
	c := y.Cursor(canonical)
	var current, next State
	var actions []Action
	for i := range states {
		encoded := states[i] // one after the other as in a search, or any one
		if i%2 == 1 {
			encoded = states[r.IntN(len(states))]
		}
		y.Decode(&current, encoded)
		loaded := c.Load(encoded)
		checkEqual(t, y, "Load", &current, loaded)
		if loaded.Actor != -1 || len(loaded.Out.Facts) > 0 || loaded.cut != 0 {
			t.Fatal("a loaded state remembers a step")
		}
		actions = y.Actions(loaded, actions[:0])
		for range min(6, len(actions)) {
			a := actions[r.IntN(len(actions))]
			y.Copy(&next, &current)
			y.Apply(&next, a)
			after := c.Step(a)
			checkEqual(t, y, "Step "+a.String(), &next, after)
			if y.Cut(after) != y.Cut(&next) || after.Actor != next.Actor || after.In != next.In {
				t.Fatalf("%v is remembered otherwise", a)
			}
			checkKnown(t, loaded, a, after)
			if y.Marks(loaded, a, after) != y.Marks(&current, a, &next) {
				t.Fatalf("%v has other marks", a)
			}
			if !reflect.DeepEqual(putOut(&after.Out), putOut(&next.Out)) {
				t.Fatalf("%v put out %+v, want %+v", a, putOut(&after.Out), putOut(&next.Out))
			}
			if r.IntN(3) == 0 {
				continue
			}
			if canonical {
				y.Canonical(&next)
			}
			if want, got := y.Encode(&next, nil), c.Encode([]byte("before")); !bytes.Equal(got[len("before"):], want) {
				t.Fatalf("after %v the bytes are %x, want %x", a, got, want)
			}
		}
		checkEqual(t, y, "what was loaded, after steps", &current, loaded)
		checkTried(t, y, loaded, actions)
	}
}

// putOut is what a step put out, and nothing that an earlier one left in memory.
func putOut(o *election.Outputs) election.Outputs {
	p := election.Outputs{Notes: append([]election.Note{}, o.Notes...), Packets: append([]election.Sent{}, o.Packets...),
		Facts: append([]election.Fact{}, o.Facts...), Decided: o.Decided, Connect: o.Connect, Close: o.Close, HangUp: o.HangUp, Writes: o.Writes}
	if o.Decided {
		p.Decision = o.Decision
		clear(p.Decision.Entries[:])
		for i := range o.Decision.Entries {
			if o.Decision.Present.Has(i) {
				p.Decision.Entries[i] = o.Decision.Entries[i]
			}
		}
	}
	return p
}

// TestCursorAllocatesNothing: once its memory is there.
func TestCursorAllocatesNothing(t *testing.T) {
	r := record(t, 3, 600)
	c := r.y.Cursor(false)
	var encoded []byte
	expand := func() {
		for i := range r.bytes {
			c.Load(r.bytes[i])
			c.Step(r.actions[i])
			encoded = c.Encode(encoded[:0])
		}
	}
	if n := testing.AllocsPerRun(3, expand); n != 0 {
		t.Errorf("%v allocations in a walk of %d steps, want none", n, len(r.bytes))
	}
}

// checkKnown: a step that is known is one that its server has taken, all of what was put out is of it, and it wrote to no other disk.
func checkKnown(t *testing.T, before *State, a Action, after *State) {
	k := after.known()
	if k == nil {
		return
	}
	taken := slices.ContainsFunc(before.met[after.Actor].steps, func(s step) bool { return s.taken == k })
	record := after.Out.Record()
	if !taken || after.met[after.Actor] != k.became || !record.Equal(&k.out) || !sameInput(&after.In, &k.in) {
		t.Fatalf("%v is taken for another step", a)
	}
	for i := range after.Servers {
		if i != after.Actor && before.Servers[i].Disk != after.Servers[i].Disk {
			t.Fatalf("%v is known, and wrote to another disk, that of server %d", a, i)
		}
	}
}

// checkTried: what commutes is the same whether steps that a cursor took from a state are looked up or taken again.
func checkTried(t *testing.T, y *System, loaded *State, actions []Action) {
	all := uint64(1)<<min(len(actions), 63) - 1
	with := y.Commuting(loaded, actions, all, all, nil)
	known := loaded.tried.known
	loaded.tried.known = 0
	without := y.Commuting(loaded, actions, all, all, nil)
	loaded.tried.known = known
	for i := range min(len(actions), 63) {
		if with[i]&all != without[i]&all {
			t.Fatalf("%v commutes with %b of %v, and with %b if steps are looked up", actions[i], without[i]&all, actions, with[i]&all)
		}
	}
}
