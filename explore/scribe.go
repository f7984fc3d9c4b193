package explore

import "fmt"

// steps is what a chunk of the frontier adds to the graph: its states in order, and their steps.
type steps struct {
	states  []noted
	targets []uint32 // where each step leads, if it was known when the step was taken
	kinds   []uint8
	pending []pending
}

// noted is what is known of one expanded state.
type noted struct {
	trigger, goal uint64 // the goals it says so of, as bits
	degree        uint16
	cut           bool
}

// pending is a step to a state that had no number yet.
type pending struct {
	step  uint32
	print fingerprint
}

func (s *steps) clear() {
	s.states, s.targets, s.kinds = s.states[:0], s.targets[:0], s.kinds[:0]
	s.pending = s.pending[:0]
}

// arrive takes down where the next step leads, if that state has a number.
func (s *steps) arrive(in *shard, slot int, known bool, print fingerprint) {
	if !known {
		s.pending = append(s.pending, pending{uint32(len(s.targets)), print})
		s.targets = append(s.targets, 0)
		return
	}
	s.targets = append(s.targets, in.numbers[slot])
}

// resolve fills in the numbers of the batch's new states.
func (s *steps) resolve(t *visited) {
	for _, p := range s.pending {
		s.targets[p.step] = t.number(p.print)
	}
}

// scribe takes down, for one expander, what the graph needs to know of states and steps.
type scribe[S any, A comparable] struct {
	goals    []LeadsTo[S]
	class    func(s *S, a A) int
	harmless uint64

	refused error  // the class of the least claim that has no room
	claim   uint64 // of that step
}

// state notes a state that is expanded, and what a limit left out of its actions.
func (c *scribe[S, A]) state(out *steps, s *S, cut uint64) {
	n := noted{cut: cut&^c.harmless != 0}
	for i := range c.goals {
		if c.goals[i].Goal(s) {
			n.goal |= 1 << i
		}
		if from := c.goals[i].From; from != nil && from(s) {
			n.trigger |= 1 << i
		}
	}
	out.states = append(out.states, n)
}

// step notes a step, and what a limit left out of it.
func (c *scribe[S, A]) step(out *steps, s *S, by A, cut, claim uint64) {
	kind := uint8(unfair)
	if c.class != nil {
		class := c.class(s, by)
		switch {
		case class >= maxClasses:
			c.refuse(claim, fmt.Errorf("explore: %v has fairness class %d, and the largest is %d", by, class, maxClasses-1))
		case class >= 0:
			kind = uint8(class)
		}
	}
	if cut&^c.harmless != 0 {
		kind |= clipped
	}
	out.kinds = append(out.kinds, kind)
	out.states[len(out.states)-1].degree++
}

// refuse keeps the error that a sequential search meets first.
func (c *scribe[S, A]) refuse(claim uint64, why error) {
	if c.refused == nil || claim < c.claim {
		c.refused, c.claim = why, claim
	}
}
