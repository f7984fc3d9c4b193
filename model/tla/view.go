package tla

import (
	"fmt"
	"strings"
)

// ServerState is the module's state of a server.
type ServerState uint8

const (
	Looking   ServerState = looking
	Following ServerState = following
	Leading   ServerState = leading
)

func (s ServerState) String() string {
	switch s {
	case Looking:
		return "LOOKING"
	case Following:
		return "FOLLOWING"
	case Leading:
		return "LEADING"
	}
	return "?"
}

// Vote is a vote, its round, and the state of who has it. Leader is the number of a server, and 0 for NullPoint: such an
// entry of a table is empty.
type Vote struct {
	Leader int
	Round  int
	State  ServerState
}

// Message is a NOTIFICATION of server From. The mark of a time-out, whose type is NONE, is the zero Message.
type Message struct {
	From int
	Vote
}

// Server is what the module's variables say of one server. Lists by server have that of s1 first.
type Server struct {
	Vote                      // state, currentVote and logicalClock
	Waits         bool        // waitNotmsg
	Voters        []bool      // leadingVoteSet
	ReceiveVotes  []Vote      // receiveVotes; the server's own entry is always empty
	OutOfElection []Vote      // outOfElection; the same
	Queue         []Message   // recvQueue
	In            [][]Message // electionMsgs[j][i] by j
}

// View reads a state, for people and tests.
func (y *System) View(s *State) []Server { return y.ViewTo(nil, s) }

// ViewTo is View in the memory of an earlier one of the same system.
func (y *System) ViewTo(servers []Server, s *State) []Server {
	if len(servers) != y.servers {
		servers = make([]Server, y.servers)
		for i := range servers {
			servers[i] = Server{Voters: make([]bool, y.servers), ReceiveVotes: make([]Vote, y.servers),
				OutOfElection: make([]Vote, y.servers), In: make([][]Message, y.servers)}
		}
	}
	for i := range servers {
		x, m := &servers[i], &y.member[i]
		first := s.word[m.base]
		x.Vote, x.Waits = y.vote(first&y.code), first&y.wait != 0
		set, received, outside := s.get(m, &y.set), s.get(m, &y.received), s.get(m, &y.outside)
		x.Voters[i], x.ReceiveVotes[i], x.OutOfElection[i], x.In[i] = set>>y.peers&1 != 0, Vote{}, Vote{}, x.In[i][:0]
		for k := range y.peers {
			j := other(i, k)
			x.Voters[j] = set>>k&1 != 0
			x.ReceiveVotes[j] = y.vote(received >> (uint(k) * y.codeBits) & y.code)
			x.OutOfElection[j] = y.vote(outside >> (uint(k) * y.codeBits) & y.code)
			x.In[j] = x.In[j][:0]
			for in := s.get(m, &y.in[k]); in != 0; in >>= y.codeBits {
				x.In[j] = append(x.In[j], Message{j + 1, y.vote(in & y.code)})
			}
		}
		x.Queue = x.Queue[:0]
		for queue := s.get(m, &y.recv); queue != 0; queue >>= y.slotBits {
			var message Message
			if queue&y.code != y.none() {
				message = Message{other(i, int(y.sender(queue))) + 1, y.vote(queue & y.code)}
			}
			x.Queue = append(x.Queue, message)
		}
	}
	return servers
}

// vote reads a message or an entry.
func (y *System) vote(code uint64) Vote {
	v := Vote{Round: int(code & y.round / y.oneRound), State: ServerState(code >> y.state)}
	if id := int(code & y.leader); id != 0 {
		v.Leader = y.servers + 1 - id
	}
	return v
}

// words writes a vote as "LEADING s1 round 0".
func (v Vote) words() string {
	return fmt.Sprintf("%v s%d round %d", v.State, v.Leader, v.Round)
}

// Describe writes a state, a line per server.
func (y *System) Describe(s *State) string {
	var b strings.Builder
	for i, x := range y.View(s) {
		fmt.Fprintf(&b, "s%d %s", i+1, x.words())
		if x.Waits {
			b.WriteString(", waits")
		}
		var votes []string
		for j, v := range x.ReceiveVotes {
			if v.Leader != 0 {
				votes = append(votes, fmt.Sprintf("s%d %s", j+1, v.words()))
			}
		}
		if len(votes) > 0 {
			fmt.Fprintf(&b, "; has %s", strings.Join(votes, ", "))
		}
		b.WriteString("\n")
	}
	return b.String()
}
