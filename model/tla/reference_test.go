package tla

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// This file is the module a second time, a function for each of its definitions, by maps and slices and with all its
// variables. It is slow, and can be compared with the module line by line: an action returns a state for every disjunct that
// is enabled, as TLC generates them.

const (
	refNotification = "NOTIFICATION"
	refNone         = "NONE"
	nullPoint       = 0 // no server is s0
)

type refZxid [2]int

type refTxn string // nothing is ever written

type refProcessed struct {
	index int
	zxid  refZxid
}

type refVote struct {
	leader int
	zxid   refZxid
	epoch  int
}

type refEntry struct {
	vote    refVote
	round   int
	state   string
	version int
}

type refMessage struct {
	kind   string
	source int
	state  string
	round  int
	vote   refVote
}

// refState is the module's variables. Servers are 1..n, and index 0 of every list is not used.
type refState struct {
	n              int
	state          []string
	history        [][]refTxn
	currentEpoch   []int
	lastProcessed  []refProcessed
	currentVote    []refVote
	logicalClock   []int
	receiveVotes   [][]refEntry
	outOfElection  [][]refEntry
	recvQueue      [][]refMessage
	waitNotmsg     []bool
	leadingVoteSet []map[int]bool
	electionMsgs   [][][]refMessage
}

func (s *refState) clone() *refState {
	c := *s
	c.state, c.currentEpoch = slices.Clone(s.state), slices.Clone(s.currentEpoch)
	c.lastProcessed, c.currentVote = slices.Clone(s.lastProcessed), slices.Clone(s.currentVote)
	c.logicalClock, c.waitNotmsg = slices.Clone(s.logicalClock), slices.Clone(s.waitNotmsg)
	c.history, c.receiveVotes, c.outOfElection = deep(s.history), deep(s.receiveVotes), deep(s.outOfElection)
	c.recvQueue = deep(s.recvQueue)
	c.leadingVoteSet, c.electionMsgs = nil, nil
	for i := range s.n + 1 {
		c.leadingVoteSet = append(c.leadingVoteSet, maps.Clone(s.leadingVoteSet[i]))
		c.electionMsgs = append(c.electionMsgs, deep(s.electionMsgs[i]))
	}
	return &c
}

func deep[T any](list [][]T) [][]T {
	c := make([][]T, len(list))
	for i := range list {
		c[i] = slices.Clone(list[i])
	}
	return c
}

func (s *refState) servers() (list []int) {
	for i := 1; i <= s.n; i++ {
		list = append(list, i)
	}
	return list
}

