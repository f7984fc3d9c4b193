package election

import "slices"

// PacketKind is a message of the follower-leader connection.
type PacketKind uint8

const (
	FollowerInfo PacketKind = iota + 1 // learner -> leader: acceptedEpoch
	LeaderInfo                         // leader -> learner: the new epoch
	AckEpoch                           // learner -> leader: currentEpoch or -1, last zxid
	NewLeader                          // leader -> learner: end of the synchronised history
	Ack                                // learner -> leader: NEWLEADER, or a proposal, is on disk
	UpToDate                           // leader -> learner: serve
	Diff                               // leader -> learner: go on from your last zxid
	Trunc                              // leader -> learner: cut your log after a zxid
	Snap                               // leader -> learner: the whole tree
	Proposal                           // leader -> learner: a transaction
	Commit                             // leader -> follower: the oldest one not committed yet is
	Inform                             // leader -> observer: a committed transaction
	packetKinds
)

func (k PacketKind) String() string {
	return [packetKinds]string{"?", "FOLLOWERINFO", "LEADERINFO", "ACKEPOCH", "NEWLEADER", "ACK", "UPTODATE", "DIFF",
		"TRUNC", "SNAP", "PROPOSAL", "COMMIT", "INFORM"}[k%packetKinds]
}

// Packet is one message between a learner and its leader. Observers' OBSERVERINFO is FollowerInfo.
type Packet struct {
	Zxid    Zxid   // AckEpoch: the learner's last zxid; of a synchronisation and later: which one; 0 of NEWLEADER and its ACK
	Epoch   uint32 // FollowerInfo: acceptedEpoch; otherwise the leader's epoch
	Current uint32 // AckEpoch: the learner's currentEpoch
	Kind    PacketKind
	Value   uint8 // Proposal, Inform: which write it is
	Count   uint8 // Diff, Trunc, Snap: how many transactions the leader has applied; a snapshot holds those
	NoCount bool  // AckEpoch: the wire's currentEpoch -1, "sync me, but do not count me"
	Wrote   bool  // AckEpoch: the step that sent it wrote acceptedEpoch. For P19 only, not on the wire
}

// Note is a notification to a member; its sender is the server that stepped.
type Note struct {
	To   uint8
	Vote Vote
}

// Sent is a packet to a member.
type Sent struct {
	To     uint8
	Packet Packet
}

// Table names the vote table that decided.
type Table uint8

const (
	Recvset Table = iota
	Outofelection
)

func (t Table) String() string { return [...]string{"recvset", "outofelection"}[t&1] }

// Decision records why a server left LOOKING, table and all, for those who judge it.
type Decision struct {
	Vote    Vote   // what was decided, State is the server's new state
	Round   uint64 // the server's own round when it decided
	Told    bool   // from FOLLOWING/LEADING votes, without finalizeWait
	From    Table
	Probe   Vote // what the table's entries were compared with
	Present Set  // voters with an entry
	Counted Set  // voters whose entry equals the probe
	Entries [MaxVoters]Vote
}

// FactKind is something that happened in a step and that a property speaks about.
type FactKind uint8

const (
	Heard       FactKind = iota + 1 // a leader heard Peer's acceptedEpoch Epoch while its epoch was open
	EpochFixed                      // a leader fixed Epoch
	AckCounted                      // a leader counted Peer's ACKEPOCH for Epoch; Flag: with a disk write
	Established                     // a leader wrote currentEpoch Epoch
	Serving                         // a leader has a quorum of NEWLEADER acks
	Synced                          // a learner of leader Peer acked NEWLEADER of Epoch
	Ahead                           // a leader refused Peer, which is more recent than itself
	GaveUp                          // the server went back to LOOKING
	Proposed                        // a leader proposed Txn
	Committed                       // a leader committed Txn by the acks in Max; Flag: one is of an earlier connection
	Replied                         // a leader told the client that its write, Txn, is done
	RolledOver                      // a leader ran out of counters
)

// Fact is one such happening. Peer is a position.
type Fact struct {
	Kind  FactKind
	Peer  uint8
	Flag  bool
	Epoch uint32
	Max   uint32 // EpochFixed: the largest acceptedEpoch among the participants heard
	Txn   Txn
}

// Outputs collects what one step does to the world. The caller resets and reuses it.
type Outputs struct {
	Notes     []Note
	Packets   []Sent
	Facts     []Fact
	Decided   bool
	Decision  Decision // valid if Decided
	Connect   int8     // position of the leader to connect to, or -1
	Close     Set      // learners whose connection this leader closes
	HangUp    bool     // this learner closes the connection to its leader
	Writes    int      // disk writes made
	HaltAfter int      // in: let this many disk writes happen and no more; 0 lets all happen
	halfway   bool     // in: the step is caught halfway, if it has a middle

	history, missing []Txn // memory for PlanSync
}

// Reset empties the outputs and keeps their memory.
func (o *Outputs) Reset() {
	o.Notes, o.Packets, o.Facts = o.Notes[:0], o.Packets[:0], o.Facts[:0]
	o.Decided, o.Connect, o.Close, o.HangUp = false, -1, 0, false
	o.Writes, o.HaltAfter = 0, 0
}

// Record is what a step put out, for who wants it again: nothing writes it.
type Record struct {
	notes    []Note
	packets  []Sent
	facts    []Fact
	decision *Decision
	close    Set
	writes   int
	connect  int8
	hangUp   bool
}

// Record makes a record of what was put out since Reset.
func (o *Outputs) Record() Record {
	r := Record{notes: slices.Clone(o.Notes), packets: slices.Clone(o.Packets), facts: slices.Clone(o.Facts),
		close: o.Close, writes: o.Writes, connect: o.Connect, hangUp: o.HangUp}
	if o.Decided {
		d := o.Decision
		r.decision = &d
	}
	return r
}

// IsEmpty tells whether nothing was put out.
func (r *Record) IsEmpty() bool { return r.Equal(&Record{connect: -1}) }

// Equal tells whether two records are of the same.
func (r *Record) Equal(o *Record) bool {
	return slices.Equal(r.notes, o.notes) && slices.Equal(r.packets, o.packets) && slices.Equal(r.facts, o.facts) &&
		r.close == o.close && r.writes == o.writes && r.connect == o.connect && r.hangUp == o.hangUp &&
		(r.decision == o.decision || r.decision != nil && o.decision != nil && *r.decision == *o.decision)
}

// Replay puts out what was recorded, as the step did.
func (o *Outputs) Replay(r *Record) {
	o.Notes = append(o.Notes, r.notes...)
	o.Packets = append(o.Packets, r.packets...)
	o.Facts = append(o.Facts, r.facts...)
	o.Close |= r.close
	o.Writes += r.writes
	if r.decision != nil {
		o.Decided, o.Decision = true, *r.decision
	}
	if r.connect >= 0 {
		o.Connect = r.connect
	}
	o.HangUp = o.HangUp || r.hangUp
}

// write tells whether the next disk write happens: after a halt nothing reaches the disk.
func (o *Outputs) write() bool {
	if o.HaltAfter > 0 && o.Writes >= o.HaltAfter {
		return false
	}
	o.Writes++
	return true
}

func (o *Outputs) fact(f Fact) { o.Facts = append(o.Facts, f) }

func (o *Outputs) send(to int, p Packet) {
	o.Packets = append(o.Packets, Sent{To: uint8(to), Packet: p})
}
