package server

import (
	"strings"
	"testing"
)

func TestServersStartFromAnArchive(t *testing.T) {
	ctx, install, n := bed(t)
	fast, err := install.WithArchive(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, ctx, fast, Spec{SID: 1, Members: members(n, 1)})
	if args := strings.Join(p.cmd.Args, " "); !strings.Contains(args, "-XX:SharedArchiveFile=") {
		t.Errorf("not from the archive: %s", args)
	}
	serving(t, ctx, p)
}

func BenchmarkStart(b *testing.B) {
	install, err := Find()
	if err != nil {
		b.Skip(err)
	}
	fast, err := install.WithArchive(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for name, install := range map[string]Install{"plain": install, "archive": fast} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				startOnce(b, install)
			}
		})
	}
}

func startOnce(b *testing.B, install Install) {
	n, err := NewNetwork()
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	p, err := Start(b.Context(), install, Spec{SID: 1, Members: members(n, 1), Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Kill()
	if _, err := p.Lines().Await(b.Context(), func(text string) bool { return strings.Contains(text, "LEADING - LEADER") }); err != nil {
		b.Fatal(err)
	}
}
