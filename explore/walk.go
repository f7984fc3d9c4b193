package explore

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	walkBlock = 32  // walks that are handed out together, and counted together or not at all
	walkPause = 256 // steps between two looks at the context
)

// Guide steers one worker's walks and judges what only a whole walk shows. There is one Guide per worker, reused for many
// walks: what it remembers from an earlier walk must not change what it does in this one. It keeps no pointer to a state.
type Guide[S, A any] interface {
	// Begin starts a walk at s.
	Begin(s *S)
	// Choose returns an index into enabled, which is not empty, or -1 to end the walk.
	Choose(rng *rand.Rand, s *S, enabled []A) int
	// Observe is told every step taken, before the properties are asked.
	Observe(before *S, by A, after *S)
	// End judges the walk, whose last state is s. It is not called for a walk that a violation or the context cut short.
	End(s *S, judge func(property int, o Outcome))
}

// WalkOptions say which walks to take. MaxDepth, if less, takes the place of Steps; MaxStates is not heeded; MaxMemory
// matters with CountDistinct only, and stops the walks like the context does, at a point that depends on timing.
type WalkOptions[S, A any] struct {
	Options
	Seed          uint64
	Walks         uint64             // 0: until ctx ends
	Steps         int                // most steps of a walk, 0: until nothing is enabled
	Guide         func() Guide[S, A] // nil: every enabled action is equally likely
	CountDistinct bool

	// Feature, if not nil, appends to buf what is remarkable about a step, as numbers that are equal for what is alike: what
	// kind of situation it came to, coarsely. It is pure, and safe for concurrent use. The report counts in how many walks
	// each number occurred.
	Feature func(before *S, by A, after *S, buf []uint64) []uint64
	// Guided walks learn from each other, which needs Feature: most of them begin like an earlier one that met a new feature,
	// and go on by themselves from about there. Walk i then depends on the walks before the 256 that it is among.
	Guided bool
}

// RandomWalks takes walks, of which number i depends only on the seed and i, but for guided ones. A walk ends after o.Steps, when nothing is
// enabled, or when its Guide says so. Without o.All the search ends at the least walk with a violation, and its counts cover
// the blocks of 32 walks before that walk's, and its own block up to it. A violation's trace is the walk up to the rejected
// step, or the whole walk if the Guide's End rejected it.
func RandomWalks[S any, A comparable](ctx context.Context, sys System[S, A], props []Property[S, A], o WalkOptions[S, A]) *Report[A] {
	start := time.Now()
	if o.MaxDepth > 0 && (o.Steps == 0 || o.MaxDepth < o.Steps) {
		o.Steps = o.MaxDepth
	}
	var m meter
	tally := newWalkTally[A](len(props), o.Walks, o.All, &m)
	if o.CountDistinct {
		tally.visited = newStateSet()
	}
	if o.Feature != nil {
		tally.census = newCensus()
	}
	tally.guided = o.Guided && o.Feature != nil
	stop := m.watch(&o.Options, start, func(p *Progress) uint64 { return p.Generated })
	defer stop()
	if len(sys.Init()) > 0 {
		walkAll(ctx, sys, props, &o, tally)
	}
	report := tally.report(ctx)
	report.Elapsed = time.Since(start)
	return report
}

// walkAll runs the workers until no block is left to take.
func walkAll[S any, A comparable](ctx context.Context, sys System[S, A], props []Property[S, A], o *WalkOptions[S, A], tally *walkTally[A]) {
	var others sync.WaitGroup
	workers := o.workers()
	for i := range workers {
		w := newWalker(ctx, sys, props, o, tally)
		if i == workers-1 {
			w.blocks()
			break
		}
		others.Go(w.blocks)
	}
	others.Wait()
}

// walker is one worker.
type walker[S any, A comparable] struct {
	ctx     context.Context
	sys     System[S, A]
	bounder Bounder[S]
	props   []Property[S, A]
	options *WalkOptions[S, A]
	tally   *walkTally[A]
	guide   Guide[S, A]
	source  *rand.PCG
	rng     *rand.Rand

	initial       []S
	states        [2]S
	current, next *S
	actions       []A
	trace         []A
	encoded       []byte
	burst         lookups
	features      walkFeatures
	feature       []uint64

	block  *walkCounts[A] // under way
	leads  []lead[A]      // of guided walks: what the block may follow
	retake retake[A]
	init   int // where this walk began
	walk   uint64
	_      [128]byte
}

func newWalker[S any, A comparable](ctx context.Context, sys System[S, A], props []Property[S, A], o *WalkOptions[S, A], tally *walkTally[A]) *walker[S, A] {
	w := &walker[S, A]{ctx: ctx, sys: sys, props: props, options: o, tally: tally, initial: sys.Init()}
	w.bounder, _ = any(sys).(Bounder[S])
	w.source = rand.NewPCG(0, 0)
	w.rng = rand.New(w.source)
	w.current, w.next = &w.states[0], &w.states[1]
	if o.Guide != nil {
		w.guide = o.Guide()
	}
	return w
}

