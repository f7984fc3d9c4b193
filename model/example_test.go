package model_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// The servers 1, 2 and 4 of five are left, and elect. Later two of them are said to lead one epoch.
func Example() {
	votes := []election.Candidate{
		{PeerEpoch: 1, Zxid: 8, Leader: 1}, {PeerEpoch: 1, Zxid: 8, Leader: 2}, {PeerEpoch: 1, Zxid: 7, Leader: 4},
	}
	winner, _ := model.Winner(votes)
	for _, v := range votes {
		if order, reason := model.Compare(winner, v); order > 0 {
			fmt.Printf("server %v beats server %v by %v\n", winner.Leader, v.Leader, reason)
		}
	}

	members := []election.Member{{SID: 1}, {SID: 2}, {SID: 3}, {SID: 4}, {SID: 5}}
	have := []election.SID{1, 2}
	fmt.Println(have, "are a quorum:", model.IsQuorum(members, have), "- missing:", model.Missing(members, have))

	history := []model.EpochOp{
		{Kind: model.Claim, Epoch: 2, Server: 2, Leader: 2, Call: 1, Return: 4},
		{Kind: model.Observe, Epoch: 2, Server: 1, Leader: 2, Call: 5, Return: 5},
		{Kind: model.Claim, Epoch: 2, Server: 4, Leader: 4, Call: 6, Return: 7},
	}
	result, _ := model.CheckEpochs(history, 0)
	fmt.Println(result, "-", model.EpochEvidence(history))
	// Output:
	// server 2 beats server 1 by SID
	// server 2 beats server 4 by ZXID
	// [1 2] are a quorum: false - missing: 1
	// Illegal - epoch 2 has two leaders: server 2 claims epoch 2 for 2 at 1..4, but server 4 claims epoch 2 for 4 at 6..7
}

// Client 1 was told that 7 is written. Then client 2 asks the leader and gets the initial value, after it had read 7 itself.
func ExampleCheckClients() {
	history := []model.ClientOp{
		{Client: 1, Kind: model.Write, Value: 7, Call: 1, Return: 3},
		{Client: 2, Kind: model.PlainRead, Value: 7, Call: 2, Return: 4},
		{Client: 2, Kind: model.SyncedRead, Value: 0, Call: 5, Return: 6},
	}
	result, _ := model.CheckClients(history, 0)
	fmt.Println(result)
	fmt.Println(model.ClientEvidence(history))
	fmt.Println(model.CheckMonotone(history))
	// Output:
	// Illegal
	// client register: an acknowledged write is lost, the last synced read misses it: client 1 writes 7 at 1..3, then client 2 syncs and reads 0 at 5..6; yet the initial value is older than 7
	// client register: client 2 goes back: client 2 reads 7 at 2..4, then client 2 syncs and reads 0 at 5..6; yet the initial value is older than 7
}
