package cluster

import "fmt"

func (y *System) DebugFields(s *State) map[string]string {
	out := map[string]string{}
	put := func(k string, v any) { out[k] = fmt.Sprint(v) }
	put("Started", s.Started)
	put("Up", s.Up)
	put("cuts", s.cuts)
	put("spent", s.spent)
	put("epochs", s.epochs.list[:s.epochs.n])
	put("commits.n", s.commits.n)
	put("commits", fmt.Sprint(s.commits.doubtful, s.commits.txns[:s.commits.n], s.commits.epochs[:s.commits.n]))
	put("replies", s.replies.txns[:s.replies.n])
	put("unhurried", s.unhurried)
	for i := range s.Servers {
		s.Servers[i].DebugFields(fmt.Sprintf("s%d.", i), out)
		l := &s.links[i]
		put(fmt.Sprintf("link%d.status", i), fmt.Sprint(l.status))
		ld := uint8(0)
		if l.status != noLink {
			ld = l.leader
		}
		put(fmt.Sprintf("link%d.leader", i), ld)
		put(fmt.Sprintf("link%d.up", i), l.up.list[:l.up.n])
		put(fmt.Sprintf("link%d.down", i), l.down.list[:l.down.n])
		for j := range s.Servers {
			c := y.channel(s, i, j)
			v := "-"
			if c.n > 0 || c.hasLast {
				v = fmt.Sprint(c.msgs[:max(1, int(c.n))])
			}
			put(fmt.Sprintf("note%d%d", i, j), fmt.Sprint(c.n, c.hasLast, v))
		}
	}
	return out
}

// DebugCore is the encoding without what has been spent, and that.
func (y *System) DebugCore(s *State, clearLast bool) ([]byte, [17]uint16) {
	var t State
	y.Copy(&t, s)
	var sp [17]uint16
	copy(sp[:], t.spent[:])
	for _, i := range []int{crashesLimit, restartsLimit, cutsLimit, resetsLimit} {
		t.spent[i] = 0
	}
	if clearLast {
		for i := range t.notes {
			if t.notes[i].hasLast {
				t.notes[i].hasLast = false
			}
		}
	}
	return y.Encode(&t, nil), sp
}
