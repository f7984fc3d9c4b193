package trace

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

// GoTest writes a counterexample as a Go test of package pkg, to be kept in another module: the trace is a
// constant in it. The test fails if a replay does not show the violation any more. If the violation is to be
// over it asks the opposite of ZooKeeper's rules, for those of an engine that has been mended: the run violates
// the property no longer, or can't be taken any more.
func GoTest(t *Trace, pkg, name string, over bool) ([]byte, error) {
	v, err := Replay(t, nil)
	switch {
	case err != nil:
		return nil, err
	case !v.Violated:
		return nil, fmt.Errorf("%s: it violates nothing, and only a counterexample makes a test: %v", t.place(), v)
	case !token.IsIdentifier(pkg) || pkg == "_": // a keyword is none
		return nil, fmt.Errorf("%q is not the name of a package", pkg)
	}
	x := *t
	x.Property = v.Property
	if v.ForEver == "" {
		x.Keep(v.Step)
	}
	var b bytes.Buffer
	err = goTest.Execute(&b, map[string]any{
		"Package": pkg, "Name": camel(name), "File": strconv.Quote(name + ".zkt"), "Property": strconv.Quote(v.Property), "Step": v.Step,
		"Steps": steps(v.Step), "Text": literal(string(x.Format())), "Over": over, "Evidence": oneSentence(v.Evidence.Error()),
	})
	if err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

var goTest = template.Must(template.New("test").Parse(`package {{.Package}}

import (
	"testing"
{{if .Over}}
	"github.com/zkcheck/zkcheck/election"{{end}}
	"github.com/zkcheck/zkcheck/trace"
)

// Test{{.Name}} replays a counterexample of {{.Steps}}:
// {{.Evidence}}
func Test{{.Name}}(t *testing.T) {
	run, err := trace.Parse({{.File}}, []byte(trace{{.Name}}))
	if err != nil {
		t.Fatal(err)
	}
{{- if .Over}}
	run.Config.Ensemble.Rules = election.Standard() // or those of an engine that has been mended
	verdict, err := trace.Replay(run, nil)
	if err != nil {
		t.Logf("the run can't be taken any more: %v", err)
		return
	}
	if verdict.Violated {
		t.Errorf("the replay says %v, want that %s holds", verdict, {{.Property}})
	}
{{- else}}
	verdict, err := trace.Replay(run, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !verdict.Violated || verdict.Property != {{.Property}} || verdict.Step != {{.Step}} {
		t.Errorf("the replay says %v, want that %s is violated at step %d", verdict, {{.Property}}, {{.Step}})
	}
{{- end}}
}

const trace{{.Name}} = {{.Text}}
`))

// mostQuoted is how many lines are added up in an expression: Go's parser and compiler nest one in the other.
const mostQuoted = 10_000

// literal is a text as a Go string: raw if it can be, else line by line, or in one line if there are too many.
func literal(text string) string {
	switch {
	case strconv.CanBackquote(strings.ReplaceAll(text, "\n", "")):
		return "`" + text + "`"
	case strings.Count(text, "\n") > mostQuoted:
		return strconv.Quote(text)
	}
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strconv.Quote(line))
	}
	return strings.Join(lines, " +\n\t")
}

// oneSentence is a text as a line of comment.
func oneSentence(text string) string { return strings.Join(strings.Fields(text), " ") }

// camel is the name of a file as part of the name of a test: "winner-is-maximum-2" is WinnerIsMaximum2.
func camel(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if up {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	if b.Len() == 0 {
		return "Counterexample"
	}
	return b.String()
}
