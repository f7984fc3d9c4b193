package explore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
)

// Disk is where a breadth-first search puts what its memory has no room for.
type Disk struct {
	Dir string // exists, and is the search's own
	// Keep makes a checkpoint at the end of each level, from which a search with the same Dir and Identity goes on. Otherwise
	// nothing is written before memory is full.
	Keep bool
	// Identity says, line by line, what is searched: the system, its limits, the properties. A directory of another identity is
	// refused.
	Identity []string
}

// Prefixes of the names of files in a search's directory. What no checkpoint names is left over from a search that was
// stopped, and is removed.
const (
	levelPrefix  = "level-"
	runPrefix    = "run-"
	keysPrefix   = "keys-"
	parentsName  = "parents"
	manifestName = "checkpoint.json"
	lockName     = "lock"     // held by the search that is under way
	partialName  = ".partial" // suffix of a file under way to its name
)

// swept are all names that a search gives to files, but for the checkpoint's. Whoever lets a search have a directory that is
// not its own loses nothing that only begins like one of them.
var swept = regexp.MustCompile(`^((level-\d+(\.index)?|run-\d+-\d+m*|keys-\d+|parents)(\.partial)?|checkpoint\.json\.partial)$`)

// store is the search's part on disk.
type store struct {
	Disk
	tableMemory, frontierMemory uint64 // how much each may take; 0: as much as it wants

	logging bool // every state found is written down, by partition
	evicted bool // the visited set in memory does not have all states, the runs do
	asked   bool // it was logged who would cover states

	runs    [partitions][]run
	keys    [partitions]keys
	serial  int // of the next run
	parents *os.File
	locked  *os.File
	size    int64  // of parents
	settled uint64 // states of the level that are settled, of those that were logged
	logged  uint64
	pending []segment // found while the visited set was not whole: some may be known
	waiting uint64    // states in there

	kept  uint64 // states that the last checkpoint has
	every uint64 // how many more are worth another one

	obsolete []string // files that the next checkpoint does not name
	err      error
}

func newStore(o *Options) *store {
	if o.Disk == nil {
		return nil
	}
	d := &store{Disk: *o.Disk, logging: o.Disk.Keep, every: checkpointStates}
	if o.MaxMemory > 0 {
		d.tableMemory, d.frontierMemory = o.MaxMemory/8*5+1, o.MaxMemory/8+1
	}
	return d
}

func (d *store) path(name string) string { return filepath.Join(d.Dir, name) }

// fail keeps the first error.
func (d *store) fail(err error) {
	if d.err == nil && err != nil {
		d.err = err
	}
}

// write writes a file that is there either whole or not at all; if it is kept, also after the machine fails.
func (d *store) write(name string, write func(f *os.File) error) error {
	path := d.path(name)
	f, err := os.Create(path + partialName)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil && d.Keep {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(path+partialName, path)
	}
	if err != nil {
		os.Remove(path + partialName)
	}
	return err
}

// syncNames makes the names of files last as long as their contents do. Not every system can do that, or needs it.
func (d *store) syncNames() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(d.Dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// discard removes files that no checkpoint names any more.
func (d *store) discard(names []string) {
	for _, name := range names {
		if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.fail(err)
		}
	}
}

// sweep removes what an earlier search left and no checkpoint names.
func (d *store) sweep(named map[string]bool) error {
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); swept.MatchString(name) && !named[name] {
			if err := os.Remove(d.path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unkept refuses a directory that has a checkpoint for a search that keeps nothing: it would sweep away what that names.
func (d *store) unkept() error {
	if _, err := os.Stat(d.path(manifestName)); err == nil {
		return fmt.Errorf("%s: a search was kept there, and this one is not to be kept", d.Dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.sweep(nil)
}

// openParents opens the file of all families, and cuts off what came after the checkpoint.
func (d *store) openParents(size int64) error {
	f, err := os.OpenFile(d.path(parentsName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() < size {
		f.Close()
		return fmt.Errorf("%s has fewer than the %d bytes of the checkpoint (%v)", d.path(parentsName), size, err)
	}
	if err := f.Truncate(size); err != nil {
		f.Close()
		return err
	}
	d.parents, d.size = f, size
	return nil
}

// close closes all files; what is kept stays for another search.
func (d *store) close() {
	if d.parents != nil {
		d.fail(d.parents.Close())
		d.parents = nil
	}
	for i := range d.keys {
		d.keys[i].close(d)
	}
	if !d.Keep {
		d.fail(d.unkept())
	}
	if d.locked != nil { // last: then another search may begin
		d.fail(d.locked.Close())
		d.locked = nil
	}
}

// lock keeps a directory that is kept for this search alone.
func (d *store) lock() error {
	f, err := os.OpenFile(d.path(lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: another search is under way there (%w)", d.Dir, err)
	}
	d.locked = f
	return nil
}

// bytes is what lies on disk.
func (d *store) bytes(levels ...*frontier) uint64 {
	n := uint64(d.size)
	for _, list := range d.runs {
		for _, r := range list {
			n += 8 * r.Count
		}
	}
	for _, f := range levels {
		if f.file != nil {
			n += uint64(f.file.end)
		}
	}
	return n
}
