package explore

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRunReader asks a run for what it has and for what it has not, so densely that it reads on, and so seldom that it leaps;
// also where rests are not spread as a leap expects.
func TestRunReader(t *testing.T) {
	for crowded := range 3 { // not, at the low end, at the high end
		d := &store{Disk: Disk{Dir: t.TempDir()}}
		rng := rand.New(rand.NewPCG(9, 9))
		var shard [partitionShards][]uint64
		var counts [partitionShards]uint64
		for i := range 400_000 {
			at := min(i%80, partitionShards-1) // the last one has a fifth of all
			rest := rng.Uint64N(vacant)
			if crowded > 0 {
				rest >>= rng.IntN(40)
			}
			if crowded > 1 {
				rest = vacant - 1 - rest
			}
			shard[at] = append(shard[at], rest)
		}
		for i := range shard {
			slices.Sort(shard[i])
			shard[i] = slices.Compact(shard[i])
			counts[i] = uint64(len(shard[i]))
		}
		r, err := d.writeRun("run-00-000000", &counts, func(yield func(uint64)) {
			for _, list := range shard {
				for _, rest := range list {
					yield(rest)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range []int{1, 50, 20_000} { // of so many rests one is asked for
			askRun(t, d, r, rng, &shard, one)
		}
	}
}

func askRun(t *testing.T, d *store, r run, rng *rand.Rand, shard *[partitionShards][]uint64, one int) {
	t.Helper()
	reader, err := d.openRun(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.close()
	asked := 0
	for at, list := range shard {
		for i, rest := range list {
			if rng.IntN(one) > 0 {
				continue
			}
			asked++
			if before := rest - 1; i > 0 && list[i-1] < before && reader.has(uint32(at), before) {
				t.Fatalf("one in %d: shard %d has %x, which was not written", one, at, before)
			}
			if !reader.has(uint32(at), rest) {
				t.Fatalf("one in %d: shard %d lacks %x, its rest %d of %d", one, at, rest, i, len(list))
			}
		}
	}
	if asked == 0 || reader.err != nil {
		t.Fatalf("%d were asked for, %v", asked, reader.err)
	}
}
