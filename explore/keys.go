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

// log writes down the states of a segment, which is the next one.
func (d *store) log(prints []fingerprint) {
	for _, print := range prints {
		p := print.partition()
		k := &d.keys[p]
		k.tail = append(k.tail, key{print.rest, d.logged<<6 | uint64(print.shard&shardMask)})
		if len(k.tail) == keyRoom {
			d.fail(k.flush(d.path(fmt.Sprintf("%s%02d", keysPrefix, p))))
		}
		d.logged++
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

// settlePartition writes the states of a partition that were logged and are in no run as a new run, and returns the places of
// the others, which are known.
func (d *store) settlePartition(p int, obsolete *[]string) (known []uint64, err error) {
	all, err := d.keys[p].sorted()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if d.evicted {
		if all, known, err = d.unknown(p, all); err != nil || len(all) == 0 {
			return known, err
		}
	}
	var counts [partitionShards]uint64
	for _, k := range all {
		counts[k.placeShard&shardMask]++
	}
	r, err := d.writeRun(fmt.Sprintf("%s%02d-%06d", runPrefix, p, d.serial), &counts, func(yield func(rest uint64)) {
		for _, k := range all {
			yield(k.rest)
		}
	})
	if err != nil {
		return known, err
	}
	return known, d.addRun(p, r, obsolete)
}

// unknown leaves of sorted keys those that are in no run, and of equal ones the first, and returns the places of the others.
func (d *store) unknown(p int, all []key) (left []key, known []uint64, err error) {
	var readers []*runReader
	for _, r := range d.runs[p] {
		reader, err := d.openRun(r)
		if err != nil {
			return nil, nil, err
		}
		defer reader.close()
		readers = append(readers, reader)
	}
	left = all[:0]
	for i, k := range all {
		shard := uint32(k.placeShard & shardMask)
		there := len(left) > 0 && i > 0 && left[len(left)-1].rest == k.rest && left[len(left)-1].placeShard&shardMask == uint64(shard)
		for _, r := range readers {
			there = there || r.has(shard, k.rest)
		}
		if there {
			known = append(known, k.placeShard>>6)
		} else {
			left = append(left, k)
		}
	}
	for _, r := range readers {
		if r.err != nil {
			return nil, nil, r.err
		}
	}
	return left, known, nil
}
