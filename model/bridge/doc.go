// Package bridge holds the engine's elections against the official TLA+ module, step by step.
//
// It answers: is what the engine does a behaviour of the module, and where it is not, in what exactly do the two differ?
//
// Its one idea is that a state of the engine is a state of the module that is written down in another way. So a step of the
// engine, thread by thread, is a step of the module between two such states, or two, or none: the bridge lets the module take
// its actions from the one, and what comes out must be the other, variable by variable. Nothing is carried along: any step of
// any run can be checked by itself, and a search that checks every transition has checked every run.
//
// Where ZooKeeper, and so the engine, acts in another way than the module, that is a [Difference]. Each has a name, is
// worked out from what the module has and from what servers have sent to themselves, never from what the engine did, and is
// counted. Whatever else differs is an error. docs/fidelity.md lists them with both sides.
//
// It never says who is right; and it speaks of nothing but what the module does: no faults, no observers, no weights, nothing
// behind an election. The module's epochs and zxids are constants here, and a server is numbered by its own vote, the best
// first; what a server has in its tables and its queue matters only while it is LOOKING.
package bridge
