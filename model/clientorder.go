package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Why a search for a circle is enough. Say that version u *links to* version v if an operation on u must come before one on
// v: by time or by the client, as [CheckClients] or [CheckMonotone] defines it, or by zxids, or since u is the initial value. The
// history is legal if and only if
//
//	(a) whatever was read was written, by a write that was called no later than the read returned and that has one zxid,
//	    which no other has; and
//	(b) no versions link to each other in a circle.
//
// Only if: in an order that explains the operations each version stands together, its write first, so links lead forward. If:
// by (b) the versions can be put in an order in which links lead forward. Put the operations on each behind its write, by
// their calls. That explains every read; zxids ascend; and it agrees with time. For what must come before an operation on
// another version does, by the order of versions; and on the same version, (a) says that nothing must come before the write, and
// of two others what returned before the other was called was called before it.
//
// By time, u links to v if what returned first on u had returned when that operation on v was called that was called last, of
// those that come after what had returned. So two times of each version stand for all links by time.

// level is which of the two definitions is meant.
type level int

const (
	linearizable level = iota // CheckClients
	monotone                  // CheckMonotone
)

// link is that one version comes before another, and why.
type link struct {
	older, newer int // versions
	why          reasonOfLink
	a, b         int // operations on them: a comes before b
}

type reasonOfLink int

const (
	byTime reasonOfLink = iota
	byClient
	byZxid
)

// flaw is why no order explains the operations.
type flaw struct {
	versions []int // no order explains the operations on these alone
	text     string
}

// order is an order of the versions, or why there is none.
func (h *clientHistory) order(by level) ([]int, *flaw) {
	for i := range h.versions {
		if text := h.wrong(&h.versions[i]); text != "" {
			return nil, &flaw{[]int{i}, text}
		}
	}
	s := search{clientHistory: h, level: by, older: make([][]link, len(h.versions)), state: make([]state, len(h.versions))}
	if a, b, twice := s.linkZxids(); twice {
		return nil, &flaw{[]int{a, b}, fmt.Sprintf("two writes have one zxid: %v, and %v", h.ops[h.versions[a].told], h.ops[h.versions[b].told])}
	}
	if by == monotone {
		s.linkClients()
	}
	circle := s.circle()
	if circle == nil {
		return s.sorted, nil
	}
	circle = s.shorten(circle)
	f := &flaw{text: s.describe(circle)}
	for _, l := range circle {
		f.versions = append(f.versions, l.newer)
	}
	return nil, f
}

// explains tells whether an order of versions explains the operations, by the definition of [CheckClients] and nothing else: each
// succeeds, and none returned before another was called that comes before it.
func (h *clientHistory) explains(order []int) bool {
	var c content
	called := int64(math.MinInt64)
	for _, i := range order {
		v := &h.versions[i]
		for _, i := range v.ops {
			o := h.ops[i]
			if i == v.write {
				o.Zxid = v.zxid
			}
			ok, next := c.step(o)
			if !ok || clientEnd(o) < called {
				return false
			}
			c, called = next, max(called, clientBegin(o))
		}
	}
	return true
}

// wrong is how a version breaks (a); "" if it does not.
func (h *clientHistory) wrong(v *version) string {
	switch {
	case v.value == 0:
		return ""
	case v.write < 0:
		return fmt.Sprintf("a value that nobody wrote: %v", h.ops[v.first])
	case v.returned < h.ops[v.write].Call:
		return fmt.Sprintf("a value that was not written yet: %v, then %v", h.ops[v.first], h.ops[v.write])
	case v.denied >= 0:
		return fmt.Sprintf("a write has two zxids: %v, and %v", h.ops[v.told], h.ops[v.denied])
	}
	return ""
}

// search goes through the versions depth first, from newer to older ones.
type search struct {
	*clientHistory
	level
	older    [][]link // of each version, except by time
	byReturn []int    // versions: what returned first, first
	next     int      // in byReturn; all before are done
	state    []state
	path     []link // that led here
	sorted   []int  // what is done, older first
}

type state uint8

const (
	unseen state = iota
	open         // on the path
	done         // on no circle
)

// latest is what was called last on a version, of that which comes after what had returned; -1 if there is none.
func (s *search) latest(v int) int {
	version := &s.versions[v]
	if s.level == linearizable && version.synced >= 0 &&
		(version.write < 0 || s.ops[version.synced].Call > s.ops[version.write].Call) {
		return version.synced
	}
	return version.write
}

// called is when that was.
func (s *search) called(v int) int64 {
	if i := s.latest(v); i >= 0 {
		return s.ops[i].Call
	}
	return math.MinInt64
}

func (s *search) timeLink(older, newer int) link {
	return link{older, newer, byTime, s.versions[older].first, s.latest(newer)}
}

func (s *search) zxidLink(older, newer int) link {
	return link{older, newer, byZxid, s.versions[older].told, s.versions[newer].told}
}

// linkZxids links each version with a zxid to the next. If two have the same, these are returned.
func (s *search) linkZxids() (a, b int, twice bool) {
	var known []int
	for i := range s.versions {
		if s.versions[i].zxid != 0 {
			known = append(known, i)
		}
	}
	slices.SortFunc(known, func(a, b int) int { return cmp.Compare(s.versions[a].zxid, s.versions[b].zxid) })
	for i := 1; i < len(known); i++ {
		a, b := known[i-1], known[i]
		if s.versions[a].zxid == s.versions[b].zxid {
			return a, b, true
		}
		s.older[b] = append(s.older[b], s.zxidLink(a, b))
	}
	return 0, 0, false
}

// linkClients links what each client wrote or read to what it wrote or read next. Next is more than one operation where
// some were under way together; what is further off is linked through these.
func (s *search) linkClients() {
	var answered []int
	for i, o := range s.ops {
		if s.of[i] >= 0 && !o.Unknown {
			answered = append(answered, i)
		}
	}
	slices.SortFunc(answered, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.ops[a].Client, s.ops[b].Client), cmp.Compare(s.ops[a].Return, s.ops[b].Return))
	})
	for start := 0; start < len(answered); {
		stop := start + 1
		for stop < len(answered) && s.ops[answered[stop]].Client == s.ops[answered[start]].Client {
			stop++
		}
		s.linkClient(answered[start:stop])
		start = stop
	}
}

// linkClient links the operations of one client, in the order in which they returned.
func (s *search) linkClient(mine []int) {
	newest := make([]int64, len(mine)) // call of those up to here
	for i, a := range mine {
		newest[i] = s.ops[a].Call
		if i > 0 {
			newest[i] = max(newest[i], newest[i-1])
		}
	}
	for _, b := range mine {
		before, _ := slices.BinarySearchFunc(mine, s.ops[b].Call, func(a int, call int64) int { return cmp.Compare(s.ops[a].Return, call) })
		for i := before - 1; i >= 0 && s.ops[mine[i]].Return >= newest[before-1]; i-- {
			older, newer := s.of[mine[i]], s.of[b]
			if older != newer {
				s.older[newer] = append(s.older[newer], link{older, newer, byClient, mine[i], b})
			}
		}
	}
}
