package logs

import "github.com/zkcheck/zkcheck/election"

// Kind is what a line of the log tells about an election.
type Kind uint8

const (
	Started     Kind = iota + 1 // the process starts
	Looking                     // the main thread finds itself LOOKING
	NewElection                 // lookForLeader has begun: round, own vote and empty tables
	Heard                       // the receive path took a notification
	Sending                     // a notification is put into the send queue (DEBUG)
	Proposed                    // the proposal is changed (DEBUG)
	Counted                     // a LOOKING vote enters recvset (DEBUG)
	Leaving                     // the election has its decision (DEBUG)
	Decided                     // the server is FOLLOWING, LEADING or OBSERVING
	TimedOut                    // the notification time-out is over
	Unread                      // a line of one of these kinds that can't be read
)

var kindNames = [...]string{Started: "start", Looking: "LOOKING", NewElection: "new election", Heard: "notification",
	Sending: "sending", Proposed: "updating proposal", Counted: "adding vote", Leaving: "about to leave",
	Decided: "decided", TimedOut: "time-out", Unread: "unread"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "?"
}

// Event is a line of the log that matters to an election. A field that the line does not have is zero.
type Event struct {
	Kind  Kind
	Early bool           // Decided: by setPeerState, before the main thread says so itself
	Mine  election.State // Heard: the server's own state; Leaving, Decided: the state it goes to
	Peer  election.SID   // Heard, Counted: the sender; Sending: the recipient
	Vote  election.Vote  // the notification, the proposal, the vote counted, the decision
	Line  int
	file  int   // which file of the server
	time  int64 // milliseconds of the stock time stamp, 0 if there is none
}
