package explore

import "encoding/binary"

// The systems in this file have published or closed-form counts, so that the search is judged by numbers that it did not
// compute itself.

// flat gives a system whose state is a comparable value its Copy.
type flat[S any] struct{}

func (flat[S]) Copy(dst, src *S) { *dst = *src }

// jugs is the water jug riddle of the film Die Hard 3: 3 and 5 litres, measure 4.
type jugs struct{ flat[[2]int] }

func (jugs) Init() [][2]int { return [][2]int{{0, 0}} }

func (jugs) Actions(_ *[2]int, buf []string) []string {
	return append(buf, "fill 3", "fill 5", "empty 3", "empty 5", "pour 3 into 5", "pour 5 into 3")
}

func (jugs) Apply(s *[2]int, a string) {
	switch a {
	case "fill 3":
		s[0] = 3
	case "fill 5":
		s[1] = 5
	case "empty 3":
		s[0] = 0
	case "empty 5":
		s[1] = 0
	case "pour 3 into 5":
		n := min(s[0], 5-s[1])
		s[0], s[1] = s[0]-n, s[1]+n
	case "pour 5 into 3":
		n := min(s[1], 3-s[0])
		s[0], s[1] = s[0]+n, s[1]-n
	}
}

func (jugs) Encode(s *[2]int, buf []byte) []byte { return append(buf, byte(s[0]), byte(s[1])) }

func (jugs) Decode(s *[2]int, data []byte) { s[0], s[1] = int(data[0]), int(data[1]) }

// fourLitres says that the riddle has no solution.
var fourLitres = Property[[2]int, string]{Name: "never four litres", Check: func(_ *[2]int, _ string, s *[2]int) Outcome {
	if s[1] == 4 {
		return Violated
	}
	return Held
}}

// commit is Gray and Lamport's TwoPhase (Consensus on Transaction Commit, 2003) with that many resource managers.
type commit struct {
	flat[commitState]
	managers int
}

type commitState struct {
	manager   [8]byte // working, prepared, committed, aborted
	decision  byte    // of the transaction manager, also the message it has sent: none, commit, abort
	heard     byte    // managers the transaction manager knows to be prepared, as bits
	announced byte    // managers that have sent their prepared message
}

const (
	working = iota
	prepared
	committed
	aborted
)

type commitAction struct {
	kind    byte
	manager int8
}

func (c commit) Init() []commitState { return []commitState{{}} }

func (c commit) Actions(s *commitState, buf []commitAction) []commitAction {
	if s.decision == 0 {
		if int(s.heard) == 1<<c.managers-1 {
			buf = append(buf, commitAction{'C', -1})
		}
		buf = append(buf, commitAction{'A', -1})
	}
	for m := range int8(c.managers) {
		if s.decision == 0 && s.announced>>m&1 == 1 {
			buf = append(buf, commitAction{'h', m})
		}
		if s.manager[m] == working {
			buf = append(buf, commitAction{'p', m}, commitAction{'x', m})
		}
		if s.decision != 0 {
			buf = append(buf, commitAction{'r', m})
		}
	}
	return buf
}

func (c commit) Apply(s *commitState, a commitAction) {
	switch a.kind {
	case 'C':
		s.decision = committed
	case 'A':
		s.decision = aborted
	case 'h':
		s.heard |= 1 << a.manager
	case 'p':
		s.manager[a.manager] = prepared
		s.announced |= 1 << a.manager
	case 'x':
		s.manager[a.manager] = aborted
	case 'r':
		s.manager[a.manager] = s.decision
	}
}

func (c commit) Encode(s *commitState, buf []byte) []byte {
	return append(append(buf, s.manager[:c.managers]...), s.decision, s.heard, s.announced)
}

func (c commit) Decode(s *commitState, data []byte) {
	*s = commitState{}
	n := copy(s.manager[:], data[:c.managers])
	s.decision, s.heard, s.announced = data[n], data[n+1], data[n+2]
}

// consistent is the theorem TCConsistent; its situation is that somebody has committed.
var consistent = Property[commitState, commitAction]{Name: "consistent", Check: func(_ *commitState, _ commitAction, s *commitState) Outcome {
	var seen [4]bool
	for _, m := range s.manager {
		seen[m] = true
	}
	switch {
	case seen[committed] && seen[aborted]:
		return Violated
	case seen[committed]:
		return Witnessed
	}
	return Held
}}

