package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// onDisk searches with so little memory that everything goes to disk.
func onDisk(t *testing.T, o Options, memory uint64) Options {
	t.Helper()
	o.Disk, o.MaxMemory = &Disk{Dir: t.TempDir()}, memory
	return o
}

// fewer is a number of seeds, or with -short, as where races are looked for, some of them.
func fewer(seeds uint64) uint64 {
	if testing.Short() {
		return (seeds + 3) / 4
	}
	return seeds
}

// TestDiskChangesNothing: whether states, level and parents fit into memory or not, the report is the same.
func TestDiskChangesNothing(t *testing.T) {
	for seed := range fewer(12) {
		rng := rand.New(rand.NewPCG(seed, 11))
		g := newGraph(rng, 1+rng.IntN(60000), 1+rng.IntN(8))
		props := g.marks(rng, 8)
		o := Options{All: seed%2 == 0, MaxViolations: int(seed % 4), MaxStates: seed % 3 * 20_000}
		want := BreadthFirst(context.Background(), g, props, o)
		for _, workers := range workerCounts {
			for _, memory := range []uint64{1, 700_000, 3 << 20} {
				o.Workers = workers
				got := BreadthFirst(context.Background(), g, props, onDisk(t, o, memory))
				same(t, fmt.Sprintf("seed %d, %d workers, %d bytes", seed, workers, memory), got, want)
			}
		}
	}
}

// TestDiskInLevelsOfManyBatches: a system with levels that are longer than a batch, and solutions far away.
func TestDiskInLevelsOfManyBatches(t *testing.T) {
	want := BreadthFirst(context.Background(), sliding{}, nil, Options{})
	for _, memory := range []uint64{1_000_000, 2 << 20} {
		if testing.Short() && memory < 2<<20 {
			continue
		}
		got := BreadthFirst(context.Background(), sliding{}, nil, onDisk(t, Options{}, memory))
		same(t, fmt.Sprint(memory, " bytes"), got, want)
	}
	h := hanoi{discs: 9}
	props := []Property[[16]byte, hanoiMove]{h.unsolved()}
	same(t, "tower", BreadthFirst(context.Background(), h, props, onDisk(t, Options{}, 1)),
		BreadthFirst(context.Background(), h, props, Options{}))
}

