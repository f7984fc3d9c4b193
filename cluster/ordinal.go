package cluster

// The kinds whose actions can sleep and so have ordinals, the common ones first. What is not here, or does not fit
// into 64 bits in a large ensemble, never sleeps.
var sleepers = [...]Kind{Deliver, Packet, Decide, Timeout, Start, Offer, GiveUp, Handle, Crash, Restart, Cut, Heal, Write, Flush, Resume, Answer}

// ordinals are the numbers of the actions of a kind: the first, or less than 0, and for pairs of servers more are needed.
type ordinals struct {
	first int
	pairs bool
}

// number gives the kinds their ordinals in an ensemble of n.
func number(n int) (table [Kinds]ordinals) {
	for k := range table {
		table[k].first = -1
	}
	next := 0
	for _, k := range sleepers {
		table[k] = ordinals{next, k.shape() != ""}
		if next += n; table[k].pairs {
			next += n*n - n
		}
	}
	return table
}

// Ordinal numbers the actions that can sleep.
func (y *System) Ordinal(a Action) int {
	o := &y.ordinals[a.Kind]
	if a.N > 0 || o.first < 0 {
		return -1
	}
	from, _ := y.Ensemble.Position(a.From)
	at := o.first + from
	if o.pairs {
		to, _ := y.Ensemble.Position(a.To)
		at = o.first + from*y.n + to
	}
	if at > 63 {
		return -1
	}
	return at
}
