package trace_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/trace"
)

// file makes a trace file of lines under the version line.
func file(lines ...string) string {
	return "zkcheck trace v1\n" + strings.Join(lines, "\n") + "\n"
}

const three = "cluster 1:1,8 2:1,8 3:1,7"

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "x.zkt:1: the file is empty"},
		{"\n", `x.zkt:1: the first line is not "zkcheck trace v1"`},
		{"zkcheck trace v2\n", `x.zkt:1: the first line is not "zkcheck trace v1"`},
		{"zkcheck trace v1", "x.zkt:1: truncated: the last line has no end"},
		{file(three, "start 1") + "start", "x.zkt:4: truncated: the last line has no end"},
		{file(three), "x.zkt:2: truncated: no step follows the header"},
		{file(three, "steps 3", "start 1"), "x.zkt:4: truncated: 1 of the 3 steps of line 3 are here"},
		{file(three, "steps 1", "start 1", "start 2"), "x.zkt:5: more steps than the 1 of line 3"},
		{file("start 1"), "x.zkt:2: there is no cluster in the header"},
		{file("property majority"), "x.zkt:2: there is no cluster in the header"},
		{file("property lucky", three, "start 1"), `x.zkt:2: unknown property "lucky"`},
		{file("property P8", three, "start 1"), "x.zkt:2: P8 are 2 properties, winner-is-maximum is one of them"},
		{file(three, "", "# so", "start 1", "start 4"), "x.zkt:6: server 4 is not in the cluster"},
		{file(three, "deliver 1->9"), "x.zkt:3: server 9 is not in the cluster"},
		{file(three, "jump 1"), `x.zkt:3: unknown action "jump"`},
		{file(three, "start"), `x.zkt:3: action "start": want a kind and a server`},
		{file(three, "start 1 now"), `x.zkt:3: action "start 1 now": "now" is too much`},
		{file(three, "start 1", "limits crashes=1"), "x.zkt:4: limits after the first step"},
		{file(three, three, "start 1"), "x.zkt:3: cluster is given twice"},
		{file("cluster", "start 1"), "x.zkt:2: cluster of what?"},
		{file("cluster 1:1,8 1:1,8", "start 1"), "x.zkt:2: server 1 is listed twice"},
		{file("cluster 1:1", "start 1"), `x.zkt:2: server "1:1": want SID:EPOCH,ZXID`},
		{file("cluster 1:2147483648,0", "start 1"), `x.zkt:2: server "1:2147483648,0": epoch 2147483648 is above 2147483647`},
		{file("cluster 1:0,0", "observers 1", "start 1"), "x.zkt:2: no voters"},
		{file(three, "observers 4", "start 1"), "x.zkt:3: observers: server 4 is not in the cluster"},
		{file(three, "weights 1=1", "start 1"), "x.zkt:3: weights name 1 of 3 voters: a hierarchical ensemble needs all"},
		{file(three, "limits crashes=-2", "start 1"), "x.zkt:3: limit crashes: -2 is negative"},
		{file(three, "limits joy=1", "start 1"), `x.zkt:3: unknown limit "joy"`},
		{file(three, "channel lifo", "start 1"), `x.zkt:3: unknown channel "lifo", only fifo can be named`},
		{file(three, "steps many", "start 1"), `x.zkt:3: steps: "many" is not a number of 0..1000000, or two of stem and loop`},
		{file(three, "steps 1+", "start 1"), `x.zkt:3: steps: "1+" is not a number of 0..1000000, or two of stem and loop`},
		{file(three, "steps 1+01", "start 1"), `x.zkt:3: steps: "1+01" is not a number of 0..1000000, or two of stem and loop`},
		{file(three, "steps 600000+600000", "start 1"),
			`x.zkt:3: steps: "600000+600000" is not a number of 0..1000000, or two of stem and loop`},
		{file(three, "steps 1+1", "start 1", "start 2"), "x.zkt:5: truncated: there is no line loop, which line 3 promises after step 1"},
		{file(three, "steps 1+0", "start 1"), "x.zkt:4: truncated: there is no line loop, which line 3 promises after step 1"},
		{file(three, "steps 1+1", "start 1", "start 2", "loop"), "x.zkt:6: the loop begins after step 2, line 3 promises it after step 1"},
		{file(three, "steps 1+1", "start 1", "loop"), "x.zkt:5: truncated: 1 of the 2 steps of line 3 are here"},
		{file(three, "start 1", "loop", "start 2", "loop"), "x.zkt:6: loop is given twice, first in line 4"},
		{file(three, "start 1", "loop 2"), `x.zkt:4: loop: "2" is too much`},
		{file("loop", three, "start 1"), "x.zkt:2: there is no cluster in the header"},
		{file(three, "loop", "limits crashes=1"), "x.zkt:4: limits after the first step"},
		{file(three, "phases some", "start 1"), `x.zkt:3: phases "some": want election, discovery, sync or all`},
		{file(three, "phases", "start 1"), "x.zkt:3: phases of what?"},
		{file(three, "counter 0", "start 1"), `x.zkt:3: counter: "0" is not a number of 1..4294967295`},
		{file(three, "counter 4294967296", "start 1"), `x.zkt:3: counter: "4294967296" is not a number of 1..4294967295`},
		{file(three, "counter 0x8", "start 1"), `x.zkt:3: counter: "0x8" is not a number of 1..4294967295`},
		{file(three, "counter 5", "counter 5", "start 1"), "x.zkt:4: counter is given twice"},
		{file(three, "mutant ZK-0", "start 1"), "x.zkt:3: unknown mutant \"ZK-0\""},
		{file(three, "start 1\x00"), "x.zkt:3: the line is not plain text"},
		{file(three, "# \xff", "start 1"), "x.zkt:3: the line is not plain text"},
		{file(three, "#"+strings.Repeat("x", trace.MaxLine)), "x.zkt:3: the line is longer than 4096 bytes"},
		{strings.Repeat("#", trace.MaxFile+1), "x.zkt:1: the file is larger than 8 MiB"},
		{file(three) + strings.Repeat("wipe 1\n", trace.MaxSteps+1), "x.zkt:1000003: more than 1000000 steps"},
	} {
		_, err := trace.Parse("x.zkt", []byte(c.data))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.60q: got %v, want %s", c.data, err, c.want)
		}
	}
}

