// Package cluster closes servers, disks, network and faults into one transition system: what can
// happen next, and what happens then.
//
// It answers: which actions are enabled in this state, and what is the state after one of them?
//
// Its one idea: everything that is not decided by the protocol - the order of starts, deliveries,
// timers and faults - is an [Action], and a [State] is a plain value whose encoding is its identity.
// Whoever chooses actions (a search, a generator, a file) therefore drives the same system.
//
// Where the ensemble is in the fine grain, what is delivered is queued and handled later, and within a
// budget of lags a thread stops halfway, beside which the others go on.
//
// A run may become calm ([State.Calm], where the budget Calm allows it): no more faults, and a network that is
// faster than all time-outs. That is what promises about the end of an election are about.
//
// It never judges: facts about a step are recorded in the state's Out, and properties read them.
// Action.String and ParseAction are inverses; that text is a line of a trace.
package cluster
