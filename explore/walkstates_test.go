package explore

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// TestStateSetAgainstMap lets workers make claims for the same few states, and compares with a plain map: the least claim
// stays, and each other claim was either refused or ousted once.
func TestStateSetAgainstMap(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for seed := range uint64(4) {
			rng := rand.New(rand.NewPCG(seed, uint64(workers)))
			claims := randomClaims(rng, workers, 30_000, 1+rng.Uint64N(200_000))
			v := newStateSet()
			kept, ousted := claimAll(v, claims)

			least, made := map[uint64]uint64{}, 0
			for _, list := range claims {
				for _, c := range list {
					made++
					if there, ok := least[c[0]]; !ok || c[1] < there {
						least[c[0]] = c[1]
					}
				}
			}
			if v.count.Load() != uint64(len(least)) {
				t.Fatalf("the set has %d states, the map %d", v.count.Load(), len(least))
			}
			if tooMany(v.count.Load(), len(v.slots)) || len(v.slots) > firstSlots && uint64(len(v.slots)/2)*6 >= v.count.Load()*10 {
				t.Fatalf("%d states in %d slots", v.count.Load(), len(v.slots))
			}
			for _, s := range v.slots {
				if s.fingerprint != 0 && least[s.fingerprint] != ^s.rank {
					t.Fatalf("state %x is claimed by %d, want %d", s.fingerprint, ^s.rank, least[s.fingerprint])
				}
			}
			settled(t, kept, ousted, least)
		}
	}
}

// randomClaims gives every worker a list of (fingerprint, claim); no claim is made twice. Some fingerprints lie at the very
// end of the table, so that probes wrap around.
func randomClaims(rng *rand.Rand, workers, each int, states uint64) [][][2]uint64 {
	numbers := rng.Perm(workers * each)
	claims := make([][][2]uint64, workers)
	for w := range claims {
		for i := range each {
			state := rng.Uint64N(states)
			print := hash64([]byte{byte(state), byte(state >> 8), byte(state >> 16)})
			if state%100 == 0 {
				print = ^state
			}
			claims[w] = append(claims[w], [2]uint64{print, uint64(numbers[w*each+i])})
		}
	}
	return claims
}

// claimAll makes the claims, one goroutine per list, and collects the answers.
func claimAll(v *stateSet, claims [][][2]uint64) (kept [][2]uint64, ousted []uint64) {
	var all sync.WaitGroup
	var lock sync.Mutex
	for _, list := range claims {
		all.Go(func() {
			b := &lookups{}
			for i, c := range list {
				b.fingerprint[b.size], b.claim[b.size] = c[0], c[1]
				if b.size++; b.size < lookupsSize && i < len(list)-1 {
					continue
				}
				v.insert(b)
				lock.Lock()
				for j := range b.size {
					if b.kept[j] {
						kept = append(kept, [2]uint64{b.fingerprint[j], b.claim[j]})
						if b.other[j] != noClaim {
							ousted = append(ousted, b.other[j])
						}
					}
				}
				lock.Unlock()
				b.size = 0
			}
		})
	}
	all.Wait()
	return kept, ousted
}

// settled checks that kept without ousted is exactly the map.
func settled(t *testing.T, kept [][2]uint64, ousted []uint64, least map[uint64]uint64) {
	t.Helper()
	gone := map[uint64]bool{}
	for _, claim := range ousted {
		if gone[claim] {
			t.Fatalf("claim %d was ousted twice", claim)
		}
		gone[claim] = true
	}
	stayed := 0
	for _, k := range kept {
		if gone[k[1]] {
			continue
		}
		stayed++
		if least[k[0]] != k[1] {
			t.Fatalf("claim %d for %x stayed, the least is %d", k[1], k[0], least[k[0]])
		}
	}
	if stayed != len(least) {
		t.Fatalf("%d claims stayed for %d states", stayed, len(least))
	}
}

func TestStateSetUpTo(t *testing.T) {
	v := newStateSet()
	for i := range uint64(100_000) {
		v.insert(&lookups{size: 1, fingerprint: [lookupsSize]uint64{i*0x9e3779b97f4a7c15 + 1}, claim: [lookupsSize]uint64{i / 10}})
	}
	if n := v.upTo(499); n != 5000 {
		t.Errorf("%d states have a claim up to 499, want 5000", n)
	}
}
