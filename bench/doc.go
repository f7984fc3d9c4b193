// Package bench compares zkcheck's exhaustive search with other model checkers, and with itself.
//
// It answers: how many states a second does a search look at, in how many bytes a state, and what
// do TLC and Spin need for the same states?
//
// Its one idea: only searches of the same states are compared. The official TLA+ module has counts
// that TLC prints, so whoever searches it must come to them, and a row with other counts is no
// comparison but an error.
//
// compare.sh runs the tools that are installed, TLC and Spin, and zkcheck on the same rows, and
// prints a table. TLC takes the user's own copy of the module: only the model around it,
// tlc/Election.tla, is shipped. Spin takes spin/election.pml, which says the same in Promela, and
// comes to the same counts. The benchmarks need nothing but Go, and print what benchstat reads:
//
//	go test ./bench -run '^$' -bench . -count 6 -timeout 2h | tee new.txt
//	go test ./bench -run '^$' -bench Engine/rounds=1,epochs=2/ -count 6
//	bash bench/compare.sh --tla FastLeaderElection.tla --jar tla2tools.jar
//
// pgo.sh makes the profile that zkcheck is compiled with, cmd/zkcheck/default.pgo. The benchmarks are compiled without it.
//
// It never judges a time: no benchmark fails because it is slow. What the figures mean, and how far
// they are from what the machine can do, is in docs/performance.md.
package bench
