// Package gauntlet answers one question: which ways of looking for bugs find the bugs that are known, how
// fast, and how often by chance?
//
// Its one idea: a kill matrix. Every mutant of the catalogue runs against every [Strategy], a table entry
// each, and what became of it is a [Cell]: the property that noticed, after how many states or schedules,
// and how long the counterexample is. Who finds nothing says why: a bound was met, no property speaks of
// it, or the strategy can't judge it. The controls of the catalogue run too, and a kill of one is an error
// of zkcheck.
//
// All but seconds depends only on the mutants, the seed and the limits, unless a limit is a time.
//
// It is the only package besides props/proptest that links rapid and testing, for rapid is one of the
// strategies. It knows no bug and no property by name, and prints nothing.
package gauntlet
