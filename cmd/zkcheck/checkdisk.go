package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/trace"
)

// workplace is where the searches of a check put what memory has no room for: a directory that is kept, and that a check can
// go on from, or one that goes with the process.
type workplace struct {
	dir   string
	keep  bool
	parts int // that were given a directory in it
}

// kept is what a directory says of its check: how to ask for it again.
type kept struct {
	Version string   `json:"version"`
	Args    []string `json:"args"`
}

const keptName = "check.json"

// free are the flags that may differ when a check goes on: they have no influence on what is found.
var free = []string{"workers", "time", "memory", "json", "junit", "out", "profile", "dir"}

// arguments are those of this check, without the free ones.
func arguments(flags *pflag.FlagSet, servers []string) []string {
	var args []string
	flags.Visit(func(x *pflag.Flag) {
		if slices.Contains(free, x.Name) {
			return
		}
		if list, ok := x.Value.(*strictValue).Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				args = append(args, "--"+x.Name+"="+v)
			}
			return
		}
		args = append(args, "--"+x.Name+"="+x.Value.String())
	})
	return append(args, servers...)
}

// vetDir refuses a directory in which this check can't go on or begin, before anything is touched.
func (f *checkFlags) vetDir() error {
	if f.dir == "" {
		return nil
	}
	if f.walking() {
		return fmt.Errorf("--dir is for --strategy %s", bfs)
	}
	k, err := readKept(f.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("--dir %w", err)
	case k.Version != buildVersion():
		return fmt.Errorf("--dir %s: zkcheck %s began it, and this is %s", f.dir, k.Version, buildVersion())
	case !slices.Equal(k.Args, f.args):
		return fmt.Errorf("--dir %s: it is of another check: zkcheck check %s", f.dir, strings.Join(k.Args, " "))
	default:
		return nil
	}
	inside, err := os.ReadDir(f.dir)
	inside = slices.DeleteFunc(inside, func(e fs.DirEntry) bool { // of one that was killed before it began
		return strings.HasPrefix(e.Name(), ".zkcheck-")
	})
	if err == nil && len(inside) > 0 {
		return fmt.Errorf("--dir %s: it is not empty, and of no check", f.dir)
	}
	return checkDir("dir", f.dir)
}

// newWorkplace makes the directory of a check, or enters that of an earlier one.
func (f *checkFlags) newWorkplace() (*workplace, error) {
	if f.walking() {
		return nil, nil
	}
	if f.dir == "" {
		dir, err := os.MkdirTemp("", "zkcheck-*")
		if err != nil {
			return nil, fmt.Errorf("what --memory has no room for needs a place: %w", err)
		}
		return &workplace{dir: dir}, nil
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, fmt.Errorf("--dir %w", err)
	}
	text, err := json.Marshal(kept{Version: buildVersion(), Args: f.args})
	if err != nil {
		return nil, err
	}
	return &workplace{dir: f.dir, keep: true}, trace.WriteFile(filepath.Join(f.dir, keptName), append(text, '\n'))
}

// readKept reads what a directory says of its check.
func readKept(dir string) (k kept, err error) {
	path := filepath.Join(dir, keptName)
	text, err := os.ReadFile(path)
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return k, fmt.Errorf("%s: it is damaged: %w", path, err)
	}
	return k, nil
}

// disk is the directory of the next search.
func (w *workplace) disk(identity []string) (*explore.Disk, error) {
	if w == nil {
		return nil, nil
	}
	w.parts++
	d := &explore.Disk{Dir: filepath.Join(w.dir, fmt.Sprint(w.parts)), Keep: w.keep,
		Identity: append([]string{"version " + buildVersion()}, identity...)}
	if err := os.Mkdir(d.Dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return d, nil
}

// close removes what is not kept.
func (w *workplace) close() {
	if w != nil && !w.keep {
		os.RemoveAll(w.dir)
	}
}

// identity says what a search is of, in the lines of a trace and some more.
func identity(p *plan, c *cluster.Config) []string {
	lines := strings.Split(strings.TrimSpace(string(trace.New("", *c, nil).Format())), "\n")
	var names []string
	for _, x := range p.list {
		names = append(names, x.Name)
	}
	o := &p.options
	return append(lines, "properties "+strings.Join(names, " "),
		fmt.Sprintf("depth %d states %d all %v traces %d reduce %v", o.MaxDepth, o.MaxStates, o.All, p.traces, o.Reduce))
}

// buildVersion tells builds apart as well as they know themselves.
func buildVersion() string {
	version := "(devel)"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	if info.Main.Version != "" {
		version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			version += " " + s.Value
		}
	}
	return version
}
