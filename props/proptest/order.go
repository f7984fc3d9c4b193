package proptest

import (
	"fmt"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// VoteOrder asks the laws of the vote order of the ensemble's rules for three candidates: nothing beats
// itself, of two different ones exactly one beats the other, better than better is better, and the
// engine says what the model says. Candidates of weight 0, and nobody's, beat nothing.
func VoteOrder(e *election.Ensemble, a, b, c election.Candidate) error {
	all := [3]election.Candidate{a, b, c}
	for _, x := range all {
		for _, y := range all {
			if err := agree(e, x, y); err != nil {
				return err
			}
			for _, z := range all {
				if beats(e, x, y) && beats(e, y, z) && !beats(e, x, z) {
					return fmt.Errorf("%v beats %v, which beats %v, but the first does not beat the last", x, y, z)
				}
			}
		}
	}
	return nil
}

func beats(e *election.Ensemble, x, y election.Candidate) bool { return e.Rules.Beats(e, x, y) }

// eligible candidates are the ones that the order is total on.
func eligible(e *election.Ensemble, c election.Candidate) bool {
	return c.Leader != election.NoServer && e.Weight(c.Leader) > 0
}

// agree holds the engine against the model for two candidates.
func agree(e *election.Ensemble, x, y election.Candidate) error {
	forth, back := beats(e, x, y), beats(e, y, x)
	order, reason := model.Compare(x, y)
	switch {
	case forth && !eligible(e, x):
		return fmt.Errorf("%v beats %v, but can't be elected", x, y)
	case forth && back:
		return fmt.Errorf("%v and %v beat each other", x, y)
	case eligible(e, x) && forth != (order > 0):
		return fmt.Errorf("%v beats %v: the engine says %v, the model compares them to %d by %v", x, y, forth, order, reason)
	case eligible(e, x) && eligible(e, y) && x != y && !forth && !back:
		return fmt.Errorf("%v and %v are different, and neither beats the other", x, y)
	}
	return nil
}
