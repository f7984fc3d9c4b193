// Package model is the simple model that judges the engine: short enough to be believed by reading.
//
// It answers five questions. Which of two candidates is better, and by what ([Compare])? Are these servers a quorum, and if
// not, how many are missing ([IsQuorum], [Missing])? May a server decide this from that table of votes ([Majority], [Maximum],
// [Eligible], [LeaderSaidSo], [OwnRound])? Could this history of claims and sightings be that of a register that keeps one
// leader per epoch for ever ([CheckEpochs])? Could clients have written and read this on one register, none of them going back
// ([CheckClients], [CheckMonotone])?
//
// Its one idea is to be the second opinion: every rule of the protocol that it needs is written down again, from the protocol
// and not from the engine, in the plainest way there is. Where the two disagree one of them is wrong, and the tests of this
// package hold them against each other. So it takes the engine's plain types and calls none of its rules.
//
// It never drives anything, keeps no state, and never trusts what the engine says about itself where it can count again.
package model
