package model

import (
	"fmt"
	"io"
	"slices"

	"github.com/anishathalye/porcupine"
)

// WriteClientsHTML draws a history that [CheckClients] finds illegal as one self-contained HTML page (porcupine's). A lane is a
// client, by its number: it has the operations that show why there is no order. All others are grey, in lanes of their own below. It is
// an error, and nothing is written, if the history is legal or was recorded wrongly.
func WriteClientsHTML(w io.Writer, ops []ClientOp) error {
	h, err := newClientHistory(ops)
	if err != nil {
		return err
	}
	_, f := h.order(linearizable)
	if f == nil {
		return fmt.Errorf("client register: nothing to draw, the %d operations are legal", len(ops))
	}
	history := h.mattering(f)
	_, info := porcupine.CheckOperationsVerbose(ClientModel(), clientOperations(history), 0)
	var notes []porcupine.Annotation
	for _, o := range ops {
		drawn := slices.ContainsFunc(history, func(d ClientOp) bool {
			return d.Client == o.Client && d.Kind == o.Kind && d.Value == o.Value && d.Call == o.Call
		})
		if !drawn {
			notes = append(notes, clientNote(o))
		}
	}
	info.AddAnnotations(notes)
	if err := porcupine.Visualize(ClientModel(), info, w); err != nil {
		return fmt.Errorf("client register: drawing: %w", err)
	}
	return nil
}

// clientNote draws an operation that does not matter.
func clientNote(o ClientOp) porcupine.Annotation {
	return porcupine.Annotation{
		Tag:             fmt.Sprintf("client %d, left out", o.Client),
		Start:           o.Call,
		End:             clientEnd(o),
		Description:     o.String(),
		Details:         "left out of the search: without it there is no order either",
		BackgroundColor: "#dddddd",
	}
}
