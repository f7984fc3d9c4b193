package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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

// A java that is none, or jars that are none, are no fault of ZooKeeper.
func TestNoServerStarts(t *testing.T) {
	java := filepath.Join(t.TempDir(), "java")
	if err := os.WriteFile(java, []byte("#!/bin/sh\necho Error: this is no java\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	i := Install{Java: java, ClassPath: []string{"/none/zookeeper.jar"}, Version: "3.9.9"}
	_, err := i.WithArchive(t.Context(), t.TempDir())
	want := "no server starts: ZooKeeper 3.9.9 in /none with " + java + ": the server ends at once: Error: this is no java"
	if !errors.Is(err, ErrInstall) || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.WithArchive(ctx, t.TempDir()); err == nil || errors.Is(err, ErrInstall) {
		t.Errorf("interrupted: %v", err)
	}
}

// Names of directories have no meaning in properties and URLs.
func TestServersStartInOddDirectories(t *testing.T) {
	ctx, install, n := bed(t)
	dir := filepath.Join(t.TempDir(), `ü #%41 \u0041: x`)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := start(t, ctx, install, Spec{SID: 1, Members: members(n, 1), Dir: dir})
	serving(t, ctx, p)
	if d, err := ReadEpochs(DataDir(dir)); err != nil || d.CurrentEpoch != 1 {
		t.Errorf("disk %v, %v", d, err)
	}
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
