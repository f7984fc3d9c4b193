package peer

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// Kind is what happened at a peer.
type Kind uint8

const (
	Connected       Kind = iota // the election connection with the subject is there
	Received                    // a notification came on it
	Unreadable                  // a frame came that is no notification; Err says why
	Disconnected                // it is gone: Err is nil if one of the two closed it
	QuorumConnected             // the subject follows: it has said its epoch at the peer's quorum port
	QuorumClosed                // that connection is gone
)

func (k Kind) String() string {
	return [...]string{"connected", "received", "unreadable", "disconnected", "quorum connected", "quorum closed"}[k]
}

// Event is something that the subject did to a peer. At one peer's election port the order is that of the
// network: Connected, what was received, Disconnected, Connected again.
type Event struct {
	Kind         Kind
	Peer         election.SID
	Notification wire.Notification // of Received
	Err          error
}

func (e Event) String() string {
	s := fmt.Sprintf("%v: %v", e.Peer, e.Kind)
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", s, e.Err)
	case e.Kind == Received:
		if v, err := e.Notification.Vote(); err == nil {
			return fmt.Sprintf("%s %v", s, v)
		}
		return fmt.Sprintf("%s %+v", s, e.Notification)
	}
	return s
}
