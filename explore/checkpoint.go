package explore

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// checkpointFormat changes with everything that a directory holds.
const checkpointFormat = 1

// checkpointStates is how many states are found between two checkpoints, if the level ends then: less is found again faster
// than it is written.
const checkpointStates = 1 << 16

// checkpoint is all of a search at the end of a level, but for what the files that it names hold.
type checkpoint struct {
	Format    int
	Identity  []string
	Depth     int      // of the level that is next
	Level     string   // its file, "" if it is empty
	States    int      // in it
	Known     []uint64 // states at each depth before
	Roots     []int
	Count     uint64 // states in all
	Parents   int64  // bytes
	Generated uint64
	Bytes     uint64
	Cut       uint64
	Tallies   []Tally
	Initial   [][]int    // by property: the initial states that violate it
	Claims    [][]uint64 // by property: the first claims that do
	Serial    int
	Runs      [][]run
}

// due: there is enough to be lost.
func (b *breadthFirst[S, A]) due() bool {
	d := b.store
	return d != nil && d.Keep && d.err == nil && (b.parents.count-d.kept >= d.every || b.next.count == 0)
}

// endLevel makes the next level the current one, and a checkpoint if one is due.
func (b *breadthFirst[S, A]) endLevel() {
	d := b.store
	if d != nil && d.evicted { // only then it is known whether the next level is empty
		b.settleLogged()
	}
	due := b.due()
	if due && !d.evicted {
		b.settleLogged()
	}
	if b.fresh != nil {
		b.fresh.release()
	}
	done := b.current.file
	b.current, b.next = b.next, frontier{}
	if d == nil {
		return
	}
	if done != nil {
		d.fail(done.close())
		d.obsolete = append(d.obsolete, done.name, done.name+indexSuffix)
	}
	if due && d.err == nil {
		d.fail(b.keep())
	}
	if d.err == nil && (due || !d.Keep) {
		d.discard(d.obsolete)
		d.obsolete = d.obsolete[:0]
	}
}

// keep writes a checkpoint. Only with its last step, the renaming of one file, the ones before lose their meaning.
func (b *breadthFirst[S, A]) keep() error {
	d, f := b.store, &b.current
	c := checkpoint{
		Format: checkpointFormat, Identity: d.Identity, Depth: b.depth + 1, States: f.count, Known: b.known,
		Roots: b.parents.roots, Count: b.parents.count, Parents: d.size, Bytes: b.bytes, Serial: d.serial, Runs: d.runs[:],
		Tallies: make([]Tally, len(b.props)), Generated: b.generated,
	}
	for _, w := range b.workers {
		c.Generated += w.generated
		c.Cut |= w.cut
		for i, t := range w.judges.count() {
			c.Tallies[i].add(t)
		}
	}
	for i := range b.props {
		var initial []int
		for _, v := range b.rejected[i] {
			if len(v.Trace) == 0 {
				initial = append(initial, v.Init)
			}
		}
		c.Initial = append(c.Initial, initial)
		c.Claims = append(c.Claims, b.violating(i))
	}
	if f.count > 0 {
		if err := b.keepLevel(f, b.depth+1); err != nil {
			return err
		}
		c.Level = f.file.name
	}
	if err := d.parents.Sync(); err != nil {
		return err
	}
	text, err := json.Marshal(&c)
	if err != nil {
		return err
	}
	if err := d.syncNames(); err != nil { // of all files that the checkpoint names
		return err
	}
	if err := d.write(manifestName, func(f *os.File) error {
		_, err := f.Write(append(text, '\n'))
		return err
	}); err != nil {
		return err
	}
	d.kept = b.parents.count
	return d.syncNames() // before what the last checkpoint names is removed
}

const indexSuffix = ".index"

// keepLevel brings all blocks of a level to its file, and writes where they are.
func (b *breadthFirst[S, A]) keepLevel(f *frontier, depth int) error {
	d := b.store
	if f.file == nil {
		file, err := d.createLevel(depth)
		if err != nil {
			return err
		}
		f.file = file
	}
	for _, x := range f.blocks {
		if !x.place.there {
			if err := f.file.put(x, nil); err != nil {
				return err
			}
		}
	}
	if err := f.file.file.Sync(); err != nil {
		return err
	}
	return d.write(f.file.name+indexSuffix, func(file *os.File) error {
		w := bufio.NewWriter(file)
		for _, x := range f.blocks {
			flags := uint32(0)
			if x.place.claims {
				flags |= 1
			}
			if x.place.sleeps {
				flags |= 2
			}
			entry := binary.LittleEndian.AppendUint64(nil, uint64(x.place.offset))
			for _, n := range []uint32{x.place.size, uint32(x.count), flags} {
				entry = binary.LittleEndian.AppendUint32(entry, n)
			}
			w.Write(entry)
		}
		return w.Flush()
	})
}

// resume takes up the search of a checkpoint, if there is one.
func (b *breadthFirst[S, A]) resume() (resumed bool, err error) {
	d := b.store
	text, err := os.ReadFile(d.path(manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.sweep(nil); err != nil {
			return false, err
		}
		return false, d.openParents(0)
	}
	var c checkpoint
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil {
		err = c.fits(d, len(b.props))
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.path(manifestName), err)
	}
	named := map[string]bool{parentsName: true, c.Level: true, c.Level + indexSuffix: true}
	for _, list := range c.Runs {
		for _, r := range list {
			named[r.Name] = true
		}
	}
	if err := d.sweep(named); err != nil {
		return false, err
	}
	return true, b.restore(&c)
}

