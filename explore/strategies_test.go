package explore

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// race is a program of threads that each take that many steps. Thread 0 looks at thread 1 in one of its steps, which has to
// be still at its start then, and acts in the next, when thread 1 has to be through: a bug of depth 2, which a fair coin for
// every step hardly ever shows.
type race struct {
	flat[raceState]
	threads, steps int
}

type raceState struct {
	at     [4]byte // by thread, steps taken
	looked bool    // thread 0 has seen thread 1 at its start
	acted  bool    // and has acted when thread 1 was through
}

const racyStep = 5 // of thread 0

func (r race) Init() []raceState { return []raceState{{}} }

func (r race) Actions(s *raceState, buf []uint8) []uint8 {
	for thread := range r.threads {
		if int(s.at[thread]) < r.steps {
			buf = append(buf, uint8(thread))
		}
	}
	return buf
}

func (r race) Apply(s *raceState, thread uint8) {
	s.at[thread]++
	if thread == 0 && s.at[0] == racyStep {
		s.looked = s.at[1] == 0
	}
	if thread == 0 && s.at[0] == racyStep+1 {
		s.acted = s.looked && int(s.at[1]) == r.steps
	}
}

func (r race) Encode(s *raceState, buf []byte) []byte {
	return append(append(buf, s.at[:]...), bit(s.looked)|bit(s.acted)<<1)
}

