package explore

import "fmt"

// output is what one chunk of the frontier led to: the successors whose claims were kept when they were made, in order.
// Another chunk may have ousted some of them since.
type output struct {
	states
	claims []uint64
	steps  steps // in a search for a graph, which clears them when it has them
}

func (o *output) clear() {
	o.states.clear()
	o.claims = o.claims[:0]
}

// expander is one worker of a breadth-first search: it turns states of the frontier into claimed successors. What it counts
// is its own until the batch is settled.
type expander[S any, A comparable] struct {
	sys     System[S, A]
	bounder Bounder[S] // nil if the system has none
	judges  *judge[S, A]
	visited *visited
	scribe  *scribe[S, A] // nil unless the graph is wanted

	cursor        Cursor[S, A]
	current, next *S
	actions       []A
	burst         burst
	pending       states // the burst's states
	out           *output

	generated uint64
	cut       uint64
	most      int        // violating claims that are kept of each property
	violated  [][]uint64 // per property its least violating claims; a worker meets them in order
	ousted    []uint64   // claims this worker replaced by lesser ones
	_         [128]byte
}

func newExpander[S any, A comparable](sys System[S, A], props []Property[S, A], v *visited, most int) *expander[S, A] {
	w := &expander[S, A]{sys: sys, judges: newJudge(sys, props), visited: v, most: most, cursor: newCursor(sys)}
	w.bounder, _ = any(sys).(Bounder[S])
	w.violated = make([][]uint64, len(props))
	return w
}

// chunk expands the states from <= index < to of the frontier; base is the sequence number of its first state.
func (w *expander[S, A]) chunk(f *frontier, base uint64, from, to int, out *output) {
	w.out = out
	f.each(from, to, func(index int, encoded []byte) { w.expand(base+uint64(index), encoded) })
	w.flush()
}

// expand takes every action of one state.
func (w *expander[S, A]) expand(sequence uint64, encoded []byte) {
	w.current = w.cursor.Load(encoded)
	w.actions = w.sys.Actions(w.current, w.actions[:0])
	cut := w.missing(w.current)
	if len(w.actions) > maxActions {
		panic(fmt.Sprintf("explore: a state has %d actions, and a claim has room for %d", len(w.actions), maxActions))
	}
	w.generated += uint64(len(w.actions))
	open := uint64(0)
	if w.scribe != nil {
		w.scribe.state(&w.out.steps, w.current, len(w.actions), cut)
		open = openClaim
	}
	for i, by := range w.actions {
		w.next = w.cursor.Step(by)
		cut := w.missing(w.next)
		claim := open | sequence<<actionBits | uint64(i)
		if w.scribe != nil {
			w.scribe.step(&w.out.steps, w.current, by, cut, claim)
		}
		w.judge(claim, by)
		w.reach(claim)
	}
}

// missing notes what a limit cut off.
func (w *expander[S, A]) missing(s *S) uint64 {
	if w.bounder == nil {
		return 0
	}
	cut := w.bounder.Cut(s)
	w.cut |= cut
	return cut
}

// judge asks the properties about the step from current to next.
func (w *expander[S, A]) judge(claim uint64, by A) {
	w.judges.step(w.current, by, w.next, func(property int) {
		if len(w.violated[property]) < w.most {
			w.violated[property] = append(w.violated[property], claim)
		}
	})
}

// reach puts next into the burst.
func (w *expander[S, A]) reach(claim uint64) {
	p, b := &w.pending, &w.burst
	start := len(p.data)
	p.data = w.cursor.Encode(p.data)
	p.ends = append(p.ends, uint32(len(p.data)))
	b.fingerprint[b.size], b.claim[b.size] = fingerprint(p.data[start:]), claim
	b.size++
	if b.size == burstSize {
		w.flush()
	}
}

// flush looks the burst's states up and writes out the ones whose claims were kept.
func (w *expander[S, A]) flush() {
	b := &w.burst
	w.visited.insert(b)
	if w.scribe != nil {
		w.out.steps.arrive(b)
	}
	for i := range b.size {
		if !b.kept[i] {
			continue
		}
		w.out.add(w.pending.at(i))
		w.out.claims = append(w.out.claims, b.claim[i])
		if b.other[i] != noClaim {
			w.ousted = append(w.ousted, b.other[i])
		}
	}
	b.size = 0
	w.pending.clear()
}
