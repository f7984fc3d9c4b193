package tla

import "fmt"

// Pack is the inverse of View: the state in which the module's variables have these values. The server's own entries of
// tables are not looked at, and nor is what it would have sent to itself: the module has neither. It is an error if a
// value is beyond a bound of the configuration, for which there is no room.
func (y *System) Pack(servers []Server) (State, error) {
	var s State
	if len(servers) != y.servers {
		return s, fmt.Errorf("tla: %d servers, want %d", len(servers), y.servers)
	}
	for i := range servers {
		if err := y.packServer(&s, i, &servers[i]); err != nil {
			return s, fmt.Errorf("tla: s%d: %w", i+1, err)
		}
	}
	return s, nil
}

func (y *System) packServer(s *State, i int, x *Server) error {
	m := &y.member[i]
	c := packer{y: y}
	s.word[m.base] |= c.vote(x.Vote)
	if x.Waits {
		s.word[m.base] |= y.wait
	}
	var set, received, outside uint64
	if x.Voters[i] {
		set |= 1 << y.peers
	}
	for k := range y.peers {
		j := other(i, k)
		if x.Voters[j] {
			set |= 1 << k
		}
		received |= c.vote(x.ReceiveVotes[j]) << (uint(k) * y.codeBits)
		outside |= c.vote(x.OutOfElection[j]) << (uint(k) * y.codeBits)
		s.put(m, &y.in[k], c.list(x.In[j], y.config.MaxChan, y.codeBits, func(Message) uint64 { return 0 }))
	}
	s.put(m, &y.set, set)
	s.put(m, &y.received, received)
	s.put(m, &y.outside, outside)
	s.put(m, &y.recv, c.list(x.Queue, y.config.MaxRecv, y.slotBits, func(n Message) uint64 {
		if n.From > y.servers || n.From == i+1 {
			c.err = fmt.Errorf("a message of s%d in its queue", n.From)
			return 0
		}
		return uint64(number(i, n.From-1)) << y.codeBits
	}))
	return c.err
}

// packer makes bits of votes and messages, and keeps the first error.
type packer struct {
	y   *System
	err error
}

func (c *packer) vote(v Vote) uint64 {
	if v.Leader < 0 || v.Leader > c.y.servers || v.Round < 0 || v.Round > c.y.config.MaxClock || v.State > Leading {
		c.err = fmt.Errorf("%s: no such vote", v.words())
		return 0
	}
	code := uint64(v.Round)*c.y.oneRound | uint64(v.State)<<c.y.state
	if v.Leader > 0 {
		code |= uint64(c.y.servers + 1 - v.Leader)
	}
	return code
}

// list packs a queue, whose places have so many bits, and in which from adds the sender.
func (c *packer) list(messages []Message, most int, size uint, from func(Message) uint64) (all uint64) {
	if len(messages) > most {
		c.err = fmt.Errorf("%d messages, and there is room for %d", len(messages), most)
		return 0
	}
	for at, n := range messages {
		code := c.y.none()
		if n.From > 0 {
			code = c.vote(n.Vote) | from(n)
		}
		all |= code << (uint(at) * size)
	}
	return all
}
