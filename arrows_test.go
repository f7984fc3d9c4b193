package zkcheck_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
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
	"cluster":        {"election"},
	"props":          {"cluster", "model", "election", "github.com/anishathalye/porcupine"},
	"trace":          {"cluster", "props", "explore", "election", "model"},
	"props/proptest": {"props", "trace", "cluster", "election", "model", "pgregory.net/rapid"},
	"fuzz":           {"cluster", "props", "props/proptest", "trace", "election", "model"},
	"cmd/zkcheck": {"election", "cluster", "model", "props", "explore", "trace",
		"github.com/spf13/cobra", "golang.org/x/term"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// packages lists the packages of the module as the go command sees them.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestImportArrowsPointDown(t *testing.T) {
	list := packages(t)
	if len(list) < len(arrows) {
		t.Errorf("go list names %d packages, the house has %d", len(list), len(arrows))
	}
	for _, p := range list {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, ok := arrows[name]
		if !ok {
			t.Errorf("package %s has no place in the house: add it to arrows, or put its code elsewhere", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				continue // the standard library
			}
			short := strings.TrimPrefix(imported, module+"/")
			if !slices.Contains(allowed, short) {
				t.Errorf("%s imports %s: no such arrow in the house", p.ImportPath, short)
			}
		}
	}
}

// The engine is a pure state machine: what it must not do, it must not be able to do.
func TestEngineIsPure(t *testing.T) {
	forbidden := []string{"time", "math/rand", "math/rand/v2", "os", "io", "net", "sync", "sync/atomic", "context", "log"}
	for _, p := range packages(t) {
		if p.ImportPath != module+"/election" && p.ImportPath != module+"/cluster" {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(forbidden, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}