// fits says why a directory can't be gone on with.
func (c *checkpoint) fits(d *store, props int) error {
	if c.Format != checkpointFormat {
		return fmt.Errorf("the search was kept in format %d, this is format %d", c.Format, checkpointFormat)
	}
	for i := range max(len(c.Identity), len(d.Identity)) {
		var kept, wanted string
		if i < len(c.Identity) {
			kept = c.Identity[i]
		}
		if i < len(d.Identity) {
			wanted = d.Identity[i]
		}
		if kept != wanted {
			return fmt.Errorf("it is of another search: %q was kept, %q is wanted", kept, wanted)
		}
	}
	if len(c.Tallies) != props || len(c.Claims) != props || len(c.Initial) != props || len(c.Runs) != partitions {
		return errors.New("it is damaged")
	}
	return nil
}

func (b *breadthFirst[S, A]) restore(c *checkpoint) error {
	d, first := b.store, b.workers[0]
	copy(d.runs[:], c.Runs)
	b.depth, b.known, b.generated, b.bytes = c.Depth, c.Known, c.Generated, c.Bytes
	d.serial, d.kept = c.Serial, c.Count
	first.cut = c.Cut
	copy(first.judges.tallies, c.Tallies)
	if err := d.openParents(c.Parents); err != nil {
		return err
	}
	b.parents.roots = c.Roots
	if err := b.parents.restore(d, c.Count); err != nil {
		return err
	}
	if err := b.restoreLevel(c); err != nil {
		return err
	}
	for i := range b.props {
		for _, init := range c.Initial[i] {
			b.rejected[i] = append(b.rejected[i], Violation[A]{Property: i, Init: init})
		}
		first.violated[i] = slices.Clone(c.Claims[i])
	}
	b.trace()
	return b.restoreVisited()
}

// restoreLevel reads where the states of the next level are.
func (b *breadthFirst[S, A]) restoreLevel(c *checkpoint) error {
	if c.States == 0 {
		return nil
	}
	d := b.store
	index, err := os.ReadFile(d.path(c.Level + indexSuffix))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(d.path(c.Level), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b.current.file = &levelFile{file: f, name: c.Level}
	for ; len(index) >= 20; index = index[20:] {
		flags := binary.LittleEndian.Uint32(index[16:])
		b.current.add(&block{count: int(binary.LittleEndian.Uint32(index[12:])), place: place{
			offset: int64(binary.LittleEndian.Uint64(index)), size: binary.LittleEndian.Uint32(index[8:]), there: true,
			claims: flags&1 != 0, sleeps: flags&2 != 0,
		}})
	}
	if b.current.count != c.States {
		return fmt.Errorf("%s has %d states, the checkpoint %d", c.Level, b.current.count, c.States)
	}
	return nil
}

// restoreVisited reads the runs, if memory has room for them.
func (b *breadthFirst[S, A]) restoreVisited() error {
	d := b.store
	d.evicted = d.tableMemory > 0 && b.visited.growth(b.parents.count) > d.tableMemory
	if d.evicted {
		return nil
	}
	errs := make([]error, partitions)
	b.share(partitions, true, func(_, p int) {
		for _, r := range d.runs[p] {
			reader, err := d.openRun(r)
			if err != nil {
				errs[p] = err
				return
			}
			defer reader.close()
			for shard := range partitionShards {
				s := &b.visited.shards[p*partitionShards+shard]
				for i := reader.starts[shard]; i < reader.starts[shard+1]; i++ {
					s.insert(reader.value(i))
				}
			}
			if errs[p] = reader.err; errs[p] != nil {
				return
			}
		}
	})
	return errors.Join(errs...)
}

// store writes the families that are not on disk yet.
func (p *parents) store(d *store) error {
	if d.parents == nil {
		if err := d.openParents(0); err != nil {
			return err
		}
	}
	p.file = d.parents
	var buf []byte
	at := d.size
	flush := func() error {
		_, err := d.parents.WriteAt(buf, d.size)
		d.size += int64(len(buf))
		buf = buf[:0]
		return err
	}
	for i := p.stored; i < len(p.families); i++ {
		f := &p.families[i]
		next := p.count
		if i+1 < len(p.families) {
			next = p.families[i+1].first
		}
		buf = binary.LittleEndian.AppendUint64(buf, f.parent)
		buf = binary.LittleEndian.AppendUint32(buf, uint32(next-f.first))
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(f.data)))
		f.offset, f.size = at+familyHead, uint32(len(f.data))
		buf = append(buf, f.data...)
		at += familyHead + int64(len(f.data))
		p.bytes -= uint64(cap(f.data))
		f.data = nil
		if len(buf) > 1<<20 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	p.stored = len(p.families)
	return flush()
}

const familyHead = 16

// restore reads where the families are.
func (p *parents) restore(d *store, count uint64) error {
	p.file, p.count = d.parents, uint64(len(p.roots))
	r := bufio.NewReaderSize(io.NewSectionReader(d.parents, 0, d.size), 1<<18)
	head := make([]byte, familyHead)
	for at := int64(0); at < d.size; {
		if _, err := io.ReadFull(r, head); err != nil {
			return fmt.Errorf("%s: %w", d.parents.Name(), err)
		}
		f := family{parent: binary.LittleEndian.Uint64(head), size: binary.LittleEndian.Uint32(head[12:]), offset: at + familyHead}
		if _, err := r.Discard(int(f.size)); err != nil {
			return fmt.Errorf("%s: %w", d.parents.Name(), err)
		}
		at += familyHead + int64(f.size)
		p.add(f, int(binary.LittleEndian.Uint32(head[8:])))
	}
	p.stored = len(p.families)
	if p.count != count {
		return fmt.Errorf("%s has %d states, the checkpoint %d", d.parents.Name(), p.count, count)
	}
	return nil
}
