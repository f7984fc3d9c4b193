package proptest

// failer is what ends a run: a *rapid.T.
type failer interface {
	Fatalf(format string, args ...any)
}

// blameBits is how many bits number a property.
const blameBits = 8

// blame fails the run for the property of that number, with a call stack of its own for every number.
//
// rapid takes two failures for the same one if their stacks are the same, file and line. If all
// properties failed on one line, its shrinker would slide from the violation that was found to another
// that is easier to reach. A bit of the number is one of two lines here, so the numbers have different
// stacks, and properties that a user brings have theirs too.
func blame(t failer, property, bits int, message string) {
	if bits == 0 {
		t.Fatalf("%s", message)
		return
	}
	if property&1 == 0 {
		blame(t, property>>1, bits-1, message)
	} else {
		blame(t, property>>1, bits-1, message)
	}
}
