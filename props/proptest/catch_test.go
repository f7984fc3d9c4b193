package proptest_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain keeps the failures that these tests provoke short and out of the tree: rapid would store
// each and run it first the next time. A flag that the user gives stays as it is.
func TestMain(m *testing.M) {
	flag.Parse()
	quiet := map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "2s"}
	flag.Visit(func(f *flag.Flag) { delete(quiet, f.Name) })
	for name, value := range quiet {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// caught is a rapid.TB that lets a test fail and remembers what it said.
type caught struct {
	name   string
	log    strings.Builder
	failed bool
}

// catch runs a test that may fail, in a goroutine of its own, which FailNow ends.
func catch(name string, test func(c *caught)) *caught {
	c := &caught{name: name}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(c)
	}()
	<-done
	return c
}

// lastLine is the last line that was logged.
func (c *caught) lastLine() string {
	lines := strings.Split(strings.TrimSpace(c.log.String()), "\n")
	return lines[len(lines)-1]
}

func (c *caught) Helper()                   {}
func (c *caught) Name() string              { return c.name }
func (c *caught) Failed() bool              { return c.failed }
func (c *caught) Fail()                     { c.failed = true }
func (c *caught) Log(args ...any)           { fmt.Fprintln(&c.log, args...) }
func (c *caught) Logf(f string, a ...any)   { fmt.Fprintf(&c.log, f+"\n", a...) }
func (c *caught) Error(args ...any)         { c.Log(args...); c.Fail() }
func (c *caught) Errorf(f string, a ...any) { c.Logf(f, a...); c.Fail() }
func (c *caught) Fatal(args ...any)         { c.Log(args...); c.FailNow() }
func (c *caught) Fatalf(f string, a ...any) { c.Logf(f, a...); c.FailNow() }
func (c *caught) Skip(args ...any)          { c.Log(args...); c.SkipNow() }
func (c *caught) Skipf(f string, a ...any)  { c.Logf(f, a...); c.SkipNow() }
func (c *caught) FailNow()                  { c.Fail(); runtime.Goexit() }
func (c *caught) SkipNow()                  { runtime.Goexit() }
