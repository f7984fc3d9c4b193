package props

import (
	"math/rand/v2"
)

// Choices is a stream of choices: the only thing that a generator draws from.
type Choices interface {
	// Int is a number of 0..n-1, n >= 1. Smaller is simpler.
	Int(n int) int
}

// Seeded are the choices of a PCG.
type Seeded struct{ *rand.Rand }

// NewSeeded makes the stream of run number run under a seed.
func NewSeeded(seed, run uint64) Seeded { return Seeded{rand.New(rand.NewPCG(seed, run))} }

// Int implements Choices.
func (s Seeded) Int(n int) int { return s.IntN(n) }

// Corpus are the choices of a byte string, one byte each, two where n is above 256: every byte string
// is a schedule. When the bytes are used up every choice is 0, and Empty tells so.
type Corpus struct{ bytes []byte }

// NewCorpus makes the stream of a byte string.
func NewCorpus(b []byte) *Corpus { return &Corpus{b} }

// Empty tells whether the bytes are used up.
func (c *Corpus) Empty() bool { return len(c.bytes) == 0 }

// Int implements Choices.
func (c *Corpus) Int(n int) int {
	v := c.next()
	if n > 256 {
		v = v<<8 | c.next()
	}
	return v % n
}

func (c *Corpus) next() int {
	if len(c.bytes) == 0 {
		return 0
	}
	v := c.bytes[0]
	c.bytes = c.bytes[1:]
	return int(v)
}
