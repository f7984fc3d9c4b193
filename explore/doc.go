// Package explore searches a transition system: every state in breadth-first order, or seeded random walks.
//
// It answers one question about any [System]: is there a step that a [Property] rejects, and which is the shortest way to
// it? [BreadthFirst] looks at every reachable state and its first violation is a shortest one; [RandomWalks] goes deep where
// everything is too much, and lets a [Guide] choose the way and judge what only a whole walk shows.
//
// Its one idea is that workers race, but results do not. States have sequence numbers, the order in which a sequential search
// would have found them. Whoever finds a state puts a claim into the visited set, (parent's number, action's index), and the
// least claim stays. When the workers of a batch are done, the successors whose claims stayed are exactly the ones that a
// sequential search would have kept, and in claim order they are its queue. So counts, traces and verdicts are the same bytes
// for one worker and for eight. Walks get the same promise from a generator that is seeded by the walk's number.
//
// It never knows what a state means: it sees encoded bytes, and remembers 64 bits of hash per state, so two states are taken
// for one with the probability that the report calls Collision. It never reads the clock or global randomness for a decision
// other than to obey the caller's context, never iterates over a map, and imports nothing of this project.
package explore
