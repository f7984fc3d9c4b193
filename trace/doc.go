// Package trace keeps runs on disk: it writes them, reads them back, replays and explains them.
//
// It answers: what exactly was done to the cluster, is that possible, which property does it break and
// where, and what does each step mean in words?
//
// Its one idea: a trace is a list of actions in words, not of indices, under a header that names the
// cluster and its limits. So a file survives another order of enumeration, can be written by hand, and
// is judged again from nothing whenever it is read: every driver ends in a trace, and a trace that does
// not break its property when it is replayed is never handed out.
//
// A run without an end is a lasso: behind the line "loop" stand the steps that are taken for ever. They are
// taken once, and have to lead back to the very state in which the loop began.
//
// A counterexample can be shrunk, and certified: the line "certificate" in its header is what a search of its
// cluster has shown, that so many steps do not violate the property, and anybody can have that search repeated.
//
// It never half-trusts a file: what is stale, truncated or not enabled is refused with file:line.
package trace
