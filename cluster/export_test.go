package cluster

// ForgetIdle forgets all messages of which nothing comes, also the one that a canonical state keeps.
func (y *System) ForgetIdle(s *State) {
	for to := range s.Servers {
		for from := range y.n {
			if list := y.flying(s, from, to); from != to && y.stays(s, to) && len(list) > 0 && y.idle(s, from, &list[0]) {
				c := s.changeChannel(from, to)
				c.n, c.hasLast = 0, false
			}
		}
	}
}

// Covers tells whether t covers s by the differences that Covering knows: what is spent, and notifications.
func (y *System) Covers(t, s *State) bool {
	var x State
	y.Copy(&x, s)
	for i := range s.spent {
		if t.spent[i] > s.spent[i] || t.spent[i] != s.spent[i] && (i == cutWrites || i == cutCalm) {
			return false
		}
	}
	x.spent = t.spent
	for i := range s.notes {
		of, in := &t.notes[i], &x.notes[i]
		switch {
		case y.gone(s, i%y.n): // nobody hears it
		case in.n > 0: // then it must be the same, and that is what the encodings say
			continue
		case of.n > 0 && s.unhurried:
			return false
		case in.hasLast && (of.n > 0 || of.hasLast) && of.msgs[0] != in.msgs[0]:
			return false
		case in.hasLast && of.n == 0 && !of.hasLast:
			return false
		}
		in.copyFrom(of)
	}
	return string(y.Encode(&x, nil)) == string(y.Encode(t, nil))
}