func (r race) Decode(s *raceState, data []byte) {
	*s = raceState{looked: data[4]&1 != 0, acted: data[4]&2 != 0}
	copy(s.at[:], data)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

var noRace = Property[raceState, uint8]{Name: "no race", Check: func(_ *raceState, _ uint8, s *raceState) Outcome {
	if s.acted {
		return Violated
	}
	return Held
}}

// byPriority guides walks of numbered actions, those from background on in the background.
type byPriority[S any] struct{ *Priorities[uint8] }

func prioritised[S any](depth, steps int, background uint8) func() Guide[S, uint8] {
	return func() Guide[S, uint8] {
		return byPriority[S]{NewPriorities(depth, steps, func(a uint8) (int, bool) { return int(a), a >= background })}
	}
}

func (g byPriority[S]) Begin(*S) { g.Priorities.Begin() }
func (g byPriority[S]) Choose(rng *rand.Rand, _ *S, enabled []uint8) int {
	return g.Priorities.Choose(rng, enabled)
}
func (g byPriority[S]) Observe(*S, uint8, *S)                     {}
func (g byPriority[S]) End(_ *S, _ func(property int, o Outcome)) {}

// TestPrioritiesKeepTheirPromise: the race has n = 3 threads, k = 60 steps and depth d = 2, so a walk finds it with a
// probability of at least 1/(n k^(d-1)) = 1/180. A fair coin for every step does about once in 10^10 walks.
func TestPrioritiesKeepTheirPromise(t *testing.T) {
	const runs = 18_000
	sys := race{threads: 3, steps: 20}
	o := WalkOptions[raceState, uint8]{Seed: 1, Walks: runs}
	o.All = true
	if r := walks(t, sys, []Property[raceState, uint8]{noRace}, o); r.Rejected != 0 {
		t.Errorf("uniform walks find the race %d times: the puzzle is too easy", r.Rejected)
	}
	o.Guide = prioritised[raceState](2, 60, 255)
	r := walks(t, sys, []Property[raceState, uint8]{noRace}, o)
	if r.Rejected < runs/180 {
		t.Errorf("%d of %d walks find the race, promised are %d", r.Rejected, runs, runs/180)
	}
	if golden := uint64(154); r.Rejected != golden {
		t.Errorf("%d walks find the race, golden are %d", r.Rejected, golden)
	}
	o.Guide = prioritised[raceState](1, 60, 255) // without a change point thread 0 does not stop between its two steps
	if r := walks(t, sys, []Property[raceState, uint8]{noRace}, o); r.Rejected != 0 {
		t.Errorf("depth 1 finds a race of depth 2 %d times", r.Rejected)
	}
}

// TestBackgroundThreadsTakeTurns: with two in front, those behind come last and in turn, but for a step out of turn each time
// one is woken, which is four times at most.
func TestBackgroundThreadsTakeTurns(t *testing.T) {
	const depth, threads, top = 3, 4, 6
	sys := grid{counters: threads, top: top}
	early, uneven := 0, 0
	props := []Property[uint64, uint8]{{Check: func(before *uint64, by uint8, after *uint64) Outcome {
		front := uint8(*before) == top && uint8(*before>>8) == top
		if by >= 2 && *before != *after && !front {
			early++
		}
		behind, other := int(uint8(*after>>16)), int(uint8(*after>>24))
		if max(behind-other, other-behind) > 1 {
			uneven++
		}
		return Held
	}}}
	const walks = 200
	o := WalkOptions[uint64, uint8]{Seed: 3, Walks: walks, Guide: prioritised[uint64](depth, threads*top, 2)}
	o.Workers = 1
	RandomWalks(context.Background(), sys, props, o)
	if early == 0 || early > 2*(depth-1)*walks*2 {
		t.Errorf("background threads ran early %d times in %d walks", early, walks)
	}
	if uneven == 0 || uneven > walks*threads*top/4 {
		t.Errorf("background threads were uneven %d times in %d walks", uneven, walks)
	}
	o.Guide, early = prioritised[uint64](1, threads*top, 2), 0
	RandomWalks(context.Background(), sys, props, o)
	if early != 0 {
		t.Errorf("without a change point background threads ran early %d times", early)
	}
}

// dial is a combination lock: a right digit goes on, a wrong one goes back to the start. Its feature is how far it is open.
type dial struct {
	flat[byte]
	digits byte
}

func (dial) Init() []byte                         { return []byte{0} }
func (dial) Actions(_ *byte, buf []uint8) []uint8 { return append(buf, 0, 1, 2, 3, 4, 5) }
func (dial) Encode(s *byte, buf []byte) []byte    { return append(buf, *s) }
func (dial) Decode(s *byte, data []byte)          { *s = data[0] }
func (l dial) Apply(s *byte, digit uint8) {
	switch {
	case *s == l.digits: // open
	case digit == *s*5%6:
		*s++
	default:
		*s = 0
	}
}

func (l dial) shut() Property[byte, uint8] {
	return Property[byte, uint8]{Name: "shut", Check: func(_ *byte, _ uint8, s *byte) Outcome {
		if *s == l.digits {
			return Violated
		}
		return Held
	}}
}

func opened(_ *byte, _ uint8, s *byte, buf []uint64) []uint64 { return append(buf, uint64(*s)) }

// TestGuidedWalksLearn: a lock of ten digits opens once in 6^10 tries, 60 million; guided walks need one right digit after
// what they know.
func TestGuidedWalksLearn(t *testing.T) {
	sys := dial{digits: 10}
	o := WalkOptions[byte, uint8]{Seed: 1, Walks: 6000, Steps: 20, Feature: opened}
	r := walks(t, sys, []Property[byte, uint8]{sys.shut()}, o)
	if len(r.Violations) != 0 || r.Features.Seen > 8 {
		t.Errorf("uniform walks open the lock as far as %d: the puzzle is too easy", r.Features.Seen-1)
	}
	o.Guided = true
	r = walks(t, sys, []Property[byte, uint8]{sys.shut()}, o)
	if len(r.Violations) != 1 {
		t.Fatalf("guided walks do not open the lock: %+v", r)
	}
	if err := Replay(sys, r.Violations[0].Init, r.Violations[0].Trace, nil); err != nil {
		t.Error(err)
	}
	o.All = true
	if all := walks(t, sys, []Property[byte, uint8]{sys.shut()}, o); all.Walks != o.Walks || all.Rejected < 2 || all.Features.Seen != 11 {
		t.Errorf("%+v, %+v", all, all.Features)
	}
}

// TestGuidedWalksBeginWhereTheirsBegan: a lead is followed from its own initial state, and a walk without features is one
// that is not guided.
func TestGuidedWalksBeginWhereTheirsBegan(t *testing.T) {
	g := newGraph(rand.New(rand.NewPCG(5, 3)), 3000, 6)
	node := func(_ *uint32, _ uint16, s *uint32, buf []uint64) []uint64 { return append(buf, uint64(*s)) }
	o := WalkOptions[uint32, uint16]{Seed: 5, Walks: 2000, Steps: 30, CountDistinct: true, Feature: node}
	plain := walks(t, g, nil, o)
	o.Guided = true
	guided := walks(t, g, nil, o)
	if guided.Features.Seen <= plain.Features.Seen {
		t.Errorf("guided walks meet %d nodes, others %d", guided.Features.Seen, plain.Features.Seen)
	}
	o.Feature, plain.Features = nil, nil
	same(t, "without features", walks(t, g, nil, o), plain)
}

// TestRejectedWalksAreCounted: each walk once, by property and in all.
func TestRejectedWalksAreCounted(t *testing.T) {
	at := func(level uint64) Property[uint64, uint8] {
		return Property[uint64, uint8]{Check: func(_ *uint64, by uint8, s *uint64) Outcome {
			if uint8(*s) >= uint8(level) && uint8(*s>>8) == 0 {
				return Violated
			}
			return Held
		}}
	}
	props := []Property[uint64, uint8]{at(2), at(4), {}}
	o := WalkOptions[uint64, uint8]{Seed: 2, Walks: 3000, Steps: 10}
	o.All = true
	r := walks(t, grid{counters: 2, top: 9}, props, o)
	// The first counter goes to 2 before the other moves in a quarter of the walks, to 4 in a sixteenth.
	if r.Rejected != r.RejectedBy[0] || r.Rejected < 680 || r.Rejected > 820 || r.RejectedBy[1] < 140 || r.RejectedBy[1] > 240 ||
		r.RejectedBy[2] != 0 || len(r.Violations) != 2 {
		t.Errorf("%d rejected, %v", r.Rejected, r.RejectedBy)
	}
	o.All = false
	if r := walks(t, grid{counters: 2, top: 9}, props, o); r.Rejected != 1 || !slices.Equal(r.RejectedBy, []uint64{1, 0, 0}) {
		t.Errorf("%d rejected, %v", r.Rejected, r.RejectedBy)
	}
}
