package explore

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestVisitedAgainstMap inserts states, many of them twice, and compares with a plain map after each growth.
func TestVisitedAgainstMap(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		v, want := newVisited(true), map[fingerprint]uint32{}
		draw := drawer(rng, seed)
		for number := range uint32(30_000) {
			f := draw()
			_, known := want[f]
			if fresh := v.shards[f.shard].insert(f.rest); fresh == known {
				t.Fatalf("seed %d: state %v is new: %v, and known: %v", seed, f, fresh, known)
			}
			if !known {
				v.settle(f, number)
				want[f] = number
			}
		}
		for f, number := range want {
			if !has(v, f) || v.number(f) != number {
				t.Fatalf("seed %d: state %v is lost, or has the number %d, not %d", seed, f, v.number(f), number)
			}
		}
		for range 10_000 {
			f := draw()
			if _, known := want[f]; has(v, f) != known {
				t.Fatalf("seed %d: state %v is there: %v", seed, f, has(v, f))
			}
		}
		checkShards(t, v, len(want))
	}
}

func has(v *visited, f fingerprint) bool {
	_, known := v.shards[f.shard].find(f.rest)
	return known
}

// drawer draws fingerprints: spread evenly, or crowded at the ends of few shards.
func drawer(rng *rand.Rand, seed uint64) func() fingerprint {
	return func() fingerprint {
		switch rest := rng.Uint64N(vacant); seed % 3 {
		case 0:
			return fingerprint{uint32(rng.IntN(shards)), rest}
		case 1:
			return fingerprint{uint32(rng.IntN(2)), vacant - 1 - rest%8_000}
		default:
			return fingerprint{uint32(rng.IntN(2)), rest % 8_000}
		}
	}
}

// checkShards looks at what the look-ups rely on: ascending order, nobody before home, no gap behind it, a vacant end.
func checkShards(t *testing.T, v *visited, count int) {
	t.Helper()
	for i := range v.shards {
		s := &v.shards[i]
		if s.homes == 0 {
			continue
		}
		var all []uint64
		for slot, rest := range s.slots {
			if rest == vacant {
				continue
			}
			all = append(all, rest)
			begin, _ := s.find(rest)
			if begin != slot {
				t.Fatalf("shard %d: %x stands at %d and is found at %d", i, rest, slot, begin)
			}
		}
		if !slices.IsSorted(all) || len(all) != s.count || s.slots[len(s.slots)-1] != vacant {
			t.Fatalf("shard %d: %d states, counted %d, sorted %v", i, len(all), s.count, slices.IsSorted(all))
		}
		count -= s.count
	}
	if count != 0 {
		t.Fatalf("%d states are missing", count)
	}
}

// TestVisitedMemory: with parents, a state takes less than 16 bytes, however full the shards are.
func TestVisitedMemory(t *testing.T) {
	v := newVisited(false)
	rng := rand.New(rand.NewPCG(1, 1))
	n := uint64(0)
	for n < 3_000_000 {
		f := fingerprint{uint32(rng.IntN(shards)), rng.Uint64N(vacant)}
		v.shards[f.shard].insert(f.rest)
		if n++; n > 500_000 && n%100_000 == 0 && float64(v.bytes())/float64(n) > 13.6 {
			t.Fatalf("%d states take %d bytes", n, v.bytes())
		}
	}
	v.forget()
	if has(v, fingerprint{0, 0}) || v.shards[0].count != 0 {
		t.Fatal("something is left")
	}
}

// TestParents encodes random families and finds every member again.
func TestParents(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	p := parents{roots: []int{0, 2}, count: 2}
	claims := []uint64{0, 0}
	for range 200 {
		first := uint64(rng.IntN(int(p.count)))
		var list []uint32
		for place := range uint32(segmentStates) {
			for action := uint32(0); action < maxActions && rng.IntN(5) == 0; action += 1 + uint32(rng.IntN(300)) {
				list = append(list, place<<actionBits|action)
				claims = append(claims, (first+uint64(place))<<actionBits|uint64(action))
			}
		}
		if len(list) > 0 {
			p.add(familyOf(first, list), len(list))
		}
	}
	if int(p.count) != len(claims) {
		t.Fatalf("%d states, want %d", p.count, len(claims))
	}
	for range 2000 {
		sequence := 2 + rng.Uint64N(p.count-2)
		parent, action := p.claim(sequence)
		if parent<<actionBits|uint64(action) != claims[sequence] {
			t.Fatalf("state %d: parent %d and action %d, want %d and %d", sequence, parent, action,
				claims[sequence]>>actionBits, claims[sequence]&maxActions)
		}
	}
}

// TestEvictedTableIsSmallAgain: one batch may add more than was expected. After that the table is not too large for ever, or it
// would be emptied after every batch.
func TestEvictedTableIsSmallAgain(t *testing.T) {
	b := newBreadthFirst(grid{counters: 2, top: 2}, nil, onDisk(t, Options{}, 4<<20), nil)
	rng := rand.New(rand.NewPCG(1, 17))
	for range 400_000 {
		b.visited.shards[rng.IntN(shards)].insert(rng.Uint64N(vacant))
	}
	b.added = 1
	if b.evict(); b.store.err != nil || !b.store.evicted {
		t.Fatalf("evicted %v, %v", b.store.evicted, b.store.err)
	}
	if got := b.visited.bytes() + b.visited.growth(2*b.added); got > b.store.tableMemory {
		t.Errorf("the empty table has %d bytes, and may have %d", got, b.store.tableMemory)
	}
}
