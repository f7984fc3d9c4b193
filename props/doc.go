// Package props says what must be true of an election, and what is known not to be.
//
// It answers: is this step right, is this run right, and if not, why not?
//
// Its one idea: a property looks at one step - the state before, the action, the state after, and the
// facts recorded in it - and returns an outcome and, when violated, the evidence in words. What only a
// whole run can show (that an election ends, that the epoch register is linearizable) is judged by a
// [Judge] at the end of the run. Every property also says when the situation it speaks about occurred:
// a pass in which that never happened is vacuous, and reports say so.
//
// Here too is the one generator of ensembles and schedules. It draws from a stream of [Choices];
// rapid, a fuzz corpus and a seeded PCG are three sources of the same stream.
//
// It never searches: whoever chooses the actions calls it.
package props
