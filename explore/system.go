package explore

// System is a transition system. Methods are pure and deterministic, and safe for concurrent use on different states.
type System[S any, A comparable] interface {
	// Init returns the initial states; the caller treats them as its own.
	Init() []S
	// Actions appends what is enabled now to buf, in a fixed order. No action changes s before Apply.
	Actions(s *S, buf []A) []A
	// Apply takes the enabled action a in place, on a copy the caller made.
	Apply(s *S, a A)
	// Copy makes dst equal to src. dst may be dirty from earlier use, and shares no memory with src afterwards.
	Copy(dst, src *S)
	// Encode appends bytes to buf that are equal exactly for equal states.
	Encode(s *S, buf []byte) []byte
	// Decode is the inverse of Encode; s may be dirty, and keeps no reference to data.
	Decode(s *S, data []byte)
}

// Bounder is an optional ability of a System: which of its limits cut something off, as bits of its own. It is asked after
// Actions(s), about actions that are missing, and after Apply(s, a), about what the step left out.
type Bounder[S any] interface {
	Cut(s *S) uint64
}

// Constrained is an optional ability of a System whose states satisfy a constraint, as TLC's CONSTRAINT. Actions(s) leaves out
// the steps that lead to states which violate it, and Outside, asked after it, says how many they are: a breadth-first search
// counts them as generated.
type Constrained[S any] interface {
	Outside(s *S) int
}

// Restorer is an optional ability of a System: Restore makes dst equal to src again, where dst is what one or more Apply made
// of a copy of src, and src has not changed since. It is Copy, where less has to be copied.
type Restorer[S any] interface {
	Restore(dst, src *S)
}

// Commuter is an optional ability of a System, for Options.Reduce: it knows actions whose order makes no difference.
type Commuter[S any, A comparable] interface {
	// Ordinal numbers actions from 0 to 63, different ones enabled in one state differently; a negative one never sleeps.
	Ordinal(a A) int
	// Commuting is the set, by ordinals, of the actions b enabled in s for which a and b commute there: neither disables the
	// other, a then b leads to the same state as b then a, and every property says of either of the two steps the same in
	// both orders.
	Commuting(s *S, a A, enabled []A) uint64
}

// Outcome is what a property says of one step.
type Outcome uint8

const (
	Silent    Outcome = iota // says nothing about this step
	Held                     // checked
	Witnessed                // checked, and the situation it speaks of occurred
	Violated                 // checked, and false
)

// String returns the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case Silent:
		return "silent"
	case Held:
		return "held"
	case Witnessed:
		return "witnessed"
	case Violated:
		return "violated"
	}
	return "unknown outcome"
}

// Property judges one step, also when it leads to a state that is known already. An initial state is judged as a step from
// itself by the zero action.
type Property[S, A any] struct {
	Name string
	// Check is pure, and safe for concurrent use. It may be nil for a property that only a Guide judges.
	Check func(before *S, by A, after *S) Outcome
}

// judge asks every property about one step, counts the answers, and reports violations in property order.
func judge[S, A any](props []Property[S, A], tallies []Tally, before *S, by A, after *S, violated func(property int)) {
	for i := range props {
		if check := props[i].Check; check != nil {
			if tallies[i].count(check(before, by, after)) {
				violated(i)
			}
		}
	}
}
