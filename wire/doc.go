// Package wire is ZooKeeper's election protocol as bytes.
//
// It answers: what does a server say when it opens an election connection, what is in a notification,
// and which bytes would a real server skip, or hang up on?
//
// Its one idea: what was read can be written again, byte for byte. A [Header] and a [Notification] hold
// what is on the wire, as wide as it is there, together with what ZooKeeper does not look at; only
// [Notification.Vote] and [FromVote] go to the narrower types of package election, and they say what
// does not fit.
//
// It never opens a connection, never panics, whatever the bytes are, and never allocates more than a
// frame may hold.
package wire
