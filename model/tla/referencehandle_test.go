package tla

func (s *refState) handleNotmsg(i int) (next []*refState) {
	if s.state[i] != "LOOKING" || s.waitNotmsg[i] || len(s.recvQueue[i]) == 0 {
		return nil
	}
	n := s.recvQueue[i][0]
	if n.kind == refNone {
		t := s.clone()
		t.broadcastNotmsg(i, refMessage{refNotification, i, "LOOKING", s.logicalClock[i], s.currentVote[i]})
		next = append(next, t)
	}
	if n.kind == refNotification {
		if n.state == "LOOKING" {
			next = append(next, s.receivedLooking(i, n)...)
		}
		if n.state == "LEADING" || n.state == "FOLLOWING" {
			for _, t := range s.receivedFollowingAndLeading(i, n) {
				t.history[i] = initHistory(s.history[i], t.state[i])
				next = append(next, t)
			}
		}
	}
	for _, t := range next {
		t.recvQueue[i] = t.recvQueue[i][1:]
	}
	return next
}

// receivedLooking is the part of HandleNotmsg about notifications of LOOKING servers.
func (s *refState) receivedLooking(i int, n refMessage) (next []*refState) {
	if n.round >= s.logicalClock[i] {
		var some []*refState
		if n.round > s.logicalClock[i] {
			t := s.clone()
			t.logicalClock[i] = n.round
			self := refVote{i, s.lastProcessed[i].zxid, s.currentEpoch[i]}
			t.currentVote[i] = self
			if s.totalOrderPredicate(n.vote, self) {
				t.currentVote[i] = n.vote
			}
			t.broadcastNotmsg(i, refMessage{refNotification, i, "LOOKING", n.round, t.currentVote[i]})
			some = append(some, t)
		}
		if n.round == s.logicalClock[i] {
			t := s.clone()
			if s.totalOrderPredicate(n.vote, s.currentVote[i]) {
				t.currentVote[i] = n.vote
				t.broadcastNotmsg(i, refMessage{refNotification, i, "LOOKING", s.logicalClock[i], n.vote})
			}
			some = append(some, t)
		}
		for _, t := range some {
			rcvsetModifiedTwice := n.round > s.logicalClock[i]
			if rcvsetModifiedTwice {
				t.receiveVotes[i] = s.initialVotes()
				t.receiveVotes[i][n.source] = refEntry{n.vote, n.round, "LOOKING", 1}
			}
			if !rcvsetModifiedTwice {
				t.receiveVotes[i] = put(n.source, s.receiveVotes[i], n.vote, n.round, n.state)
			}
			if isQuorum(s, s.voteSet(i, t.receiveVotes[i], t.currentVote[i], n.round)) {
				t.waitNotmsg[i] = true
			}
			next = append(next, t)
		}
	}
	if n.round < s.logicalClock[i] {
		next = append(next, s.clone())
	}
	return next
}

func (s *refState) receivedFollowingAndLeading(i int, n refMessage) (next []*refState) {
	settled := "FOLLOWING"
	if n.vote.leader == i {
		settled = "LEADING"
	}
	newVotes := put(n.source, s.receiveVotes[i], n.vote, n.round, n.state)
	voteSet1 := s.voteSet(n.source, newVotes, n.vote, n.round)
	leaveOk1 := n.round == s.logicalClock[i] && isQuorum(s, voteSet1) && s.checkLeader(i, newVotes, n.vote.leader, n.round)
	start := s.clone()
	if n.round == s.logicalClock[i] {
		start.receiveVotes[i] = newVotes
	}
	if leaveOk1 {
		t := start.clone()
		t.state[i] = settled
		if n.vote.leader == i {
			t.leadingVoteSet[i] = voteSet1
		}
		t.currentVote[i] = n.vote
		next = append(next, t)
	}
	if !leaveOk1 {
		t := start.clone()
		t.outOfElection[i] = put(n.source, s.outOfElection[i], n.vote, n.round, n.state)
		voteSet2 := s.voteSet(n.source, t.outOfElection[i], n.vote, n.round)
		leaveOk2 := isQuorum(s, voteSet2) && s.checkLeader(i, t.outOfElection[i], n.vote.leader, n.round)
		leaveOk3 := n.state == "LEADING" && n.round == s.logicalClock[i]
		switch {
		case leaveOk2:
			t.logicalClock[i], t.state[i] = n.round, settled
			if n.vote.leader == i {
				t.leadingVoteSet[i] = voteSet2
			}
			t.currentVote[i] = n.vote
		case leaveOk3:
			t.state[i], t.currentVote[i] = settled, n.vote
		}
		next = append(next, t)
	}
	return next
}

// refStep is a step by the second implementation.
type refStep struct {
	action Action
	after  *refState
}

// next is NextL without the actions that advance epochs and zxids.
func (s *refState) next() (steps []refStep) {
	add := func(k Kind, i, j int, states []*refState) {
		for _, t := range states {
			steps = append(steps, refStep{Action{k, uint8(i), uint8(j)}, t})
		}
	}
	for _, i := range s.servers() {
		add(ZabTimeout, i, 0, s.zabTimeout(i))
		for _, j := range s.servers() {
			add(ReceiveNotmsg, i, j, s.receiveNotmsg(i, j))
		}
		add(NotmsgTimeout, i, 0, s.notmsgTimeout(i))
		add(HandleNotmsg, i, 0, s.handleNotmsg(i))
		add(WaitNewNotmsg, i, 0, s.waitNewNotmsg(i))
	}
	return steps
}

// within is the constraint.
func (s *refState) within(c Config) bool {
	sum := 0
	for _, i := range s.servers() {
		sum += s.logicalClock[i]
		if s.logicalClock[i] > c.MaxClock || len(s.recvQueue[i]) > c.MaxRecv {
			return false
		}
		for _, j := range s.servers() {
			if len(s.electionMsgs[i][j]) > c.MaxChan {
				return false
			}
		}
	}
	return sum <= c.MaxSum
}