// key is the state as text, without the versions: nothing reads them.
func (s *refState) key() string {
	var b strings.Builder
	for _, i := range s.servers() {
		fmt.Fprint(&b, s.state[i], s.history[i], s.currentEpoch[i], s.lastProcessed[i], s.currentVote[i], s.logicalClock[i],
			s.waitNotmsg[i], s.recvQueue[i], s.electionMsgs[i][1:])
		for _, j := range s.servers() {
			rv, ooe := s.receiveVotes[i][j], s.outOfElection[i][j]
			rv.version, ooe.version = 0, 0
			fmt.Fprint(&b, rv, ooe, s.leadingVoteSet[i][j])
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

func isQuorum(s *refState, q map[int]bool) bool { return len(q)*2 > s.n }

func removeNone(seq []refMessage) []refMessage {
	if len(seq) == 0 {
		return nil
	}
	if seq[0].kind == refNone {
		return removeNone(seq[1:])
	}
	return append([]refMessage{seq[0]}, removeNone(seq[1:])...)
}

// idTable: CHOOSE takes s1 first, and gives it the number of the servers that remain.
func idTable(remaining []int) map[int]int {
	if len(remaining) == 0 {
		return map[int]int{}
	}
	table := idTable(remaining[1:])
	table[remaining[0]] = len(remaining)
	return table
}

func (s *refState) idCompare(id1, id2 int) bool {
	table := idTable(s.servers())
	return table[id1] > table[id2]
}

func zxidCompare(a, b refZxid) bool { return a[0] > b[0] || a[0] == b[0] && a[1] > b[1] }

func zxidEqual(a, b refZxid) bool { return a[0] == b[0] && a[1] == b[1] }

func (s *refState) totalOrderPredicate(v1, v2 refVote) bool {
	return v1.epoch > v2.epoch ||
		v1.epoch == v2.epoch && (zxidCompare(v1.zxid, v2.zxid) ||
			zxidEqual(v1.zxid, v2.zxid) && s.idCompare(v1.leader, v2.leader))
}

func voteEqual(v1 refVote, round1 int, v2 refVote, round2 int) bool {
	return v1.leader == v2.leader && zxidEqual(v1.zxid, v2.zxid) && v1.epoch == v2.epoch && round1 == round2
}

func initLastProcessed(history []refTxn) refProcessed {
	if len(history) == 0 {
		return refProcessed{index: 0, zxid: refZxid{}}
	}
	panic("nothing is ever written")
}

func initHistory(history []refTxn, newState string) []refTxn {
	if newState == "LEADING" && len(history) > 0 {
		panic("nothing is ever written")
	}
	return history
}

func (s *refState) initialVotes() []refEntry {
	votes := make([]refEntry, s.n+1)
	for v := range votes {
		votes[v] = refEntry{refVote{nullPoint, refZxid{}, 0}, 0, "LOOKING", 0}
	}
	return votes
}

func put(id int, rcvset []refEntry, vote refVote, round int, state string) []refEntry {
	set := slices.Clone(rcvset)
	switch {
	case rcvset[id].round < round:
		set[id] = refEntry{vote, round, state, 1}
	case rcvset[id].round == round:
		set[id].vote, set[id].state, set[id].version = vote, state, set[id].version+1
	}
	return set
}

func (s *refState) voteSet(msource int, rcvset []refEntry, vote refVote, round int) map[int]bool {
	set := map[int]bool{msource: true}
	for _, v := range s.servers() {
		if v != msource && voteEqual(rcvset[v].vote, rcvset[v].round, vote, round) {
			set[v] = true
		}
	}
	return set
}

func (s *refState) checkLeader(i int, votes []refEntry, leader, round int) bool {
	if leader == i {
		return round == s.logicalClock[i]
	}
	return votes[leader].vote.leader != nullPoint && votes[leader].state == "LEADING"
}

func refInit(n int) *refState {
	s := &refState{n: n}
	for i := range n + 1 {
		s.state = append(s.state, "LOOKING")
		s.history = append(s.history, nil)
		s.currentEpoch = append(s.currentEpoch, 0)
		s.lastProcessed = append(s.lastProcessed, refProcessed{})
		s.currentVote = append(s.currentVote, refVote{i, refZxid{}, 0})
		s.logicalClock = append(s.logicalClock, 0)
		s.receiveVotes = append(s.receiveVotes, s.initialVotes())
		s.outOfElection = append(s.outOfElection, s.initialVotes())
		s.recvQueue = append(s.recvQueue, nil)
		s.waitNotmsg = append(s.waitNotmsg, false)
		s.leadingVoteSet = append(s.leadingVoteSet, map[int]bool{})
		s.electionMsgs = append(s.electionMsgs, make([][]refMessage, n+1))
	}
	return s
}

func (s *refState) broadcastNotmsg(i int, m refMessage) {
	for _, v := range s.servers() {
		if v != i {
			s.electionMsgs[i][v] = append(s.electionMsgs[i][v], m)
		}
	}
}

func (s *refState) discardNotmsg(i, j int) {
	if len(s.electionMsgs[i][j]) > 0 {
		s.electionMsgs[i][j] = s.electionMsgs[i][j][1:]
	}
}

func (s *refState) replyNotmsg(i, j int, m refMessage) {
	s.electionMsgs[i][j] = append(s.electionMsgs[i][j], m)
	s.electionMsgs[j][i] = s.electionMsgs[j][i][1:]
}

func (s *refState) zabTimeout(i int) []*refState {
	if s.state[i] == "LOOKING" {
		return nil
	}
	t := s.clone()
	t.state[i] = "LOOKING"
	t.lastProcessed[i] = initLastProcessed(s.history[i])
	t.logicalClock[i] = s.logicalClock[i] + 1
	t.currentVote[i] = refVote{i, t.lastProcessed[i].zxid, s.currentEpoch[i]}
	t.receiveVotes[i], t.outOfElection[i] = s.initialVotes(), s.initialVotes()
	t.recvQueue[i], t.waitNotmsg[i], t.leadingVoteSet[i] = nil, false, map[int]bool{}
	t.broadcastNotmsg(i, refMessage{refNotification, i, "LOOKING", t.logicalClock[i], t.currentVote[i]})
	return []*refState{t}
}

func (s *refState) receiveNotmsg(i, j int) (next []*refState) {
	if len(s.electionMsgs[j][i]) == 0 {
		return nil
	}
	n := s.electionMsgs[j][i][0]
	toSend := refMessage{refNotification, i, s.state[i], s.logicalClock[i], s.currentVote[i]}
	if s.state[i] == "LOOKING" {
		replyOk := n.state == "LOOKING" && n.round < s.logicalClock[i]
		if replyOk {
			t := s.clone()
			t.recvQueue[i] = append(removeNone(s.recvQueue[i]), n)
			t.replyNotmsg(i, j, toSend)
			next = append(next, t)
		}
		if !replyOk {
			t := s.clone()
			t.recvQueue[i] = append(removeNone(s.recvQueue[i]), n)
			t.discardNotmsg(j, i)
			next = append(next, t)
		}
	}
	if s.state[i] == "LEADING" || s.state[i] == "FOLLOWING" {
		if n.state == "LOOKING" {
			t := s.clone()
			t.replyNotmsg(i, j, toSend)
			next = append(next, t)
		}
		if n.state != "LOOKING" {
			t := s.clone()
			t.discardNotmsg(j, i)
			next = append(next, t)
		}
	}
	return next
}

func (s *refState) notmsgTimeout(i int) []*refState {
	if s.state[i] != "LOOKING" || len(s.recvQueue[i]) > 0 {
		return nil
	}
	for _, j := range s.servers() {
		if len(s.electionMsgs[j][i]) > 0 {
			return nil
		}
	}
	t := s.clone()
	t.recvQueue[i] = append(t.recvQueue[i], refMessage{kind: refNone})
	return []*refState{t}
}

func (s *refState) waitNewNotmsg(i int) (next []*refState) {
	if s.state[i] != "LOOKING" || !s.waitNotmsg[i] {
		return nil
	}
	queue := s.recvQueue[i]
	if len(queue) > 0 && queue[0].kind == refNotification {
		n := queue[0]
		peerOk := s.totalOrderPredicate(n.vote, s.currentVote[i])
		if peerOk {
			t := s.clone()
			t.waitNotmsg[i] = false
			t.recvQueue[i] = append(t.recvQueue[i][1:], n)
			next = append(next, t)
		}
		if !peerOk {
			t := s.clone()
			t.recvQueue[i] = t.recvQueue[i][1:]
			next = append(next, t)
		}
	}
	decide := func() {
		t := s.clone()
		t.state[i] = "FOLLOWING"
		if s.currentVote[i].leader == i {
			t.state[i] = "LEADING"
			t.leadingVoteSet[i] = s.voteSet(i, s.receiveVotes[i], s.currentVote[i], s.logicalClock[i])
		}
		t.history[i] = initHistory(s.history[i], t.state[i])
		next = append(next, t)
	}
	if len(queue) == 0 {
		decide()
	}
	if len(queue) > 0 && queue[0].kind == refNone {
		decide()
	}
	return next
}
