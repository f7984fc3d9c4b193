// Package mutant answers one question: which bugs must a checker of leader election find? It is the
// catalogue of those that ZooKeeper has had, and of the design mistakes that everybody makes once, each
// as a change of the engine's rules that can be switched on.
//
// Its one idea: a bug is a rule put in the place of another from outside. Who reads package election
// meets none of them, and a run of a mutant differs from a run of ZooKeeper in that one rule only.
//
// Among them are controls, changes that are not bugs: a checker that reports one of them is wrong.
//
// It never searches and judges nothing; it names the property that must notice, and the smallest
// cluster in which that is known to happen.
package mutant
