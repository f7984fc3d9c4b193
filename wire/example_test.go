package wire_test

import (
	"bytes"
	"fmt"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// Server 2 connects, and says that it is LOOKING and votes for itself.
func Example() {
	opening, err := wire.Header{Protocol: wire.OneAddress, SID: 2, Addrs: []string{"127.0.20.2:3888"}}.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	vote := election.Vote{
		Candidate: election.Candidate{Leader: 2, Zxid: election.NewZxid(1, 5), PeerEpoch: 1},
		Round:     1, State: election.Looking, Version: election.WireVersion,
	}
	n, err := wire.FromVote(vote, "version=0")
	if err != nil {
		panic(err)
	}
	sent, err := n.AppendFrame(opening)
	if err != nil {
		panic(err)
	}

	r := bytes.NewReader(sent)
	header, err := wire.ReadHeader(r)
	if err != nil {
		panic(err)
	}
	payload, err := wire.ReadFrame(r, nil)
	if err != nil {
		panic(err)
	}
	if n, err = wire.ParseNotification(payload); err != nil {
		panic(err)
	}
	vote, err = n.Vote()
	fmt.Printf("server %d at %s: %v, %v\n", header.SID, header.Addrs[0], vote, err)

	_, err = wire.ParseNotification(payload[:30])
	fmt.Printf("%v: %v\n", err.(*wire.Malformed).Effect, err)
	// Output:
	// server 2 at 127.0.20.2:3888: LOOKING 2:1,1.5 round 1, <nil>
	// skip: notification of 30 bytes: the version is cut off
}

// A leader tells a follower that is behind what it has missed, as PROPOSAL and COMMIT.
func ExampleReadQuorumPacket() {
	txn := wire.Txn{
		Zxid: election.NewZxid(1, 5), Type: wire.TxnSetData,
		Body: wire.SetData{Path: "/a", Data: []byte("more"), Version: 1},
	}
	data, err := txn.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	var sent []byte
	for _, p := range []wire.QuorumPacket{
		{Type: wire.PacketDiff, Zxid: txn.Zxid},
		{Type: wire.PacketProposal, Zxid: txn.Zxid, Data: data},
		{Type: wire.PacketCommit, Zxid: txn.Zxid},
		{Type: wire.PacketNewLeader, Zxid: election.NewZxid(2, 0), Data: []byte("version=0")},
	} {
		if sent, err = p.AppendBinary(sent); err != nil {
			panic(err)
		}
	}

	r := bytes.NewReader(sent)
	for {
		p, err := wire.ReadQuorumPacket(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p)
		if p.Type == wire.PacketProposal {
			txn, err = wire.ParseTxn(p.Data)
			fmt.Printf("  %+v, %v\n", txn.Body, err)
		}
	}
	// Output:
	// DIFF 1.5
	// PROPOSAL 1.5, 50 bytes
	//   {Path:/a Data:[109 111 114 101] Version:1}, <nil>
	// COMMIT 1.5
	// NEWLEADER 2.0, 9 bytes
	// EOF
}
