package trace_test

import (
	"strings"
	"testing"
)

// toldCase is a story: what is played first, and then each step with what is said of it and what it changes.
type toldCase struct {
	name    string
	header  string
	prelude string // actions, ; between them
	story   [][3]string
}

// established are the steps to a leader 2 of epoch 2 that serves with 1.
const established = "start 2;start 1;deliver 2->1;deliver 1->2;decide 1;decide 2;offer 2;packet 1->2;packet 2->1;" +
	"packet 1->2;packet 2->1;packet 1->2"

// elsewhere are the steps from there to a leader 1 of epoch 3 that serves with 3 and lacks 2.1=1, which is
// on the disk of 2 alone.
const elsewhere = established + ";write 2;crash 2;giveup 1;start 3;deliver 1->3;deliver 3->1;decide 1;decide 3;offer 1;" +
	"packet 3->1;packet 1->3;packet 3->1;packet 1->3;packet 3->1;packet 1->3"

// joining are the steps of 2 to where it has told leader 1 what its last zxid is.
const joining = "restart 2;deliver 2->1;deliver 1->2;deliver 2->3;deliver 3->2;packet 2->1;packet 1->2"

const writing = "cluster 1:1,8 2:1,8 3:1,7\nlimits crashes=2 restarts=2 cuts=1 writes=6 rounds=4\ncounter 3"

