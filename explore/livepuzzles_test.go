package explore

// The systems in this file are textbook algorithms, of which the textbooks say who starves.

// pair is two processes that take turns by shared memory. An action is the process that takes its next step.
type pair struct {
	flat[pairState]
	step func(s *pairState, me byte) (enabled bool)
}

type pairState struct {
	at   [2]byte // 0: idle, critical, or a line of the algorithm
	flag [2]bool
	turn byte
}

const critical = 9

func (pair) Init() []pairState { return []pairState{{}} }

func (p pair) Actions(s *pairState, buf []byte) []byte {
	for me := range byte(2) {
		if try := *s; p.step(&try, me) {
			buf = append(buf, me)
		}
	}
	return buf
}

func (p pair) Apply(s *pairState, me byte) { p.step(s, me) }

func (pair) Encode(s *pairState, buf []byte) []byte {
	for me := range 2 {
		flag := byte(0)
		if s.flag[me] {
			flag = 1
		}
		buf = append(buf, s.at[me], flag)
	}
	return append(buf, s.turn)
}

func (pair) Decode(s *pairState, data []byte) {
	*s = pairState{at: [2]byte{data[0], data[2]}, flag: [2]bool{data[1] == 1, data[3] == 1}, turn: data[4]}
}

// eachProcess is fair to each process, but for one that is idle: it may never want to enter.
func eachProcess(s *pairState, me byte) int {
	if s.at[me] == 0 {
		return -1
	}
	return int(me)
}

// enters says that process 0, once it wants to, comes in.
var enters = LeadsTo[pairState]{Name: "who wants to enter does",
	From: func(s *pairState) bool { return s.at[0] == 1 },
	Goal: func(s *pairState) bool { return s.at[0] == critical },
}

// peterson is Peterson's algorithm (Myths about the mutual exclusion problem, 1981).
func peterson(s *pairState, me byte) bool {
	switch s.at[me] {
	case 0:
		s.at[me] = 1
	case 1:
		s.at[me], s.flag[me] = 2, true
	case 2:
		s.at[me], s.turn = 3, 1-me
	case 3:
		if s.flag[1-me] && s.turn != me {
			return false
		}
		s.at[me] = critical
	case critical:
		s.at[me], s.flag[me] = 0, false
	}
	return true
}

// dekker is Dekker's algorithm, as in Dijkstra's Cooperating sequential processes (1965).
func dekker(s *pairState, me byte) bool {
	switch s.at[me] {
	case 0:
		s.at[me] = 1
	case 1:
		s.at[me], s.flag[me] = 2, true
	case 2:
		s.at[me] = critical
		if s.flag[1-me] {
			s.at[me] = 3
		}
	case 3:
		s.at[me] = 2
		if s.turn != me {
			s.at[me] = 4
		}
	case 4:
		s.at[me], s.flag[me] = 5, false
	case 5:
		if s.turn != me {
			return false
		}
		s.at[me] = 1
	case critical:
		s.at[me], s.turn = 6, 1-me
	case 6:
		s.at[me], s.flag[me] = 0, false
	}
	return true
}

// politeness is Peterson's algorithm without the turn: after you, no, after you.
func politeness(s *pairState, me byte) bool {
	switch s.at[me] {
	case 0:
		s.at[me] = 1
	case 1:
		s.at[me], s.flag[me] = 2, true
	case 2:
		if s.flag[1-me] {
			return false
		}
		s.at[me] = critical
	case critical:
		s.at[me], s.flag[me] = 0, false
	}
	return true
}

// lock is a test-and-set lock: who finds it free takes it. 2^n states without and n*2^(n-1) with a holder.
type lock struct {
	flat[[8]byte]
	processes int
	spins     bool // one that waits takes steps, which change nothing
}

const (
	idle = iota
	trying
	holding
)

func (lock) Init() [][8]byte { return [][8]byte{{}} }

func (l lock) taken(s *[8]byte) bool {
	for _, p := range s {
		if p == holding {
			return true
		}
	}
	return false
}

func (l lock) Actions(s *[8]byte, buf []byte) []byte {
	taken := l.taken(s)
	for p := range byte(l.processes) {
		if l.spins || s[p] != trying || !taken {
			buf = append(buf, p)
		}
	}
	return buf
}

func (l lock) Apply(s *[8]byte, p byte) {
	if s[p] != trying || !l.taken(s) {
		s[p] = (s[p] + 1) % 3
	}
}

func (l lock) Encode(s *[8]byte, buf []byte) []byte { return append(buf, s[:l.processes]...) }

func (l lock) Decode(s *[8]byte, data []byte) { *s = [8]byte{}; copy(s[:], data) }

