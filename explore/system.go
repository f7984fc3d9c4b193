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

// Commuter is an optional ability of a System, for Options.Reduce from ReduceSteps on: it knows actions whose order makes no
// difference.
type Commuter[S any, A comparable] interface {
	// Ordinal numbers actions from 0 to 63, different ones enabled in one state differently; a negative one never sleeps.
	Ordinal(a A) int
	// Commuting returns masks, one for each enabled action of s: bit k of a wanted i-th says that the i-th and the k-th commute
	// there, for k below i or asleep, all of them indices below 64; other bits and masks may say anything. Neither disables the
	// other, both orders lead to the same state, and what a property says of one after the other it says of that one here, or of
	// the other one after that one. It may use s as scratch where that is no part of the state.
	Commuting(s *S, enabled []A, asleep, wanted uint64, masks []uint64) []uint64
}

// Canonical is an optional ability of a System, for ReduceAll: Canonical changes s into a state that stands for all that come to
// the same: each covers the other one (Coverer).
type Canonical[S any] interface {
	Canonical(s *S)
}

// Coverer is an optional ability of a System, for ReduceAll: it knows states that can do no less than a given one.
//
// State t covers s if for each action a that is enabled in s either a is enabled in t, what a property says of it in s it says
// of it in t, but that it may also say something where it is silent, and t's successor covers s's; or t covers s's successor
// itself, and no property is violated by that step of s. Each state covers itself, and what covers a state covers those that
// it covers. What a limit leaves out in s, but not in t, must be what t can do within it.
type Coverer[S any] interface {
	// Covering calls covers with the encodings of canonical states that cover s, which is canonical, but not with that of s. They
	// may be ones that nobody can reach. It may write to buf, and returns it.
	Covering(s *S, buf []byte, covers func(encoded []byte)) []byte
}

// Cursor goes from state to state as a search does, and can do so at the price of what differs between them. The states are
// its own: they can be looked at until the next call, and must not be written.
type Cursor[S, A any] = interface {
	Load(encoded []byte) *S   // decodes a state: the current one
	Step(a A) *S              // copies the current state, and applies its enabled action a
	Encode(buf []byte) []byte // appends the encoding of what the last Step returned
}

// Navigator is an optional ability of a System: cursors of its own. Each is used by one goroutine. A nil cursor is none. A
// canonical one encodes what Canonical makes of a state.
type Navigator[S, A any] interface {
	Cursor(canonical bool) Cursor[S, A]
}

// plainCursor is the cursor of a system that has none.
type plainCursor[S any, A comparable] struct {
	sys           System[S, A]
	canonical     Canonical[S] // nil if it has none, or it is not wanted
	current, next S
}

func newCursor[S any, A comparable](sys System[S, A], canonical bool) Cursor[S, A] {
	if n, ok := any(sys).(Navigator[S, A]); ok {
		if c := n.Cursor(canonical); c != nil {
			return c
		}
	}
	c := &plainCursor[S, A]{sys: sys}
	if canonical {
		c.canonical, _ = any(sys).(Canonical[S])
	}
	return c
}

func (c *plainCursor[S, A]) Load(encoded []byte) *S {
	c.sys.Decode(&c.current, encoded)
	return &c.current
}

func (c *plainCursor[S, A]) Step(a A) *S {
	c.sys.Copy(&c.next, &c.current)
	c.sys.Apply(&c.next, a)
	return &c.next
}

func (c *plainCursor[S, A]) Encode(buf []byte) []byte {
	if c.canonical != nil {
		c.canonical.Canonical(&c.next)
	}
	return c.sys.Encode(&c.next, buf)
}

// Marker is an optional ability of a System: marks that tell what a step was and did, as bits of its own, for Property.Speaks
// and Property.Doubts.
type Marker[S, A any] interface {
	Marks(before *S, by A, after *S) uint64
}

// Recaller is an optional ability of a System with a Navigator: it knows steps again.
type Recaller[S any] interface {
	// Note is where the worker that has the cursor may keep what it found out about the step that led to s: the same place for
	// all steps that are the same to a Property that is Own. Nil if the step is not known.
	Note(s *S) *any
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
	// Speaks are the marks (Marker) of the steps that the property speaks of. Of a step that has none of them, and of an
	// initial state, it is Silent, and need not be asked. 0: it may speak of everything.
	Speaks uint64
	// Doubts are the marks of the steps that it has to look at: of one that has none of them, but one of Speaks, it says
	// Held, and need not be asked. 0: it has to look at all that it speaks of.
	Doubts uint64
	// Own: of steps that have the same Note it says the same, so that one of them is enough to ask about.
	Own bool
	// Check is pure, and safe for concurrent use. It may be nil for a property that only a Guide judges.
	Check func(before *S, by A, after *S) Outcome
}

// ask asks every property about one step, counts the answers, and reports violations in property order.
func ask[S, A any](props []Property[S, A], tallies []Tally, before *S, by A, after *S, violated func(property int)) {
	for i := range props {
		if check := props[i].Check; check != nil {
			if tallies[i].count(check(before, by, after)) {
				violated(i)
			}
		}
	}
}
