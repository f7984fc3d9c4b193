package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// ParseServer reads a server as it is written everywhere: SID:EPOCH,ZXID, with /ACCEPTED after the
// epoch where acceptedEpoch is larger: "1:1,8", "2:1/2,1.7", "3:0,0x100000001".
func ParseServer(s string) (election.SID, election.Disk, error) {
	var d election.Disk
	fail := func(err error) (election.SID, election.Disk, error) {
		return 0, election.Disk{}, fmt.Errorf("server %q: %w", s, err)
	}
	name, rest, ok := strings.Cut(s, ":")
	epochs, zxid, ok2 := strings.Cut(rest, ",")
	if !ok || !ok2 {
		return fail(fmt.Errorf("want SID:EPOCH,ZXID"))
	}
	sid, err := parseSID(name)
	if err != nil {
		return fail(err)
	}
	current, accepted, promised := strings.Cut(epochs, "/")
	if d.CurrentEpoch, err = election.ParseEpoch(current); err != nil {
		return fail(err)
	}
	d.AcceptedEpoch = d.CurrentEpoch
	if promised {
		if d.AcceptedEpoch, err = election.ParseEpoch(accepted); err != nil {
			return fail(err)
		}
	}
	if d.Zxid, err = election.ParseZxid(zxid); err != nil {
		return fail(err)
	}
	switch {
	case d.AcceptedEpoch < d.CurrentEpoch:
		return fail(fmt.Errorf("acceptedEpoch %d is below currentEpoch %d", d.AcceptedEpoch, d.CurrentEpoch))
	case d.Zxid.Epoch() > d.CurrentEpoch:
		return fail(fmt.Errorf("the epoch of zxid %v is above currentEpoch %d: no server starts from such a disk",
			d.Zxid, d.CurrentEpoch))
	}
	return sid, d, nil
}

// ServerString is the inverse of ParseServer.
func ServerString(sid election.SID, d election.Disk) string { return sid.String() + ":" + d.String() }

// ParseConfig makes a cluster of servers in notation. Observers names those that do not vote, "4,5";
// weights makes the ensemble hierarchical, groups apart by slashes: "1=1,2=1,3=1/4=0,5=0". Both may be
// empty. Limits are the default ones.
func ParseConfig(servers []string, observers, weights string) (Config, error) {
	var members []election.Member
	disks := map[election.SID]election.Disk{}
	for _, s := range servers {
		sid, d, err := ParseServer(s)
		if err != nil {
			return Config{}, err
		}
		members = append(members, election.Member{SID: sid})
		disks[sid] = d
	}
	if len(members) == 0 {
		return Config{}, fmt.Errorf("no servers")
	}
	if err := setObservers(members, observers); err != nil {
		return Config{}, err
	}
	if err := setWeights(members, weights); err != nil {
		return Config{}, err
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		return Config{}, err
	}
	c := Config{Ensemble: e, Limits: DefaultLimits()}
	for _, m := range e.Members {
		c.Disks = append(c.Disks, disks[m.SID])
	}
	return c, nil
}

func member(members []election.Member, name string) (*election.Member, error) {
	sid, err := parseSID(name)
	if err != nil {
		return nil, err
	}
	for i := range members {
		if members[i].SID == sid {
			return &members[i], nil
		}
	}
	return nil, fmt.Errorf("server %v is not in the cluster", sid)
}

func setObservers(members []election.Member, list string) error {
	if list == "" {
		return nil
	}
	for _, name := range strings.Split(list, ",") {
		m, err := member(members, name)
		if err != nil {
			return fmt.Errorf("observers: %w", err)
		}
		if m.Observer {
			return fmt.Errorf("observers: server %v is named twice", m.SID)
		}
		m.Observer = true
	}
	return nil
}

func setWeights(members []election.Member, groups string) error {
	if groups == "" {
		return nil
	}
	for g, group := range strings.Split(groups, "/") {
		if g == 255 {
			return fmt.Errorf("weights: more than 255 groups")
		}
		for _, entry := range strings.Split(group, ",") {
			name, weight, ok := strings.Cut(entry, "=")
			if !ok {
				return fmt.Errorf("weights: %q is not SID=WEIGHT", entry)
			}
			m, err := member(members, name)
			if err != nil {
				return fmt.Errorf("weights: %w", err)
			}
			w, err := strconv.ParseUint(weight, 10, 8)
			if err != nil {
				return fmt.Errorf("weights: server %v: weight %q is not a number of 0..255", m.SID, weight)
			}
			if m.Observer {
				return fmt.Errorf("weights: server %v is an observer", m.SID)
			}
			if m.Group != 0 {
				return fmt.Errorf("weights: server %v is named twice", m.SID)
			}
			m.Group, m.Weight = uint8(g+1), uint8(w)
		}
	}
	return nil
}

// Servers writes the servers in notation, voters first: the inverse of ParseConfig's first argument.
func (c Config) Servers() string {
	var parts []string
	for i, m := range c.Ensemble.Members {
		parts = append(parts, ServerString(m.SID, c.Disks[i]))
	}
	return strings.Join(parts, " ")
}

// Observers writes the observers in notation.
func (c Config) Observers() string {
	var parts []string
	for _, m := range c.Ensemble.Members[c.Ensemble.Voters:] {
		parts = append(parts, m.SID.String())
	}
	return strings.Join(parts, ",")
}

// Weights writes groups and weights in notation.
func (c Config) Weights() string {
	if !c.Ensemble.Hierarchical() {
		return ""
	}
	var groups []string
	for g := 1; g <= 255; g++ {
		var parts []string
		for _, m := range c.Ensemble.Members[:c.Ensemble.Voters] {
			if int(m.Group) == g {
				parts = append(parts, fmt.Sprintf("%v=%d", m.SID, m.Weight))
			}
		}
		if len(parts) > 0 {
			groups = append(groups, strings.Join(parts, ","))
		}
	}
	return strings.Join(groups, "/")
}
