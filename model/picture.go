package model

import (
	"fmt"
	"io"

	"github.com/anishathalye/porcupine"
)

// WriteHTML draws the epochs of a history that are illegal as one self-contained HTML page (porcupine's). A lane is a server,
// by its number; operations that [Prune] left out are grey, in lanes of their own below. It is an error, and nothing is
// written, if nothing is illegal or if an operation returns before it is called.
func WriteHTML(w io.Writer, ops []EpochOp) error {
	var history []EpochOp
	var notes []porcupine.Annotation
	for _, epoch := range byEpoch(ops, func(o EpochOp) uint32 { return o.Epoch }) {
		if epochEvidence(epoch) == nil {
			continue
		}
		keep, _ := mattering(epoch)
		for i, o := range epoch {
			if backwards(o) {
				return fmt.Errorf("epoch register: can't draw an operation that returns before it is called: %v", o)
			}
			if keep[i] {
				history = append(history, o)
			} else {
				notes = append(notes, leftOut(o))
			}
		}
	}
	if len(history) == 0 {
		return fmt.Errorf("epoch register: nothing to draw, no epoch of the %d operations is illegal", len(ops))
	}
	_, info := porcupine.CheckOperationsVerbose(EpochModel(), operations(history), 0)
	info.AddAnnotations(notes)
	if err := porcupine.Visualize(EpochModel(), info, w); err != nil {
		return fmt.Errorf("epoch register: drawing: %w", err)
	}
	return nil
}

// leftOut draws an operation that does not matter.
func leftOut(o EpochOp) porcupine.Annotation {
	return porcupine.Annotation{
		Tag:             fmt.Sprintf("server %v, left out", o.Server),
		Start:           o.Call,
		End:             end(o),
		Description:     o.String(),
		Details:         "left out of the search: with or without it the verdict is the same",
		BackgroundColor: "#dddddd",
	}
}
