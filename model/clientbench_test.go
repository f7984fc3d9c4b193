package model

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// What porcupine alone can't do: many writes without an answer, bursts, and a history that is illegal at its end.
func TestCheckClientsIsQuick(t *testing.T) {
	ops := seeded(1, 20, 20000)
	for i := range uint64(2000) {
		ops = append(ops, attempts(100+int(i), 1<<40+i, int64(i)))
	}
	last := ops[0]
	for _, o := range ops {
		if o.Kind == Write && !o.Unknown && o.Return > last.Return {
			last = o
		}
	}
	for want, more := range map[porcupine.CheckResult][]ClientOp{
		porcupine.Ok: nil, porcupine.Illegal: {writes(7, 1<<50, 1<<40, 1<<40+1), syncs(8, last.Value, 1<<40+2, 1<<40+3)},
	} {
		for _, history := range [][]ClientOp{append(slices.Clone(ops), more...), append(withoutZxids(ops), more...)} {
			start := time.Now()
			if got, _ := CheckClients(history, time.Minute); got != want {
				t.Errorf("%v, want %v", got, want)
			}
			if err := CheckMonotone(history); err != nil {
				t.Error(err)
			}
			t.Logf("%v: %d operations take %v", want, len(history), time.Since(start))
		}
	}
}

func TestWriteClientsHTML(t *testing.T) {
	var page bytes.Buffer
	legal := []ClientOp{writes(1, 7, 1, 2), syncs(2, 7, 3, 4)}
	for _, ops := range [][]ClientOp{legal, {writes(1, 7, 3, 1)}} {
		if err := WriteClientsHTML(&page, ops); err == nil || page.Len() > 0 {
			t.Errorf("%v is drawn: %v, %d bytes", ops, err, page.Len())
		}
	}
	named := writes(3, 8, 5, 6)
	named.Name = "eight"
	for _, ops := range [][]ClientOp{
		append(legal, named, syncs(4, 7, 7, 8)),
		append(legal, named, syncs(4, 7, 7, 8), attempts(5, 9, 1), reads(6, 8, 7, 8)),
		append(legal, named, reads(4, 9, 7, 8)), // nobody wrote it
	} {
		page.Reset()
		if err := WriteClientsHTML(&page, ops); err != nil {
			t.Fatal(err)
		}
		for _, o := range ops {
			if text := page.String(); !strings.Contains(text, o.String()) || !strings.Contains(text, "<html") {
				t.Errorf("the page of %d bytes does not contain %q", len(text), o)
			}
		}
	}
	if text := page.String(); !strings.Contains(text, "client 1, left out") {
		t.Error("nothing is left out")
	}
}

func BenchmarkClients(b *testing.B) {
	one := []ClientOp{at(1, writes(1, 7, 1, 2)), at(1, syncs(2, 7, 3, 4))}
	for _, history := range []struct {
		name string
		ops  []ClientOp
	}{
		{"2-in-turn", one},
		{"6", seeded(3, 3, 6)},
		{"12", seeded(3, 3, 12)},
		{"12-in-turn", seeded(3, 1, 12)},
		{"12-illegal", append(seeded(3, 3, 11), syncs(2, 0, 1000, 1001))},
		{"10000", seeded(3, 16, 10000)},
	} {
		for name, run := range map[string]func(){
			"CheckClients":   func() { CheckClients(history.ops, 0) },
			"ClientEvidence": func() { _ = ClientEvidence(history.ops) },
			"CheckMonotone":  func() { _ = CheckMonotone(history.ops) },
		} {
			b.Run(fmt.Sprintf("%s/%s", name, history.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}
