package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/props"
)

// Shape is what makes a run the way it is, whatever its servers are called and in which order independent steps
// happened: of each server the kinds of its steps in order, repetitions once, and of these steps only those that
// the last one depends on. Two runs that differ in what anybody does before the end have two shapes; five
// spellings of one have one.
//
// A step depends on those before it of the server that acts, and of the server whose message it takes.
func (t *Trace) Shape() string {
	cone := builtOn(t.Actions())
	lives := map[election.SID][]string{}
	var names []election.SID
	for i, s := range t.Steps {
		if !cone[i] {
			continue
		}
		for _, sid := range actors(s.Action) {
			if lives[sid] == nil {
				names = append(names, sid)
			}
			kind, life := s.Action.Kind.String(), lives[sid]
			if n := len(life); n == 0 || life[n-1] != kind {
				lives[sid] = append(life, kind)
			}
		}
	}
	var list []string
	for _, sid := range names {
		list = append(list, strings.Join(lives[sid], " "))
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}

// actors are the servers whose state or connections a step changes.
func actors(a cluster.Action) []election.SID {
	named := sids(a)
	switch a.Kind {
	case cluster.Deliver, cluster.Packet, cluster.Drop, cluster.Dup:
		return named[1:]
	}
	return named
}

// builtOn tells which steps the last one depends on, itself among them.
func builtOn(actions []cluster.Action) []bool {
	needed := make([]bool, len(actions))
	servers := map[election.SID]bool{} // whose earlier steps are needed
	for i := len(actions) - 1; i >= 0; i-- {
		a := actions[i]
		last := i == len(actions)-1
		if last || slices.ContainsFunc(actors(a), func(sid election.SID) bool { return servers[sid] }) {
			needed[i] = true
			for _, sid := range sids(a) {
				servers[sid] = true
			}
		}
	}
	return needed
}

// spellings is how many violating steps are looked at for each counterexample that is wanted: most of them are
// other orders of the same.
const spellings = 2000

// SearchShapes is Search for up to n counterexamples of each violated property, no two of one shape; of each
// shape it is the first that a search meets, which is a shortest. A run that breaks the property before its last
// step is none of its own. Without o.All it stops with the property that is violated first.
func SearchShapes(ctx context.Context, c cluster.Config, list []props.Property, n int, o explore.Options) (*Report, []*Trace, error) {
	if n <= 1 {
		return Search(ctx, c, list, o)
	}
	c.Track = c.Track.Or(props.TrackOf(list))
	y, err := cluster.New(c)
	if err != nil {
		return nil, nil, err
	}
	o.MaxViolations, o.Reduce = n*spellings, explore.ReduceNone // other shapes may be among what is left out
	r := explore.BreadthFirst(ctx, y, adapt(y, list), o)
	var traces []*Trace
	seen := map[string]bool{}
	found := map[string]int{}
	for _, violation := range r.Violations {
		p := list[violation.Property]
		t := New(p.Name, c, violation.Trace)
		key := p.Name + ": " + t.Shape()
		if found[p.Name] == n || seen[key] {
			continue
		}
		v, err := Replay(t, nil)
		if err != nil || !v.Violated {
			return r, traces, &InternalError{fmt.Errorf("the search saw a violation of %s, its replay says %v, %v", p.Name, v, err)}
		}
		if v.Step == len(t.Steps) {
			seen[key] = true
			found[p.Name]++
			traces = append(traces, t)
		}
	}
	return r, traces, nil
}
