// Package subject follows one real server: what can its election be doing, given all that was seen of it?
//
// Its one idea: the engine's fine grain, run as a set. A real server's threads go on by themselves, so
// after a notification went in there are several states that it can be in: received and not handled,
// handled, caught halfway. A [Belief] is the set of all states of the reference engine that explain
// everything seen so far. Each observation - a notification that was received, one that was sent, a
// decision - keeps those that explain it too. When none does, the server did what the protocol does
// not do, and the error says what it could have done instead.
//
// Nothing is a special case of a comparison: an answer with a stale vote, or with a state and a vote that
// do not belong together, is explained because the engine can be caught halfway there.
//
// It has no clock, no network and no process; who has tells it what was seen.
package subject
