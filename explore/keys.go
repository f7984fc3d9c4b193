package explore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// key is a state that was logged in this level: its rest, its place among them, and its shard within the partition.
type key struct{ rest, placeShard uint64 }

const (
	keyBytes = 16
	keyRoom  = 1 << 13 // keys that a partition has in memory
)

// keys are one partition's, in the order in which they were found: some in a file, the last ones in memory.
type keys struct {
	file  *os.File
	count int // in the file
	tail  []key
}

// question marks a key, in placeShard, as that of a state that would cover the one with this place.
const question = 1 << 63

// log writes down the states of a segment, which is the next one, and who would cover them.
func (d *store) log(s *segment) {
	from := uint32(0)
	for i, print := range s.prints {
		d.logKey(print, d.logged<<6)
		if s.askEnds != nil {
			for _, cover := range s.asks[from:s.askEnds[i]] {
				d.logKey(cover, question|d.logged<<6)
				d.asked = true
			}
			from = s.askEnds[i]
		}
		d.logged++
	}
}

func (d *store) logKey(print fingerprint, place uint64) {
	p := print.partition()
	k := &d.keys[p]
	k.tail = append(k.tail, key{print.rest, place | uint64(print.shard&shardMask)})
	if len(k.tail) == keyRoom {
		d.fail(k.flush(d.path(fmt.Sprintf("%s%02d", keysPrefix, p))))
	}
}

func (k *keys) flush(path string) error {
	if k.file == nil {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		k.file = f
	}
	buf := make([]byte, 0, keyBytes*len(k.tail))
	for _, x := range k.tail {
		buf = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(buf, x.rest), x.placeShard)
	}
	_, err := k.file.WriteAt(buf, int64(keyBytes*k.count))
	k.count += len(k.tail)
	k.tail = k.tail[:0]
	return err
}

// sorted returns all keys by shard and rest, and of equal ones the first found first.
func (k *keys) sorted() ([]key, error) {
	all := make([]key, 0, k.count+len(k.tail))
	buf := make([]byte, keyBytes*keyRoom)
	for at := 0; at < k.count; {
		n := min(keyRoom, k.count-at)
		if _, err := k.file.ReadAt(buf[:keyBytes*n], int64(keyBytes*at)); err != nil {
			return nil, err
		}
		for i := range n {
			all = append(all, key{binary.LittleEndian.Uint64(buf[keyBytes*i:]), binary.LittleEndian.Uint64(buf[keyBytes*i+8:])})
		}
		at += n
	}
	all = append(all, k.tail...)
	slices.SortFunc(all, func(a, b key) int {
		if c := cmp.Compare(a.placeShard&shardMask, b.placeShard&shardMask); c != 0 {
			return c
		}
		if c := cmp.Compare(a.rest, b.rest); c != 0 {
			return c
		}
		return cmp.Compare(a.placeShard, b.placeShard)
	})
	return all, nil
}

func (k *keys) clear() { k.count, k.tail = 0, k.tail[:0] }

func (k *keys) close(d *store) {
	if k.file != nil {
		d.fail(k.file.Close())
		d.discard([]string{filepath.Base(k.file.Name())})
		k.file = nil
	}
}

// pile is what was logged of a partition in this level.
type pile struct {
	new      []key    // by shard and rest: what is in no run, and of equal ones the first
	dead     []uint64 // places of what is known, or covered by what is
	obsolete []string // files that were merged
	err      error
}

// sift holds what was logged of a partition against its runs.
func (d *store) sift(p int, x *pile) error {
	all, err := d.keys[p].sorted()
	if x.new = all; err != nil || len(all) == 0 || !d.evicted {
		return err
	}
	var readers []*runReader
	for _, r := range d.runs[p] {
		reader, err := d.openRun(r)
		if err != nil {
			return err
		}
		defer reader.close()
		readers = append(readers, reader)
	}
	x.new = all[:0]
	for _, k := range all {
		shard, there := uint32(k.placeShard&shardMask), false
		if n := len(x.new); n > 0 && k.placeShard&question == 0 {
			there = x.new[n-1].rest == k.rest && x.new[n-1].placeShard&shardMask == uint64(shard)
		}
		for _, r := range readers {
			there = there || r.has(shard, k.rest)
		}
		switch {
		case there:
			x.dead = append(x.dead, k.placeShard&^question>>6)
		case k.placeShard&question == 0:
			x.new = append(x.new, k)
		}
	}
	for _, r := range readers {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// settle writes what is new of a partition as a run, unless sifting failed.
func (d *store) settle(p int, x *pile) {
	if x.err != nil || len(x.new) == 0 {
		return
	}
	var counts [partitionShards]uint64
	for _, k := range x.new {
		counts[k.placeShard&shardMask]++
	}
	r, err := d.writeRun(fmt.Sprintf("%s%02d-%06d", runPrefix, p, d.serial), &counts, func(yield func(rest uint64)) {
		for _, k := range x.new {
			yield(k.rest)
		}
	})
	if x.err = err; err == nil {
		x.err = d.addRun(p, r, &x.obsolete)
	}
	x.new = nil
}