func toldCases() []toldCase {
	return []toldCase{
		{"broadcast", writing, established, [][3]string{
			{"write 2", "a client writes at server 2: 2.1=1 is proposed and logged; sends PROPOSAL 2.1=1 to 1",
				"2: disk 2,8 -> 2,2.1, log +2.1=1"},
			{"packet 2->1", "server 1 takes UPTODATE of server 2 and serves epoch 2", "1: SYNCHRONIZATION -> BROADCAST"},
			{"packet 2->1", "server 1 takes PROPOSAL 2.1=1 of server 2 and logs it; acks 2.1", "1: disk 2,8 -> 2,2.1, log +2.1=1"},
			{"packet 1->2", "server 2 takes the ack of 2.1 of server 1; commits 2.1=1; tells the client that 2.1=1 is done; " +
				"sends COMMIT 2.1 to 1", ""},
			{"packet 2->1", "server 1 takes COMMIT 2.1 of server 2", ""},
			{"write 2", "a client writes at server 2: 2.2=2 is proposed and logged; sends PROPOSAL 2.2=2 to 1",
				"2: disk 2,2.1 -> 2,2.2, log +2.2=2"},
			{"write 2", "a client writes at server 2, whose counters end before 2.3: it gives up LEADING so that a new epoch " +
				"begins: LOOKING again in round 2, votes for itself; sends its vote to 1",
				"2: LEADING -> LOOKING for 2:2,2.2, BROADCAST -> ELECTION, round 1 -> 2"},
		}},
		{"a late learner", writing, established + ";write 2;packet 2->1;packet 2->1;packet 1->2;" +
			"start 3;deliver 3->2;deliver 2->3;deliver 3->1;deliver 1->3;packet 3->2;packet 2->3;write 2", [][3]string{
			{"packet 3->2", "server 2 takes ACKEPOCH of server 3; synchronises 3 by DIFF(2.1) with 8, 2.1=1, then 2.2=2 " +
				"uncommitted, NEWLEADER(2)", ""},
			{"packet 2->3", "server 3 takes the synchronisation of server 2 up to NEWLEADER(2): its log is [7 8 2.1=1], " +
				"2.2=2 waits for UPTODATE; writes currentEpoch 2; acks NEWLEADER(2)",
				"3: DISCOVERY -> SYNCHRONIZATION, disk 1/2,7 -> 2,2.1, log +8, 2.1=1, 2.2=2"},
			{"packet 3->2", "server 2 takes the ack of NEWLEADER(2) of server 3; sends UPTODATE(2) to 3", ""},
			{"packet 2->3", "server 3 takes UPTODATE of server 2 and serves epoch 2; logs 2.2=2; acks 2.2",
				"3: SYNCHRONIZATION -> BROADCAST, disk 2,2.1 -> 2,2.2"},
			{"packet 3->2", "server 2 takes the ack of 2.2 of server 3; commits 2.2=2; tells the client that 2.2=2 is done; " +
				"sends COMMIT 2.2 to 1, 3", ""},
			{"packet 2->1", "server 1 takes COMMIT 2.1 of server 2", ""},
			{"packet 2->1", "server 1 takes PROPOSAL 2.2=2 of server 2 and logs it; acks 2.2", "1: disk 2,2.1 -> 2,2.2, log +2.2=2"},
			{"packet 1->2", "server 2 takes the ack of 2.2 of server 1 and passes it over", ""},
		}},
		{"back to the leader's history", writing, elsewhere + ";" + joining, [][3]string{
			{"packet 2->1", "server 1 takes ACKEPOCH of server 2; synchronises 2 by TRUNC(8), NEWLEADER(3)", ""},
			{"packet 1->2", "server 2 takes TRUNC(8) of server 1 and cuts 2.1=1 from its log",
				"2: DISCOVERY -> SYNCHRONIZATION, disk 2/3,2.1 -> 2/3,8, log -2.1=1"},
			{"packet 1->2", "server 2 takes the rest of the synchronisation of server 1, up to NEWLEADER(3): its log is [7 8]; " +
				"writes currentEpoch 3; acks NEWLEADER(3)", "2: disk 2/3,8 -> 3,8"},
		}},
		{"the whole tree", writing, elsewhere + ";write 1;packet 1->3;packet 3->1;" + joining, [][3]string{
			{"packet 2->1", "server 1 takes ACKEPOCH of server 2; synchronises 2 by SNAP(3.1) of 3 transactions, NEWLEADER(3)", ""},
			{"write 1", "a client writes at server 1: 3.2=3 is proposed and logged; sends PROPOSAL 3.2=3 to 2, 3",
				"1: disk 3,3.1 -> 3,3.2, log +3.2=3"},
			{"packet 1->2", "server 2 takes the synchronisation of server 1 up to NEWLEADER(3): its log is [7 8 3.1=2]; writes " +
				"currentEpoch 3; acks NEWLEADER(3)",
				"2: DISCOVERY -> SYNCHRONIZATION, disk 2/3,2.1 -> 3,3.1, log -2.1=1, log +3.1=2"},
			{"packet 1->2", "server 2 takes PROPOSAL 3.2=3 of server 1, which waits for UPTODATE", "2: log +3.2=3"},
			{"cut 1-2", "the link between server 1 and server 2 is cut; what was on it is lost", ""},
			{"giveup 2", "server 2 gives up FOLLOWING 1, drops 3.2=3, which waited for UPTODATE: LOOKING again in round 3, " +
				"votes for itself; sends its vote to 3",
				"2: FOLLOWING 1 -> LOOKING for 2:3,3.1, SYNCHRONIZATION -> ELECTION, round 2 -> 3, log -3.2=3"},
		}},
		{"a crash in the middle", writing, elsewhere + ";write 1;packet 1->3;packet 3->1;" + joining + ";packet 2->1", [][3]string{
			{"crash 2 1", "server 2 crashes after disk write 1 of its next step; its log is [7 8 3.1=2]; its disk is 2/3,3.1, " +
				"which it can't be started from again", "2: FOLLOWING 1 -> down, disk 2/3,2.1 -> 2/3,3.1"},
		}},
	}
}

