// Package tla is the official TLA+ module of the election, FastLeaderElection.tla of Apache ZooKeeper's specification for
// 3.7, as a transition system that explore can search.
//
// It answers: which states does that module reach, and do they come to what TLC counts? The model checker's numbers - distinct
// states, states generated, depth - are its tests, so that a search here can stand in for one by TLC, and is quicker.
//
// Its one idea is that a state is a few words of bits, laid out for its [Config], in which what a server would send, a message
// on its way and an entry of a table of votes are the same bits: whatever the module copies from one to another is a shift.
//
// The actions are the module's five of an election: ZabTimeout, ReceiveNotmsg, NotmsgTimeout, HandleNotmsg and WaitNewNotmsg,
// from InitL. The module has four more, which advance epochs and zxids for a test of its own; without them these never
// change, and a vote is a leader. The counters that the module calls version are left out: nothing reads them. A [Config]
// bounds clocks, queues and channels as a CONSTRAINT of TLC does: a state beyond a bound is counted as generated, but is not
// distinct, and nothing follows from it ([System.Outside]).
//
// It never judges ZooKeeper. The module says what its authors think that ZooKeeper does, and it is not what ZooKeeper does in
// everything: it has, for one, plain FIFO channels in which nothing is lost and nothing replaces another. It is a second
// opinion on the election, and a yardstick.
package tla
