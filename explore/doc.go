// Package explore searches a transition system: every state in breadth-first order, or seeded random walks.
//
// It answers two questions about any [System]. Is there a step that a [Property] rejects, and which is the shortest way to
// it? [BreadthFirst] looks at every reachable state and its first violation is a shortest one; [RandomWalks] goes deep where
// everything is too much, and lets a [Guide] choose the way and judge what only a whole walk shows. And does a run always
// come to what it should lead to? [Eventually] decides that on the graph of all states.
//
// Its one idea is that workers race, but results do not. States have sequence numbers, the order in which a sequential search
// would have found them, and who finds a state makes a claim, (parent's number, action's index), of which the least counts.
// Levels are searched in batches. First workers expand the states of a batch against a visited set that nobody writes, and
// keep what it does not know. Then partitions of the fingerprints, each owned by one worker, enter these candidates in the
// order of their claims, so that the first one there is the least; what stays is, in claim order, exactly the queue of a
// sequential search. So counts, traces and verdicts are the same bytes for one worker and for eight. Walks get the same
// promise from a generator that is seeded by the walk's number.
//
// # Memory, and disk
//
// The visited set is a sorted table with gaps: 8 bytes a slot, of which 62 to 86 in a hundred are taken, and 74 bits that
// tell states apart. Parents are the claims in order, which is two or three bytes a state. With [Options.Disk] memory is no
// limit. When the table is full its states become sorted runs on disk, and the table a filter: what it does not know is put
// aside until the end of the level, where one pass through the runs says what is new. Levels and parents go to files as well.
// The end of a level can be kept as a checkpoint, and a search with the same Disk goes on from there. None of that shows in a
// report.
//
// # Reductions
//
// With [Options.Reduce] a System that knows which actions commute ([Commuter]) has fewer of them taken, one that knows which
// states come to the same ([Canonical]) has fewer of them kept, and one that knows which states can do all that others can
// ([Coverer]) does not keep the others. See sleeper and coverage for why nothing is lost. Liveness is decided without: which
// steps a fair run takes is what it is about.
//
// # Asking less
//
// Most properties have nothing to say of most steps. A System that tells at a glance what a step did ([Marker]) has only those
// asked that speak of it, and one that knows steps again ([Recaller]) has those that are [Property].Own asked once of each. The
// tallies are those of a search that asks everybody each time.
//
// # Walks
//
// Walks choose their steps as their [Guide] does, by [Priorities] of threads if it asks them, and guided walks go on from
// where earlier ones met a new feature: a generation of 256 sees what the generations before it have found, so that too does
// not depend on who was quick. Walks never prove anything, but [Incidence] says how much they have seen: in how many of
// them each feature occurred, and from that how likely one more walk is to meet one that none has met.
//
// # Eventually, under weak fairness
//
// Nothing has to happen in a run that may stand still, so [Eventually] judges fair runs only. The caller puts actions into
// classes, and fairness is weak: if from some point on a class always has an enabled action, actions of it are taken again
// and again. A class that is enabled now and then may be passed over for ever, and so may actions without a class (faults,
// say). An action that leads back to the same state is taken like any other. A run may stop, but only in a state where no
// class has an enabled action.
//
// A run that misses its goal is, from some trigger state on, a way through states that are no goal, and sooner or later
// never leaves one strongly connected component of them. It can do so fairly exactly if each class acts on some step within
// the component, or has nothing enabled in some state of it (then visit all steps and states in turn); or if in one state
// nothing of any class is enabled, and the run stops. So one look at each component decides, and a counterexample is a
// [Lasso]: a stem, and a loop to be taken for ever.
//
// A limit of the system can fake both a pass and a deadlock. So states and steps where a limit left something out, other
// than what the caller calls harmless, are never part of a loop: a lasso that is found is one without the limit. If none is
// found and there are such states, or if the search itself was stopped, the verdict is unknown. And a goal holds trivially if
// nothing triggers it, so the report counts the trigger states, and the cycles that only fairness leads out of.
//
// It never knows what a state means: it sees encoded bytes, and remembers a fingerprint of each, so two states are taken for
// one with the probability that the report calls Collision. It never reads the clock or global randomness for a decision
// other than to obey the caller's context, never lets the order of a map show, and imports nothing of this project.
package explore
