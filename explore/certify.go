package explore

import (
	"bytes"
	"fmt"
	"slices"
)

// CheckLasso takes the lasso's actions and says why they are not a fair run that misses the goal; it returns nil if they
// are. It knows nothing of graphs: that is why it can be believed.
func CheckLasso[S any, A comparable](sys System[S, A], goal LeadsTo[S], l *Lasso[A], o LivenessOptions[S, A]) error {
	_, err := certify(sys, &goal, l, &o)
	return err
}

// certify checks a lasso, and returns what the limits left out of the steps of its stem.
func certify[S any, A comparable](sys System[S, A], goal *LeadsTo[S], l *Lasso[A], o *LivenessOptions[S, A]) (stemCut uint64, err error) {
	initial := sys.Init()
	if l.Init < 0 || l.Init >= len(initial) {
		return 0, fmt.Errorf("explore: there is no initial state %d, the system has %d", l.Init, len(initial))
	}
	r := &rerun[S, A]{sys: sys, goal: goal, options: o}
	r.bounder, _ = any(sys).(Bounder[S])
	sys.Copy(&r.now, &initial[l.Init])
	r.look()
	for i, by := range l.Stem {
		if err := r.take(by); err != nil {
			return 0, fmt.Errorf("explore: step %d of the stem: %w", i+1, err)
		}
	}
	if !r.waiting {
		return 0, fmt.Errorf("explore: at the end of the stem nothing waits for the goal %q", goal.Name)
	}
	stemCut = r.stepCut
	if err := r.loop(l.Loop); err != nil {
		return 0, err
	}
	return stemCut, nil
}

// rerun is a lasso's run under way.
type rerun[S any, A comparable] struct {
	sys     System[S, A]
	bounder Bounder[S] // nil if the system has none
	goal    *LeadsTo[S]
	options *LivenessOptions[S, A]

	now     S
	actions []A    // enabled now
	left    uint64 // what limits left out of them
	waiting bool   // a trigger was passed, and no goal since
	stepCut uint64 // what limits left out of all steps so far
}

// look takes in the state that was just reached.
func (r *rerun[S, A]) look() {
	r.actions = r.sys.Actions(&r.now, r.actions[:0])
	if r.bounder != nil {
		r.left = r.bounder.Cut(&r.now)
	}
	if r.goal.Goal(&r.now) {
		r.waiting = false
	} else if r.goal.From == nil || r.goal.From(&r.now) {
		r.waiting = true
	}
}

// take takes an action.
func (r *rerun[S, A]) take(by A) error {
	if !slices.Contains(r.actions, by) {
		return fmt.Errorf("%v is not enabled", by)
	}
	r.sys.Apply(&r.now, by)
	if r.bounder != nil {
		r.stepCut |= r.bounder.Cut(&r.now)
	}
	r.look()
	return nil
}

// class returns the fairness class of an enabled action as a set.
func (r *rerun[S, A]) class(by A) uint64 {
	if r.options.Class == nil {
		return 0
	}
	if k := r.options.Class(&r.now, by); k >= 0 {
		return 1 << k
	}
	return 0
}

// enabled is the set of classes that have an enabled action.
func (r *rerun[S, A]) enabled() (classes uint64) {
	for _, by := range r.actions {
		classes |= r.class(by)
	}
	return classes
}

// loop takes the loop once, and judges it.
func (r *rerun[S, A]) loop(actions []A) error {
	before := r.sys.Encode(&r.now, nil)
	owed := r.enabled()
	cut := r.left
	r.stepCut = 0
	for i, by := range actions {
		owed &^= r.class(by)
		if err := r.take(by); err != nil {
			return fmt.Errorf("explore: step %d of the loop: %w", i+1, err)
		}
		if !r.waiting {
			return fmt.Errorf("explore: step %d of the loop reaches the goal %q", i+1, r.goal.Name)
		}
		owed &= r.enabled()
		cut |= r.left | r.stepCut
	}
	if after := r.sys.Encode(&r.now, nil); !bytes.Equal(before, after) {
		return fmt.Errorf("explore: the loop does not lead back to where it begins")
	}
	if owed != 0 {
		return fmt.Errorf("explore: the loop is not fair: classes %#x are always enabled, and never act", owed)
	}
	if cut&^r.options.Harmless != 0 {
		return fmt.Errorf("explore: in the loop the limits %#x left something out", cut&^r.options.Harmless)
	}
	return nil
}