func TestFormatIsCanonical(t *testing.T) {
	in := file("#first", "limits   rounds=2 crashes=1", "# second", "", "cluster 3:1,4294967296 1:1,8 2:1/2,0x8 4:0,0",
		"counter 12", "channel fifo", "observers 4", "weights 3=0/1=1,2=2", "property P1", "phases sync", " # before", "  start   1\r",
		"#\tmiddle", "restart 1", " loop ", "#\tround", "start 2", "# end")
	want := file("#first", "# second", "property one-leader-per-epoch", "cluster 1:1,8 2:1/2,8 3:1,1.0 4:0,0", "observers 4",
		"weights 3=0/1=1,2=2", "channel fifo", "phases sync", "counter 12", "limits crashes=1 rounds=2", "steps 2+1", "# before",
		"start 1", "#\tmiddle", "restart 1", "#\tround", "loop", "start 2", "# end")
	for range 2 {
		p, err := trace.Parse("x.zkt", []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if in = string(p.Format()); in != want {
			t.Fatalf("got\n%s\nwant\n%s", in, want)
		}
	}
}

// run draws a cluster and a run of it.
func run(rt *rapid.T) *trace.Trace {
	c := props.NewSeeded(rapid.Uint64().Draw(rt, "seed"), 0)
	config := props.Setup(c)
	config.Phases = cluster.Phases(rapid.IntRange(0, len(cluster.PhaseNames)-1).Draw(rt, "phases"))
	if rapid.Bool().Draw(rt, "rolls over") {
		config.Ensemble.LastCounter = rapid.Uint32Range(1, 5).Draw(rt, "counter")
	}
	y, err := cluster.New(config)
	if err != nil {
		rt.Fatal(err)
	}
	s := y.Init()[0]
	var actions, enabled []cluster.Action
	for range rapid.IntRange(0, 60).Draw(rt, "steps") {
		enabled = y.Actions(&s, enabled[:0])
		if len(enabled) == 0 {
			break
		}
		actions = append(actions, enabled[props.Pick(c, enabled)])
		y.Apply(&s, actions[len(actions)-1])
	}
	tr := trace.New(rapid.SampledFrom([]string{"", "majority", "epoch-register", "two-leading-one-round"}).Draw(rt, "property"), config, actions)
	after := rapid.SliceOfN(rapid.IntRange(trace.Header, len(actions)), 0, 4).Draw(rt, "comments")
	slices.Sort(after)
	for _, n := range after {
		text := rapid.StringMatching(`[ #a-z0-9]{0,12}[a-z]`).Draw(rt, "text")
		tr.Comments = append(tr.Comments, trace.Comment{After: n, Text: text})
	}
	return tr
}

// same tells whether two traces say the same; a Config holds functions, so it is compared as notation.
func same(a, b *trace.Trace) bool {
	return a.Property == b.Property && slices.Equal(a.Actions(), b.Actions()) && slices.Equal(a.Comments, b.Comments) &&
		a.Config.Servers() == b.Config.Servers() && a.Config.Observers() == b.Config.Observers() &&
		a.Config.Weights() == b.Config.Weights() && a.Config.FIFO == b.Config.FIFO && a.Config.Limits == b.Config.Limits &&
		a.Config.Track == b.Config.Track && a.Config.Phases == b.Config.Phases && a.Config.Ensemble.Fine == b.Config.Ensemble.Fine &&
		a.Config.Ensemble.LastCounter == b.Config.Ensemble.LastCounter && a.Loop == b.Loop && reflect.DeepEqual(a.Config.Disks, b.Config.Disks)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := run(rt)
		if rapid.Bool().Draw(rt, "lasso") {
			want.Loop = rapid.IntRange(0, len(want.Steps)).Draw(rt, "loop")
		}
		b := want.Format()
		got, err := trace.Parse("x.zkt", b)
		if err != nil {
			rt.Fatalf("%v in\n%s", err, b)
		}
		if !same(got, want) {
			rt.Fatalf("got\n%s\nwant\n%s", got.Format(), b)
		}
		if again := got.Format(); !bytes.Equal(again, b) {
			rt.Fatalf("got\n%s\nwant\n%s", again, b)
		}
		for i, s := range got.Steps {
			if lines := strings.Split(string(b), "\n"); lines[s.Line-1] != s.Action.String() {
				rt.Fatalf("step %d %v is said to be in line %d: %s", i+1, s.Action, s.Line, lines[s.Line-1])
			}
		}
	})
}

