package explore

import "math/bits"

// sleeper knows, of one state after the other, which actions need not be taken (sleep sets, Godefroid).
//
// The claim that stays of a state is its least one, so by claims every state has one path that is its own: the shortest, and
// of these the first in the order of action indices. An action sleeps in a state if it was enabled earlier on that path
// before the action taken there, by its index, and commutes with every step since, each where it was taken. Suppose the last
// step of a state's own path slept. Then it could be taken that much earlier, and the steps since after it, which is a path
// to the same state, as long, and before it in the order: its own path was another. So no state is lost, all keep their
// depths, numbers and traces, and only steps are left out.
//
// Nor is anything left out that a property says. Let action a sleep where b led from s, which is called sb, so that sb is as
// well where b leads from sa. What is said of a at sb is said of a at s or of b at sa (Commuter). Both are before it in the
// order: s is its parent, and sa was found before sb, since where a fell asleep it has a smaller index than what was taken
// instead. They were judged, or left out in turn, and so on to a step that was judged. So the first violation is found, too.
//
// The set travels with a state from level to level. It is not kept with the visited ones: who finds a state again, finds it by
// a greater claim.
type sleeper[S any, A comparable] struct {
	commuter Commuter[S, A] // nil: nothing sleeps
	ordinals [64]int8       // of the actions, -1 for one that never sleeps
	asleep   uint64         // actions by index
	masks    []uint64       // whom actions commute with, of those whose steps led to something new
}

// begin looks at a state whose sleep set, by ordinals, is given.
func (z *sleeper[S, A]) begin(s *S, actions []A, sleep uint64) {
	z.asleep = 0
	if z.commuter == nil {
		return
	}
	for i, a := range actions[:min(len(actions), 64)] {
		o := z.commuter.Ordinal(a)
		z.ordinals[i] = int8(o)
		if o >= 0 && sleep>>o&1 == 1 {
			z.asleep |= 1 << i
		}
	}
}

// look finds out whom the wanted actions commute with, of those that were taken before them and those asleep.
func (z *sleeper[S, A]) look(s *S, actions []A, wanted uint64) {
	if z.commuter != nil && wanted != 0 {
		z.masks = z.commuter.Commuting(s, actions, z.asleep, wanted, z.masks)
	}
}

// sleeps tells whether the i-th action need not be taken.
func (z *sleeper[S, A]) sleeps(i int) bool { return i < 64 && z.asleep>>i&1 == 1 }

// after is the sleep set, by ordinals, of where the i-th action leads, a wanted one.
func (z *sleeper[S, A]) after(i int) (sleep uint64) {
	if i >= 64 {
		return 0
	}
	for left := z.masks[i] & (1<<i - 1 | z.asleep); left != 0; left &= left - 1 {
		if o := z.ordinals[bits.TrailingZeros64(left)]; o >= 0 {
			sleep |= 1 << o
		}
	}
	return sleep
}
