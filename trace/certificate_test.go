package trace_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/explore"
	"github.com/zkcheck/zkcheck/trace"
)

// minimal is a counterexample of a mutant that no shorter one exists of, and what its certificate says.
var minimal = []string{"property proposal-only-grows", "cluster 1:1,1 2:0/1,1", "phases election", "limits timeouts=0 rounds=1 epochs=0",
	"mutant ZK-1419", "certificate bound=2 states=4", "steps 3", "start 1", "start 2", "deliver 2->1"}

// edited is that file with one line replaced by others.
func edited(line string, by ...string) string {
	var lines []string
	for _, l := range minimal {
		if word, _, _ := strings.Cut(l, " "); word == line {
			lines = append(lines, by...)
		} else {
			lines = append(lines, l)
		}
	}
	return file(lines...)
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		what, data, want string // the error, or a part of it
	}{
		{"as it is", file(minimal...), ""},
		{"a smaller bound", edited("certificate", "certificate bound=1 states=3"), ""},
		{"no step at all", edited("certificate", "certificate bound=0 states=1"), ""},
		{"none", edited("certificate"), "x.zkt: there is no certificate to verify"},
		{"too many states", edited("certificate", "certificate bound=2 states=5"),
			"x.zkt:7: the certificate is wrong: it says 5 states, and the search has 4"},
		{"another cluster", edited("limits", "limits timeouts=0 rounds=1 epochs=0 crashes=1"),
			"x.zkt:7: the certificate is wrong: it says 4 states, and the search has 6"},
		{"not violated", edited("mutant", "# ZooKeeper's rules"), "x.zkt:7: the certificate is of a run that violates proposal-only-grows"},
		{"a shorter run", strings.Replace(edited("certificate", "certificate bound=3 states=6"), "steps 3\nstart 1\n", "steps 4\nstart 1\nstart 3\n", 1), ""},
	} {
		if c.what == "a shorter run" { // a third server starts in between
			c.data = strings.Replace(c.data, "2:0/1,1", "2:0/1,1 3:0,0", 1)
			c.want = "x.zkt:7: the certificate is wrong: a run of 3 steps violates proposal-only-grows"
		}
		x, err := trace.Parse("x.zkt", []byte(c.data))
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		err = trace.Verify(context.Background(), x, explore.Options{})
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.what, err, c.want)
		}
	}
}

func TestVerifyGivesUp(t *testing.T) {
	x, err := trace.Parse("x.zkt", []byte(file(minimal...)))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := trace.Verify(ended, x, explore.Options{}); !errors.Is(err, trace.ErrUnverified) || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestCertificateRefused(t *testing.T) {
	const want = ` want bound=STEPS states=NUMBER`
	for _, c := range []struct{ data, want string }{
		{edited("certificate", "certificate"), "x.zkt:7: certificate of what?"},
		{edited("certificate", "certificate bound=2"), `x.zkt:7: certificate "bound=2":` + want},
		{edited("certificate", "certificate states=4 bound=2"), `x.zkt:7: certificate "states=4 bound=2":` + want},
		{edited("certificate", "certificate bound=2 states=4 more=1"), `x.zkt:7: certificate "bound=2 states=4 more=1":` + want},
		{edited("certificate", "certificate bound=-1 states=4"), `x.zkt:7: certificate "bound=-1 states=4":` + want},
		{edited("certificate", "certificate bound=02 states=4"), `x.zkt:7: certificate "bound=02 states=4":` + want},
		{edited("certificate", "certificate bound=2 states=0"), `x.zkt:7: certificate "bound=2 states=0":` + want},
		{edited("certificate", "certificate bound=2 states=281474976710657"), `x.zkt:7: certificate "bound=2 states=281474976710657":` + want},
		{edited("certificate", "certificate bound=3 states=4"),
			"x.zkt:7: the certificate is of runs of at most 3 steps, and this one has 3"},
		{edited("property"), "x.zkt:6: a certificate is of one property, and none is named"},
		{edited("steps", "certificate bound=1 states=2"), "x.zkt:8: certificate is given twice"},
		{edited("steps") + "loop\n", "x.zkt:7: a certificate is of a run that ends, and this one has a loop"},
	} {
		_, err := trace.Parse("x.zkt", []byte(c.data))
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s in\n%s", err, c.want, c.data)
		}
	}
}

// A certificate goes with the run that it is of.
func TestCertificateIsKept(t *testing.T) {
	x, err := trace.Parse("x.zkt", []byte(file(minimal...)))
	if err != nil {
		t.Fatal(err)
	}
	if string(x.Format()) != file(minimal...) || !x.Minimal() {
		t.Errorf("it is written as\n%s", x.Format())
	}
	if x.Keep(2); x.Certificate != nil {
		t.Error("a part of a run has the certificate of the whole")
	}
}
