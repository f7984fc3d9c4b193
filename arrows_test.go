package zkcheck_test

import (
	"errors"
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/zkcheck/zkcheck"

// arrows is the house: which packages of the project, and which modules, a package may import. Whoever
// adds an arrow adds it here, and says why in the commit.
var arrows = map[string][]string{
	"":               {},
	"election":       {},
	"explore":        {"github.com/zeebo/xxh3"},
	"model":          {"election", "github.com/anishathalye/porcupine"},
	"model/tla":      {"explore"},
	"model/bridge":   {"election", "cluster", "model/tla", "explore"},
	"cluster":        {"election"},
	"props":          {"cluster", "model", "election", "github.com/anishathalye/porcupine"},
	"mutant":         {"election", "cluster", "props"},
	"trace":          {"mutant", "cluster", "props", "explore", "election", "model"},
	"props/proptest": {"props", "trace", "explore", "mutant", "cluster", "election", "model", "pgregory.net/rapid"},
	"gauntlet":       {"mutant", "trace", "explore", "props/proptest", "props", "cluster", "election"},
	"fuzz":           {"cluster", "props", "props/proptest", "trace", "election", "model"},
	"wire":           {"election"},
	"live/server":    {"election"},
	"live/peer":      {"wire", "election"},
	"live/subject":   {"election"},
	"live/conform":   {"live/server", "live/peer", "live/subject", "cluster", "wire", "election"},
	"live/quorum":    {"live/server", "live/peer", "cluster", "wire", "election"},
	"live/hostile":   {"live/server", "live/peer", "wire", "election"},
	"live/logs":      {"live/subject", "cluster", "trace", "election"},
	"live/ensemble": {"live/server", "live/peer", "live/logs", "wire", "model", "election",
		"github.com/anishathalye/porcupine", "github.com/go-zookeeper/zk"},
	"bench": {"model/tla", "trace", "explore", "props", "cluster"},
	"cmd/zkcheck": {"election", "cluster", "model", "model/tla", "props", "explore", "trace", "mutant", "gauntlet",
		"live/server", "live/peer", "live/conform", "live/quorum", "live/hostile", "live/logs", "live/ensemble",
		"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
}

type pkg struct {
	name    string // its folder, "" for the root
	imports []string
}

// packages reads the packages of the module from their files. It asks no go command: go test caches
// what passed until a file changes that the test itself has opened.
func packages(t *testing.T) []pkg {
	t.Helper()
	var list []pkg
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if dir != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || dir == "tools") {
			return fs.SkipDir
		}
		p, err := build.ImportDir(dir, 0)
		var none *build.NoGoError
		switch {
		case errors.As(err, &none):
			return nil
		case err != nil:
			return err
		}
		list = append(list, pkg{strings.TrimPrefix(filepath.ToSlash(dir), "."), p.Imports})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestImportArrowsPointDown(t *testing.T) {
	list := packages(t)
	if len(list) < len(arrows) {
		t.Errorf("%d packages were found, the house has %d", len(list), len(arrows))
	}
	for _, p := range list {
		allowed, ok := arrows[p.name]
		if !ok {
			t.Errorf("package %s has no place in the house: add it to arrows, or put its code elsewhere", p.name)
			continue
		}
		for _, imported := range p.imports {
			if !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				continue // the standard library
			}
			short := strings.TrimPrefix(imported, module+"/")
			if !slices.Contains(allowed, short) {
				t.Errorf("%s imports %s: no such arrow in the house", p.name, short)
			}
		}
	}
}

// The engine is a pure state machine: what it must not do, it must not be able to do.
func TestEngineIsPure(t *testing.T) {
	forbidden := []string{"time", "math/rand", "math/rand/v2", "os", "io", "net", "sync", "sync/atomic", "context", "log"}
	for _, p := range packages(t) {
		if p.name != "election" && p.name != "cluster" {
			continue
		}
		for _, imported := range p.imports {
			if slices.Contains(forbidden, imported) {
				t.Errorf("%s imports %s", p.name, imported)
			}
		}
	}
}
