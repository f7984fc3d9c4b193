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
// A server that is started for it is never timed: a step is over when the server has shown in its log that
// it is. Of a [Target], which runs already, there is no log. It is gone by the wire alone: an answer shows
// that the server has heard, and silence that it is through; so a disagreement counts only if it is seen
// three times. A server that skips finalizeWait looks like one that waits, and a missing answer like one
// that a resend explains. The target's disk is left as it is: nobody answers it at a quorum port.
package conform
