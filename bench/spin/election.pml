/* The election as ZooKeeper's own TLA+ module has it, its five actions within bounds: what model/tla
 * and TLC search, for Spin. It is written from scratch; names are the module's.
 *
 * A step beyond a bound is taken, and changes nothing. So Spin's states stored are TLC's distinct
 * states, and its transitions, with the initial state as one, are the states that TLC generates.
 *
 *   spin -DMAXCLOCK=0 -DMAXSUM=0 -DMAXRECV=1 -DMAXCHAN=1 -a election.pml
 *   cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000
 */

/* A vote, and a message: leader + 4 * round + 16 * state; 0 is none. The greater of two LOOKING ones
 * is the one of the later round, and of one round that of the greater leader. */
#define FOLLOWING 16
#define LEADING   32
#define LEADER(m) ((m) & 3)
#define ROUND(m)  (((m) >> 2) & 3)
#define VOTE(m)   ((m) & 15)
#define IN_QUEUE(m, from) ((m) + 64 * (from))
#define NONE 255 /* the mark of a time-out in a recvQueue */

byte me[3] = {1, 2, 3}; /* currentVote, logicalClock and state */
bool waits[3];          /* waitNotmsg */
byte voters[3];         /* leadingVoteSet, a bit per server */
byte votes[18];         /* receiveVotes, and behind it outOfElection */
byte queue[3 * MAXRECV];
byte channel[9 * MAXCHAN];

#define RECEIVED     0
#define OUTSIDE      9
#define ENTRY(table, i, j) votes[(table) + (i) * 3 + (j)]
#define LOOKS(i)     (me[i] < FOLLOWING)
#define QUEUE(i)     queue[(i) * MAXRECV]
#define QUEUE_END(i) queue[(i) * MAXRECV + MAXRECV - 1]
#define HEAD(i, j)   channel[((i) * 3 + (j)) * MAXCHAN]
#define FULL(i, j)   (channel[((i) * 3 + (j)) * MAXCHAN + MAXCHAN - 1] != 0)
#define CLOCKS       (ROUND(me[0]) + ROUND(me[1]) + ROUND(me[2]))
#define FITS(i, to)  ((to) <= MAXCLOCK && CLOCKS - ROUND(me[i]) + (to) <= MAXSUM)

/* Scratch of a step, which is no part of the state. */
hidden byte k, n, from, self, a, b, set;
hidden byte elects, replies;

inline send(i, j, m) {
  k = 0;
  do
  :: channel[(i * 3 + j) * MAXCHAN + k] != 0 -> k++
  :: else -> channel[(i * 3 + j) * MAXCHAN + k] = m; break
  od
}

inline receive(i, j) {
  k = 0;
  do
  :: k + 1 < MAXCHAN ->
     channel[(j * 3 + i) * MAXCHAN + k] = channel[(j * 3 + i) * MAXCHAN + k + 1]; k++
  :: else -> channel[(j * 3 + i) * MAXCHAN + k] = 0; break
  od
}

inline enqueue(i, m) {
  k = 0;
  do
  :: queue[i * MAXRECV + k] != 0 -> k++
  :: else -> queue[i * MAXRECV + k] = m; break
  od
}

inline dequeue(i) {
  k = 0;
  do
  :: k + 1 < MAXRECV -> queue[i * MAXRECV + k] = queue[i * MAXRECV + k + 1]; k++
  :: else -> queue[i * MAXRECV + k] = 0; break
  od
}

/* set: the sender of a message and who agrees with it by a table. */
inline agreeing(table, i, who, m) {
  set = 1 << who; k = 0;
  do
  :: k < 3 ->
     if
     :: k != who && VOTE(ENTRY(table, i, k)) == VOTE(m) -> set = set | (1 << k)
     :: else
     fi;
     k++
  :: else -> break
  od
}

#define QUORUM (set == 3 || set > 4)

inline put(table, i, who, m) {
  if
  :: ROUND(ENTRY(table, i, who)) <= ROUND(m) -> ENTRY(table, i, who) = m
  :: else
  fi
}

/* elects: the voters of a settled message are a quorum, and the leader does not deny it. */
inline believable(table, i) {
  agreeing(table, i, from, n);
  if
  :: LEADER(n) == i + 1 -> elects = QUORUM && ROUND(n) == ROUND(me[i])
  :: else -> elects = QUORUM && ENTRY(table, i, LEADER(n) - 1) >= LEADING
  fi
}

inline decide(i, m, known) {
  if
  :: LEADER(m) == i + 1 ->
     me[i] = VOTE(m) + LEADING;
     if
     :: known -> voters[i] = set
     :: else
     fi
  :: else -> me[i] = VOTE(m) + FOLLOWING
  fi
}

