------------------------------ MODULE Election ------------------------------
\* The model that zkcheck's model/tla searches, for TLC: the election of ZooKeeper's own module, its
\* five actions and nothing else, within bounds. FastLeaderElection.tla is not shipped: it is in
\* ZooKeeper's sources, zookeeper-specifications/system-spec/zk-3.7, and has to stand beside this file.
EXTENDS FastLeaderElection

\* The bounds: of every logicalClock, of all of them together, of every recvQueue, of every channel.
CONSTANTS MaxClock, MaxSum, MaxRecv, MaxChan

\* The module's NextL without the four actions that advance epochs and zxids for a test of its own.
ElectionNext ==
    \/ \E i \in Server:    ZabTimeout(i)
    \/ \E i, j \in Server: ReceiveNotmsg(i, j)
    \/ \E i \in Server:    NotmsgTimeout(i)
    \/ \E i \in Server:    HandleNotmsg(i)
    \/ \E i \in Server:    WaitNewNotmsg(i)

RECURSIVE Clocks(_)
Clocks(servers) == IF servers = {} THEN 0
                   ELSE LET s == CHOOSE s \in servers: TRUE
                        IN logicalClock[s] + Clocks(servers \ {s})

\* TLC counts a state beyond a bound as generated, and nothing follows from it.
Within ==
    /\ \A i \in Server: logicalClock[i] <= MaxClock /\ Len(recvQueue[i]) <= MaxRecv
    /\ \A i, j \in Server: Len(electionMsgs[i][j]) <= MaxChan
    /\ Clocks(Server) <= MaxSum

\* What tells states apart: everything but the counters that the module calls version, which nothing
\* reads.
Unversioned(table) == [i \in Server |-> [j \in Server |->
                          <<table[i][j].vote, table[i][j].round, table[i][j].state>>]]

Seen == <<state, currentEpoch, lastProcessed, history, currentVote, logicalClock,
          Unversioned(receiveVotes), Unversioned(outOfElection), recvQueue, waitNotmsg,
          leadingVoteSet, electionMsgs>>
=============================================================================
