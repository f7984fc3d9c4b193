package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/trace"
)

var rewrite = flag.Bool("rewrite", false, "write what zkcheck why prints into docs/why.md again")

// whyPage is the page that teaches how to read an explanation, and whyCommand how a command begins in it.
const (
	whyPage    = "docs/why.md"
	whyCommand = "$ zkcheck why "
)

// TestWhyPage: every command of docs/why.md prints what the page shows below it, and every trace of the
// page is shown. go test -run TestWhyPage ./cmd/zkcheck -rewrite writes the page anew.
func TestWhyPage(t *testing.T) {
	t.Chdir("../..")
	data, err := os.ReadFile(whyPage)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("docs/why/*.zkt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !strings.Contains(string(data), whyCommand+file) {
			t.Errorf("%s does not show %s", whyPage, file)
		}
		x, err := trace.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(file); err != nil || string(x.Format()) != string(text) {
			t.Errorf("%s: %v, or it is not as Format writes it", file, err)
		}
	}
	page := explainedPage(t, string(data))
	switch {
	case page == string(data):
	case *rewrite:
		if err := trace.WriteFile(whyPage, []byte(page)); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what the commands print now; -rewrite writes it anew:\n%s", whyPage, page)
	}
}

// explainedPage runs every command that begins a fenced block, and puts what it prints in the place of the rest
// of the block.
func explainedPage(t *testing.T, page string) string {
	t.Helper()
	var lines []string
	skip := false
	for _, line := range strings.Split(page, "\n") {
		if skip && line != "```" {
			continue
		}
		skip = false
		lines = append(lines, line)
		command, found := strings.CutPrefix(line, whyCommand)
		if !found {
			continue
		}
		var out, errs strings.Builder
		if code := run(context.Background(), append([]string{"why"}, strings.Fields(command)...), &out, &errs); code != exitViolated {
			t.Errorf("%s: exit code %d, %s", line, code, errs.String())
		}
		for _, l := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if lines = append(lines, l); len(l) > columns {
				t.Errorf("%s: %d columns: %s", line, len(l), l)
			}
		}
		skip = true
	}
	return strings.Join(lines, "\n")
}
