package explore

import (
	"context"
	"testing"
)

// fenced is a walk on the numbers of 0..top, one up or one down, that a constraint keeps there.
type fenced struct{ top uint64 }

func (fenced) Init() []uint64 { return []uint64{0} }

func (g fenced) Actions(s *uint64, buf []int8) []int8 {
	if *s > 0 {
		buf = append(buf, -1)
	}
	if *s < g.top {
		buf = append(buf, 1)
	}
	return buf
}

func (g fenced) Outside(s *uint64) (n int) {
	if *s == 0 {
		n++
	}
	if *s == g.top {
		n++
	}
	return n
}

func (fenced) Apply(s *uint64, a int8)             { *s += uint64(int64(a)) }
func (fenced) Copy(dst, src *uint64)               { *dst = *src }
func (fenced) Encode(s *uint64, buf []byte) []byte { return append(buf, byte(*s)) }
func (fenced) Decode(s *uint64, data []byte)       { *s = uint64(data[0]) }

// A step that the constraint forbids is counted as generated, and as nothing else.
func TestStepsOutsideAConstraintAreGenerated(t *testing.T) {
	for top := range uint64(4) {
		judged := Property[uint64, int8]{Check: func(*uint64, int8, *uint64) Outcome { return Held }}
		r := BreadthFirst(context.Background(), fenced{top}, []Property[uint64, int8]{judged}, Options{})
		if r.Distinct != top+1 || r.Generated != 1+2*(top+1) || r.Depth != int(top) || r.Tallies[0].Checked != 1+2*top || !r.Complete {
			t.Errorf("0..%d: %d distinct, %d generated, depth %d, %d judged", top, r.Distinct, r.Generated, r.Depth, r.Tallies[0].Checked)
		}
	}
}
