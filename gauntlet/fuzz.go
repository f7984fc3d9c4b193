package gauntlet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

// fuzz is a fuzzer that is deterministic: byte strings are mutated, and kept where their run has a feature
// that none before had. It is what a native fuzzer does with coverage of code.
func fuzz(ctx context.Context, j *job) (Cell, error) {
	f := &fuzzer{rng: rand.New(rand.NewPCG(j.Seed, fuzzStream)), seen: map[uint64]bool{}}
	o := j.generated()
	o.Properties = []props.Property{{Name: "features", Check: f.observe}}
	for n := uint64(1); n <= j.Schedules; n++ {
		if ctx.Err() != nil {
			return Cell{Verdict: Unknown, Schedules: n - 1, Reason: fmt.Sprintf("%s, %d byte strings", j.stopped(ctx), n-1)}, nil
		}
		input := f.input()
		f.fresh = false
		failure, err := proptest.Bytes(input, o)
		if err != nil {
			return Cell{}, err
		}
		if failure != nil {
			return found(failure, Cell{Schedules: n, First: n})
		}
		if f.fresh {
			f.corpus = append(f.corpus, input)
		}
	}
	return Cell{Verdict: Survived, Schedules: j.Schedules,
		Reason: fmt.Sprintf("bounds: %d byte strings, %d kept", j.Schedules, len(f.corpus))}, nil
}

// generated are the options of a suite that draws its clusters. Where the case needs a counter that is soon
// used up, generated clusters have it too: no schedule comes to the end of ZooKeeper's.
func (j *job) generated() proptest.Options {
	o := proptest.Options{Rules: j.mutant.Apply}
	if n := j.mutant.Case.Counter; n != 0 {
		o.Cluster = func(c props.Choices) cluster.Config {
			cfg := props.Setup(c)
			cfg.Ensemble.LastCounter = n
			return cfg
		}
	}
	return o
}

// found is the cell of a failure of the suite.
func found(f *proptest.Failure, cell Cell) (Cell, error) {
	if f.Violation == nil {
		with, _, _ := strings.Cut(f.Panic, "\n")
		return cell.panicked(len(f.Actions), with), nil
	}
	t := trace.New(f.Violation.Property, f.Config, f.Actions)
	if err := confirm(t); err != nil {
		return cell, err
	}
	return cell.kill(t), nil
}

const (
	fuzzStream = 0x66757a7a // keeps the fuzzer's choices apart from those of schedules
	fuzzLeast  = 64         // bytes of a new input: a cluster needs some thirty
	fuzzMost   = 512
	fuzzLonger = 1024 // no mutation makes an input longer
)

type fuzzer struct {
	rng    *rand.Rand
	corpus [][]byte
	seen   map[uint64]bool // features
	buf    []uint64
	fresh  bool // the run under way has a feature that none before had
}

// observe notes the features of a step, as a property that holds its tongue.
func (f *fuzzer) observe(st props.Step) (props.Outcome, error) {
	f.buf = props.Features(st, f.buf[:0])
	for _, x := range f.buf {
		if !f.seen[x] {
			f.seen[x], f.fresh = true, true
		}
	}
	return props.Silent, nil
}

// input is a new byte string, or one of the corpus that was mutated; of late ones more.
func (f *fuzzer) input() []byte {
	if len(f.corpus) == 0 || f.rng.IntN(8) == 0 {
		return f.bytes(fuzzLeast + f.rng.IntN(fuzzMost-fuzzLeast))
	}
	b := slices.Clone(f.corpus[max(f.rng.IntN(len(f.corpus)), f.rng.IntN(len(f.corpus)))])
	for range 1 + f.rng.IntN(4) {
		b = f.mutate(b)
	}
	return b[:min(len(b), fuzzLonger)]
}

func (f *fuzzer) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(f.rng.Uint32())
	}
	return b
}

// mutate changes a byte string, which is never empty, in one place.
func (f *fuzzer) mutate(b []byte) []byte {
	at := f.rng.IntN(len(b))
	to := at + 1 + f.rng.IntN(min(16, len(b)-at))
	switch f.rng.IntN(7) {
	case 0:
		b[at] ^= 1 << f.rng.IntN(8)
	case 1:
		b[at] = byte(f.rng.Uint32())
	case 2: // steps more
		return slices.Insert(b, at, f.bytes(1+f.rng.IntN(8))...)
	case 3: // steps fewer
		if to-at < len(b) {
			return slices.Delete(b, at, to)
		}
	case 4: // steps again
		return slices.Insert(b, to, slices.Clone(b[at:to])...)
	case 5: // another end
		return append(b[:at+1], f.bytes(1+f.rng.IntN(64))...)
	case 6: // the end of another
		other := f.corpus[f.rng.IntN(len(f.corpus))]
		return append(b[:at+1], other[f.rng.IntN(len(other)):]...)
	}
	return b
}
