package explore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// lone leads from 0 to a state whose encoding is empty.
type lone struct{}

func (lone) Init() []int                       { return []int{0} }
func (lone) Actions(_ *int, buf []bool) []bool { return append(buf, true) }
func (lone) Apply(s *int, _ bool)              { *s = 1 }
func (lone) Copy(dst, src *int)                { *dst = *src }
func (lone) Encode(s *int, buf []byte) []byte {
	if *s == 0 {
		return append(buf, 1)
	}
	return buf
}
func (lone) Decode(s *int, data []byte) { *s = 1 - len(data) }

// TestDiskEmptyEncoding: a state may be encoded as nothing.
func TestDiskEmptyEncoding(t *testing.T) {
	for _, keep := range []bool{false, true} {
		o := onDisk(t, Options{}, 1)
		o.Disk.Keep = keep
		if r := BreadthFirst(context.Background(), lone{}, nil, o); !r.Complete || r.Distinct != 2 || r.Err != nil {
			t.Errorf("kept %v: %+v", keep, r)
		}
	}
}

// TestDiskLeavesTheKept: a search that keeps nothing does not touch one that was kept.
func TestDiskLeavesTheKept(t *testing.T) {
	o := onDisk(t, Options{}, 1)
	o.Disk.Keep = true
	g := grid{counters: 3, top: 9}
	if r := BreadthFirst(context.Background(), g, nil, o); !r.Complete {
		t.Fatalf("%+v", r)
	}
	before, _ := os.ReadDir(o.Disk.Dir)
	passing := o
	passing.Disk = &Disk{Dir: o.Disk.Dir}
	if r := BreadthFirst(context.Background(), g, nil, passing); r.Stopped != "disk" || r.Err == nil {
		t.Errorf("stopped %q, %v", r.Stopped, r.Err)
	}
	if after, _ := os.ReadDir(o.Disk.Dir); len(after) != len(before) {
		t.Errorf("%v was kept, %v is left", before, after)
	}
}

// TestDiskLeavesForeignFiles: what has another form than the names of a search is not removed.
func TestDiskLeavesForeignFiles(t *testing.T) {
	o := onDisk(t, Options{}, 1)
	names := []string{"film.partial", "keys-to-the-house", "level-one.map", "run-it.sh"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(o.Disk.Dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"run-07-000012mm", "level-000003.index.partial", "keys-03", "parents", "checkpoint.json.partial"} {
		if err := os.WriteFile(filepath.Join(o.Disk.Dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := BreadthFirst(context.Background(), grid{counters: 5, top: 9}, nil, o); !r.Complete {
		t.Fatalf("%+v", r)
	}
	if left := filesIn(t, o.Disk.Dir); !slices.Equal(left, names) {
		t.Errorf("%v is left", left)
	}
}

// TestDiskHere: in the working directory no keys are left behind either.
func TestDiskHere(t *testing.T) {
	t.Chdir(t.TempDir())
	o := Options{MaxMemory: 1, Disk: &Disk{Dir: ".", Keep: true}}
	b := newBreadthFirst(grid{counters: 3, top: 9}, nil, o, nil)
	b.begin()
	for p := range b.store.keys {
		b.store.fail(b.store.keys[p].flush(b.store.path(fmt.Sprintf("%s%02d", keysPrefix, p))))
	}
	b.stopped = b.levels(context.Background())
	if r := b.report(); !r.Complete {
		t.Fatalf("%+v", r)
	}
	if left, _ := filepath.Glob(keysPrefix + "*"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestCheckpointWhenDue: levels whose states are all put aside are not empty, and make no checkpoint of their own.
func TestCheckpointWhenDue(t *testing.T) {
	o := onDisk(t, Options{}, 1)
	o.Disk.Keep = true
	b := newBreadthFirst(grid{counters: 3, top: 9}, nil, o, nil)
	b.begin()
	for b.current.count > 0 && b.store.err == nil {
		b.level(context.Background(), b.parents.count-uint64(b.current.count))
		b.endLevel()
		if b.depth++; b.current.count > 0 && b.store.kept > 0 {
			t.Fatalf("a checkpoint of %d states at depth %d", b.store.kept, b.depth)
		}
	}
	if r := b.report(); r.Err != nil || b.store.kept != 1000 {
		t.Errorf("%d states are kept, %v", b.store.kept, r.Err)
	}
}
