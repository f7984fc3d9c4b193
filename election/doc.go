// Package election is the reference engine: ZooKeeper's Fast Leader Election, discovery, synchronisation and
// broadcast, as one server sees them.
//
// It answers: given what this server knows and what just happened to it, what does it do next?
//
// Its one idea: a server is a plain value. [Server.Step] takes one input (a start, a message, a timer,
// a lost connection) and changes the value in place; what leaves the server - notifications, packets,
// disk writes, and the facts that properties are about - is collected in an [Outputs] that the caller
// owns and reuses. Every rule that the protocol names is one small function in [Rules], so that a
// known bug can be put in the place of a rule without a branch in the engine.
//
// A [Log] is bounded, and a transaction in it is its zxid and the number of a write. What it leaves out: the
// tree that transactions change, sessions, dynamic reconfiguration and the oracle. A TRUNC always succeeds;
// in ZooKeeper it cannot go back behind a snapshot, and does not cut one (ZOOKEEPER-1549). What was applied
// behind a TRUNC is forgotten with the connection, and a log has no holes where a snapshot came
// (ZOOKEEPER-5094, ZOOKEEPER-2846). Observers log a synchronisation at NEWLEADER, as followers do. A leader
// that was restarted finds in its log what others keep in memory of committed transactions.
//
// It has two grains. In the coarse one the election thread takes a notification in the step that delivers
// it, and a leader's thread wakes in the step that lets it. In the fine one (Ensemble.Fine) the receive path
// and the threads behind it take steps of their own, and Input.Halfway catches one in the middle of a
// step: between the state and the vote, the clock and the proposal, NEWLEADER and currentEpoch.
//
// It never does I/O, reads a clock, starts a goroutine, draws a random number or iterates over a map.
// Where ZooKeeper does something odd the engine does the same odd thing; the comment says where.
package election
