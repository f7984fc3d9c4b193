package proptest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// Failure is a run that violates a property at its last step, or at its end.
type Failure struct {
	Violation *props.Violation // nil if the engine panics, in the last step or the fair schedule after it
	Panic     string           // with what, and where
	Config    cluster.Config
	Actions   []cluster.Action

	property props.Property // that is violated
	shrunk   *trace.Trace   // the same run with its certificate; nil if it has not been shrunk
}

// Trace is the run as a trace. A property that is not zkcheck's own can be named in a comment only.
func (f *Failure) Trace() *trace.Trace {
	if f.shrunk != nil {
		return f.shrunk
	}
	t := trace.New("", f.Config, f.Actions)
	if f.Violation != nil {
		if _, err := props.Find(f.Violation.Property); err == nil {
			t.Property = f.Violation.Property
		}
	}
	t.Comments = []trace.Comment{{After: trace.Header, Text: " " + strings.Join(strings.Fields(f.what()), " ")}}
	return t
}

// what went wrong, in words.
func (f *Failure) what() string {
	if f.Violation == nil {
		with, _, _ := strings.Cut(f.Panic, "\n")
		return fmt.Sprintf("the engine panics in the last of %d steps or the fair schedule after it: %s", len(f.Actions), with)
	}
	return fmt.Sprintf("%s is violated after %d steps: %v", f.Violation.Property, len(f.Actions), f.Violation.Evidence)
}

// shownSteps is how many steps a report prints; a run that rapid has shrunk has fewer.
const shownSteps = 40

// Report writes the trace to a file that is named after the test, and porcupine's picture beside it where
// the epoch register is at fault. It returns what to tell the user: the evidence, the run, and in the
// last line how to replay it. The directory may be empty (see Options.Dir).
func (f *Failure) Report(dir, test string) string {
	var b strings.Builder
	c := &f.Config
	fmt.Fprintf(&b, "%s\n  cluster %s\n", f.what(), c.Servers())
	for _, line := range [][2]string{{"observers", c.Observers()}, {"weights", c.Weights()}, {"limits", c.Limits.String()}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "  %s %s\n", line[0], line[1])
		}
	}
	from := max(0, len(f.Actions)-shownSteps)
	if from > 0 {
		fmt.Fprintf(&b, "  (%d steps before)\n", from)
	}
	for _, a := range f.Actions[from:] {
		fmt.Fprintf(&b, "  %v\n", a)
	}
	if _, stack, ok := strings.Cut(f.Panic, "\n"); ok {
		b.WriteString(stack)
	}
	file, picture, err := f.write(dir, test)
	switch {
	case err != nil:
		fmt.Fprintf(&b, "(no trace: %v)", err)
		return b.String()
	case picture != "":
		fmt.Fprintf(&b, "the history of the epoch register is drawn in %s\n", picture)
	}
	fmt.Fprintf(&b, "zkcheck replay %s", file)
	return b.String()
}

// write writes the files; the picture's name is empty where there is none.
func (f *Failure) write(dir, test string) (file, picture string, err error) {
	if dir, err = outDir(dir); err != nil {
		return "", "", err
	}
	file = filepath.Join(dir, fileName(test)+".zkt")
	t := f.Trace()
	if err := t.WriteFile(file); err != nil {
		return "", "", err
	}
	if t.Property == props.EpochRegister {
		picture, err = t.WritePicture(file)
	}
	return file, picture, err
}

// outDir makes the directory for traces, and the one for temporary files its last resort: a module in
// the cache can't be written to.
func outDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv(OutVar)
	}
	candidates := []string{dir}
	if dir == "" {
		candidates = []string{filepath.Join("testdata", "zkcheck"), filepath.Join(os.TempDir(), "zkcheck")}
	}
	var err error
	for _, dir := range candidates {
		if dir, err = filepath.Abs(dir); err != nil {
			continue
		}
		if err = os.MkdirAll(dir, 0o755); err == nil {
			return dir, nil
		}
	}
	return "", err
}

// fileName is the name of a test as the name of a file.
func fileName(test string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, test)
}