// TestSpillingWrites: the tests above are about something. What is not kept is gone in the end.
func TestSpillingWrites(t *testing.T) {
	o := onDisk(t, Options{Workers: 2}, 1)
	b := newBreadthFirst(grid{counters: 5, top: 9}, nil, o, nil)
	b.begin()
	if b.stopped = b.levels(context.Background()); b.stopped != "" || !b.store.evicted || b.store.runs[0] == nil || b.store.size == 0 {
		t.Fatalf("stopped %q, evicted %v, runs %v", b.stopped, b.store.evicted, b.store.runs[0])
	}
	total := uint64(0)
	for _, list := range b.store.runs {
		for i, r := range list {
			total += r.Count
			if i > 0 && list[i-1].Count < 2*r.Count {
				t.Errorf("a run of %d before one of %d", list[i-1].Count, r.Count)
			}
		}
	}
	if r := b.report(); r.Err != nil || r.Distinct != 100_000 || total != 100_000 {
		t.Errorf("%d states, %d in runs, %v", r.Distinct, total, r.Err)
	}
	if left, err := os.ReadDir(o.Disk.Dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// TestResume ends searches at random moments, and goes on from what is on disk until one comes to its end.
func TestResume(t *testing.T) {
	all := 0
	for seed := range fewer(5) {
		rng := rand.New(rand.NewPCG(seed, 13))
		g := newGraph(rng, 60000, 1+rng.IntN(4))
		props := g.marks(rng, 8)
		o := Options{All: true, MaxViolations: 3, Workers: 1 + rng.IntN(3)}
		want := BreadthFirst(context.Background(), g, props, o)
		o.Disk, o.MaxMemory = &Disk{Dir: t.TempDir(), Keep: true, Identity: []string{"a graph"}}, 1<<10<<rng.IntN(14)
		resumed := 0
		for try := 1; ; try++ {
			b := newBreadthFirst(g, props, o, nil)
			b.store.every = 500
			b.begin()
			if b.depth > 0 {
				resumed++
			}
			levels := try + rng.IntN(3) // more each time: with less than 500 states there is no checkpoint
			ctx, end := context.WithCancel(context.Background())
			b.stopped = b.some(ctx, end, levels)
			if b.stopped == "" {
				same(t, fmt.Sprintf("seed %d", seed), b.report(), want)
				break
			}
			abandon(b.store)
		}
		again := BreadthFirst(context.Background(), g, props, o)
		same(t, "after the end", again, want)
		all += resumed
	}
	if all < 1 {
		t.Errorf("%d searches were resumed", all)
	}
}

// some searches some levels, and ends in the middle of the next one.
func (b *breadthFirst[S, A]) some(ctx context.Context, end func(), levels int) string {
	last := b.depth + levels
	for ; b.current.count > 0; b.depth++ {
		if b.depth == last {
			end()
		}
		base := b.parents.count - uint64(b.current.count)
		b.known = append(b.known, uint64(b.current.count))
		if why := b.level(ctx, base); why != "" {
			return why
		}
		if b.endLevel(); b.store.err != nil {
			return b.store.err.Error()
		}
	}
	b.depth = max(b.depth-1, 0)
	return ""
}

// abandon closes files as the end of a process does.
func abandon(d *store) {
	d.locked.Close()
	d.parents.Close()
	for i := range d.keys {
		if d.keys[i].file != nil {
			d.keys[i].file.Close()
		}
	}
}

// TestDiskRefuses: a directory of another search, or a damaged one, is refused and not touched.
func TestDiskRefuses(t *testing.T) {
	dir := t.TempDir()
	g := grid{counters: 3, top: 9}
	o := Options{Disk: &Disk{Dir: dir, Keep: true, Identity: []string{"version 1", "limits crashes=1"}}}
	if r := BreadthFirst(context.Background(), g, nil, o); !r.Complete || r.Err != nil {
		t.Fatalf("%+v", r)
	}
	refused := func(o Options, want string) {
		t.Helper()
		r := BreadthFirst(context.Background(), g, nil, o)
		if r.Stopped != "disk" || r.Complete || r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("stopped %q, %v, want %q", r.Stopped, r.Err, want)
		}
	}
	other := o
	other.Disk = &Disk{Dir: dir, Keep: true, Identity: []string{"version 1", "limits crashes=2"}}
	refused(other, `another search: "limits crashes=1" was kept, "limits crashes=2" is wanted`)
	other.Disk = &Disk{Dir: dir, Keep: true, Identity: []string{"version 1"}}
	refused(other, `"limits crashes=1" was kept, "" is wanted`)
	other.Disk = &Disk{Dir: filepath.Join(dir, "nowhere"), Keep: true}
	refused(other, "no such file")

	parents := filepath.Join(dir, parentsName)
	whole, err := os.ReadFile(parents)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(parents, whole[:len(whole)-1], 0o644)
	refused(o, "has fewer than")
	os.WriteFile(parents, whole, 0o644)
	runs, _ := filepath.Glob(filepath.Join(dir, runPrefix+"*"))
	run, _ := os.ReadFile(runs[0])
	os.WriteFile(runs[0], run[:len(run)-1], 0o644)
	refused(o, "does not have the")
	os.WriteFile(runs[0], append([]byte("x"), run[1:]...), 0o644)
	refused(o, "is no run of a search")
	os.WriteFile(runs[0], run, 0o644)
	os.WriteFile(filepath.Join(dir, "keys-03"), []byte("left over"), 0o644)
	if r := BreadthFirst(context.Background(), g, nil, o); !r.Complete || r.Distinct != 1000 {
		t.Errorf("%+v", r)
	}
	os.WriteFile(filepath.Join(dir, manifestName), []byte("{"), 0o644)
	refused(o, manifestName)
}

// TestDiskIsLocked: two searches do not share a directory.
func TestDiskIsLocked(t *testing.T) {
	o := Options{Disk: &Disk{Dir: t.TempDir(), Keep: true}}
	b := newBreadthFirst(grid{counters: 2, top: 3}, nil, o, nil)
	b.begin()
	r := BreadthFirst(context.Background(), grid{counters: 2, top: 3}, nil, o)
	if held := lockFile(b.store.locked) == nil && r.Err == nil; held != (runtime.GOOS == "windows" || runtime.GOOS == "plan9") {
		t.Errorf("a second search: stopped %q, %v", r.Stopped, r.Err)
	}
	b.stopped = b.levels(context.Background())
	if r := b.report(); r.Err != nil || r.Distinct != 16 {
		t.Errorf("%+v", r)
	}
}

// TestDiskFails: when the directory is gone in the middle, the search says so and stops.
func TestDiskFails(t *testing.T) {
	o := onDisk(t, Options{}, 1)
	b := newBreadthFirst(grid{counters: 5, top: 9}, nil, o, nil)
	b.begin()
	for b.depth < 6 {
		b.level(context.Background(), b.parents.count-uint64(b.current.count))
		b.endLevel()
		b.depth++
	}
	os.RemoveAll(o.Disk.Dir)
	b.stopped = b.levels(context.Background())
	if r := b.report(); r.Stopped != "disk" || r.Complete || r.Err == nil || !strings.Contains(r.Err.Error(), "no such file") {
		t.Errorf("stopped %q, %v", r.Stopped, r.Err)
	}
}
