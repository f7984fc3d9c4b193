package tla

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is one of the module's actions.
type Kind uint8

const (
	ZabTimeout    Kind = iota + 1 // ZabTimeout s1: a server that leads or follows begins a new round
	ReceiveNotmsg                 // ReceiveNotmsg s1 s2: s1 takes the oldest message of s2 from the channel, and may answer
	NotmsgTimeout                 // NotmsgTimeout s1: nothing came, so that s1 will send its vote again
	HandleNotmsg                  // HandleNotmsg s1: s1 handles the oldest message of its recvQueue
	WaitNewNotmsg                 // WaitNewNotmsg s1: s1, which has a quorum, looks at one more message, or decides if there is none
	kinds
)

var kindNames = [kinds]string{ZabTimeout: "ZabTimeout", ReceiveNotmsg: "ReceiveNotmsg", NotmsgTimeout: "NotmsgTimeout",
	HandleNotmsg: "HandleNotmsg", WaitNewNotmsg: "WaitNewNotmsg"}

// String returns the module's name.
func (k Kind) String() string {
	if k < kinds && k > 0 {
		return kindNames[k]
	}
	return "?"
}

// Action is a step of server I: of the module's s1, s2, ... the number. J is the sender of what is received, else 0.
type Action struct {
	Kind Kind
	I, J uint8
}

// String writes the action as the module does, with blanks: "ReceiveNotmsg s1 s2".
func (a Action) String() string {
	s := a.Kind.String() + " s" + strconv.Itoa(int(a.I))
	if a.Kind == ReceiveNotmsg {
		s += " s" + strconv.Itoa(int(a.J))
	}
	return s
}

// ParseAction is the inverse of String. It accepts exactly what String writes, with any blanks between the words.
func ParseAction(line string) (Action, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Action{}, fmt.Errorf("tla: action %q: want a name and a server", line)
	}
	var a Action
	for k, name := range kindNames {
		if name == words[0] && k > 0 {
			a.Kind = Kind(k)
		}
	}
	servers := []*uint8{&a.I}
	switch a.Kind {
	case 0:
		return Action{}, fmt.Errorf("tla: unknown action %q", words[0])
	case ReceiveNotmsg:
		servers = append(servers, &a.J)
	}
	if len(words) != 1+len(servers) {
		return Action{}, fmt.Errorf("tla: action %q: %v names %s, not %d", line, a.Kind, counted(len(servers)), len(words)-1)
	}
	for i, to := range servers {
		n, err := parseServer(words[1+i])
		if err != nil {
			return Action{}, fmt.Errorf("tla: action %q: %w", line, err)
		}
		*to = n
	}
	if a.I == a.J {
		return Action{}, fmt.Errorf("tla: action %q: a server sends nothing to itself", line)
	}
	return a, nil
}

func counted(servers int) string {
	if servers == 1 {
		return "1 server"
	}
	return strconv.Itoa(servers) + " servers"
}

func parseServer(s string) (uint8, error) {
	digits, ok := strings.CutPrefix(s, "s")
	n, err := strconv.ParseUint(digits, 10, 8)
	if !ok || err != nil || n < 1 || n > MaxServers || strconv.FormatUint(n, 10) != digits {
		return 0, fmt.Errorf("%q is not a server (s1..s%d)", s, MaxServers)
	}
	return uint8(n), nil
}
