package peer_test

import (
	"context"
	"fmt"
	"net"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// Peer 3 says to server 1 that it leads. Whatever the server does comes out of Events; this one hangs up.
func Example() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer server.Close()
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		h, _ := wire.ReadHeader(conn)
		payload, _ := wire.ReadFrame(conn, nil)
		n, _ := wire.ParseNotification(payload)
		v, err := n.Vote()
		fmt.Printf("the server hears from %d: %v, %v\n", h.SID, v, err)
	}()

	peers, err := peer.New(peer.Subject{SID: 1, Election: server.Addr().String()}, peer.Member{SID: 3, Election: "127.0.0.1:0"})
	if err != nil {
		panic(err)
	}
	defer peers.Close()
	n, err := wire.FromVote(election.Vote{
		Candidate: election.Candidate{Leader: 3, PeerEpoch: 1}, Round: 1, State: election.Leading, Version: election.WireVersion,
	}, "version=0")
	if err != nil {
		panic(err)
	}
	if err := peers.Send(context.Background(), 3, n); err != nil {
		panic(err)
	}
	fmt.Println(<-peers.Events())
	fmt.Println((<-peers.Events()).Kind)
	// Unordered output:
	// 3: connected
	// the server hears from 3: LEADING 3:1,0 round 1, <nil>
	// disconnected
}
