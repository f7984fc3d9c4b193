package explore

import (
	"math/rand/v2"
	"slices"
)

// Priorities chooses the steps of walks by the priorities of threads: PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010). A walk gives every thread a random
// priority when it first sees the thread, and always takes a step of the enabled thread of highest priority, but at depth-1
// random steps the thread that would run drops below all others. Where a bug shows whenever depth things happen in a
// certain order, with n threads and at most k steps a walk finds it with a probability of at least 1/(n k^(depth-1)),
// however unlikely it is among all orders.
//
// What differs from the paper. Threads come and go, and n counts those that were ever enabled. A thread may have several
// enabled actions, between which a fair draw decides, so a bug that needs one of m pays a factor m each time. And some
// threads are background, those of timers and faults, which are always enabled and would starve all others or spend their
// budgets at once: they rank below the threads that are not, some above and some below those that dropped, and go to the
// end of their own row after each step, or one timer would be the only one. At random steps, of which each walk has 0 to
// 2(depth-1), any number as likely, one of them is woken for that step. So the bound is for bugs that need background
// threads only where nothing else can happen, and a factor of 2 depth-1 smaller; each step of them that must come at a
// time of its own costs a factor of about n k more.
//
// It is part of a [Guide], which calls Begin and Choose from its own.
type Priorities[A any] struct {
	thread       func(a A) (thread int, background bool)
	depth, steps int

	drawn    bool // for this walk
	step     int
	turns    uint64   // of background threads
	changes  []int    // steps at which the thread that would run drops; that of changes[i] to rank i
	wakes    []int    // steps at which a background thread runs
	priority []uint64 // by thread, 0 of one that this walk has not seen
	awake    []int    // background threads that are enabled, while one is woken
}

// Ranks of threads, in the highest bits of their priorities.
const (
	spent      = iota << 56 // background, and has had its turn
	asleep                  // background, below those that dropped
	dropped                 // and the number of the change point
	background              // above those that dropped
	running
)

// NewPriorities makes a chooser for bugs of that depth, 1 or more, in walks of that many steps, 1 or more. A thread is a small
// number, 0 or more, and always of the same kind.
func NewPriorities[A any](depth, steps int, thread func(a A) (thread int, background bool)) *Priorities[A] {
	return &Priorities[A]{thread: thread, depth: depth, steps: steps}
}

// Begin starts a walk.
func (p *Priorities[A]) Begin() {
	p.drawn, p.step, p.turns = false, 0, 0
	p.changes, p.wakes = p.changes[:0], p.wakes[:0]
	clear(p.priority)
}

// draw draws what a walk decides beforehand.
func (p *Priorities[A]) draw(rng *rand.Rand) {
	p.drawn = true
	for range p.depth - 1 {
		p.changes = append(p.changes, rng.IntN(p.steps))
	}
	if p.depth > 1 {
		for range rng.IntN(2*p.depth - 1) {
			p.wakes = append(p.wakes, rng.IntN(p.steps))
		}
	}
}

// Choose returns an index into enabled, which is not empty.
func (p *Priorities[A]) Choose(rng *rand.Rand, enabled []A) int {
	if !p.drawn {
		p.draw(rng)
	}
	for _, a := range enabled {
		p.meet(rng, a)
	}
	step := p.step
	p.step++
	for i, at := range p.changes {
		if at == step {
			p.priority[p.first(enabled)] = dropped + uint64(i)
		}
	}
	thread := p.first(enabled)
	if slices.Contains(p.wakes, step) {
		thread = p.wake(rng, enabled, thread)
	}
	chosen := p.oneOf(rng, thread, enabled)
	if _, behind := p.thread(enabled[chosen]); behind {
		p.turns++
		p.priority[thread] = spent + 1<<56 - p.turns
	}
	return chosen
}

// meet gives a thread its priority.
func (p *Priorities[A]) meet(rng *rand.Rand, a A) {
	thread, behind := p.thread(a)
	for thread >= len(p.priority) {
		p.priority = append(p.priority, 0)
	}
	if p.priority[thread] != 0 {
		return
	}
	rank := uint64(running)
	if behind {
		rank = asleep
		if rng.IntN(2) == 0 {
			rank = background
		}
	}
	p.priority[thread] = rank + 1 + rng.Uint64N(1<<56-1)
}

// first is the enabled thread of highest priority.
func (p *Priorities[A]) first(enabled []A) int {
	best, _ := p.thread(enabled[0])
	for _, a := range enabled[1:] {
		if thread, _ := p.thread(a); p.priority[thread] > p.priority[best] {
			best = thread
		}
	}
	return best
}

// wake draws one of the background threads that are enabled; where there is none it is that of highest priority.
func (p *Priorities[A]) wake(rng *rand.Rand, enabled []A, first int) int {
	p.awake = p.awake[:0]
	for _, a := range enabled {
		thread, behind := p.thread(a)
		if !behind {
			continue
		}
		if !slices.Contains(p.awake, thread) {
			p.awake = append(p.awake, thread)
		}
	}
	if len(p.awake) == 0 {
		return first
	}
	return p.awake[rng.IntN(len(p.awake))]
}

// oneOf draws one of the enabled actions of a thread.
func (p *Priorities[A]) oneOf(rng *rand.Rand, thread int, enabled []A) int {
	chosen, seen := -1, 0
	for i, a := range enabled {
		if t, _ := p.thread(a); t != thread {
			continue
		}
		if seen++; seen == 1 || rng.IntN(seen) == 0 {
			chosen = i
		}
	}
	return chosen
}
