package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"zkcheck": main})
}

// TestScripts runs testdata/script. Beside testscript's own commands there are
//
//	exits CODE ARGS...      zkcheck with the arguments ends with the exit code
//	refused WANT ARGS...    exit code 3, nothing on stdout, "zkcheck: WANT" as the only line on stderr,
//	                        and no file made or changed
//	json CONDITION...       the last stdout is one object, in which each path=value holds
//	samejson FILE FILE      equal but for times
//	narrow                  the last stdout fits 100 columns
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "refused": refused, "json": jsonHolds, "samejson": sameJSON, "narrow": narrow,
		},
	})
}

func execute(ts *testscript.TestScript, args []string) int {
	err := ts.Exec("zkcheck", args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("%v", err)
	return -1
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	if got := fmt.Sprint(execute(ts, args[1:])); got != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
	if text := ts.ReadFile("stderr"); args[0] != "3" && text != "" {
		ts.Fatalf("on stderr: %s", text)
	}
}

func refused(ts *testscript.TestScript, _ bool, args []string) {
	before := tree(ts)
	code := execute(ts, args[1:])
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if code != exitUsage || stdout != "" || stderr != "zkcheck: "+args[0]+"\n" {
		ts.Fatalf("%v: exit code %d, stdout %q, stderr\n%swant\nzkcheck: %s", args[1:], code, stdout, stderr, args[0])
	}
	if after := tree(ts); !reflect.DeepEqual(before, after) {
		ts.Fatalf("%v: files were %v and are %v", args[1:], before, after)
	}
}

// tree is every file of the script's directory with size and time.
func tree(ts *testscript.TestScript) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files[path] = fmt.Sprint(info.Size(), info.ModTime())
		}
		return err
	})
	ts.Check(err)
	return files
}

// jsonHolds looks values up by paths of keys and indices: parts.0.kind=walks.
func jsonHolds(ts *testscript.TestScript, _ bool, args []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var object map[string]any
	ts.Check(d.Decode(&object))
	if d.More() {
		ts.Fatalf("more than one object")
	}
	for _, condition := range args {
		path, want, _ := strings.Cut(condition, "=")
		var value any = object
		for _, key := range strings.Split(path, ".") {
			switch v := value.(type) {
			case map[string]any:
				if _, ok := v[key]; !ok {
					ts.Fatalf("%s: there is no %s in %v", path, key, v)
				}
				value = v[key]
			case []any:
				var i int
				if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
					ts.Fatalf("%s: there is no %s in %v", path, key, v)
				}
				value = v[i]
			default:
				ts.Fatalf("%s: %v is no object", path, v)
			}
		}
		if got := fmt.Sprint(value); want != "*" && got != want {
			ts.Fatalf("%s is %s, want %s", path, got, want)
		}
	}
}

func sameJSON(ts *testscript.TestScript, _ bool, args []string) {
	var objects [2]map[string]any
	for i, file := range args {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &objects[i]))
		timeless(objects[i])
	}
	if !reflect.DeepEqual(objects[0], objects[1]) {
		ts.Fatalf("%v\nis not\n%v", objects[0], objects[1])
	}
}

// timeless takes out what depends on the clock.
func timeless(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "seconds")
		delete(v, "distinct_per_second")
		for _, x := range v {
			timeless(x)
		}
	case []any:
		for _, x := range v {
			timeless(x)
		}
	}
}

func narrow(ts *testscript.TestScript, _ bool, _ []string) {
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if len(line) > columns {
			ts.Fatalf("%d columns: %s", len(line), line)
		}
		if strings.Contains(line, "\x1b") {
			ts.Fatalf("an escape: %q", line)
		}
	}
}

// The stories that are built in hold, end as they say, and are canonical files.
func TestScenarios(t *testing.T) {
	r := newResult(&plan{list: props.All()})
	if err := r.scenarios(); err != nil {
		t.Fatal(err)
	}
	if r.found() || len(r.parts) != 1 || r.parts[0].Walks < 5 {
		t.Errorf("got %+v", r.parts)
	}
	files, err := filepath.Glob("scenarios/*.zkt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := trace.Parse(file, data)
		if err != nil || string(s.Format()) != string(data) {
			t.Errorf("%s: %v, or it is not as Format writes it", file, err)
		}
	}
}

// Every verb has an example, and every exported flag a description.
func TestHelp(t *testing.T) {
	root := newRoot()
	if root.Example == "" {
		t.Error("zkcheck --help has no example")
	}
	for _, c := range root.Commands() {
		if c.Example == "" || c.Short == "" {
			t.Errorf("zkcheck %s --help has no example", c.Name())
		}
	}
	var out, errs strings.Builder
	if code := run(context.Background(), []string{"check", "--help"}, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine("a\n b\x1b[31m\x00\xff\u2028é"); got != "a b\ufffd[31m\ufffd\ufffd é" {
		t.Errorf("got %q", got)
	}
}
