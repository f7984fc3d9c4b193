// Package conform holds a real server against the engine: does it elect as it should?
//
// Its one idea: one real server, everybody else simulated, and the engine's fine grain beside it. A
// [Script] says what the peers do in one election; a [Session] plays it on the server, a belief (package
// subject) follows what is seen - every notification that comes out, every one that goes in, every
// decision - and the first thing that no state of the engine explains is a [Disagreement]. [Run] plays
// thousands of generated scripts on several servers side by side, repeats what disagrees on a fresh
// server, and shrinks it.
//
// A pass says what it looked at: beside each election run engines with one rule broken, and a rule counts
// as exercised where its broken version would have been told apart.
//
// It never times the server: a step is over when the server has shown that it is.
package conform