// grid is n counters that each count from 0 to top: (top+1)^n states, the deepest of them n*top steps away, and from every
// state as many steps as there are counters below top.
type grid struct {
	flat[uint64]
	counters int
	top      uint8
}

func (g grid) Init() []uint64 { return []uint64{0} }

func (g grid) Actions(s *uint64, buf []uint8) []uint8 {
	for c := range g.counters {
		if uint8(*s>>(8*c)) < g.top {
			buf = append(buf, uint8(c))
		}
	}
	return buf
}

func (g grid) Apply(s *uint64, c uint8) { *s += 1 << (8 * c) }

func (g grid) Encode(s *uint64, buf []byte) []byte { return binary.LittleEndian.AppendUint64(buf, *s) }

func (g grid) Decode(s *uint64, data []byte) { *s = binary.LittleEndian.Uint64(data) }

// Cut says in bit 0 that a counter was at its top, in bit c+1 which.
func (g grid) Cut(s *uint64) (bits uint64) {
	for c := range g.counters {
		if uint8(*s>>(8*c)) == g.top {
			bits |= 1 | 2<<c
		}
	}
	return bits
}

// hanoi is the tower of Hanoi with three pegs: 3^n states, and 2^n - 1 moves to the goal.
type hanoi struct {
	flat[[16]byte]
	discs int
}

type hanoiMove struct{ from, to byte }

func (h hanoi) Init() [][16]byte { return [][16]byte{{}} }

func (h hanoi) Actions(s *[16]byte, buf []hanoiMove) []hanoiMove {
	top := [3]int{h.discs, h.discs, h.discs}
	for disc := h.discs - 1; disc >= 0; disc-- {
		top[s[disc]] = disc
	}
	for from := range byte(3) {
		for to := range byte(3) {
			if top[from] < top[to] {
				buf = append(buf, hanoiMove{from, to})
			}
		}
	}
	return buf
}

func (h hanoi) Apply(s *[16]byte, a hanoiMove) {
	for disc := range h.discs {
		if s[disc] == a.from {
			s[disc] = a.to
			return
		}
	}
}

func (h hanoi) Encode(s *[16]byte, buf []byte) []byte { return append(buf, s[:h.discs]...) }

func (h hanoi) Decode(s *[16]byte, data []byte) { *s = [16]byte{}; copy(s[:], data) }

// unsolved says that the tower is never moved to the last peg.
func (h hanoi) unsolved() Property[[16]byte, hanoiMove] {
	return Property[[16]byte, hanoiMove]{Name: "unsolved", Check: func(_ *[16]byte, _ hanoiMove, s *[16]byte) Outcome {
		for _, peg := range s[:h.discs] {
			if peg != 2 {
				return Held
			}
		}
		return Violated
	}}
}

// sliding is the 8-puzzle: 181,440 states, the two farthest 31 moves from the goal.
type sliding struct{ flat[[9]byte] }

func (sliding) Init() [][9]byte { return [][9]byte{{0, 1, 2, 3, 4, 5, 6, 7, 8}} }

func (sliding) Actions(s *[9]byte, buf []int8) []int8 {
	hole := hole(s)
	for _, step := range [4]int8{-3, -1, 1, 3} {
		to := hole + step
		if to < 0 || to > 8 || step == -1 && hole%3 == 0 || step == 1 && hole%3 == 2 {
			continue
		}
		buf = append(buf, step)
	}
	return buf
}

func (sliding) Apply(s *[9]byte, step int8) {
	hole := hole(s)
	s[hole], s[hole+step] = s[hole+step], 0
}

func (sliding) Encode(s *[9]byte, buf []byte) []byte { return append(buf, s[:]...) }

func (sliding) Decode(s *[9]byte, data []byte) { copy(s[:], data) }

func hole(s *[9]byte) int8 {
	for i, tile := range s {
		if tile == 0 {
			return int8(i)
		}
	}
	panic("explore: a sliding puzzle has no hole")
}