// fair is fair to each process that is not idle.
func (l lock) fair(s *[8]byte, p byte) int {
	if s[p] == idle {
		return -1
	}
	return int(p)
}

// table is Dijkstra's dining philosophers, always hungry. Fork i lies to the left of philosopher i.
type table struct {
	flat[[8]byte]
	seats int
	odd   bool // the last philosopher takes the right fork first, the others always the left one
}

const (
	hungry   = iota
	reaching // holds the first fork
	eating   // holds both
)

func (table) Init() [][8]byte { return [][8]byte{{}} }

// fork is the first or second fork of a philosopher.
func (t table) fork(p, which int) int {
	if t.odd && p == t.seats-1 {
		which = 1 - which
	}
	return (p + which) % t.seats
}

// held counts who holds each fork.
func (t table) held(s *[8]byte) (held [8]int) {
	for p := range t.seats {
		for which := range int(s[p]) {
			held[t.fork(p, which)]++
		}
	}
	return held
}

func (t table) Actions(s *[8]byte, buf []byte) []byte {
	held := t.held(s)
	for p := range t.seats {
		if s[p] == eating || held[t.fork(p, int(s[p]))] == 0 {
			buf = append(buf, byte(p))
		}
	}
	return buf
}

func (t table) Apply(s *[8]byte, p byte) { s[p] = (s[p] + 1) % 3 }

func (t table) Encode(s *[8]byte, buf []byte) []byte { return append(buf, s[:t.seats]...) }

func (t table) Decode(s *[8]byte, data []byte) { *s = [8]byte{}; copy(s[:], data) }

// ring is Dijkstra's K-state token ring (Self-stabilizing systems in spite of distributed control, 1974), from any state.
type ring struct {
	flat[[8]byte]
	machines, values int
}

func (r ring) Init() [][8]byte {
	all := [][8]byte{{}}
	for m := range r.machines {
		for i := range all {
			for v := 1; v < r.values; v++ {
				s := all[i]
				s[m] = byte(v)
				all = append(all, s)
			}
		}
	}
	return all
}

func (r ring) Actions(s *[8]byte, buf []byte) []byte {
	for m := range r.machines {
		if r.privileged(s, m) {
			buf = append(buf, byte(m))
		}
	}
	return buf
}

func (r ring) privileged(s *[8]byte, m int) bool {
	if m == 0 {
		return s[0] == s[r.machines-1]
	}
	return s[m] != s[m-1]
}

func (r ring) Apply(s *[8]byte, m byte) {
	if m == 0 {
		s[0] = (s[0] + 1) % byte(r.values)
	} else {
		s[m] = s[m-1]
	}
}

func (r ring) Encode(s *[8]byte, buf []byte) []byte { return append(buf, s[:r.machines]...) }

func (r ring) Decode(s *[8]byte, data []byte) { *s = [8]byte{}; copy(s[:], data) }

// maze is a small graph where everything is chosen freely: classes, goals, triggers, limits.
type maze struct {
	flat[mazeState]
	roots []byte
	rooms []mazeRoom
}

type mazeRoom struct {
	goal, trigger bool
	cut           byte // limits that left out an action
	doors         []mazeDoor
}

type mazeDoor struct {
	to    byte
	class int
	cut   byte // limits that left out a part of the step
}

type mazeState struct{ room, cut byte } // cut is not encoded

func (m maze) Init() (all []mazeState) {
	for _, room := range m.roots {
		all = append(all, mazeState{room: room})
	}
	return all
}

func (m maze) Actions(s *mazeState, buf []byte) []byte {
	s.cut = m.rooms[s.room].cut
	for door := range m.rooms[s.room].doors {
		buf = append(buf, byte(door))
	}
	return buf
}

func (m maze) Apply(s *mazeState, door byte) {
	d := &m.rooms[s.room].doors[door]
	s.room, s.cut = d.to, d.cut
}

func (maze) Encode(s *mazeState, buf []byte) []byte { return append(buf, s.room) }

func (maze) Decode(s *mazeState, data []byte) { *s = mazeState{room: data[0]} }

func (maze) Cut(s *mazeState) uint64 { return uint64(s.cut) }

func (m maze) class(s *mazeState, door byte) int { return m.rooms[s.room].doors[door].class }

// out says that a run in a trigger room comes to a goal room; with always, a run in any room.
func (m maze) out(always bool) LeadsTo[mazeState] {
	l := LeadsTo[mazeState]{Name: "out",
		From: func(s *mazeState) bool { return m.rooms[s.room].trigger },
		Goal: func(s *mazeState) bool { return m.rooms[s.room].goal },
	}
	if always {
		l.From = nil
	}
	return l
}
