package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// circle finds links in a circle, each from where the one before led to; nil if there is none.
func (s *search) circle() []link {
	s.byReturn = make([]int, len(s.versions))
	for i := range s.byReturn {
		s.byReturn[i] = i
	}
	s.sorted = make([]int, 0, len(s.versions))
	slices.SortFunc(s.byReturn, func(a, b int) int { return cmp.Compare(s.versions[a].returned, s.versions[b].returned) })
	for _, v := range s.byReturn {
		if s.state[v] == unseen {
			if circle := s.visit(v); circle != nil {
				return circle
			}
		}
	}
	return nil
}

// visit follows the links to a version back.
func (s *search) visit(v int) []link {
	s.state[v] = open
	called := s.called(v)
	for s.next < len(s.byReturn) && s.state[s.byReturn[s.next]] == done {
		s.next++
	}
	for i := s.next; i < len(s.byReturn) && s.versions[s.byReturn[i]].returned < called; i++ {
		if older := s.byReturn[i]; older != v {
			if circle := s.follow(s.timeLink(older, v)); circle != nil {
				return circle
			}
		}
	}
	for _, l := range s.older[v] {
		if circle := s.follow(l); circle != nil {
			return circle
		}
	}
	s.state[v] = done
	s.sorted = append(s.sorted, v)
	return nil
}

// follow follows a link back. If that closes a circle it is returned.
func (s *search) follow(l link) []link {
	switch s.state[l.older] {
	case unseen:
		s.path = append(s.path, l)
		circle := s.visit(l.older)
		s.path = s.path[:len(s.path)-1]
		return circle
	case open:
		circle := []link{l}
		for i := len(s.path) - 1; circle[len(circle)-1].newer != l.older; i-- {
			circle = append(circle, s.path[i])
		}
		return circle
	}
	return nil
}

// shorten takes versions out of a circle whose neighbours link to each other.
func (s *search) shorten(circle []link) []link {
	for i := 0; i < len(circle) && len(circle) > 2; {
		next := (i + 1) % len(circle)
		if l, ok := s.across(circle[i], circle[next]); ok {
			circle[i] = l
			circle = slices.Delete(circle, next, next+1)
			i = 0
		} else {
			i++
		}
	}
	return circle
}

// across finds one link for two.
func (s *search) across(first, second link) (link, bool) {
	u, v := first.older, second.newer
	switch {
	case s.versions[u].returned < s.called(v):
		return s.timeLink(u, v), true
	case s.versions[u].zxid != 0 && s.versions[u].zxid < s.versions[v].zxid:
		return s.zxidLink(u, v), true
	case first.why == byClient && second.why == byClient && s.ops[first.a].Client == s.ops[second.a].Client &&
		s.ops[first.a].Return < s.ops[second.b].Call:
		return link{u, v, byClient, first.a, second.b}, true
	}
	return link{}, false
}

// describe says in words why there is no order: what is stale or out of order, and why it should be otherwise.
func (s *search) describe(circle []link) string {
	lead := slices.IndexFunc(circle, func(l link) bool { return l.why == byClient })
	if lead < 0 {
		lead = slices.IndexFunc(circle, func(l link) bool { return l.older != 0 && l.why == byTime && s.ops[l.b].Kind == SyncedRead })
	}
	lead = max(lead, 0)
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", s.heading(circle[lead]), s.words(circle[lead]))
	for i := range circle[1:] {
		l := circle[(lead+1+i)%len(circle)]
		text.WriteString([]string{"; yet ", "; and "}[min(i, 1)])
		if l.older == 0 {
			fmt.Fprintf(&text, "the initial value is older than %s", s.name(l.newer))
		} else {
			fmt.Fprintf(&text, "%s is older than %s: %s", s.name(l.older), s.name(l.newer), s.words(l))
		}
	}
	return text.String()
}

// heading names what a link that breaks an order is a case of.
func (s *search) heading(l link) string {
	switch {
	case l.why == byClient:
		return fmt.Sprintf("client %d goes back", s.ops[l.a].Client)
	case l.why != byTime || s.ops[l.b].Kind != SyncedRead:
		return "the writes are out of order"
	case s.ops[l.a].Kind == Write && !slices.ContainsFunc(s.ops, func(o ClientOp) bool {
		return o.Kind == SyncedRead && !o.Unknown && o.Call > s.ops[l.b].Call
	}):
		return "an acknowledged write is lost, the last synced read misses it"
	}
	return "a synced read is stale"
}

// words says why one version is older than another.
func (s *search) words(l link) string {
	if l.why == byZxid {
		return fmt.Sprintf("%v has a smaller zxid than %v", s.ops[l.a], s.ops[l.b])
	}
	return fmt.Sprintf("%v, then %v", s.ops[l.a], s.ops[l.b])
}

// name is what people call the value of a version.
func (s *search) name(v int) string { return s.ops[s.versions[v].write].value() }