inline handleLooking(i, j1, j2) {
  if
  :: n < 4 * ROUND(me[i]) -> dequeue(i)
  :: n > me[i] && (FULL(i, j1) || FULL(i, j2) || !FITS(i, ROUND(n)))
  :: else ->
     dequeue(i);
     if
     :: n > me[i] ->
        if
        :: ROUND(n) > ROUND(me[i]) -> ENTRY(RECEIVED, i, j1) = 0; ENTRY(RECEIVED, i, j2) = 0
        :: else
        fi;
        self = 4 * ROUND(n) + i + 1;
        me[i] = (n > self -> n : self);
        self = me[i];
        send(i, j1, self); send(i, j2, self)
     :: else
     fi;
     ENTRY(RECEIVED, i, from) = n;
     agreeing(RECEIVED, i, i, me[i]);
     waits[i] = QUORUM
  fi
}

inline handleSettled(i) {
  a = ENTRY(RECEIVED, i, from); b = ENTRY(OUTSIDE, i, from); elects = false;
  if
  :: ROUND(n) == ROUND(me[i]) -> put(RECEIVED, i, from, n); believable(RECEIVED, i)
  :: else
  fi;
  if
  :: elects -> dequeue(i); decide(i, n, true)
  :: else ->
     put(OUTSIDE, i, from, n); believable(OUTSIDE, i);
     if
     :: elects && !FITS(i, ROUND(n)) -> ENTRY(RECEIVED, i, from) = a; ENTRY(OUTSIDE, i, from) = b
     :: elects && FITS(i, ROUND(n)) -> dequeue(i); decide(i, n, true)
     :: else ->
        dequeue(i);
        if
        :: n >= LEADING && ROUND(n) == ROUND(me[i]) -> decide(i, n, false)
        :: else
        fi
     fi
  fi
}

/* The actions of server i; j1 and j2 are the others. */
#define RECEIVE_NOTMSG(i, j) \
  :: d_step { HEAD(j, i) != 0 -> \
       n = HEAD(j, i); \
       replies = (LOOKS(i) -> n < 4 * ROUND(me[i]) : n < FOLLOWING); \
       if \
       :: replies && FULL(i, j) || LOOKS(i) && QUEUE_END(i) != 0 && QUEUE(i) != NONE \
       :: else -> \
          receive(i, j); \
          if \
          :: LOOKS(i) -> \
             if \
             :: QUEUE(i) == NONE -> QUEUE(i) = 0 \
             :: else \
             fi; \
             enqueue(i, IN_QUEUE(n, j)) \
          :: else \
          fi; \
          if \
          :: replies -> send(i, j, me[i]) \
          :: else \
          fi \
       fi }

#define SERVER(i, j1, j2) \
  RECEIVE_NOTMSG(i, j1) \
  RECEIVE_NOTMSG(i, j2) \
  :: d_step { !LOOKS(i) -> /* ZabTimeout */ \
       if \
       :: FULL(i, j1) || FULL(i, j2) || !FITS(i, ROUND(me[i]) + 1) \
       :: else -> \
          me[i] = 4 * (ROUND(me[i]) + 1) + i + 1; \
          ENTRY(RECEIVED, i, j1) = 0; ENTRY(RECEIVED, i, j2) = 0; \
          ENTRY(OUTSIDE, i, j1) = 0; ENTRY(OUTSIDE, i, j2) = 0; \
          do \
          :: QUEUE(i) != 0 -> dequeue(i) \
          :: else -> break \
          od; \
          waits[i] = false; voters[i] = 0; \
          send(i, j1, me[i]); send(i, j2, me[i]) \
       fi } \
  :: d_step { LOOKS(i) && HEAD(j1, i) == 0 && HEAD(j2, i) == 0 && QUEUE(i) == 0 -> /* NotmsgTimeout */ \
       QUEUE(i) = NONE } \
  :: d_step { LOOKS(i) && !waits[i] && QUEUE(i) != 0 -> /* HandleNotmsg */ \
       n = QUEUE(i) & 63; from = QUEUE(i) >> 6; \
       if \
       :: QUEUE(i) == NONE && (FULL(i, j1) || FULL(i, j2)) \
       :: QUEUE(i) == NONE && !FULL(i, j1) && !FULL(i, j2) -> \
          dequeue(i); send(i, j1, me[i]); send(i, j2, me[i]) \
       :: QUEUE(i) != NONE && n < FOLLOWING -> handleLooking(i, j1, j2) \
       :: else -> handleSettled(i) \
       fi } \
  :: d_step { LOOKS(i) && waits[i] -> /* WaitNewNotmsg */ \
       if \
       :: QUEUE(i) == 0 || QUEUE(i) == NONE -> \
          agreeing(RECEIVED, i, i, me[i]); self = me[i]; decide(i, self, true) \
       :: else -> \
          n = QUEUE(i); \
          dequeue(i); \
          if \
          :: LEADER(n) > LEADER(me[i]) -> waits[i] = false; enqueue(i, n) \
          :: else \
          fi \
       fi }

active proctype election() {
end:
  do
  SERVER(0, 1, 2)
  SERVER(1, 0, 2)
  SERVER(2, 0, 1)
  od
}
