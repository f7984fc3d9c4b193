package trace

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
)

// knot is where the loop of a lasso begins, and so where it has to end.
type knot struct {
	y       *cluster.System
	t       *Trace
	state   cluster.State
	encoded []byte
}

// begin keeps the state in which the loop begins.
func (k *knot) begin(s *cluster.State) {
	k.y.Copy(&k.state, s)
	k.encoded = k.y.Encode(s, k.encoded[:0])
}

// close closes the loop: it leads back to where it began, and goes on for ever.
func (k *knot) close(v *Verdict, last *cluster.State) (*props.Violation, error) {
	if k.t.Loop > len(k.t.Steps) {
		return nil, fmt.Errorf("%s: there are only %s", k.t.whereLoop(), steps(len(k.t.Steps)))
	}
	if err := k.returns(last); err != nil {
		return nil, err
	}
	v.Loop, v.ForEver = k.t.Loop, forEver(k.y, k.t, last)
	return verify(k.y, k.t)
}

// returns refuses a loop that does not end where it began: its steps can't be taken for ever. States are
// the same if their bytes are.
func (k *knot) returns(last *cluster.State) error {
	if k.t.Loop == len(k.t.Steps) || bytes.Equal(k.encoded, k.y.Encode(last, nil)) {
		return nil
	}
	differs := "what is on its way, known or spent is not the same"
	if changes := Changes(&k.state, last); len(changes) > 0 {
		differs = changes[0]
	}
	return fmt.Errorf("%s: the loop does not lead back to where it began: %s", k.t.whereLoop(), differs)
}

// whereLoop names the beginning of the loop for a message.
func (t *Trace) whereLoop() string {
	if t.loopLine > 0 && t.Name != "" {
		return fmt.Sprintf("%s:%d", t.Name, t.loopLine)
	}
	return fmt.Sprintf("%s: loop after step %d", t.place(), t.Loop)
}

// fewSteps is how many steps of a loop are named in a sentence; of more, their numbers.
const fewSteps = 6

// forEver says what a lasso does for ever. Of one without a loop it says what could happen all the same.
func forEver(y *cluster.System, t *Trace, last *cluster.State) string {
	loop := t.Steps[t.Loop:]
	switch n := len(loop); {
	case n == 0:
		return "this can stay as it is for ever; " + instead(y, last, y.Actions(last, nil), "nothing is enabled")
	case n > fewSteps:
		return fmt.Sprintf("this can go on for ever: steps %d to %d, again and again", t.Loop+1, len(t.Steps))
	}
	var names []string
	for _, s := range loop {
		names = append(names, s.Action.String())
	}
	return "this can go on for ever: " + strings.Join(names, ", ") + ", again and again"
}

// verify judges what a lasso does for ever, once it is known to be a run: whether it is fair, and misses
// the goal that the trace names. A trace that names a goal and shows no such run is refused.
func verify(y *cluster.System, t *Trace) (*props.Violation, error) {
	for _, g := range props.Goals() {
		if t.Property != g.Name {
			continue
		}
		if err := missed(y, t, g); err != nil {
			return nil, fmt.Errorf("%s: %w", t.whereLoop(), err)
		}
		return &props.Violation{Property: g.Name, Evidence: fmt.Errorf("a fair calm run never comes to it: %s", g.Doc)}, nil
	}
	return nil, nil
}
