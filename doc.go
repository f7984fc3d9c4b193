// Package zkcheck is a property-based and model-checking test harness for ZooKeeper's leader election.
//
// The root holds no code. Start with the command, or with the package that answers your question:
//
//   - cmd/zkcheck: check, elect, replay from the command line
//   - election: the reference engine, one server as a value
//   - cluster: servers, disks, network and faults as one transition system
//   - model: the simple model that judges
//   - props: what must be true, and the generator of runs; props/proptest: the suite for your own CI
//   - explore: breadth-first search and random walks over any transition system
//   - trace: counterexamples on disk that replay
//   - fuzz: native fuzz targets
package zkcheck
