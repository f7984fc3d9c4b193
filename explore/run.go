package explore

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
)

// run is a sorted file of states of one partition: shard after shard, the rests of each in ascending order, behind a head
// with how many each shard has.
type run struct {
	Name  string
	Count uint64
}

const (
	runMagic = "zkcheck\x01"
	runHead  = int64(len(runMagic) + 8*partitionShards)
)

// writeRun writes a run of the given number of states, which each yields in order.
func (d *store) writeRun(name string, counts *[partitionShards]uint64, each func(yield func(rest uint64))) (run, error) {
	r := run{Name: name}
	for _, n := range counts {
		r.Count += n
	}
	written := uint64(0)
	err := d.write(name, func(f *os.File) error {
		w := bufio.NewWriterSize(f, 1<<18)
		head := []byte(runMagic)
		for _, n := range counts {
			head = binary.LittleEndian.AppendUint64(head, n)
		}
		w.Write(head)
		var buf [8]byte
		each(func(rest uint64) {
			binary.LittleEndian.PutUint64(buf[:], rest)
			w.Write(buf[:])
			written++
		})
		return w.Flush()
	})
	if err == nil && written != r.Count {
		panic(fmt.Sprintf("a run of %d states says that it has %d", written, r.Count))
	}
	return r, err
}

// runReader reads a run from front to back, and leaps over what nobody asks for.
type runReader struct {
	file   *os.File
	starts [partitionShards + 1]uint64 // by shard: the index of its first rest
	at     uint64                      // index of the next rest
	window []byte                      // what is read of the file
	from   uint64                      // index of the first rest in the window
	err    error
}

const windowRests = 1 << 13

func (d *store) openRun(r run) (*runReader, error) {
	f, err := os.Open(d.path(r.Name))
	if err != nil {
		return nil, err
	}
	head := make([]byte, runHead)
	if _, err := io.ReadFull(f, head); err != nil || string(head[:len(runMagic)]) != runMagic {
		f.Close()
		return nil, fmt.Errorf("%s is no run of a search (%v)", f.Name(), err)
	}
	reader := &runReader{file: f, window: make([]byte, 0, 8*windowRests)}
	for i := range partitionShards {
		reader.starts[i+1] = reader.starts[i] + binary.LittleEndian.Uint64(head[len(runMagic)+8*i:])
	}
	info, err := f.Stat()
	if err != nil || info.Size() != runHead+8*int64(r.Count) || reader.starts[partitionShards] != r.Count {
		f.Close()
		return nil, fmt.Errorf("%s does not have the %d states of the checkpoint (%v)", f.Name(), r.Count, err)
	}
	return reader, nil
}

func (r *runReader) close() { r.file.Close() }

// value is the rest with an index. The caller does not go beyond the end.
func (r *runReader) value(index uint64) uint64 {
	if index < r.from || index >= r.from+uint64(len(r.window)/8) {
		want := min(windowRests, r.starts[partitionShards]-index)
		r.window, r.from = r.window[:8*want], index
		if _, err := r.file.ReadAt(r.window, runHead+8*int64(index)); err != nil {
			r.err = err
			clear(r.window)
		}
	}
	return binary.LittleEndian.Uint64(r.window[8*(index-r.from):])
}

// has tells whether the run has a state. Shards and rests must be asked for in ascending order.
func (r *runReader) has(shard uint32, rest uint64) bool {
	start, end := r.starts[shard], r.starts[shard+1]
	r.at = max(r.at, start)
	if r.at >= end || r.err != nil {
		return false
	}
	// Rests are spread evenly, so it is known about where one must be.
	count := end - start
	offset, _ := bits.Mul64(rest, count)
	margin := uint64(8*math.Sqrt(float64(count))) + 8
	if guess := start + offset; guess > margin+r.at+windowRests/4 {
		if leap := guess - margin; r.value(leap) < rest {
			r.at = leap
		}
	}
	for r.at < end {
		switch v := r.value(r.at); {
		case v < rest:
			r.at++
		case r.err != nil:
			return false
		default:
			return v == rest
		}
	}
	return false
}

// addRun takes one more run into a partition, and keeps the number of runs small: one that is not half as large as the one
// after it is merged with it.
func (d *store) addRun(partition int, r run, obsolete *[]string) error {
	list := append(d.runs[partition], r)
	for len(list) > 1 && list[len(list)-2].Count < 2*list[len(list)-1].Count {
		a, b := list[len(list)-2], list[len(list)-1]
		merged, err := d.mergeRuns(b.Name+"m", a, b)
		if err != nil {
			return err
		}
		*obsolete = append(*obsolete, a.Name, b.Name)
		list = append(list[:len(list)-2], merged)
	}
	d.runs[partition] = list
	return nil
}

// mergeRuns writes the states of two runs, which have none in common, as one.
func (d *store) mergeRuns(name string, a, b run) (run, error) {
	x, err := d.openRun(a)
	if err != nil {
		return run{}, err
	}
	defer x.close()
	y, err := d.openRun(b)
	if err != nil {
		return run{}, err
	}
	defer y.close()
	var counts [partitionShards]uint64
	for i := range counts {
		counts[i] = x.starts[i+1] - x.starts[i] + y.starts[i+1] - y.starts[i]
	}
	merged, err := d.writeRun(name, &counts, func(yield func(rest uint64)) {
		for shard := range partitionShards {
			i, j := x.starts[shard], y.starts[shard]
			for i < x.starts[shard+1] || j < y.starts[shard+1] {
				if j == y.starts[shard+1] || i < x.starts[shard+1] && x.value(i) < y.value(j) {
					yield(x.value(i))
					i++
				} else {
					yield(y.value(j))
					j++
				}
			}
		}
	})
	if err == nil {
		err = x.err
	}
	if err == nil {
		err = y.err
	}
	return merged, err
}
