package fuzz

import (
	"testing"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
)

// FuzzSchedule: no run breaks a property, at a step or at its end. Every byte string is one.
func FuzzSchedule(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		failure, err := proptest.Bytes(data, proptest.Options{Observe: new(protocolCoverage).observe})
		if err != nil {
			t.Fatal(err)
		}
		if failure != nil {
			t.Fatal(failure.Shrink().Report("", "FuzzSchedule"))
		}
	})
}

// protocolCoverage shows the fuzzer the protocol states of a run. The code that a run covers tells little about them: a few
// hundred runs have been in all of it. Each state is shown once a run, and one in sixteen by its number, or so many would
// share a block that a few runs had been in all blocks.
type protocolCoverage struct {
	met      [protocolBlocks]bool
	features []uint64
}

const shownOf = 16

func (c *protocolCoverage) observe(st props.Step) {
	c.features = props.Features(st, c.features[:0])
	for _, f := range c.features {
		if n := f / shownOf % protocolBlocks; f%shownOf == 0 && !c.met[n] {
			c.met[n] = true
			block(n)
		}
	}
}

// TestProtocolCoverage: the seeds together are in a good part of the blocks, and no single one is in most of them.
func TestProtocolCoverage(t *testing.T) {
	var together protocolCoverage
	for _, name := range scheduleSeedFiles(t) {
		var alone protocolCoverage
		if _, err := proptest.Bytes(readSeed(t, name), proptest.Options{Observe: alone.observe}); err != nil {
			t.Fatal(err)
		}
		met := 0
		for n, is := range alone.met {
			together.met[n] = together.met[n] || is
			if is {
				met++
			}
		}
		if met > protocolBlocks/4 {
			t.Errorf("%s is in %d of %d blocks", name, met, protocolBlocks)
		}
	}
	met := 0
	for _, is := range together.met {
		if is {
			met++
		}
	}
	if met < protocolBlocks/10 || met > 9*protocolBlocks/10 {
		t.Errorf("the seeds are in %d of %d blocks", met, protocolBlocks)
	}
}
