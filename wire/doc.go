// Package wire is what ZooKeeper's servers say to each other, as bytes: at the election port, and at the
// quorum port.
//
// It answers: what does a server say when it opens an election connection, what is in a notification, what do a
// leader and its followers send, and which bytes would a real server skip, or hang up on?
//
// Its one idea: what was read can be written again, byte for byte. A [Header], a [Notification] and a
// [QuorumPacket] hold what is on the wire, as wide as it is there, together with what ZooKeeper does not look at;
// only [Notification.Vote] and [FromVote] go to the narrower types of package election, and they say what
// does not fit. A packet's data is read and written by a type of its own: [LearnerInfo], [LeaderInfo],
// [AckEpoch], [Sessions], [Request] and [Txn]; that of NEWLEADER is the text that [ParseConfig] reads. Behind a
// SNAP packet comes a [Snapshot].
//
// It never opens a connection, never panics, whatever the bytes are, and never allocates for what has not
// arrived more than a few KiB, or an election frame.
package wire
