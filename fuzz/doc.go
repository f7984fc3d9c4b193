// Package fuzz has the native fuzz targets, and the corpora that they start from.
//
// It answers: is there any string of bytes that is a run which breaks a property, three candidates without
// an order, or something from outside - a trace, an action, a script, a log, a connection - that is read
// wrongly?
//
// Its one idea: every byte string is a valid input. The bytes of FuzzSchedule are the choices that the
// generator in package props draws from, the cluster first and then one or two bytes a step, so that
// whatever the fuzzer mutates is a run again, and a byte more is a step more.
//
// FuzzSchedule tells the fuzzer which protocol states a run comes to (props.Features), as blocks of code of
// its own. In 20,000 runs from the seeds it keeps some 530 inputs with that and 470 without, and they come to
// some 4,000 protocol states rather than 3,700.
//
// It never keeps what fails as bytes only: FuzzSchedule shrinks the run, writes it as a trace to
// $ZKCHECK_OUT or testdata/zkcheck, and ends with the command that replays it.
//
// To fuzz, one target at a time:
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzSchedule$' -fuzztime 5m -fuzzminimizetime=10x
//
// Without -fuzzminimizetime=10x the fuzzer spends most of its time on making new inputs smaller. Without
// -fuzz, go test takes the seeds. After a change of the generator, write new seeds:
//
//	go test ./fuzz -run TestSeeds -update
package fuzz
