package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Kind is the kind of an action.
type Kind uint8

const (
	Start    Kind = iota + 1 // start s: the process starts for the first time
	Deliver                  // deliver a->b: the head of the election channel; in the coarse grain both threads of b act
	Timeout                  // timeout s: the notification time-out; s sends again
	Decide                   // decide s: finalizeWait is over and silent
	Offer                    // offer s: an elected leader hears its own acceptedEpoch
	Packet                   // packet a->b: the head of the follower-leader channel
	GiveUp                   // giveup s: initLimit, syncLimit or a lost connection
	Handle                   // handle s: the election thread takes the next notification of its queue (fine grain)
	Resume                   // resume s: the main thread, caught halfway, goes on (fine grain)
	Answer                   // answer s: the receive path, caught halfway, goes on; halfway: with what it has read (fine grain)
	Write                    // write s: a client's write at a serving leader
	Flush                    // flush s: what is logged reaches the disk (fine grain)
	Calm                     // calm: from now on no faults, and a network that is faster than all time-outs
	Crash                    // crash s [n]: after the n-th disk write of the step it interrupts
	Restart                  // restart s: the process starts on the disk that the crash left
	Cut                      // cut a-b: no connection between the two until healed
	Heal                     // heal a-b
	Reset                    // reset a-b: the connections between the two are lost and back
	Drop                     // drop a->b: the head of the election channel is lost
	Dup                      // dup a->b: the head of the election channel comes twice
	Wipe                     // wipe s: a server that is down loses its disk
	Garble                   // garble a->b: bytes come that are no notification
	Stranger                 // stranger a->b: a vote comes for a server that is not in the ensemble
	kinds
)

// Kinds is how many kinds there are, 0 included, which is none.
const Kinds = int(kinds)

var kindNames = [kinds]string{Start: "start", Deliver: "deliver", Timeout: "timeout", Decide: "decide",
	Offer: "offer", Packet: "packet", GiveUp: "giveup",
	Handle: "handle", Resume: "resume", Answer: "answer", Write: "write", Flush: "flush", Calm: "calm", Crash: "crash", Restart: "restart", Cut: "cut",
	Heal: "heal", Reset: "reset", Drop: "drop", Dup: "dup", Wipe: "wipe",
	Garble: "garble", Stranger: "stranger"}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "?"
}

// Fault tells whether actions of the kind are faults: spent from a budget, absent from fair schedules.
func (k Kind) Fault() bool { return k >= Crash }

// shape is how many servers a kind names and what stands between them.
func (k Kind) shape() string {
	switch k {
	case Deliver, Packet, Drop, Dup, Garble, Stranger:
		return "->"
	case Cut, Heal, Reset:
		return "-"
	}
	return ""
}

// divisible tells whether a step of the kind can be caught halfway, where the server says so.
func (k Kind) divisible() bool {
	switch k {
	case Deliver, Decide, Packet, GiveUp, Handle, Answer:
		return true
	}
	return false
}

// halfway is the word behind an action that is caught halfway.
const halfway = "halfway"

// Action is one step of the system. To is 0 where the kind names one server; links are written with the
// smaller SID first. N is the disk write that a crash follows, or 0; with a step that can be caught
// halfway it is 1 if it is (fine grain).
type Action struct {
	Kind     Kind
	From, To election.SID
	N        uint8
}

func (a Action) String() string {
	if a.Kind == Calm {
		return kindNames[Calm]
	}
	s := a.Kind.String() + " " + strconv.Itoa(int(a.From))
	if sep := a.Kind.shape(); sep != "" {
		s += sep + strconv.Itoa(int(a.To))
	}
	switch {
	case a.N > 0 && a.Kind.divisible():
		s += " " + halfway
	case a.N > 0:
		s += " " + strconv.Itoa(int(a.N))
	}
	return s
}

// ParseAction is the inverse of String. It accepts exactly what String writes, with any blanks between
// the words.
func ParseAction(line string) (Action, error) {
	words := strings.Fields(line)
	if len(words) == 1 && words[0] == kindNames[Calm] {
		return Action{Kind: Calm}, nil
	}
	if len(words) < 2 {
		return Action{}, fmt.Errorf("action %q: want a kind and a server", line)
	}
	var a Action
	for k, name := range kindNames {
		if name == words[0] && name != "" {
			a.Kind = Kind(k)
		}
	}
	if a.Kind == 0 || a.Kind == Calm {
		return Action{}, fmt.Errorf("unknown action %q", words[0])
	}
	from, to, linked := words[1], "", false
	if sep := a.Kind.shape(); sep != "" {
		if from, to, linked = strings.Cut(words[1], sep); !linked {
			return Action{}, fmt.Errorf("action %q: want two servers, a%sb", line, sep)
		}
	}
	var err error
	if a.From, err = parseSID(from); err != nil {
		return Action{}, fmt.Errorf("action %q: %w", line, err)
	}
	if linked {
		if a.To, err = parseSID(to); err != nil {
			return Action{}, fmt.Errorf("action %q: %w", line, err)
		}
		if a.From == a.To && a.Kind != Deliver {
			return Action{}, fmt.Errorf("action %q: a server has no link to itself", line)
		}
		if a.Kind.shape() == "-" && a.From > a.To {
			return Action{}, fmt.Errorf("action %q: the smaller sid comes first", line)
		}
	}
	switch {
	case len(words) == 3 && a.Kind == Crash:
		n, err := strconv.ParseUint(words[2], 10, 8)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != words[2] {
			return Action{}, fmt.Errorf("action %q: %q is not the number of a disk write", line, words[2])
		}
		a.N = uint8(n)
	case len(words) == 3 && words[2] == halfway && a.Kind.divisible():
		a.N = 1
	case len(words) > 2:
		return Action{}, fmt.Errorf("action %q: %q is too much", line, words[2])
	}
	return a, nil
}

func parseSID(s string) (election.SID, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || election.SID(n) == election.NoServer || strconv.FormatUint(n, 10) != s {
		return 0, fmt.Errorf("%q is not a sid (0..%d)", s, election.NoServer-1)
	}
	return election.SID(n), nil
}
