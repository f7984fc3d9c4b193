package explore

import (
	"math"
	"math/rand/v2"
	"testing"
)

// urn is drawn from once in a walk. Species s is drawn with probability 1/((s+1)(s+2)), to the last of the balls.
type urn struct {
	flat[int]
	balls int
}

func (urn) Init() []int { return []int{-1} }
func (u urn) Actions(s *int, buf []int) []int {
	if *s < 0 {
		for ball := range u.balls {
			buf = append(buf, ball)
		}
	}
	return buf
}
func (urn) Apply(s *int, ball int)           { *s = ball }
func (urn) Encode(s *int, buf []byte) []byte { return append(buf, byte(*s>>8), byte(*s)) }
func (urn) Decode(s *int, data []byte)       { *s = int(data[0])<<8 | int(data[1]) }
func (u urn) species(ball int) int           { return u.balls/(ball+1) - 1 }

// TestUnseenIsTheMassNotSeen: the estimate is close to the probability of the species that were never drawn, which is known
// here, and after more walks less of it is left.
func TestUnseenIsTheMassNotSeen(t *testing.T) {
	u := urn{balls: 4096}
	all := map[int]bool{}
	for ball := range u.balls {
		all[u.species(ball)] = true
	}
	last := 1.0
	for _, n := range []uint64{50, 200, 1000, 5000} {
		estimates, truth, richness := 0.0, 0.0, 0.0
		const repeats = 40
		for seed := range uint64(repeats) {
			seen := map[uint64]bool{}
			o := WalkOptions[int, int]{Seed: seed, Walks: n, Feature: func(_ *int, ball int, _ *int, buf []uint64) []uint64 {
				seen[uint64(u.species(ball))] = true
				return append(buf, uint64(u.species(ball)))
			}}
			o.Workers = 1
			r := RandomWalks(t.Context(), u, nil, o)
			estimates += r.Features.Unseen()
			richness += r.Features.Richness() / repeats
			for ball := range u.balls {
				if !seen[uint64(u.species(ball))] {
					truth += 1 / float64(u.balls)
				}
			}
			if r.Features.Seen != uint64(len(seen)) || r.Features.Lone != r.Features.Once {
				t.Fatalf("%d walks: %+v, %d species of %d", n, r.Features, len(seen), len(all))
			}
		}
		estimate, truth := estimates/repeats, truth/repeats
		t.Logf("%d walks: unseen %.4f, estimated %.4f; species at least %.0f", n, truth, estimate, richness)
		if math.Abs(estimate-truth) > 0.15*truth+0.001 || estimate >= last {
			t.Errorf("%d walks: %.4f is unseen, the estimate is %.4f", n, truth, estimate)
		}
		if there := float64(len(all)); richness > 1.05*there || n == 5000 && richness < 0.7*there {
			t.Errorf("%d walks: there are at least %.0f species, of %.0f", n, richness, there)
		}
		last = estimate
	}
}

// TestCensusCountsLikeBruteForce: of random walks with random features.
func TestCensusCountsLikeBruteForce(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 11))
		c, f := newCensus(), walkFeatures{}
		in := map[uint64][]uint64{} // feature: its walks
		walks := uint64(1 + rng.IntN(60))
		for walk := range walks {
			f.begin()
			first := map[uint64]int{}
			for step := range rng.IntN(3000) {
				x := uint64(rng.ExpFloat64() * 500)
				if _, ok := first[x]; !ok {
					first[x] = step
					in[x] = append(in[x], walk)
				}
				f.add([]uint64{x, x}, step)
			}
			if len(f.met) != len(first) {
				t.Fatalf("%d features in a walk of %d", len(f.met), len(first))
			}
			c.Walks++
			for i, x := range f.met {
				if f.steps[i] != first[x] {
					t.Fatalf("feature %d was met at step %d, not %d", x, first[x], f.steps[i])
				}
				if fresh := c.see(x, walk); fresh != (len(in[x]) == 1) {
					t.Fatalf("feature %d in walks %v: new is %v", x, in[x], fresh)
				}
			}
		}
		want := Incidence{Walks: walks, Seen: uint64(len(in))}
		lone := map[uint64]bool{}
		for _, list := range in {
			switch len(list) {
			case 1:
				want.Once++
				lone[list[0]] = true
			case 2:
				want.Twice++
			}
		}
		want.Lone = uint64(len(lone))
		if c.Incidence != want {
			t.Fatalf("seed %d: %+v, want %+v", seed, c.Incidence, want)
		}
	}
	if n := (&Incidence{}); n.Unseen() != 1 || n.Richness() != 0 {
		t.Error("no walk says something")
	}
	if n := (&Incidence{Walks: 10, Seen: 30, Once: 6, Twice: 2, Lone: 3}); n.Unseen() != 0.3 || n.Richness() != 30+0.9*6*5/6 {
		t.Errorf("%v, %v", n.Unseen(), n.Richness())
	}
}

// TestTheRuleOfThreeIsARule: where no walk is alone, a mass of 3/walks can be missing all the same. Of one rare feature it is
// with a probability of 5 %, of five that are equally rare 12 %.
func TestTheRuleOfThreeIsARule(t *testing.T) {
	const walks, runs = 300, 4000
	for rare, want := range map[int]float64{1: 0.05, 5: 0.12} {
		wrong := 0
		for run := range uint64(runs) {
			rng, c := rand.New(rand.NewPCG(run, uint64(rare))), newCensus()
			for walk := range uint64(walks) {
				c.Walks++
				if x := rng.IntN(walks / 3); x < rare {
					c.see(uint64(x), walk)
				} else {
					c.see(1<<32, walk)
				}
			}
			if c.Unseen() == 0 && c.Seen < uint64(rare)+1 {
				wrong++
			}
		}
		if got := float64(wrong) / runs; math.Abs(got-want) > 0.015 {
			t.Errorf("%d rare features: %.3f of the runs miss one and have no lone walk, want %.2f", rare, got, want)
		}
	}
}
