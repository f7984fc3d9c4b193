package logs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Options say what the logs do not tell. The zero value leaves all of it to the logs.
type Options struct {
	Voters    int               // how many there are; 0: those seen
	Members   []election.Member // the whole configuration; nil: as Voters says
	Observers []election.SID    // that do not vote
}

// seen are the voters that the logs show. ZooKeeper prints no notification of a server that does not
// vote, and counts none for a leader that does not.
func seen(list []*server) (voters []election.SID, all bool) {
	add := func(sid election.SID) {
		if sid != election.NoServer && !slices.Contains(voters, sid) {
			voters = append(voters, sid)
		}
	}
	for _, s := range list {
		for i := range s.events {
			switch e := &s.events[i]; e.Kind {
			case Heard:
				add(e.Peer)
			case Sending: // to every voter
				add(e.Peer)
				all = true
			}
		}
	}
	return voters, all
}

// candidates are the ensembles that the logs can be of, the likeliest first, and how they are known. A
// voter that was down all the time is in no log, and it makes quorums larger: where nothing says how many
// voters there are, an ensemble of more is tried before a server is accused.
func candidates(list []*server, o Options) (tries [][]election.Member, basis string, err error) {
	if o.Members != nil {
		return [][]election.Member{o.Members}, "as stated", nil
	}
	voters, all := seen(list)
	observers := slices.Clone(o.Observers)
	for _, s := range list {
		switch {
		case slices.Contains(voters, s.sid) || slices.Contains(observers, s.sid):
		case s.observes():
			observers = append(observers, s.sid)
		default:
			voters = append(voters, s.sid)
		}
	}
	slices.Sort(voters)
	voters = slices.DeleteFunc(voters, func(sid election.SID) bool { return slices.Contains(observers, sid) })
	if o.Voters > 0 && len(voters) > o.Voters {
		return nil, "", fmt.Errorf("an ensemble of %d voters, but the logs show %d: %s", o.Voters, len(voters), join(voters))
	}
	most := election.MaxVoters
	switch {
	case o.Voters > 0:
		most, basis = o.Voters, "as stated"
	case all:
		most, basis = len(voters), "to whom notifications were sent"
	default:
		basis = "seen in notifications"
	}
	if len(voters) > election.MaxVoters || most > election.MaxVoters {
		return nil, "", fmt.Errorf("%d voters: ensembles of at most %d can be followed", max(len(voters), most), election.MaxVoters)
	}
	for n := max(len(voters), o.Voters, 1); n <= most; n++ {
		tries = append(tries, members(voters, observers, n))
	}
	return tries, basis, nil
}

// observes tells whether the server shows that it does not vote.
func (s *server) observes() bool {
	return slices.ContainsFunc(s.events, func(e Event) bool {
		return e.Kind == NewElection && e.Vote.Zxid == nobody || e.Kind == Decided && e.Mine == election.Observing
	})
}

// members are n voters, those seen and the smallest sids that nobody has, and the observers.
func members(voters, observers []election.SID, n int) []election.Member {
	var list []election.Member
	for _, sid := range voters {
		list = append(list, election.Member{SID: sid})
	}
	for sid := election.SID(1); len(list) < n; sid++ {
		if !slices.Contains(voters, sid) && !slices.Contains(observers, sid) {
			list = append(list, election.Member{SID: sid})
		}
	}
	for _, sid := range observers {
		list = append(list, election.Member{SID: sid, Observer: true})
	}
	return list
}

// join writes sids: "1, 2, 3".
func join(sids []election.SID) string {
	parts := make([]string, len(sids))
	for i, sid := range sids {
		parts[i] = sid.String()
	}
	return strings.Join(parts, ", ")
}

// Members are the members of a stated configuration: the voters, those of the groups and weights
// (1=1,2=1/3=0) if there are any, and the observers. It is nil if no voters are stated.
func Members(voters, observers []election.SID, weights string) ([]election.Member, error) {
	var list []election.Member
	for _, sid := range voters {
		list = append(list, election.Member{SID: sid})
	}
	for g, group := range strings.Split(weights, "/") {
		if weights == "" {
			break
		}
		for _, entry := range strings.Split(group, ",") {
			name, weight, ok := strings.Cut(entry, "=")
			sid, sidErr := strconv.ParseUint(name, 10, 8)
			w, weightErr := strconv.ParseUint(weight, 10, 8)
			if !ok || sidErr != nil || weightErr != nil || g > 254 {
				return nil, fmt.Errorf("weights: %q is not SID=WEIGHT", entry)
			}
			i := slices.IndexFunc(list, func(m election.Member) bool { return m.SID == election.SID(sid) })
			switch {
			case i < 0 && voters == nil:
				i, list = len(list), append(list, election.Member{SID: election.SID(sid)})
			case i < 0:
				return nil, fmt.Errorf("weights: server %d is no voter", sid)
			}
			if list[i].Group != 0 {
				return nil, fmt.Errorf("weights: server %d is named twice", sid)
			}
			list[i].Group, list[i].Weight = uint8(g+1), uint8(w)
		}
	}
	if list == nil {
		return nil, nil
	}
	for _, sid := range observers {
		list = append(list, election.Member{SID: sid, Observer: true})
	}
	_, err := election.NewEnsemble(list)
	return list, err
}