func fineCases() []toldCase {
	const threads = "cluster 1:1,8 2:1,8\ngrain fine\nlimits crashes=2 cuts=1 writes=6 lags=3"
	const led = "start 1;start 2;deliver 1->1;handle 1;deliver 2->2;handle 2;deliver 2->1;handle 1;deliver 1->1;handle 1;" +
		"deliver 1->2;handle 2;decide 1;decide 2;offer 2;packet 1->2;packet 2->1;packet 1->2"
	return []toldCase{
		{"packet by packet", threads, led, [][3]string{
			{"packet 2->1", "server 1 takes DIFF(8) of server 2 and goes on from its own log, [8]", "1: DISCOVERY -> SYNCHRONIZATION"},
			{"packet 2->1", "server 1 takes NEWLEADER(2) of server 2: its log is [8]; writes currentEpoch 2; acks NEWLEADER(2)",
				"1: disk 1/2,8 -> 2,8"},
			{"packet 1->2", "server 2 takes the ack of NEWLEADER(2) of server 1; serves epoch 2, in sync with 1, 2, which commits 8; " +
				"sends UPTODATE(2) to 1", "2: SYNCHRONIZATION -> BROADCAST"},
			{"write 2", "a client writes at server 2: 2.1=1 is proposed and logged, not flushed yet; sends PROPOSAL 2.1=1 to 1",
				"2: log +2.1=1"},
			{"packet 2->1", "server 1 takes UPTODATE of server 2 and serves epoch 2", "1: SYNCHRONIZATION -> BROADCAST"},
			{"packet 2->1", "server 1 takes PROPOSAL 2.1=1 of server 2 and logs it, not flushed yet", "1: log +2.1=1"},
			{"write 2", "a client writes at server 2: 2.2=2 is proposed and logged, not flushed yet; sends PROPOSAL 2.2=2 to 1",
				"2: log +2.2=2"},
			{"packet 2->1", "server 1 takes PROPOSAL 2.2=2 of server 2 and logs it, not flushed yet", "1: log +2.2=2"},
			{"flush 1", "the log of server 1 reaches its disk: 2.1=1, 2.2=2; acks 2.1, 2.2", "1: disk 2,8 -> 2,2.2"},
			{"packet 1->2", "server 2 takes the ack of 2.1 of server 1, which is not committed yet", ""},
			{"write 2", "a client writes at server 2: 2.3=3 is proposed and logged, not flushed yet; sends PROPOSAL 2.3=3 to 1",
				"2: log +2.3=3"},
			{"packet 2->1", "server 1 takes PROPOSAL 2.3=3 of server 2 and logs it, not flushed yet", "1: log +2.3=3"},
			{"cut 1-2", "the link between server 1 and server 2 is cut; what was on it is lost", ""},
			{"giveup 1 halfway", "server 1 gives up FOLLOWING 2, flushes 2.3=3; there it is caught halfway",
				"1: FOLLOWING 2 -> LOOKING for 2:1,8, BROADCAST -> ELECTION, disk 2,2.2 -> 2,2.3"},
			{"resume 1", "server 1 goes on: LOOKING in round 2, votes for itself; nobody is there to hear",
				"1: LOOKING for 2:1,8 -> LOOKING for 1:2,2.3, round 1 -> 2"},
			{"flush 2", "the log of server 2 reaches its disk: 2.1=1, 2.2=2, 2.3=3; commits 2.1=1; tells the client that 2.1=1 is done",
				"2: disk 2,8 -> 2,2.3"},
			{"write 2", "a client writes at server 2: 2.4=4 is proposed and logged, not flushed yet", "2: log +2.4=4"},
			{"crash 2", "server 2 crashes; lost with its memory: 2.4=4; its disk is 2,2.3", "2: LEADING -> down"},
		}},
	}
}

// What happens to logs is told, in both grains.
func TestNarratorOfLogs(t *testing.T) {
	for _, c := range append(toldCases(), fineCases()...) {
		t.Run(c.name, func(t *testing.T) {
			prelude := strings.Split(c.prelude, ";")
			lines := append(strings.Split(c.header, "\n"), prelude...)
			for _, s := range c.story {
				lines = append(lines, s[0])
			}
			text, changes := tell(t, parse(t, lines...))
			for i, s := range c.story {
				k := len(prelude) + i
				if text[k] != s[1] {
					t.Errorf("%s:\n got %s\nwant %s", s[0], text[k], s[1])
				}
				if got := strings.Join(changes[k], "\n"); got != s[2] {
					t.Errorf("%s:\n got %s\nwant %s", s[0], got, s[2])
				}
			}
		})
	}
}
