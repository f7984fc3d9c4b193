package election

import (
	"fmt"
	"math/bits"
)

// Sizes of an ensemble. MaxVoters is also the length of a server's vote tables.
const (
	MaxVoters  = 9
	MaxServers = 16
)

// Set is a set of members by position (not by SID): bit i is the i-th member of the Ensemble.
type Set uint16

// Has tells whether position i is in the set.
func (s Set) Has(i int) bool { return s>>i&1 != 0 }

// With is the set and position i.
func (s Set) With(i int) Set { return s | 1<<i }

// Without is the set less position i.
func (s Set) Without(i int) Set { return s &^ (1 << i) }

// Len is the number of members in the set.
func (s Set) Len() int { return bits.OnesCount16(uint16(s)) }

// Member is a configured server.
type Member struct {
	SID      SID
	Observer bool
	Weight   uint8 // of a voter in a hierarchical ensemble; ignored when all groups are 0
	Group    uint8 // 1.. in a hierarchical ensemble, 0 for simple majority
}

// Ensemble is the configuration that all servers share, and the rules they run. It never changes, and
// a Server refers to members by their position in it: voters first, by ascending SID, then observers.
type Ensemble struct {
	Members []Member
	Voters  int   // the first Voters members vote
	Rules   Rules // what every server does; Standard() unless a bug is wanted
	Fine    bool  // the fine grain: every thread of a server takes steps of its own

	// LastCounter is the counter at which a leader steps down: 2^32-1, or less where a roll-over is wanted.
	LastCounter uint32

	hierarchical bool
	quorums      [1 << MaxVoters]bool // by set of voters
	position     [256]int8            // by SID, -1 for strangers
}

// NewEnsemble checks the members and arranges them. Duplicate SIDs, no voter at all, more than
// MaxVoters voters or MaxServers servers, and groups that name only some of the voters are errors.
func NewEnsemble(members []Member) (*Ensemble, error) {
	e := &Ensemble{Rules: Standard(), LastCounter: 1<<32 - 1}
	for i := range e.position {
		e.position[i] = -1
	}
	if len(members) > MaxServers {
		return nil, fmt.Errorf("%d servers, at most %d are possible", len(members), MaxServers)
	}
	for _, observers := range []bool{false, true} {
		for sid := 0; sid < int(NoServer); sid++ {
			for _, m := range members {
				if int(m.SID) == sid && m.Observer == observers {
					if e.position[sid] >= 0 {
						return nil, fmt.Errorf("server %d is listed twice", sid)
					}
					e.position[sid] = int8(len(e.Members))
					e.Members = append(e.Members, m)
				}
			}
		}
		if !observers {
			e.Voters = len(e.Members)
		}
	}
	if len(e.Members) != len(members) {
		return nil, fmt.Errorf("server %d is not a possible sid (0..%d)", NoServer, NoServer-1)
	}
	if e.Voters == 0 {
		return nil, fmt.Errorf("no voters")
	}
	if e.Voters > MaxVoters {
		return nil, fmt.Errorf("%d voters, at most %d are possible", e.Voters, MaxVoters)
	}
	if err := e.arrangeQuorums(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Ensemble) arrangeQuorums() error {
	grouped := 0
	for _, m := range e.Members[:e.Voters] {
		if m.Group != 0 {
			grouped++
		}
	}
	if grouped != 0 && grouped != e.Voters {
		return fmt.Errorf("weights name %d of %d voters: a hierarchical ensemble needs all", grouped, e.Voters)
	}
	e.hierarchical = grouped != 0
	for set := Set(0); set < 1<<e.Voters; set++ {
		if e.hierarchical {
			e.quorums[set] = e.hierarchicalQuorum(set)
		} else {
			e.quorums[set] = set.Len() > e.Voters/2
		}
	}
	if !e.quorums[1<<e.Voters-1] {
		return fmt.Errorf("all weights are 0: there is no quorum")
	}
	return nil
}

// hierarchicalQuorum: more than half of the weight in more than half of the groups that have any
// (QuorumHierarchical.containsQuorum).
func (e *Ensemble) hierarchicalQuorum(set Set) bool {
	var total, have [256]int
	for i, m := range e.Members[:e.Voters] {
		total[m.Group] += int(m.Weight)
		if set.Has(i) {
			have[m.Group] += int(m.Weight)
		}
	}
	groups, won := 0, 0
	for g := range total {
		if total[g] > 0 {
			groups++
			if 2*have[g] > total[g] {
				won++
			}
		}
	}
	return 2*won > groups
}

// Position finds a member by its SID.
func (e *Ensemble) Position(sid SID) (int, bool) {
	p := e.position[sid]
	return int(p), p >= 0
}

// IsVoter tells whether the SID is that of a voting member.
func (e *Ensemble) IsVoter(sid SID) bool {
	p := e.position[sid]
	return p >= 0 && int(p) < e.Voters
}

// Hierarchical tells whether quorums are counted by groups and weights.
func (e *Ensemble) Hierarchical() bool { return e.hierarchical }

// Weight of a SID as the vote order asks for it: 1 for everybody under simple majority, even for
// strangers (QuorumMaj.getWeight); 0 for strangers in a hierarchical ensemble.
func (e *Ensemble) Weight(sid SID) int {
	if !e.hierarchical {
		return 1
	}
	if !e.IsVoter(sid) {
		return 0
	}
	return int(e.Members[e.position[sid]].Weight)
}

// IsQuorum tells whether the voters in the set are a quorum; other members in it count nowhere.
func (e *Ensemble) IsQuorum(set Set) bool { return e.quorums[set&e.VoterSet()] }

// VoterSet is the set of all voters.
func (e *Ensemble) VoterSet() Set { return 1<<e.Voters - 1 }
