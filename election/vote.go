package election

import (
	"fmt"
	"strconv"
	"strings"
)

// SID is a server's number, its myid: unique in an ensemble, the last thing that breaks a tie.
// ZooKeeper's documentation allows 1..255; 0 is used by its tests. 255 is kept for [NoServer].
type SID uint8

// NoServer is the leader that an observer proposes: nobody (Long.MIN_VALUE in
// FastLeaderElection.getInitId). Every candidate beats it.
const NoServer SID = 255

func (s SID) String() string {
	if s == NoServer {
		return "none"
	}
	return strconv.Itoa(int(s))
}

// MaxEpoch is the largest epoch a zxid can carry and still be positive as ZooKeeper's signed long.
const MaxEpoch = 1<<31 - 1

// Zxid is a transaction id: the epoch in the high 32 bits, the counter in the low 32.
type Zxid uint64

// NewZxid makes the zxid of an epoch and a counter.
func NewZxid(epoch, counter uint32) Zxid { return Zxid(epoch)<<32 | Zxid(counter) }

// Epoch is the high half.
func (z Zxid) Epoch() uint32 { return uint32(z >> 32) }

// Counter is the low half.
func (z Zxid) Counter() uint32 { return uint32(z) }

// String writes a zxid as it is written everywhere in zkcheck: the plain number while its epoch is 0,
// epoch.counter otherwise.
func (z Zxid) String() string {
	if z.Epoch() == 0 {
		return strconv.FormatUint(uint64(z), 10)
	}
	return fmt.Sprintf("%d.%d", z.Epoch(), z.Counter())
}

// ParseZxid reads a zxid: a decimal or 0x-hex number is the 64-bit value itself, e.c is epoch and
// counter. The epoch must be at most MaxEpoch.
func ParseZxid(s string) (Zxid, error) {
	if epoch, counter, ok := strings.Cut(s, "."); ok {
		e, err := ParseEpoch(epoch)
		if err != nil {
			return 0, fmt.Errorf("zxid %q: %w", s, err)
		}
		c, err := strconv.ParseUint(counter, 10, 32)
		if err != nil {
			return 0, fmt.Errorf("zxid %q: counter %q is not a number of 0..4294967295", s, counter)
		}
		return NewZxid(e, uint32(c)), nil
	}
	digits, base := s, 10
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		digits, base = hex, 16
	}
	v, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("zxid %q is not a number, 0x-number or epoch.counter", s)
	}
	if z := Zxid(v); z.Epoch() <= MaxEpoch {
		return z, nil
	}
	return 0, fmt.Errorf("zxid %q: epoch is above %d", s, MaxEpoch)
}

// ParseEpoch reads an epoch of 0..MaxEpoch.
func ParseEpoch(s string) (uint32, error) {
	e, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("epoch %q is not a number of 0..%d", s, MaxEpoch)
	}
	if e > MaxEpoch {
		return 0, fmt.Errorf("epoch %s is above %d", s, MaxEpoch)
	}
	return uint32(e), nil
}

// State is what a server is doing, as its notifications say it (QuorumPeer.ServerState).
type State uint8

const (
	Looking State = iota
	Following
	Leading
	Observing
)

func (s State) String() string {
	return [...]string{"LOOKING", "FOLLOWING", "LEADING", "OBSERVING"}[s&3]
}

// Candidate is what votes are compared by: the vote order is (PeerEpoch, Zxid, Leader).
type Candidate struct {
	Zxid      Zxid   // the leader's last zxid
	PeerEpoch uint32 // the leader's currentEpoch
	Leader    SID
}

func (c Candidate) String() string {
	return fmt.Sprintf("%v:%d,%v", c.Leader, c.PeerEpoch, c.Zxid)
}

// Vote is a vote as it stands in a table or travels in a notification: the candidate, the round it was
// cast in, and what its sender said about itself.
type Vote struct {
	Candidate
	Round   uint64 // election epoch, logical clock
	State   State  // the voter's state
	Version uint8  // message version: 2 on the wire today, 0 before ZooKeeper 3.4.6
}

// NoRound is the round -1 of the vote that a process has before its first election (the constructor of
// Vote without an electionEpoch). Rounds are signed where ZooKeeper compares them.
const NoRound = ^uint64(0)

// WireVersion is the message version that the engine, like today's ZooKeeper, puts in notifications.
const WireVersion = 2

func (v Vote) String() string {
	return fmt.Sprintf("%v %v round %d", v.State, v.Candidate, int64(v.Round))
}

// Disk is the three numbers on a disk that an election goes by; the log itself is [Server.OnDisk].
type Disk struct {
	Zxid          Zxid   // last zxid in the log
	AcceptedEpoch uint32 // last epoch promised; >= CurrentEpoch
	CurrentEpoch  uint32 // epoch of the last leader whose NEWLEADER was acked; >= epoch of Zxid
}

func (d Disk) String() string {
	s := fmt.Sprintf("%d", d.CurrentEpoch)
	if d.AcceptedEpoch != d.CurrentEpoch {
		s += fmt.Sprintf("/%d", d.AcceptedEpoch)
	}
	return s + "," + d.Zxid.String()
}
