// Package quorum holds a real server against the engine behind the election: does it agree on an epoch,
// synchronise and broadcast as it should?
//
// Its one idea: one real server, everybody else simulated at the quorum port, and a set of engine states
// beside it. A [Script] is a life: terms in which the server follows a simulated leader or leads simulated
// followers, one after the other on the same disk. Each packet that the server sends, the epochs in its
// files, and the zxid that it votes with when a term is over, keep the states that explain them; when none
// is left, that is a [Disagreement]. [Run] plays generated lives on servers side by side, repeats what
// disagrees on a fresh server, and shrinks it.
//
// What can happen in either order on a server - a thread that flushes and one that reads, a leader that
// hears itself before or after a follower - is in the set, and nowhere else. Where a version of ZooKeeper
// is known to do something else than the engine, that is a [Difference] with a name, and allowed for that
// version alone.
//
// It never times a server: a step is over when all that the engine does in it was seen.
package quorum
