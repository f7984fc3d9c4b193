// Package proptest is the property suite of an election, for rapid and for fuzzers, in one's own CI.
//
// It answers: does any run that rapid can think of break a property, and what is the shortest such run?
//
// Its one idea: rapid is a source of [props.Choices] like any other ([Choices]). So clusters and
// schedules come from the one generator in package props, a step is a choice *among the enabled actions*
// (nothing is ever skipped, and what rapid takes out leaves a valid run), and every run is judged by
// [props.Judge]: each step by the properties of a step, and its end by porcupine and a fair schedule.
// What fails is written as a trace, once per test, the shrunk one last; its replay command is the last
// line of the failure. [Bytes] judges the schedule that a byte string is, for native fuzzing.
//
// It never lets a pass be vacuous: a property whose situation occurred in no run fails the suite. It
// never changes rapid's flags: -rapid.checks, -rapid.steps, -rapid.seed and the RAPID_ environment mean
// what they always mean.
//
// In a test of your own:
//
//	func TestElection(t *testing.T) { proptest.Run(t, proptest.Options{}) }
//
// [Gauntlet] asks the other way round: which of the known bugs of election would a suite of properties miss?
//
//	func TestSuite(t *testing.T) { proptest.Gauntlet(t, mine, proptest.GauntletOptions{AtLeast: 40}) }
//
// A changed engine, a cluster of your own and a property of your own are each one field of [Options].
package proptest
