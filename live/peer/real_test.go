package peer_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// real is server 2 of three, with peers 1 and 3 around it.
type real struct {
	t      *testing.T
	ctx    context.Context
	addr   string
	config string
	*peer.Peers
}

func start(t *testing.T) *real {
	t.Helper()
	install, err := server.Find()
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("starts a real server")
	}
	network, err := server.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	spec := server.Spec{SID: 2, Dir: t.TempDir(), Properties: map[string]string{
		"zookeeper.fastleader.minNotificationInterval": "60000", // it says everything once
	}}
	var peers []peer.Member
	var config wire.Config
	at := func(sid election.SID, port int) string {
		return net.JoinHostPort(network.Host(sid), strconv.Itoa(port))
	}
	for sid := election.SID(1); sid <= 3; sid++ {
		spec.Members = append(spec.Members, server.Member{SID: sid, Host: network.Host(sid)})
		config.Members = append(config.Members, wire.Member{SID: int64(sid), Host: network.Host(sid), QuorumPort: server.QuorumPort, ElectionPort: server.ElectionPort})
		if sid != spec.SID {
			peers = append(peers, peer.Member{SID: sid, Election: at(sid, server.ElectionPort), Quorum: at(sid, server.QuorumPort)})
		}
	}
	r := &real{t: t, ctx: ctx, addr: at(2, server.ElectionPort), config: config.String()}
	if r.Peers, err = peer.New(peer.Subject{SID: 2, Election: r.addr}, peers...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	process, err := server.Start(ctx, install, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	return r
}

// say sends a vote for a leader with an empty disk.
func (r *real) say(from election.SID, state election.State, leader election.SID, round uint64) {
	r.t.Helper()
	n, err := wire.FromVote(election.Vote{
		Candidate: election.Candidate{Leader: leader}, State: state, Round: round, Version: election.WireVersion,
	}, r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.Send(r.ctx, from, n); err != nil {
		r.t.Fatal(err)
	}
}

// await reads events until each of these was seen.
func (r *real) await(want ...string) {
	r.t.Helper()
	missing := map[string]bool{}
	for _, w := range want {
		missing[w] = true
	}
	for len(missing) > 0 {
		select {
		case e := <-r.Events():
			delete(missing, e.String())
		case <-r.ctx.Done():
			r.t.Fatalf("never seen: %v", missing)
		}
	}
}

func (r *real) state() election.State {
	r.t.Helper()
	a, err := peer.Ask(r.ctx, r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	if a.SID != 2 {
		r.t.Errorf("server %d has answered", a.SID)
	}
	v, err := a.Vote()
	if err != nil {
		r.t.Fatal(err)
	}
	return v.State
}

// The real server 2 hears of a leader, follows it, loses it, and looks again: three times.
func TestARealServerFollowsAPeer(t *testing.T) {
	r := start(t)
	r.await("1: received LOOKING 2:0,0 round 1", "3: received LOOKING 2:0,0 round 1")
	if s := r.state(); s != election.Looking {
		t.Errorf("it is %v", s)
	}
	for round := uint64(1); round <= 3; round++ {
		r.say(3, election.Leading, 3, round)
		r.say(1, election.Following, 3, round)
		r.await("3: quorum connected")
		if s := r.state(); s != election.Following {
			t.Errorf("it is %v", s)
		}
		if err := r.CloseQuorum(3); err != nil {
			t.Fatal(err)
		}
		next := election.Vote{Candidate: election.Candidate{Leader: 2}, Round: round + 1}.String()
		r.await("3: quorum closed", "1: received "+next, "3: received "+next)
	}
	for _, sid := range []election.SID{1, 3} { // what it said last it says again on a new connection
		if err := r.Drop(sid); err != nil {
			t.Fatal(err)
		}
		if err := r.Connect(r.ctx, sid); err != nil {
			t.Fatal(err)
		}
		r.await(sid.String()+": disconnected", sid.String()+": connected", sid.String()+": received LOOKING 2:0,0 round 4")
	}
	r.say(1, election.Looking, 2, 4)
	for r.state() != election.Leading { // as the larger sid of a majority; it waits a while for a better one
		if r.ctx.Err() != nil {
			t.Fatal("it does not lead")
		}
	}
}

// Strangers, with sids below and above the server's and with headers of all times, are answered.
func TestARealServerAnswersStrangers(t *testing.T) {
	r := start(t)
	r.await("3: received LOOKING 2:0,0 round 1")
	old := func(sid byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, sid} }
	many, err := wire.Header{Protocol: wire.AnyAddresses, SID: 98, Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := net.SplitHostPort(r.addr)
	for port, m := range []peer.Member{{SID: 0}, {SID: 99}, {SID: 97, Header: old(97)}, {SID: 98, Header: many}} {
		m.Election = net.JoinHostPort(host, strconv.Itoa(4000+port))
		if err := r.Add(m); err != nil {
			t.Fatal(err)
		}
		for _, form := range []wire.Form{wire.Full, wire.NoVersion, wire.NoPeerEpoch} {
			n := wire.Notification{Form: form}
			if form == wire.Full {
				n.Version, n.Config = wire.Version, r.config
			}
			if err := r.Send(r.ctx, m.SID, n); err != nil {
				t.Fatal(err)
			}
			r.await(m.SID.String() + ": received LOOKING 2:0,0 round 1")
		}
	}
}
