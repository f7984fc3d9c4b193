package conform

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// Target is a server that runs already, and the ensemble that its configuration names.
type Target struct {
	Subject election.SID // the server that runs; Find finds it
	Members []TargetMember
}

// TargetMember is a member of a target's ensemble.
type TargetMember struct {
	SID      election.SID
	Election string // host:port
	Quorum   string
	Observer bool
}

// ParseTarget reads the election addresses of an ensemble, host:port,host:port, in the order of the sids
// 1..n, or SID@host:port where a sid is another one. The last of them are observers. The quorum port is
// the same everywhere.
func ParseTarget(list string, quorumPort, observers int) (*Target, error) {
	t := &Target{}
	addrs := strings.Split(list, ",")
	if voters := len(addrs) - observers; voters < 3 || voters > election.MaxVoters {
		return nil, fmt.Errorf("%d addresses, %d of them of observers: want 3..%d voters", len(addrs), observers, election.MaxVoters)
	}
	for i, text := range addrs {
		m := TargetMember{SID: election.SID(i + 1), Election: text, Observer: i >= len(addrs)-observers}
		if sid, addr, ok := strings.Cut(text, "@"); ok {
			var err error
			if m.SID, err = parseSID(sid); err != nil {
				return nil, err
			}
			m.Election = addr
		}
		host, port, err := net.SplitHostPort(m.Election)
		if n, notPort := strconv.ParseUint(port, 10, 16); err != nil || host == "" || notPort != nil || n == 0 {
			return nil, fmt.Errorf("%q: want HOST:PORT or SID@HOST:PORT of an election port, as 127.0.0.1:3888", text)
		}
		m.Quorum = net.JoinHostPort(host, strconv.Itoa(quorumPort))
		for _, o := range t.Members {
			switch {
			case o.SID == m.SID:
				return nil, fmt.Errorf("server %v is there twice", m.SID)
			case o.Election == m.Election:
				return nil, fmt.Errorf("%s is there twice", m.Election)
			case o.Quorum == m.Quorum || o.Quorum == m.Election || o.Election == m.Quorum:
				return nil, fmt.Errorf("servers %v and %v have the same quorum address %s: every server needs a host of its own",
					o.SID, m.SID, m.Quorum)
			}
		}
		t.Members = append(t.Members, m)
	}
	return t, nil
}

// Addr is the election address of the server that runs.
func (t *Target) Addr() string {
	for _, m := range t.Members {
		if m.SID == t.Subject {
			return m.Election
		}
	}
	return ""
}

// String is the list that ParseTarget reads.
func (t *Target) String() string {
	var list []string
	for i, m := range t.Members {
		if m.SID == election.SID(i+1) {
			list = append(list, m.Election)
		} else {
			list = append(list, fmt.Sprintf("%v@%s", m.SID, m.Election))
		}
	}
	return strings.Join(list, ",")
}

// knockTime is how long an address may take to show that somebody listens.
const knockTime = 2 * time.Second

// Find finds the one server that listens, and sees whether its peers can be played.
func (t *Target) Find(ctx context.Context) error {
	var listening []string
	for _, m := range t.Members {
		knock, cancel := context.WithTimeout(ctx, knockTime)
		conn, err := new(net.Dialer).DialContext(knock, "tcp", m.Election)
		cancel()
		if err == nil {
			conn.Close()
			t.Subject = m.SID
			listening = append(listening, m.Election)
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(listening) == 0:
		return errors.New("nobody listens on any of the addresses: want one server that runs")
	case len(listening) > 1:
		return fmt.Errorf("%s listen: want one server that runs, and the others stopped", strings.Join(listening, " and "))
	}
	for _, m := range t.Members {
		switch {
		case m.SID == t.Subject && m.Observer:
			return fmt.Errorf("%s listens, and is to be an observer: want a voter", m.Election)
		case m.SID == t.Subject:
			continue
		}
		for _, addr := range []string{m.Election, m.Quorum} {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return fmt.Errorf("server %v is to be played, but nobody can listen on %s here: %w", m.SID, addr, bareCause(err))
			}
			l.Close()
		}
	}
	return nil
}

// bareCause is an error of the network without the call and the addresses.
func bareCause(err error) error {
	var number syscall.Errno
	var name *net.DNSError
	switch {
	case errors.As(err, &number):
		return number
	case errors.As(err, &name):
		return errors.New(name.Err)
	}
	return err
}

// config is the ensemble, with empty disks.
func (t *Target) config() (cluster.Config, error) {
	var members []election.Member
	for _, m := range t.Members {
		members = append(members, election.Member{SID: m.SID, Observer: m.Observer})
	}
	e, err := election.NewEnsemble(members)
	return cluster.Config{Ensemble: e, Limits: cluster.DefaultLimits(), Disks: make([]election.Disk, len(members))}, err
}

// peers are all members but the one that runs.
func (t *Target) peers() (*peer.Peers, error) {
	var members []peer.Member
	for _, m := range t.Members {
		if m.SID != t.Subject {
			members = append(members, peer.Member{SID: m.SID, Election: m.Election, Quorum: m.Quorum})
		}
	}
	return peer.New(peer.Subject{SID: t.Subject, Election: t.Addr()}, members...)
}

// voters are the sids of voters that are played, observers those of observers.
func (t *Target) voters() []election.SID    { return t.played(false) }
func (t *Target) observers() []election.SID { return t.played(true) }

func (t *Target) played(observer bool) (list []election.SID) {
	for _, m := range t.Members {
		if m.Observer == observer && m.SID != t.Subject {
			list = append(list, m.SID)
		}
	}
	slices.Sort(list)
	return list
}

// wire is the configuration that peers send until the server has sent its own. One of version 0 is newer
// than none, so that no server takes it over.
func (t *Target) wire() string {
	var c wire.Config
	for _, m := range t.Members {
		host, port, _ := net.SplitHostPort(m.Election)
		_, quorum, _ := net.SplitHostPort(m.Quorum)
		of := wire.Member{SID: int64(m.SID), Host: host, Observer: m.Observer}
		of.ElectionPort, _ = strconv.Atoi(port)
		of.QuorumPort, _ = strconv.Atoi(quorum)
		c.Members = append(c.Members, of)
	}
	return c.String()
}

// agrees compares the members with those of the configuration that a server sends, if it sends one.
func (t *Target) agrees(config string) error {
	c, err := wire.ParseConfig(config)
	if err != nil || len(c.Members) == 0 {
		return nil
	}
	for _, m := range c.Members {
		k := slices.IndexFunc(t.Members, func(o TargetMember) bool { return int64(o.SID) == m.SID })
		switch {
		case k < 0:
			return fmt.Errorf("the server's own configuration has a server %d, which is not among the addresses", m.SID)
		case t.Members[k].Observer != m.Observer:
			return fmt.Errorf("the server's own configuration has another role for server %d: observers are the last addresses", m.SID)
		}
	}
	if len(c.Members) != len(t.Members) {
		return fmt.Errorf("the server's own configuration has %d servers, and there are %d addresses", len(c.Members), len(t.Members))
	}
	return nil
}
