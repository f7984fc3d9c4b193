// Package peer is everybody else: all members of an ensemble but one, simulated for the one real server.
//
// It answers: what does the real server send to whom, and what does it do when it is told this?
//
// Its one idea: you are every other member. [Peers] listens where the real server's configuration says
// that the others are, keeps the connections as they would - the larger sid of a pair opens the one that is
// kept, the smaller can only call - and leaves it to you what to say. Everything that the server does
// comes out of one channel, in order.
//
// It never answers a notification by itself, never repeats one, and has no clock: how long to wait is up to
// the context of each call. It never asks the server anything that an operator would not: [Ask] is a
// stranger that the server answers and forgets, and that asks again if it is not answered.
package peer
