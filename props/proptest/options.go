package proptest

import (
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
)

// OutVar is the environment variable that names the directory for traces of failing runs.
const OutVar = "ZKCHECK_OUT"

// Options say what to test. The zero value is the standard suite: ZooKeeper's rules, generated clusters.
type Options struct {
	// Rules changes the rules of the engine, nil leaves ZooKeeper's.
	Rules func(*election.Rules)
	// Cluster makes the cluster of a run, nil is props.Setup. It may draw from the choices, or not.
	Cluster func(props.Choices) cluster.Config
	// Properties are checked besides props.All().
	Properties []props.Property
	// Unseen names properties whose situation need not occur in any run, because the cluster can't
	// make it. All others must occur, or the suite fails.
	Unseen []string
	// Observe, if not nil, is shown every step of a run before it is judged, by Bytes.
	Observe func(props.Step)
	// Dir is where the trace of a failing run is written. Empty: $ZKCHECK_OUT, or else testdata/zkcheck
	// in the directory of the test, beside rapid's and the fuzzer's own files.
	Dir string
}

// properties are all that a run is judged by.
func (o *Options) properties() []props.Property { return slices.Concat(props.All(), o.Properties) }

// system makes the cluster of a run. An ensemble that comes from outside is not changed.
func (o *Options) system(c props.Choices, list []props.Property) (*cluster.System, error) {
	setup := o.Cluster
	if setup == nil {
		setup = props.Setup
	}
	cfg := setup(c)
	cfg.Track = cfg.Track.Or(props.TrackOf(list))
	if o.Rules != nil {
		e := *cfg.Ensemble
		o.Rules(&e.Rules)
		cfg.Ensemble = &e
	}
	return cluster.New(cfg)
}