// blocks takes blocks of walks until there are no more.
func (w *walker[S, A]) blocks() {
	for w.ctx.Err() == nil {
		block, leads, ok := w.tally.take()
		if !ok {
			return
		}
		w.leads = leads
		w.block = newWalkCounts[A](block, len(w.props))
		last := (block + 1) * walkBlock
		if limit := w.options.Walks; limit > 0 {
			last = min(last, limit)
		}
		for w.walk = block * walkBlock; w.walk < last; w.walk++ {
			if w.tally.late(block) || w.ctx.Err() != nil || !w.take() {
				break
			}
		}
		w.flush()
		w.tally.finish(w.block, w.options.MaxMemory)
	}
}

// take takes one walk, and reports whether the block goes on after it.
func (w *walker[S, A]) take() bool {
	w.begin()
	for steps := 0; w.options.Steps == 0 || steps < w.options.Steps; steps++ {
		if w.stop() {
			w.ended()
			return false
		}
		if steps%walkPause == walkPause-1 && w.ctx.Err() != nil {
			return false
		}
		index := w.choose()
		if index < 0 {
			break
		}
		w.step(w.actions[index])
	}
	if w.guide != nil && !w.stop() {
		w.guide.End(w.current, w.answer)
	}
	w.ended()
	return !w.stop()
}

// ended counts a walk that is over.
func (w *walker[S, A]) ended() {
	w.block.walks++
	if w.options.Feature == nil {
		return
	}
	seen := seenWalk[A]{walk: w.walk, init: w.init, features: slices.Clone(w.features.met)}
	if w.tally.guided {
		seen.steps, seen.trace = slices.Clone(w.features.steps), slices.Clone(w.trace)
	}
	w.block.seen = append(w.block.seen, seen)
}

// stop says whether a violation ends the block here.
func (w *walker[S, A]) stop() bool { return w.block.rejects && !w.options.All }

// begin puts the walker at an initial state and judges it.
func (w *walker[S, A]) begin() {
	w.source.Seed(w.options.Seed, w.walk)
	w.trace, w.init = w.trace[:0], 0
	if len(w.initial) > 1 {
		w.init = w.rng.IntN(len(w.initial))
	}
	if w.tally.guided {
		if init, ok := w.retake.draw(w.rng, w.leads); ok {
			w.init = init
		}
	}
	w.features.begin()
	w.sys.Copy(w.current, &w.initial[w.init])
	if w.guide != nil {
		w.guide.Begin(w.current)
	}
	var none A
	ask(w.props, w.block.tallies, w.current, none, w.current, w.violated)
	w.arrive(w.current)
}

// choose returns the index of the next action, or -1.
func (w *walker[S, A]) choose() int {
	w.actions = w.sys.Actions(w.current, w.actions[:0])
	if w.bounder != nil {
		w.block.cut |= w.bounder.Cut(w.current)
	}
	if len(w.actions) == 0 {
		return -1
	}
	if index := w.retake.choose(w.actions); index >= 0 {
		return index
	}
	if w.guide == nil {
		return w.rng.IntN(len(w.actions))
	}
	return w.guide.Choose(w.rng, w.current, w.actions)
}

// step takes an action.
func (w *walker[S, A]) step(by A) {
	w.sys.Copy(w.next, w.current)
	w.sys.Apply(w.next, by)
	if w.bounder != nil {
		w.block.cut |= w.bounder.Cut(w.next)
	}
	w.trace = append(w.trace, by)
	w.block.depth = max(w.block.depth, len(w.trace))
	if w.guide != nil {
		w.guide.Observe(w.current, by, w.next)
	}
	if w.options.Feature != nil {
		w.feature = w.options.Feature(w.current, by, w.next, w.feature[:0])
		w.features.add(w.feature, len(w.trace))
	}
	ask(w.props, w.block.tallies, w.current, by, w.next, w.violated)
	w.arrive(w.next)
	w.current, w.next = w.next, w.current
}

// arrive counts a state.
func (w *walker[S, A]) arrive(s *S) {
	w.block.generated++
	if !w.options.CountDistinct {
		return
	}
	w.encoded = w.sys.Encode(s, w.encoded[:0])
	w.block.bytes += uint64(len(w.encoded))
	b := &w.burst
	b.fingerprint[b.size], b.claim[b.size] = hash64(w.encoded), w.block.number
	if b.size++; b.size == lookupsSize {
		w.flush()
	}
}

// flush enters the burst into the visited set. A state's claim is the number of the first block that met it, so that the
// states of blocks that turn out not to count can be told from the others.
func (w *walker[S, A]) flush() {
	if w.burst.size > 0 {
		w.tally.visited.insert(&w.burst)
		w.burst.size = 0
	}
}

// answer is what a Guide's End calls.
func (w *walker[S, A]) answer(property int, o Outcome) {
	if w.block.tallies[property].count(o) {
		w.violated(property)
	}
}

// violated notes the block's first violation of a property.
func (w *walker[S, A]) violated(property int) {
	w.block.reject(property, w.init, w.walk, w.trace, w.options.All)
}
