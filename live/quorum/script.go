package quorum

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Kind is what happens in a step of a script.
type Kind uint8

const (
	Follow    Kind = iota + 1 // all say that a peer leads, and the server connects to it
	LeadsInfo                 // the leader sends LEADERINFO, N above the server's acceptedEpoch
	Diff                      // DIFF
	Trunc                     // TRUNC of the last N transactions
	Snap                      // SNAP with N transactions more
	Propose                   // PROPOSAL of the next transaction
	Commit                    // COMMIT of the oldest that is not committed
	NewLeads                  // NEWLEADER
	UpToDate                  // UPTODATE
	HangUp                    // the leader closes the connection
	Wait                      // nobody says anything for a moment
	Restart                   // kill -9, and a new process on the same disk

	Lead     // all say that the server leads, or vote for it
	Info     // a peer connects and sends FOLLOWERINFO, N above the server's acceptedEpoch
	AckEpoch // ACKEPOCH with currentEpoch N above the server's, or -1, and a zxid
	Ack      // ACK of NEWLEADER
	AckLast  // ACK of the last proposal that the peer was sent
	Drop     // the peer closes its connection
	Request  // a client's request comes from the peer
	kinds_
)

var kindNames = [kinds_]string{"", "follow", "leaderinfo", "diff", "trunc", "snap", "propose", "commit", "newleader",
	"uptodate", "hangup", "wait", "restart", "lead", "info", "ackepoch", "ack", "acklast", "drop", "request"}

// Step is one step. Numbers are relative to what the server said last, so that a script stays meaningful when
// steps are left out.
type Step struct {
	Kind Kind
	Peer election.SID // of Follow, Info, AckEpoch, Ack, AckLast, Drop and Request
	N    int
	Mode string // of Propose, Lead, AckEpoch and Request
}

// Modes. A proposal is of the leader's epoch or of one before; the server is elected by votes or told; the zxid
// of an ACKEPOCH stands to the server's history.
const (
	modeOld    = "old"     // of an epoch before the leader's
	modeVotes  = "votes"   // LOOKING votes, and finalizeWait
	modeHot    = "hot"     // a request that does not wait until a leader is through with its beginning
	zxidSame   = "same"    // as the server's
	zxidBehind = "behind"  // so many transactions back: behind2
	zxidBeside = "beside"  // behind that one, and not in the history
	zxidAhead  = "ahead"   // behind the server's
	zxidEpoch  = "epoch"   // (e,0) of the last epoch of the history
	zxidNone   = "none"    // an empty disk
	zxidNobody = "nobody"  // -1
	noCount    = "nocount" // the suffix for currentEpoch -1
)

// String is the line of a step.
func (s Step) String() string {
	text := kindNames[s.Kind]
	switch s.Kind {
	case Follow, Ack, AckLast, Drop, Request:
		text += " " + s.Peer.String()
		if s.Mode != "" {
			text += " " + s.Mode
		}
	case LeadsInfo:
		text += fmt.Sprintf(" %+d", s.N)
	case Trunc, Snap:
		text += fmt.Sprintf(" %d", s.N)
	case Info:
		text += fmt.Sprintf(" %v %+d", s.Peer, s.N)
	case AckEpoch:
		text += fmt.Sprintf(" %v %+d %s", s.Peer, s.N, s.Mode)
	case Propose, Lead:
		if s.Mode != "" {
			text += " " + s.Mode
		}
	}
	return text
}

// parseStep is the inverse of Step.String.
func parseStep(line string) (s Step, err error) {
	w := strings.Fields(line)
	for k := Follow; k < kinds_; k++ {
		if w[0] == kindNames[k] {
			s.Kind = k
		}
	}
	bad := fmt.Errorf("step %q: no such step", line)
	number := func(i int) (n int) {
		n, e := strconv.Atoi(w[i])
		if e != nil || n < -9 || n > 99 {
			err = bad
		}
		return n
	}
	peer := func() {
		n, e := strconv.ParseUint(w[1], 10, 8)
		if s.Peer = election.SID(n); e != nil {
			err = bad
		}
	}
	switch n := len(w); {
	case (s.Kind == Follow || s.Kind == Ack || s.Kind == AckLast || s.Kind == Drop || s.Kind == Request) && n == 2:
		peer()
	case (s.Kind == LeadsInfo || s.Kind == Trunc || s.Kind == Snap) && n == 2:
		s.N = number(1)
	case s.Kind == Info && n == 3:
		peer()
		s.N = number(2)
	case s.Kind == AckEpoch && n == 4 && validMode(w[3]):
		peer()
		s.N, s.Mode = number(2), w[3]
	case s.Kind == Request && n == 3 && w[2] == modeHot:
		peer()
		s.Mode = modeHot
	case s.Kind == Propose && n == 2 && w[1] == modeOld, s.Kind == Lead && n == 2 && w[1] == modeVotes:
		s.Mode = w[1]
	case n == 1 && (s.Kind == Lead || s.Kind >= Diff && s.Kind <= Restart && s.Kind != Trunc && s.Kind != Snap):
	default:
		return s, bad
	}
	return s, err
}

// validMode tells whether a word says which zxid an ACKEPOCH has.
func validMode(word string) bool {
	word = strings.TrimSuffix(word, "-"+noCount)
	name := strings.TrimRight(word, "0123456789")
	digits := strings.TrimPrefix(word, name)
	switch name {
	case zxidBehind, zxidBeside:
		return len(digits) == 1
	case zxidSame, zxidAhead, zxidEpoch, zxidNone, zxidNobody:
		return digits == ""
	}
	return false
}

// begins tells whether a term begins with the step.
func (s Step) begins() bool { return s.Kind == Follow || s.Kind == Lead }