// No beginning of a file is taken for a file.
func TestTruncatedIsRefused(t *testing.T) {
	p, err := trace.ReadFile("testdata/two-leading-one-round.zkt")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Format()
	for n := range b {
		if _, err := trace.Parse("x.zkt", b[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are taken for a trace", n, len(b))
		}
	}
}

func TestReadAndWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.zkt")
	p, err := trace.Parse("x.zkt", []byte(file(three, "start 1")))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	got, err := trace.ReadFile(path)
	if err != nil || !same(got, p) {
		t.Errorf("got %v, %v", got, err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.zkt"): "no such file or directory",
		dir:                            "not a regular file",
	} {
		if _, err := trace.ReadFile(path); err == nil || err.Error() != path+": "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	nowhere := filepath.Join(dir, "no", "b.zkt")
	if err := p.WriteFile(nowhere); err == nil || err.Error() != "can't write "+nowhere+": no such file or directory" {
		t.Errorf("got %v", err)
	}
	if err := p.WriteFile(dir); err == nil {
		t.Error("a directory was overwritten")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("something half-written is left: %v", left)
	}
}

// Blanks are blanks, and lines may end as they do on Windows.
func TestBlanks(t *testing.T) {
	data := "zkcheck trace v1\r\n\r\ncluster \t1:1,8\t 2:1,8\r\n \t\r\n\tsteps\t2\r\nstart\t1\r\n  start  2 \r\n"
	p, err := trace.Parse("x.zkt", []byte(data))
	if err != nil || p.Config.Servers() != "1:1,8 2:1,8" || len(p.Steps) != 2 || p.Steps[1].Line != 7 {
		t.Errorf("got %+v, %v", p, err)
	}
}

// A link is followed, what is no file stays what it is.
func TestWriteFileReplacesFilesOnly(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := trace.WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if data, _ := os.ReadFile(target); err != nil || string(data) != "new" || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the target is %q, the link %v, %v", data, info.Mode(), err)
	}
	if err := trace.WriteFile(dir, nil); err == nil || err.Error() != "can't write "+dir+": not a regular file" {
		t.Errorf("got %v", err)
	}
}
