package explore

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// TestVisitedAgainstMap lets workers make claims for the same few states, and compares with a plain map: the least claim
// stays, and each other claim was either refused or ousted once.
func TestVisitedAgainstMap(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for seed := range uint64(4) {
			rng := rand.New(rand.NewPCG(seed, uint64(workers)))
			claims := randomClaims(rng, workers, 30_000, 1+rng.Uint64N(200_000))
			v := newVisited()
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
			print := fingerprint([]byte{byte(state), byte(state >> 8), byte(state >> 16)})
			if state%100 == 0 {
				print = ^state
			}
			claims[w] = append(claims[w], [2]uint64{print, uint64(numbers[w*each+i])})
		}
	}
	return claims
}

// claimAll makes the claims, one goroutine per list, and collects the answers.
func claimAll(v *visited, claims [][][2]uint64) (kept [][2]uint64, ousted []uint64) {
	var all sync.WaitGroup
	var lock sync.Mutex
	for _, list := range claims {
		all.Go(func() {
			b := &burst{}
			for i, c := range list {
				b.fingerprint[b.size], b.claim[b.size] = c[0], c[1]
				if b.size++; b.size < burstSize && i < len(list)-1 {
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

func TestVisitedUpTo(t *testing.T) {
	v := newVisited()
	for i := range uint64(100_000) {
		v.insert(&burst{size: 1, fingerprint: [burstSize]uint64{i*0x9e3779b97f4a7c15 + 1}, claim: [burstSize]uint64{i / 10}})
	}
	if n := v.upTo(499); n != 5000 {
		t.Errorf("%d states have a claim up to 499, want 5000", n)
	}
}

// TestFrontier adds and reads levels of states of very different lengths, and takes blocks back.
func TestFrontier(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	pool := &blocks{}
	f := frontier{pool: pool}
	for range 3 {
		var want [][]byte
		for range 20_000 {
			state := make([]byte, rng.IntN(60))
			if rng.IntN(5000) == 0 {
				state = make([]byte, blockBytes+rng.IntN(blockBytes))
			}
			for i := range state {
				state[i] = byte(rng.Uint32())
			}
			want = append(want, state)
			f.add(state)
		}
		for from := 0; from < len(want); from += 777 {
			to, next := min(from+777, len(want)), from
			f.each(from, to, func(index int, encoded []byte) {
				if index != next || string(encoded) != string(want[index]) {
					t.Fatalf("state %d is not what was added as %d", index, next)
				}
				next++
			})
			if next != to {
				t.Fatalf("read up to %d of %d", next, to)
			}
			f.release(to)
		}
		f.clear()
		var held uint64
		for _, b := range pool.spare {
			held += blockMemory(b)
		}
		if held != pool.bytes || f.count != 0 {
			t.Fatalf("the pool holds %d bytes and counts %d", held, pool.bytes)
		}
	}
}
